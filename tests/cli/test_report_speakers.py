"""`kassandra report` of speech: what the same model has of speakers that it has not heard stands beside the score."""

import json

import pytest

from kassandra.cli import report
from kassandra.params.sections.pipeline import read_pipeline

PARAMS = """\
pipelines:
  digits:
    input: audio
    target: label
    source: {dataset: fsdd}
    prepare: {}
    model: {variant: vanilla}
    train: {epochs: 3}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Writes what benchmarks.speakers would, with the params of PARAMS."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    params, _ = read_pipeline("digits")
    found = {
        "accuracy": {"value": 0.8, "low": 0.78, "high": 0.82},
        "speakers": [{"speaker": "theo", "value": 0.9}, {"speaker": "george", "value": 0.7}],
        "model": params.model.used(),
        "train": params.train.model_dump(),
    }
    (tmp_path / "recipes/results").mkdir(parents=True)
    (tmp_path / "recipes/results/digits-speakers.json").write_text(json.dumps(found))


def test_a_caution(study):
    (caution,) = report._of_new_speakers("digits", read_pipeline("digits")[0])
    assert caution == (
        "these speakers were heard in training. Of a speaker that was not, expect less: 0.8000 [0.7800, 0.8200], "
        "the mean of 2 held out in turn, from 0.7000 (george) to 0.9000 (theo)"
    )


def test_other_params(study, tmp_path):
    (tmp_path / "params.yaml").write_text(PARAMS.replace("epochs: 3", "epochs: 4"))
    (caution,) = report._of_new_speakers("digits", read_pipeline("digits")[0])
    assert caution.endswith("measured with other params than those of now (recipes/results/digits-speakers.json)")


def test_nothing_without_a_study(study):
    assert report._of_new_speakers("mnist", read_pipeline("digits")[0]) == []
