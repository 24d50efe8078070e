"""Spaces: what is refused, what is drawn, and how a choice gets into params.yaml."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.experiments import space as spaces

PARAMS = """\
seed: 0
pipelines:
  mine:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {}
    model: {variant: vanilla, readout: max}
    train: {epochs: 3}
"""
GOOD = """\
score: valid_accuracy
space:
  model.variant: {choices: [vanilla, attention]}
  model.num_layers: {low: 1, high: 3, when: {model.variant: [attention]}}
  train.learning_rate: {low: 1e-4, high: 0.1, log: true}
  train.augment: {choices: [null]}
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)

    def read(text):
        (tmp_path / "space.yaml").write_text(text)
        return spaces.read(tmp_path / "space.yaml", "mine")

    return read


class Always:
    """Draws the first choice, or the smallest number; remembers what was asked."""

    def __init__(self, **given):
        self.given, self.asked = given, {}

    def suggest_categorical(self, name, choices):
        self.asked[name] = choices
        return self.given.get(name.rpartition(".")[2], choices[0])

    def suggest_int(self, name, low, high, *, step, log):
        self.asked[name] = (low, high, step, log)
        return low

    def suggest_float(self, name, low, high, *, step, log):
        self.asked[name] = (low, high, step, log)
        return low


def test_what_is_drawn(read):
    space, written = read(GOOD.replace("  train.augment: {choices: [null]}\n", "")), {"model": {"variant": "vanilla"}}
    drawn = Always()
    assert spaces.draw(space, drawn, written) == {"model.variant": "vanilla", "train.learning_rate": 1e-4}
    assert drawn.asked["train.learning_rate"] == (1e-4, 0.1, None, True)
    drawn = Always(variant="attention")
    assert list(spaces.draw(space, drawn, written)) == ["model.variant", "model.num_layers", "train.learning_rate"]
    assert drawn.asked["model.num_layers"] == (1, 3, 1, False)


def test_a_choice_in_params(read):
    read("space: {model.variant: {choices: [vanilla]}}")
    written = spaces.sections("mine")
    params = spaces.checked("mine", written, {"train.distort.shift": 2, "train.learning_rate": 0.5})
    assert (params.train.distort.shift, params.train.learning_rate, params.train.epochs) == (2, 0.5, 3)
    assert written["train"] == {"epochs": 3}  # not changed itself
    with pytest.raises(KassandraError, match=r"pipelines.mine.model: variant 'attention' does not use 'readout'"):
        spaces.checked("mine", written, {"model.variant": "attention"})


def test_what_a_space_leaves_of_params(read):
    """A search goes on after its best values were taken over, which are not what tells its trials from others."""
    space = read("space: {model.variant: {choices: [vanilla]}, train.distort.shift: {choices: [1]}, "
                 "train.epochs: {choices: [3], when: {model.variant: [vanilla]}}}")  # fmt: skip
    assert spaces.without(spaces.sections("mine"), space)["model"] == {"readout": "max"}
    assert spaces.without(spaces.sections("mine"), space)["train"] == {"epochs": 3}  # not set by every trial


def test_as_arguments_of_dvc():
    chosen = {"a.text": "it's", "a.yes": True, "a.none": None, "a.small": 1e-07, "a.name": "one-cycle"}
    assert spaces.overrides("p", chosen)[1::2] == [
        r"++pipelines.p.a.text='it\'s'",
        "++pipelines.p.a.yes=true",
        "++pipelines.p.a.none=null",
        "++pipelines.p.a.small=1e-07",
        "++pipelines.p.a.name=one-cycle",
    ]


@pytest.mark.parametrize(("text", "sentence"), [
    ("space: {model.hidden_size: {low: 3}}", "space.model.hidden_size: give 'choices', or both 'low' and 'high'"),
    ("space: {model.hidden_size: {low: 3, high: 3}}", "'low' must be below 'high', got 3 and 3"),
    ("space: {model.hidden_size: {low: 0, high: 3, log: true}}", "'log' needs a 'low' above 0 and no 'step'"),
    ("space: {model.hidden_size: {low: 1, high: 3, choices: [1]}}", "'choices' stand alone"),
    ("space: {model.hidden_size: {lo: 1}}", "unknown key 'lo'; known keys are ['choices', 'high', 'log', 'low',"),
    ("space: {model.hiden_size: {low: 1, high: 3}}", "space.model: unknown key 'hiden_size'; known keys are"),
    ("space: {hidden_size: {low: 1, high: 3}}", "'hidden_size' is no key of a search; write it as 'model.hidden_size'"),
    ("space: {source.path: {choices: [a]}}", "'source.path' is no key of a search"),
    ("space: {}", "space: "),
    ("{}", "key 'space' is missing"),
    ("score: loss\nspace: {model.dropout: {low: 0.0, high: 0.5}}", "score: "),
    ("space: [", "not valid YAML: "),
    (GOOD.replace("variant: [attention]", "dropout: [0.1]").replace("null]}", "1]}\n  model.dropout: {choices: [0.1]}"),
     "'model.num_layers' depends on 'model.dropout', which must stand above it"),
])  # fmt: skip
def test_what_is_refused(read, text, sentence):
    with pytest.raises(KassandraError, match=re.escape(sentence)) as refused:
        read(text)
    assert "space.yaml" in str(refused.value)


def test_no_such_file(read, tmp_path):
    read("space: {model.variant: {choices: [vanilla]}}")
    with pytest.raises(KassandraError, match=r"none.yaml: no such file; write one"):
        spaces.read(tmp_path / "none.yaml", "mine")


def test_the_spaces_of_the_repository(root, monkeypatch):
    monkeypatch.chdir(root)
    files = sorted((root / "recipes" / "search").glob("*.yaml"))
    assert {file.stem for file in files} >= {"mnist", "fsdd"}
    for file in files:
        space, written = spaces.read(file, file.stem), spaces.sections(file.stem)
        for number in range(len(space.space["model.variant"].choices) if "model.variant" in space.space else 1):
            given = {"variant": space.space["model.variant"].choices[number]} if "model.variant" in space.space else {}
            spaces.checked(file.stem, written, spaces.draw(space, Always(**given), written))


@pytest.mark.parametrize(
    ("score", "target", "larger"),
    [("valid_loss", "label", False), ("valid_accuracy", "label", True), ("valid_r2", "forecast", True),
     ("valid_bleu", "text", True), ("valid_perplexity", "next", False), ("valid_loss", "a kind of your own", False)],
)  # fmt: skip
def test_the_direction_of_a_search_is_that_of_the_score(score, target, larger):
    assert spaces.larger_is_better(score, target) == larger


@pytest.mark.parametrize("score", ["valid_coverage_90", "valid_acuracy"])
def test_what_has_no_direction_is_not_searched_for(score):
    with pytest.raises(KassandraError, match=f"score: unknown score of a search '{score}'; known"):
        spaces.larger_is_better(score, "forecast" if "coverage" in score else "label")
