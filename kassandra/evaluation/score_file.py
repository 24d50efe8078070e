"""metrics/<pipeline>/test.json: what the model scored, beside what needs no LSTM, and on which machine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kassandra.evaluation.intervals import Score


@dataclass(frozen=True)
class Report:
    """What an evaluation found on the test split.

    scores: the first is the headline, in which the model is compared with the baselines.
    baselines: the headline of each.
    gains: by how much the model is better than each, paired; negative where it is worse.
    units: how many examples, or tokens, were scored. best: of several headlines, `max` or `min`.
    """

    scores: dict[str, Score]
    baselines: dict[str, Score]
    gains: dict[str, Score]
    units: int
    best: Callable[[Iterable[float]], float]

    @property
    def headline(self) -> str:
        return next(iter(self.scores))


def contents(
    report: Report, parameters: int, trained_on: dict[str, str], evaluated_on: dict[str, str]
) -> dict[str, Any]:
    """The file as a dict.

    `dvc metrics show` puts numbers at the top level into its table and leaves lists out. Hence the lists: the intervals
    of all scores, the baselines and the fingerprints stand in the file without making that table unreadable.
    """
    name, headline = report.headline, report.scores[report.headline]
    return {
        name: _short(headline.value),
        f"{name}_low": _short(headline.low),
        f"{name}_high": _short(headline.high),
        **{other: _short(score.value) for other, score in report.scores.items() if other != name},
        f"baseline_{name}": _short(report.best(score.value for score in report.baselines.values())),
        "examples": report.units,
        "parameters": parameters,
        "intervals": [{"score": name, **_dict(score)} for name, score in report.scores.items()],
        "baselines": [
            {"baseline": baseline, name: _dict(score), "gain": _dict(report.gains[baseline])}
            for baseline, score in report.baselines.items()
        ],
        "trained_on": [f"{name}: {value}" for name, value in trained_on.items()],
        "evaluated_on": [f"{name}: {value}" for name, value in evaluated_on.items()],
    }


def _dict(score: Score) -> dict[str, float]:
    return {name: _short(value) for name, value in score._asdict().items()}


def _short(value: float) -> float:
    return round(value, 6)
