"""One recipe, beside what needs no LSTM: every score with its interval, and gains over baselines, paired.

A score is the mean over the members, which were trained from different seeds; its interval is of other seeds and other
test examples. What the members answer together has an interval of test examples alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from kassandra.judging.estimate import estimate
from kassandra.judging.intervals import Estimate
from kassandra.judging.method import difference, mean_over_seeds
from kassandra.judging.paired import compare
from kassandra.judging.resampling import Resampling
from kassandra.judging.score import Score, value_of


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
    """The scores of a recipe on the test split.

    scores: by name, means over the members; the first is the headline, in which it is compared with the baselines.
    members: by name, of each member. together: by name, of what they answer together.
    baselines: the headline of each.
    gains: by how much the mean is better than each, paired; negative where it is worse.
    beside: by baseline and name of a further score, what the baseline has, and the gain.
    units: how many examples were scored. kinds: the Score of each of `scores`.
    tests: of the recipe against baselines. cautions: sentences that whoever reads the scores should know.
    signatures: of scores that are computed in more than one way, in which; by name of the score.
    """

    scores: dict[str, Estimate]
    members: dict[str, list[float]]
    together: dict[str, Estimate]
    baselines: dict[str, Estimate]
    gains: dict[str, Estimate]
    units: int
    kinds: tuple[Score, ...]
    beside: dict[str, dict[str, tuple[Estimate, Estimate]]] = field(default_factory=dict, kw_only=True)
    tests: tuple[EqualityTest, ...] = field(default=(), kw_only=True)
    cautions: tuple[str, ...] = field(default=(), kw_only=True)
    signatures: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def headline(self) -> Score:
        return self.kinds[0]


def judge(
    scores: Sequence[Score], members: Sequence[pd.DataFrame], together: pd.DataFrame,
    baselines: dict[str, pd.DataFrame], resampling: Resampling, seed: int, beside: Sequence[str] = (),
) -> Report:  # fmt: skip
    """
    Args:
        scores: the headline first. What is not defined of `together` is left out.
        members: the predictions of each, a row per example, with the column `example`. together: their joint ones.
        baselines: tables of the same rows, with what the headline is made of.
        beside: names of further scores in which the recipe is compared with baselines that have them.
    """
    headline = scores[0]
    joint = {score: each for score in scores if (each := estimate(score, together, resampling, seed))}
    assert headline in joint, f"{headline.name}: not defined on these predictions"
    assert headline.sign, f"{headline.name}: the first score has to say which way is better"
    means = mean_over_seeds(list(joint), members, resampling, seed) if len(members) > 1 else {}
    defined = [score for score in joint if score.name in means or len(members) == 1]
    further = [score for score in defined if score.name in beside and score is not headline]
    others = {name: estimate(headline, each, resampling, seed) for name, each in baselines.items()}
    assert all(others.values()), f"{headline.name}: not defined on the predictions of every baseline"
    return Report(
        {score.name: means.get(score.name, joint[score]) for score in defined},
        {score.name: [value_of(score, table) for table in members] for score in defined},
        {score.name: joint[score] for score in defined},
        {name: each for name, each in others.items() if each},
        {name: _gain(headline, each, members, resampling) for name, each in baselines.items()},
        together["example"].nunique(),
        tuple(defined),
        beside={name: _beside(further, each, members, resampling, seed) for name, each in baselines.items()},
    )


def by_model(scores: Sequence[Score], models: dict[str, pd.DataFrame], headline: str) -> pd.DataFrame:
    """The scores of every model alike, by name, the headline last; NaN where one is not defined."""
    rows = []
    for name, table in models.items():
        row: dict[str, Any] = {"model": name}
        for score in sorted(scores, key=lambda score: score.name == headline):
            function = score.of(table)
            row[score.name] = np.nan if function is None else float(function(np.ones(len(table), np.int64)))
        rows.append(row)
    return pd.DataFrame(rows)


def _beside(
    scores: Sequence[Score], baseline: pd.DataFrame, members: Sequence[pd.DataFrame], resampling: Resampling, seed: int
) -> dict[str, tuple[Estimate, Estimate]]:
    """By name, those of `scores` that a baseline has: its own, and the gain."""
    own = {score: estimate(score, baseline, resampling, seed) for score in scores}
    return {score.name: (each, _gain(score, baseline, members, resampling)) for score, each in own.items() if each}


def _gain(score: Score, baseline: pd.DataFrame, members: Sequence[pd.DataFrame], resampling: Resampling) -> Estimate:
    """By how much the mean of the members is better, with the interval of the test that `kassandra compare` uses."""
    if resampling.units(members[0]).count < 2:  # of a single unit nothing varies
        mean = float(np.mean([value_of(score, each) for each in members]))
        return Estimate(*[score.sign * (mean - value_of(score, baseline))] * 3)
    if len(members) == 1:
        compared = compare([score], baseline, members[0], resampling).get(score.name)
    else:
        compared = difference(score, [baseline], members, resampling)
    assert compared, f"{score.name}: not defined on the predictions of every member"
    value, *ends, _, _ = compared.difference
    return Estimate(score.sign * value, *sorted(score.sign * end for end in ends))


def contents(
    report: Report, parameters: int, trained_on: dict[str, str], evaluated_on: dict[str, str]
) -> dict[str, Any]:
    """metrics/<pipeline>/test.json as a dict: the scores, what needs no LSTM, and on which machine.

    `dvc metrics show` puts numbers at the top level into its table and leaves lists out. Hence the headline alone at
    the top, and lists below: all scores with their intervals and members, the baselines, tests, cautions, signatures
    and the fingerprints stand in the file and that table stays short. Tests, cautions and signatures are there if there
    are any.

    Numbers have six decimals, and more where the headline is small (a daily return is).
    """
    name, best = report.headline.name, max if report.headline.sign > 0 else min
    headline = report.scores[name]
    decimals = 6 + (math.ceil(-math.log10(abs(headline.value))) if 0 < abs(headline.value) < 0.1 else 0)

    def short(value: float) -> float:
        return round(value, decimals)

    def interval(estimate: Estimate) -> dict[str, float]:
        return {end: short(value) for end, value in estimate._asdict().items()}

    seeds = len(report.members[name])

    def of_members(score: str) -> dict[str, Any]:
        each = {"members": [short(value) for value in report.members[score]]}
        return each | {"together": interval(report.together[score])} if seeds > 1 else each

    def beside(baseline: str) -> dict[str, Any]:
        rows = [{"score": score, **interval(own), "gain": interval(gain)}
                for score, (own, gain) in report.beside.get(baseline, {}).items()]  # fmt: skip
        return {"beside": rows} if rows else {}

    tests = [test._asdict() | {"statistic": short(test.statistic), "p": short(test.p)} for test in report.tests]
    signatures = [f"{score}: {signature}" for score, signature in report.signatures.items()]
    return {
        name: short(headline.value),
        f"{name}_low": short(headline.low),
        f"{name}_high": short(headline.high),
        f"baseline_{name}": short(best(score.value for score in report.baselines.values())),
        **({f"{name}_together": short(report.together[name].value)} if seeds > 1 else {}),
        "examples": report.units,
        "seeds": seeds,
        "parameters": parameters,
        "intervals": [
            {"score": kind.name, **interval(report.scores[kind.name])}
            | {"better": kind.better, "unit": kind.unit, "decimals": kind.decimals}
            | of_members(kind.name)
            for kind in report.kinds
        ],
        "baselines": [
            {"baseline": baseline, name: interval(score), "gain": interval(report.gains[baseline])} | beside(baseline)
            for baseline, score in report.baselines.items()
        ],
        **({"tests": tests} if tests else {}),
        **({"cautions": list(report.cautions)} if report.cautions else {}),
        **({"signatures": signatures} if signatures else {}),
        "trained_on": [f"{name}: {value}" for name, value in trained_on.items()],
        "evaluated_on": [f"{name}: {value}" for name, value in evaluated_on.items()],
    }
