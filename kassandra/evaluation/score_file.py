"""metrics/<pipeline>/test.json: what the model scored, beside what needs no LSTM, and on which machine."""

from typing import Any

from kassandra.evaluation.classification import Report
from kassandra.evaluation.intervals import Score


def contents(
    report: Report, examples: int, parameters: int, trained_on: dict[str, str], evaluated_on: dict[str, str]
) -> dict[str, Any]:
    """The file as a dict.

    `dvc metrics show` puts numbers at the top level into its table and leaves lists out. Hence the lists: the intervals
    of all scores, the baselines and the fingerprints stand in the file without making that table unreadable.
    """
    accuracy = report.scores["accuracy"]
    return {
        "accuracy": _short(accuracy.value),
        "accuracy_low": _short(accuracy.low),
        "accuracy_high": _short(accuracy.high),
        **{name: _short(score.value) for name, score in report.scores.items() if name != "accuracy"},
        "baseline_accuracy": _short(max(score.value for score in report.baselines.values())),
        "examples": examples,
        "parameters": parameters,
        "intervals": [{"score": name, **_dict(score)} for name, score in report.scores.items()],
        "baselines": [
            {"baseline": name, "accuracy": _dict(score), "gain": _dict(report.gains[name])}
            for name, score in report.baselines.items()
        ],
        "trained_on": [f"{name}: {value}" for name, value in trained_on.items()],
        "evaluated_on": [f"{name}: {value}" for name, value in evaluated_on.items()],
    }


def _dict(score: Score) -> dict[str, float]:
    return {name: _short(value) for name, value in score._asdict().items()}


def _short(value: float) -> float:
    return round(value, 6)
