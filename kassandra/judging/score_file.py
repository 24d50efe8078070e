"""metrics/<pipeline>/test.json: what the model scored, beside what needs no LSTM, and on which machine."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kassandra.judging.intervals import Score


class Comparison(NamedTuple):
    """Of the model against a baseline: the null hypothesis is that they are equally good.

    steps: of a forecast, those whose losses are compared. statistic: positive where the model is better.
    p: two-sided, in [0, 1].
    """

    baseline: str
    steps: int | Literal["all"]
    statistic: float
    p: float


@dataclass(frozen=True)
class Report:
    """What an evaluation found on the test split.

    scores: the first is the headline, in which the model is compared with the baselines.
    baselines: the headline of each.
    gains: by how much the model is better than each, paired; negative where it is worse.
    units: how many examples, tokens or forecasts were scored. best: of several headlines, `max` or `min`.
    tests: of the model against baselines. cautions: sentences that whoever reads the scores should know.
    signatures: of scores that are computed in more than one way, in which; by name of the score.
    """

    scores: dict[str, Score]
    baselines: dict[str, Score]
    gains: dict[str, Score]
    units: int
    best: Callable[[Iterable[float]], float]
    tests: tuple[Comparison, ...] = field(default=(), kw_only=True)
    cautions: tuple[str, ...] = field(default=(), kw_only=True)
    signatures: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def headline(self) -> str:
        return next(iter(self.scores))


def contents(
    report: Report, parameters: int, trained_on: dict[str, str], evaluated_on: dict[str, str]
) -> dict[str, Any]:
    """The file as a dict.

    `dvc metrics show` puts numbers at the top level into its table and leaves lists out. Hence the lists: the intervals
    of all scores, the baselines, tests, cautions, signatures and the fingerprints stand in the file without making that
    table unreadable. Tests, cautions and signatures are there if there are any.

    Numbers have six decimals, and more where the headline is small (a daily return is).
    """
    name, headline = report.headline, report.scores[report.headline]
    decimals = 6 + (math.ceil(-math.log10(abs(headline.value))) if 0 < abs(headline.value) < 0.1 else 0)

    def short(value: float) -> float:
        return round(value, decimals)

    def interval(score: Score) -> dict[str, float]:
        return {end: short(value) for end, value in score._asdict().items()}

    tests = [test._asdict() | {"statistic": short(test.statistic), "p": short(test.p)} for test in report.tests]
    signatures = [f"{score}: {signature}" for score, signature in report.signatures.items()]
    return {
        name: short(headline.value),
        f"{name}_low": short(headline.low),
        f"{name}_high": short(headline.high),
        **{other: short(score.value) for other, score in report.scores.items() if other != name},
        f"baseline_{name}": short(report.best(score.value for score in report.baselines.values())),
        "examples": report.units,
        "parameters": parameters,
        "intervals": [{"score": name, **interval(score)} for name, score in report.scores.items()],
        "baselines": [
            {"baseline": baseline, name: interval(score), "gain": interval(report.gains[baseline])}
            for baseline, score in report.baselines.items()
        ],
        **({"tests": tests} if tests else {}),
        **({"cautions": list(report.cautions)} if report.cautions else {}),
        **({"signatures": signatures} if signatures else {}),
        "trained_on": [f"{name}: {value}" for name, value in trained_on.items()],
        "evaluated_on": [f"{name}: {value}" for name, value in evaluated_on.items()],
    }
