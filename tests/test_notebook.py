"""`kassandra.run`: the stages in a folder of their own, from a DataFrame or a path."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kassandra
from kassandra.contracts.errors import KassandraError

SECTION = {
    "input": "series", "target": "forecast", "source": {"time": "when", "target": "load", "frequency": "h"},
    "prepare": {"window": 6, "horizon": 2}, "model": {"variant": "vanilla", "hidden_size": 4}, "train": {"epochs": 1},
}  # fmt: skip


@pytest.fixture
def frame():
    when = pd.date_range("2024-01-01", periods=300, freq="h", name="when")
    return pd.DataFrame({"load": np.sin(np.arange(300) / 4)}, index=when)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_frame_is_trained_on_and_the_result_says_how(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = kassandra.run(SECTION, frame, tmp_path / "run")
    assert "without DVC" in run.made_by
    assert run.scores["made_by"] == run.made_by
    assert run.scores["rmse"] > 0
    assert run.model.target == "forecast"
    assert Path.cwd() == tmp_path
    assert kassandra.run(SECTION, frame, tmp_path / "run").scores == run.scores  # again, in the same folder


@pytest.mark.slow
def test_what_is_refused_is_a_sentence_and_the_working_directory_is_put_back(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KassandraError, match="unknown column 'no'"):
        kassandra.run({**SECTION, "source": {"time": "no", "target": "load"}}, frame, tmp_path / "run", last="prepare")
    assert Path.cwd() == tmp_path
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(KassandraError, match=r"holds \['letter.txt'\]"):
        kassandra.run(SECTION, frame, tmp_path / "mine")
    with pytest.raises(KassandraError, match="expected a path or a pandas DataFrame, got list"):
        kassandra.run(SECTION, [1, 2], tmp_path / "other")
    with pytest.raises(KassandraError, match="'tune' is no stage"):
        kassandra.run(SECTION, frame, tmp_path / "other", last="tune")
