"""One model, beside what needs no LSTM: every score with its interval, and gains over baselines, paired."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from kassandra.judging.estimate import estimate
from kassandra.judging.intervals import Estimate
from kassandra.judging.paired import compare
from kassandra.judging.resampling import Resampling
from kassandra.judging.score import Score


class EqualityTest(NamedTuple):
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
    """The scores of a model on the test split.

    scores: by name; the first is the headline, in which the model is compared with the baselines.
    baselines: the headline of each.
    gains: by how much the model is better than each, paired; negative where it is worse.
    units: how many examples were scored. kinds: the Score of each of `scores`.
    tests: of the model against baselines. cautions: sentences that whoever reads the scores should know.
    signatures: of scores that are computed in more than one way, in which; by name of the score.
    """

    scores: dict[str, Estimate]
    baselines: dict[str, Estimate]
    gains: dict[str, Estimate]
    units: int
    kinds: tuple[Score, ...]
    tests: tuple[EqualityTest, ...] = field(default=(), kw_only=True)
    cautions: tuple[str, ...] = field(default=(), kw_only=True)
    signatures: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def headline(self) -> Score:
        return self.kinds[0]


def judge(
    scores: Sequence[Score], table: pd.DataFrame, baselines: dict[str, pd.DataFrame], resampling: Resampling, seed: int
) -> Report:
    """
    Args:
        scores: the headline first. What is not defined of `table` is left out.
        table: the predictions, a row per example, with the column `example`.
        baselines: tables of the same rows, with what the headline is made of.
    """
    headline = scores[0]
    estimates = [(score, estimate(score, table, resampling, seed)) for score in scores]
    defined = {score: each for score, each in estimates if each}
    assert headline in defined, f"{headline.name}: not defined on these predictions"
    assert headline.sign, f"{headline.name}: the first score has to say which way is better"
    others = {name: estimate(headline, each, resampling, seed) for name, each in baselines.items()}
    assert all(others.values()), f"{headline.name}: not defined on the predictions of every baseline"
    return Report(
        {score.name: each for score, each in defined.items()},
        {name: each for name, each in others.items() if each},
        {name: _gain(headline, each, table, resampling) for name, each in baselines.items()},
        table["example"].nunique(),
        tuple(defined),
    )


def _gain(score: Score, baseline: pd.DataFrame, table: pd.DataFrame, resampling: Resampling) -> Estimate:
    """By how much the model is better, with the interval of the test that `kassandra compare` uses."""
    if resampling.units(table).count < 2:  # of a single unit nothing varies
        values = [score.of(each)(np.ones(len(each), np.int64)) for each in (baseline, table)]  # type: ignore[misc]
        return Estimate(*[score.sign * float(values[1] - values[0])] * 3)
    value, *ends, _, _ = compare([score], baseline, table, resampling)[score.name].difference
    return Estimate(score.sign * value, *sorted(score.sign * end for end in ends))


def contents(
    report: Report, parameters: int, trained_on: dict[str, str], evaluated_on: dict[str, str]
) -> dict[str, Any]:
    """metrics/<pipeline>/test.json as a dict: the scores, what needs no LSTM, and on which machine.

    `dvc metrics show` puts numbers at the top level into its table and leaves lists out. Hence the lists: the intervals
    of all scores, the baselines, tests, cautions, signatures and the fingerprints stand in the file without making that
    table unreadable. Tests, cautions and signatures are there if there are any.

    Numbers have six decimals, and more where the headline is small (a daily return is).
    """
    name, best = report.headline.name, max if report.headline.sign > 0 else min
    headline = report.scores[name]
    decimals = 6 + (math.ceil(-math.log10(abs(headline.value))) if 0 < abs(headline.value) < 0.1 else 0)

    def short(value: float) -> float:
        return round(value, decimals)

    def interval(estimate: Estimate) -> dict[str, float]:
        return {end: short(value) for end, value in estimate._asdict().items()}

    tests = [test._asdict() | {"statistic": short(test.statistic), "p": short(test.p)} for test in report.tests]
    signatures = [f"{score}: {signature}" for score, signature in report.signatures.items()]
    return {
        name: short(headline.value),
        f"{name}_low": short(headline.low),
        f"{name}_high": short(headline.high),
        **{other: short(score.value) for other, score in report.scores.items() if other != name},
        f"baseline_{name}": short(best(score.value for score in report.baselines.values())),
        "examples": report.units,
        "parameters": parameters,
        "intervals": [
            {"score": kind.name, **interval(report.scores[kind.name])}
            | {"better": kind.better, "unit": kind.unit, "decimals": kind.decimals}
            for kind in report.kinds
        ],
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
