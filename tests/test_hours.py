"""python -m benchmarks.hours: error rates by amount of speech, out of what prepare and evaluate have written."""

import re

import pytest

from benchmarks import hours
from kassandra.contracts.artifacts import write_json
from kassandra.contracts.errors import KassandraError


@pytest.fixture
def pipelines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, minutes, cer in (("all", 60, 31.26), ("quarter", 15, 58.5)):
        meta = {"examples": {"train": 20 * minutes}, "hours": {"train": minutes / 60}}
        write_json(tmp_path / "data" / "prepared" / name / "meta.json", meta)
        scores = [
            {"score": score, "value": value, "low": value - 2, "high": value + 2}
            for score, value in (("wer", 1.5 * cer), ("cer", cer))
        ]
        beside = [{"score": "cer", "value": 74.0}]
        baselines = [{"baseline": "one text for all", "wer": {"value": 100.0}, "beside": []}]
        baselines += [{"baseline": "nearest recording, MFCC over time", "wer": {"value": 105.0}, "beside": beside}]
        write_json(tmp_path / "metrics" / name / "test.json", {"intervals": scores, "baselines": baselines, "seeds": 3})
    write_json(tmp_path / "data" / "prepared" / "label" / "meta.json", {})
    write_json(tmp_path / "metrics" / "label" / "test.json", {"intervals": [{"score": "accuracy"}], "baselines": []})


def test_a_row_and_a_place_in_the_picture_for_each_from_little_to_much(pipelines, tmp_path, monkeypatch, capsys):
    (tmp_path / "recipes" / "results").mkdir(parents=True)
    monkeypatch.setattr("sys.argv", ["hours", "all", "quarter"])
    hours.main()
    rows = capsys.readouterr().out.splitlines()
    assert rows[2] == "| 300 recordings, 15 minutes | 3 | 58.5 | 56.5-60.5 | 87.8 | 85.8-89.8 | 74.0 |"
    assert rows[3].startswith("| 1,200 recordings, 60 minutes | 3 | 31.3 |")
    assert all(len(re.findall(r"\|", row)) == 8 for row in rows[:4])
    assert rows[-1] == "recipes/results/quarter_hours.png"
    assert (tmp_path / rows[-1]).read_bytes().startswith(b"\x89PNG")


def test_a_pipeline_without_words_is_refused(pipelines):
    with pytest.raises(KassandraError, match="label: has no word error rate; name pipelines with target: transcript"):
        hours.point("label")
