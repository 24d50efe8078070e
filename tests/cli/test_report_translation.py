"""`kassandra report` of translations: two decimals of BLEU, and how the scores were computed."""

import io

import pytest
from rich.console import Console

from kassandra.cli import report
from kassandra.cli.reproduction import Reproduction
from kassandra.contracts.artifacts import write_json
from kassandra.judging.intervals import Estimate
from kassandra.judging.judge import Report
from kassandra.judging.score import Score
from kassandra.judging.score_file import contents

BLEU = Score("bleu", "higher", "of 100", decimals=2)
SIGNATURE = "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:floor[0.10]|version:2.6.0"


@pytest.fixture
def printed(tmp_path, monkeypatch):
    """What is printed of a report."""

    def printed(found):
        monkeypatch.chdir(tmp_path)
        write_json(tmp_path / "metrics/mine/test.json", contents(found, 1234, {}, {}))
        (tmp_path / "dvc.lock").write_text("")
        (tmp_path / "params.yaml").write_text("pipelines: {}")
        said = io.StringIO()
        monkeypatch.setattr(report, "Console", lambda **options: Console(file=said, width=200, **options))
        monkeypatch.setattr(report, "compare", lambda *args: Reproduction("nothing committed", ""))
        assert report.report(["mine"]) == 0
        return said.getvalue()

    return printed


def test_of_a_hundred(printed):
    score, gain = Estimate(35.1234, 33.9, 36.2), Estimate(4.1, 3.25, 5.0)
    found = Report({"bleu": score}, {"copy": Estimate(0.48, 0.2, 0.7)}, {"copy": gain}, 1000, (BLEU,), signatures={"bleu": SIGNATURE})  # fmt: skip # noqa: E501
    text = printed(found)
    assert "mine: 1,000 test examples" in text
    assert "bleu (of 100)" in text
    assert "[33.90, 36.20]" in text
    assert "+4.10" in text
    assert "[+3.25, +5.00]" in text
    assert "0.4800" not in text
    assert f"Signature of bleu: {SIGNATURE}\n" in text


def test_of_one(printed):
    score, gain = Estimate(0.9877, 0.98, 1.0), Estimate(0.5, 0.25, 0.75)
    text = printed(
        Report(
            {"accuracy": score},
            {"majority": score},
            {"majority": gain},
            70,
            (Score("accuracy", "higher", "share of examples"),),
        )
    )
    assert "mine: 70 test examples" in text
    assert "[0.9800, 1.0000]" in text
    assert "[+0.2500, +0.7500]" in text
    assert "Signature" not in text
