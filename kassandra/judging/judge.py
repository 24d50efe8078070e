"""One model, beside what needs no LSTM: every score with its interval, by one bootstrap for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from kassandra.judging.intervals import REPLICATES, Estimate, percentiles
from kassandra.judging.resampling import Resampling
from kassandra.judging.score import Numbers, Score

WORK = 250_000_000  # numbers that the resamples of one score may take, up to 5 seconds; past that they are fewer
FEW_REPLICATES = 200


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
    """What an evaluation found on the test split.

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


class Resampled(NamedTuple):
    """A score on one table. observed: (k,) sums over all rows; drawn: (resamples, k) those of each resample."""

    score: Score
    table: pd.DataFrame
    observed: Numbers
    drawn: Numbers

    @property
    def estimate(self) -> Estimate:
        return self.score.interval(self.table, self.observed, self.drawn)


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
    every = [(score, table) for score in scores] + [(headline, each) for each in baselines.values()]
    found = resample(every, resampling, seed)
    own, others = found[: len(scores)], [each for each in found[len(scores) :] if each]
    defined = [each for each in own if each and not np.isnan(each.estimate.value)]
    assert defined[0].score is headline, f"{headline.name}: not defined on these predictions"
    assert headline.sign, f"{headline.name}: the first score has to say which way is better"
    assert len(others) == len(baselines), f"{headline.name}: not defined on the predictions of every baseline"
    (value, drawn), gains = _values(defined[0]), []
    for other in others:
        at, resamples = _values(other)
        gains.append(percentiles(headline.sign * (value - at), headline.sign * (drawn - resamples)))
    return Report(
        {each.score.name: each.estimate for each in defined},
        {name: other.estimate for name, other in zip(baselines, others, strict=True)},
        dict(zip(baselines, gains, strict=True)),
        table["example"].nunique(),
        tuple(each.score for each in defined),
    )


def resample(every: Sequence[tuple[Score, pd.DataFrame]], resampling: Resampling, seed: int) -> list[Resampled | None]:
    """Each score on its table, all tables being of the same rows, on the same resamples; None where it has none.

    So the interval of a difference of two of them is paired.
    """
    units = resampling.units(every[0][1])
    summed: dict[int, Any] = {}
    found: list[Resampled | None] = [None] * len(every)
    for place, (score, table) in enumerate(every):
        if (sums := score.sums(table)) is not None:
            summed[place] = units.sums(sums)
        elif (function := score.of(table)) is not None:
            assert units.of is None, f"{score.name}: no function of sums, so rows have to be drawn one by one"
            replicates = REPLICATES if score.work(table) * REPLICATES <= WORK else FEW_REPLICATES
            drawn = np.array([function(times) for times in units.draws(seed, replicates)])
            found[place] = Resampled(score, table, function(np.ones(units.count, np.int64)), drawn)
    drawn, observed = _all_resampled(list(summed.values()), units, seed)
    ends = np.cumsum([0, *(each.shape[1] for each in summed.values())])
    for (place, _), begin, end in zip(summed.items(), ends, ends[1:], strict=False):
        found[place] = Resampled(*every[place], observed[begin:end], drawn[:, begin:end])
    return found


def _all_resampled(summed: list[Any], units: Any, seed: int) -> tuple[Numbers, Numbers]:
    """(resamples, all k) and (all k,) of (units, k) each."""
    if not summed:
        return np.empty((0, 0)), np.empty(0)
    together: Any = np.concatenate(summed, 1) if not any(map(sparse.issparse, summed)) else sparse.hstack(summed, "csr")
    return units.resampled(together, seed), np.asarray(together.sum(0), np.float64).ravel()


def _values(found: Resampled) -> tuple[Any, Numbers]:
    return found.score.value(found.observed), found.score.value(found.drawn)
