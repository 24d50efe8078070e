"""Is one of two models better on the same test examples? An interval and a p-value from one and the same method.

For all of them: the interval excludes 0 exactly where p < 0.05, so that a verdict never contradicts the interval beside
it. Both are of other test examples like these; how much another seed of training would change is not in them.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from scipy.stats import binomtest

from kassandra.judging.dependence import along_cosines
from kassandra.judging.intervals import LEVEL, TAIL, Z, wilson
from kassandra.judging.resampling import Resampling, Units
from kassandra.judging.score import Numbers, Score, Share, resample

ALPHA = 0.05  # below it, p is evidence of a difference
MCNEMAR = "McNemar's test, exact"
BOOTSTRAP = "paired bootstrap"
REPLICATES = 2000  # resamples; p is at least 1 / 2001
WORK = 50_000_000  # numbers that resamples may take: a few seconds; past that, fewer resamples


class Difference(NamedTuple):
    """B's score less A's, its 95% interval, and the two-sided p of the hypothesis that they are the same.

    test: which method gave the interval and p.
    """

    value: float
    low: float
    high: float
    p: float
    test: str


class Compared(NamedTuple):
    """a, b: the score of each. difference: B's less A's."""

    a: float
    b: float
    difference: Difference


def compare(
    scores: Sequence[Score], a: pd.DataFrame, b: pd.DataFrame, resampling: Resampling, replicates: int = REPLICATES
) -> dict[str, Compared]:
    """Of two tables whose rows are of the same examples, by name, those of `scores` that both have.

    Rows in order are compared by the test of `in_order`; of others, a share of rows that are right by McNemar's exact
    test, and any other score by the paired bootstrap.
    """
    units, results = resampling.ordered(a), dict[str, Compared]()
    if resampling.test:
        ordered = {score.name: _ordered(score, a, b, units, resampling.test) for score in scores}
        return {name: each for name, each in ordered.items() if each}
    shares = [score for score in scores if isinstance(score, Share)]
    others = [score for score in scores if score not in shares]
    for score in shares:
        right = [np.asarray(score.sums(table))[:, 0] > 0 for table in (a, b)]
        results[score.name] = Compared(float(right[0].mean()), float(right[1].mean()), mcnemar(*right))
    drawn = resample([(score, table) for score in others for table in (a, b)], units, 0, replicates, WORK)
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        if one and other and not np.isnan([one.values[0], other.values[0]]).any():
            (before, times), (after, again) = one.values, other.values
            difference = centred(float(after - before), again - times, units.count)
            results[one.score.name] = Compared(float(before), float(after), difference)
    return {score.name: results[score.name] for score in scores if score.name in results}


def _ordered(score: Score, a: pd.DataFrame, b: pd.DataFrame, units: Units, test: str) -> Compared | None:
    """What each unit adds to the difference is that of the sums, times the slope of the score where both meet.

    There it is as if they were equal. Around each its own sums, the errors of a model that was unlucky would make its
    difference look surer: of equal models 6 to 7 in 100 would seem to differ. The interval is stretched as the score
    stretches the difference itself: so p of a root mean square is that of the mean squares, which is the test of
    Diebold and Mariano.
    """
    rows = [score.sums(table) for table in (a, b)]
    if rows[0] is None or rows[1] is None or units.count < 2:
        return None
    sums = [np.asarray(units.sums(each), np.float64) for each in rows]  # (units, k) each
    totals = [each.sum(0) for each in sums]
    one, other = (float(score.value(total)) for total in totals)
    if np.isnan([one, other]).any():
        return None
    between, value = sum(totals) / 2, other - one
    steps = np.diag(np.where(between == 0, 1.0, np.abs(between)) * 1e-6)
    with np.errstate(invalid="ignore"):  # where neither has any error, a root has no slope, and nothing differs
        slope = np.diag(1 / np.diag(steps)) @ (score.value(between + steps) - score.value(between - steps)) / 2  # (k,)
    slope = np.nan_to_num(slope)
    added = (sums[1] - sums[0]) @ slope  # (units,)
    gap = float(added.sum())
    tested = in_order(gap, added * len(added), units.horizon, test)
    stretch = value / gap if gap and value else 1.0
    low, high = sorted([stretch * tested.low, stretch * tested.high])
    return Compared(one, other, tested._replace(value=value, low=low, high=high))


def mcnemar(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> Difference:
    """Of accuracies: the exact test of McNemar (1947), in which only the examples count that one of both is right on.

    The interval is of a product: the share of examples on which the two differ (Wilson 1927), and which way they lean
    there (Clopper & Pearson 1934, of which this test is the inversion). Both are joined by recovered variances (MOVER;
    Zou & Donner 2008), so that signs are those of the lean: it excludes 0 exactly where the test says so.

    Args:
        a, b: (examples,) whether each is right.

    >>> tested = mcnemar(np.array([True] * 90 + [False] * 10), np.array([True] * 98 + [False] * 2))
    >>> print(f"{tested.value:+.2f} [{tested.low:+.3f}, {tested.high:+.3f}] p {tested.p:.4f}")
    +0.08 [+0.015, +0.150] p 0.0078
    """
    gained, lost = int((b & ~a).sum()), int((a & ~b).sum())
    differ = gained + lost
    ends = wilson(np.array([differ]), np.array([len(a)]))
    rate, rate_low, rate_high = differ / len(a), float(ends[0][0]), float(ends[1][0])
    if not differ:
        return Difference(0.0, -rate_high, rate_high, 1.0, MCNEMAR)
    tested = binomtest(gained, differ)
    inside = tested.proportion_ci(LEVEL, "exact")
    lean, low, high = (2 * float(share) - 1 for share in (gained / differ, inside.low, inside.high))
    if lean < 0:  # the mirror image, and back
        lower, upper = _product(-lean, -high, -low, rate, rate_low, rate_high)
        lower, upper = -upper, -lower
    else:
        lower, upper = _product(lean, low, high, rate, rate_low, rate_high)
    return Difference((gained - lost) / len(a), lower, upper, float(tested.pvalue), MCNEMAR)


def _product(
    one: float, low: float, high: float, rate: float, rate_low: float, rate_high: float
) -> tuple[float, float]:
    """The interval of `one` ≥ 0 times `rate` > 0, from those of both; its lower end has the sign of `low`."""
    value, down, up = one * rate, one - low, high - one
    less, more = rate - rate_low, rate_high - rate
    if low > 0:
        lower = value - math.sqrt(value**2 - low * (one + down) * rate_low * (rate + less))
    else:
        lower = value - math.sqrt(value**2 + (down**2 - one**2) * (rate**2 + more**2))
    return lower, value + math.sqrt((rate * up) ** 2 + (one * more) ** 2 + (up * more) ** 2)


def centred(value: float, drawn: Numbers, units: int) -> Difference:
    """Of any score: how far the differences of resampled test examples lie around the one that was seen.

    p is the share of resamples whose difference lies as far from their mean as the one seen lies from 0, and the
    interval reaches to either side as far as 95% of them: the paired bootstrap of Koehn (2004), centred as Riezler &
    Maxwell (2005) and sacrebleu do it. Distances are widened as Student's t widens the interval of a mean of so few
    examples (Hesterberg 2015).

    Args:
        drawn: (replicates,) differences of resamples. units: ≥ 2, how many were drawn from.
    """
    few = math.sqrt(units / (units - 1)) * float(stdtrit(units - 1, 1 - TAIL)) / Z
    far = np.sort(np.abs(drawn - drawn.mean()) * few)[::-1]  # (replicates,), the farthest first
    count = len(drawn) + 1
    needed = -(-count // 20) - 1  # where fewer lie beyond the difference seen, p is below 1/20
    # Rounding must not part distances that are equal, as those of a few whole numbers are.
    beyond, reach = int((far >= abs(value) * (1 - 1e-9)).sum()), float(far[needed - 1])
    if beyond >= needed:
        reach = max(reach, abs(value))
    return Difference(value, value - reach, value + reach, (1 + beyond) / count, BOOTSTRAP)


def in_order(value: float, differences: Numbers, horizon: int, test: str) -> Difference:
    """Of means over what comes in the order of time (or of a text): the test of Diebold & Mariano (1995).

    The variance of the mean is that of the series at low frequencies: of ν cosines, ν rising with the length as
    Lazarus, Lewis, Stock & Watson (2018) recommend; and it is compared with Student's t of ν degrees of freedom. ν is
    at most dates / 2 horizon, as cosines must be longer than what forecasts of several steps share. Of simulated equal
    forecasts 5 in 100 seem to differ; with the rectangular kernel of horizon - 1 lags (Harvey, Leybourne & Newbold
    1997) 6 to 8 where dates are few (`python -m benchmarks.false_alarms`).

    Args:
        value: B's score less A's.
        differences: (dates,), two or more, what each adds to `value`, which is their mean but for a constant.
        horizon: steps ahead.
    """
    dates = len(differences)
    around = along_cosines(differences - differences.mean(), horizon)  # (waves,)
    freedom, variance = len(around), float((around**2).mean())
    error = math.sqrt(variance / dates)
    if error <= 1e-12 * max(abs(value), float(np.abs(differences).max())):  # it never varies, up to rounding
        return Difference(value, value, value, float(value == 0), test)
    reach = float(stdtrit(freedom, 1 - TAIL)) * error
    return Difference(value, value - reach, value + reach, float(2 * stdtr(freedom, -abs(value) / error)), test)
