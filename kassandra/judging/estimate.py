"""One model's score on the test split with a 95% interval that covers, for every kind of score; one place for all.

- A share of examples that are right: Wilson (1927).
- Other scores of examples without an order: the jackknife's deviation with Student's t, on the scale of the logarithm
  (errors and losses) or of log-odds (scores with a largest value), so that intervals stay within what is possible and
  are as skewed as the estimate.
- Forecasts and language models: the same with a long-run variance of half as many cosines as differences of
  models have: of AR(.9) errors on 200 dates it covers 89 in 100 where all of them cover 85.
- Scores with an interval of their own (calibration error, directions): resamples. Those that are no function of sums:
  the deviation of resamples.

How much each covers: kassandra.judging.coverage, from `python -m benchmarks.coverage`.
"""

import math

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kassandra.judging.dependence import OF_ONE, swayed
from kassandra.judging.intervals import TAIL, Estimate, Z, wilson
from kassandra.judging.resampling import Resampling
from kassandra.judging.score import Score, Share, resample


def estimate(score: Score, table: pd.DataFrame, resampling: Resampling, seed: int) -> Estimate | None:
    """
    Args:
        table: the predictions of one model. seed: of the resamples, where they are needed.

    Returns:
        None where the table does not have the score, or it is not a number.
    """
    if isinstance(score, Share) and not resampling.test:
        sums = score.sums(table)
        return None if sums is None else _share(np.asarray(sums).sum(0))
    if type(score).interval is not Score.interval:
        resampled = resample([(score, table)], resampling.units(table), seed)[0]
        return resampled.estimate if resampled and np.isfinite(resampled.estimate.value) else None
    one = swayed(score, [table], resampling, OF_ONE)
    if one is None:
        return _without_interval(score, table, resampling)
    return ends(float(one.values[0]), math.sqrt(one.covariance[0, 0]), one.freedom, score, one.units)


def has_own_interval(score: Score, resampling: Resampling) -> bool:
    """Whether it is not one of a standard error and Student's t."""
    return (isinstance(score, Share) and not resampling.test) or type(score).interval is not Score.interval


def _without_interval(score: Score, table: pd.DataFrame, resampling: Resampling) -> Estimate | None:
    """The score of a single unit, of which nothing varies; None where it is not defined."""
    function = score.of(table)
    if function is None or resampling.units(table).count > 1:
        return None
    value = float(function(np.ones(len(table), np.int64)))
    return Estimate(value, value, value) if math.isfinite(value) else None


def _share(sums: np.ndarray) -> Estimate | None:
    right, trials = (np.array([round(float(each))]) for each in sums)
    if not trials[0]:
        return None
    low, high = wilson(right, trials)
    return Estimate(float(right[0] / trials[0]), float(low[0]), float(high[0]))


def ends(value: float, error: float, freedom: float, score: Score, units: int) -> Estimate:
    """Student's t on a scale that has no ends: log-odds of a score with a largest value, the logarithm of one that is
    better the lower it is, else the score itself, up to its largest value.

    A score without any error (every example alike, say all right) still has the uncertainty of Wilson's interval of
    `units` out of `units`.

    Args:
        error: standard error of `value`, in its unit. freedom: its degrees of freedom.
    """
    reach = float(stdtrit(freedom, 1 - TAIL)) * error
    if score.signed:
        return Estimate(value, value - reach, max(min(value + reach, score.largest), value))
    if 0 < value < score.largest < math.inf:
        share = value / score.largest
        odds, reach = share / (1 - share), reach / (score.largest * share * (1 - share))
        low, high = (score.largest * (1 - 1 / (1 + odds * math.exp(sign * min(reach, 300)))) for sign in (-1, 1))
        return Estimate(value, min(low, value), max(high, value))
    if score.largest < math.inf and value in (0, score.largest) and not error:
        gap = score.largest * Z**2 / (units + Z**2)
        return Estimate(value, max(value - gap, 0.0), min(value + gap, score.largest))
    if score.better == "lower" and value > 0:
        factor = math.exp(min(reach / value, 300))
        return Estimate(value, value / factor, value * factor)
    return Estimate(value, value - reach, value + reach)
