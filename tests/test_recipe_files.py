"""recipes/: each is a pipeline that params.yaml would accept, and says what a real run gave."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.params import read_pipeline
from kassandra.sources.catalogue import find

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.yaml"))


def test_there_are_some():
    assert {path.stem for path in RECIPES} >= {"books", "rotten-tomatoes", "wikitext-2", "imdb-pretrained"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_is_what_params_may_hold(path, tmp_path):
    (name,) = YAML(typ="safe").load(path)
    assert name == path.stem
    section = "".join(f"  {line}\n" for line in path.read_text().splitlines())
    (tmp_path / "params.yaml").write_text(f"pipelines:\n{section}")
    params, _ = read_pipeline(name, tmp_path / "params.yaml")
    assert params.source.dataset
    find(params.source.dataset)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_says_what_a_run_gave(path):
    comment = " ".join(line.lstrip("# ") for line in path.read_text().splitlines() if line.startswith("#"))
    result = read_json(path.with_name("results") / f"{path.stem}.json")
    headline = "perplexity" if "perplexity" in result else "accuracy"
    (score,) = (score for score in result["intervals"] if score["score"] == headline)
    assert f"{headline} {score['value']:.4f} [{score['low']:.4f}, {score['high']:.4f}]" in comment
    assert "CPU" in comment
