"""recipes/: each is a pipeline, or several, that params.yaml would accept, and says what real runs gave."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kassandra.contracts.artifacts import read_json
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.sources.catalogue import find

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.yaml"))
# Digits of a score in a comment; of the relative kind where scores have units.
DIGITS = {
    "accuracy": ".4f",
    "f1": ".4f",
    "micro_f1": ".4f",
    "perplexity": ".4f",
    "rmse": ".4g",
    "bleu": ".2f",
    "r2": ".4f",
    "wer": ".2f",
}


def sections(path):
    return YAML(typ="safe").load(path)


def test_there_are_some():
    assert {path.stem for path in RECIPES} >= {
        "books", "rotten-tomatoes", "wikitext-2", "imdb-pretrained", "fsdd-speakers", "sp500-volatility", "sp500-years",
        "traffic", "multi30k", "tatoeba-all",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_is_what_params_may_hold(path, tmp_path):
    text = "".join(f"  {line}\n" for line in path.read_text().splitlines())
    (tmp_path / "params.yaml").write_text(f"pipelines:\n{text}")
    names = list(sections(path))
    assert names == [path.stem] if len(names) == 1 else all(name.startswith(path.stem.split("-")[0]) for name in names)
    for name in names:
        params, _ = read_pipeline(name, tmp_path / "params.yaml")
        assert params.source.dataset
        find(params.source.dataset)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_says_what_a_run_gave(path):
    comment = " ".join(line.lstrip("# ") for line in path.read_text().splitlines() if line.lstrip().startswith("#"))
    assert "CPU" in comment
    for name in sections(path):
        result = read_json(path.with_name("results") / f"{name}.json")
        headline = "perplexity" if "perplexity" in result else result["intervals"][0]["score"]
        (score,) = (score for score in result["intervals"] if score["score"] == headline)
        value, low, high = (format(score[key], DIGITS[headline]) for key in ("value", "low", "high"))
        assert f"{value} [{low}, {high}]" in comment, name
