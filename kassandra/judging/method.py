"""Is one recipe better than another? Means over seeds, with intervals of seeds and test examples together.

A score of a recipe varies because another seed trains another model, and because another test split holds other
examples; a verdict on one training is about that training alone (Dror, Shlomov & Reichart 2019; Bouthillier et al.
2021; Agarwal et al. 2021). Members (seeds) and test examples are crossed: every member predicts every example. The
variance of the difference of two means over seeds is therefore estimated as

    V = S + E - I, but at least E

- S = s_A²/n_A + s_B²/n_B, from the deviations of the members' scores over seeds (Welch 1947);
- E, of the difference of both means over other test examples, the members given; paired where both recipes predicted
  the same examples, else the sum of that of each;
- I, the part of E that averages out over seeds (the interaction of members and examples), which S contains already.

The difference is compared with Student's t, whose degrees of freedom are those of Satterthwaite (1946):
V² / (s_A⁴/(n_A² (n_A - 1)) + s_B⁴/(n_B² (n_B - 1)) + E²/f), f being those of E. Where seeds alone vary, it is Welch's
test. `python -m benchmarks.verdicts` says how often it is wrong and what it finds. A percentile bootstrap over 3 seeds
a side calls about 20 in 100 pairs of equal recipes different.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from kassandra.judging.dependence import OF_ONE, Swayed, swayed
from kassandra.judging.estimate import ends, estimate, has_own_interval
from kassandra.judging.intervals import TAIL, Estimate
from kassandra.judging.paired import Compared, Difference
from kassandra.judging.resampling import Resampling
from kassandra.judging.score import Numbers, Score

ENOUGH = 3  # members a side; with fewer there is no verdict on the method
TEST = "Welch's t-test of seeds and examples (Satterthwaite)"


def compare_methods(
    scores: Sequence[Score], a: Sequence[pd.DataFrame], b: Sequence[pd.DataFrame], resampling: Resampling, *,
    paired: bool = True,
) -> dict[str, Compared] | None:  # fmt: skip
    """By name, those of `scores` that both recipes have: means over seeds, their difference (B less A), interval and p.

    The interval excludes 0 exactly where p < 0.05. Both hold for other seeds and for other test examples of the kind.

    Args:
        a, b: predictions of each member of a recipe; within a recipe all have the same rows.
        paired: whether the rows of both recipes are of the same examples, in the same order.

    Returns:
        None where a side has fewer than 3 members: no verdict on the method.

    Raises:
        ValueError: members have different numbers of rows.
    """
    if min(len(a), len(b)) < ENOUGH:
        return None
    compared = {score.name: difference(score, a, b, resampling, paired=paired) for score in scores}
    return {name: each for name, each in compared.items() if each}


def difference(
    score: Score, a: Sequence[pd.DataFrame], b: Sequence[pd.DataFrame], resampling: Resampling, *, paired: bool = True
) -> Compared | None:
    """Of one score. A side of one member has no variance over seeds: the answer is then about that model.

    Returns:
        None where a side does not have the score.

    Raises:
        ValueError: members have different numbers of rows.
    """
    both = [swayed(score, [*a, *b], resampling)] if paired else [swayed(score, each, resampling) for each in (a, b)]
    if any(each is None for each in both):
        return None
    return of_swayed([each for each in both if each], len(a))


def of_swayed(known: Sequence[Swayed], a: int) -> Compared:
    """From how examples sway the members' scores.

    Args:
        known: of the members of A and B together, where they predicted the same examples; else of each side.
        a: members of A.
    """
    values = np.concatenate([each.values for each in known])
    b = len(values) - a
    signs = np.repeat([-1 / a, 1 / b], [a, b])  # (members,) weights of the difference
    ends = np.cumsum([0, *(len(each.values) for each in known)])
    examples = [
        (max(float(signs[begin:end] @ each.covariance @ signs[begin:end]), 0.0), each.freedom)
        for each, begin, end in zip(known, ends, ends[1:], strict=False)
    ]
    sides = [(known[0], slice(0, a)), (known[-1], slice(-b, None))]
    seeds = [(over_seeds(each.values[part]), len(each.values[part]) - 1) for each, part in sides]
    shared = sum(interaction(each.covariance[part, part]) for each, part in sides)
    one, other = float(values[:a].mean()), float(values[a:].mean())
    return Compared(one, other, welch(other - one, seeds, examples, shared))


def welch(
    value: float, seeds: Sequence[tuple[float, float]], examples: Sequence[tuple[float, float]], shared: float
) -> Difference:
    """Of a difference, from the parts of its variance, each with its degrees of freedom.

    Args:
        seeds: of each side, the variance of its mean over seeds. examples: of the difference over test examples, in one
            part where paired, else in one of each side. shared: what is in both of them.

    >>> print("{:+.2f} [{:+.2f}, {:+.2f}] p {:.3f}".format(*welch(0.02, [(1e-4 / 3, 2)] * 2, [(0.0, 99)], 0.0)))
    +0.02 [-0.00, +0.04] p 0.070
    """
    over_examples = sum(variance for variance, _ in examples)
    variance = max(sum(part for part, _ in seeds) + over_examples - shared, over_examples)
    parts = [(part, free) for part, free in (*seeds, *examples) if part > 0]
    if not parts or variance <= 1e-24 * value**2:  # it never varies, up to rounding
        return Difference(value, value, value, float(value == 0), TEST)
    freedom = max(variance**2 / sum(part**2 / free for part, free in parts), min(free for _, free in parts))
    error = math.sqrt(variance)
    reach = float(stdtrit(freedom, 1 - TAIL)) * error
    return Difference(value, value - reach, value + reach, float(2 * stdtr(freedom, -abs(value) / error)), TEST)


def over_seeds(values: Numbers) -> float:
    """The variance of the mean of `values` (members,) over seeds; 0 of one member, of which it is not known."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0


def interaction(covariance: Numbers) -> float:
    """How much of the variance over examples of a mean over members is of each member alone.

    Args:
        covariance: (members, members) over examples. What members share is the mean off its diagonal.
    """
    members = len(covariance)
    if members == 1:
        return 0.0
    own = np.trace(covariance) / members
    between = (covariance.sum() - np.trace(covariance)) / (members * (members - 1))
    return max(float(own - between) / members, 0.0)


def mean_over_seeds(
    scores: Sequence[Score], members: Sequence[pd.DataFrame], resampling: Resampling, seed: int
) -> dict[str, Estimate]:
    """By name, those of `scores` that the members have: the mean over seeds and its 95% interval of seeds and examples.

    To either side it reaches √(seeds² + examples²), as both are independent (recovered variances: Zou & Donner 2008).
    `seeds` is Student's t times the deviation of the mean over seeds, less what examples explain of it. `examples` is
    how far a member's own interval (kassandra.judging.estimate) reaches there, on average, made smaller as the mean
    over members varies less over test examples than a member does. Of one member it is that member's interval, of
    examples alone.

    Args:
        members: predictions of each, with the same rows.
        seed: of the resamples that some intervals need.

    Raises:
        ValueError: members have different numbers of rows.
    """
    means = {score.name: _mean(score, members, resampling, seed) for score in scores}
    return {name: each for name, each in means.items() if each}


def _mean(score: Score, members: Sequence[pd.DataFrame], resampling: Resampling, seed: int) -> Estimate | None:
    if len(members) == 1:
        return estimate(score, members[0], resampling, seed)
    together = swayed(score, members, resampling, OF_ONE)
    if together is None:
        return None
    alone: list[Estimate | None]
    if has_own_interval(score, resampling):
        alone = [estimate(score, table, resampling, seed) for table in members]
    else:  # what `estimate` would find out again
        errors = np.sqrt(np.diag(together.covariance))
        alone = [
            ends(float(value), float(error), together.freedom, score, together.units)
            for value, error in zip(together.values, errors, strict=True)
        ]
    if any(each is None for each in alone):
        return None
    values, lows, highs = np.array([each for each in alone if each]).T
    less = _less(together)
    freedom = len(members) - 1
    net = max(over_seeds(values) - interaction(together.covariance), 0.0)
    seeds = float(stdtrit(freedom, 1 - TAIL)) * math.sqrt(net)
    mean = float(values.mean())
    low = mean - math.hypot(seeds, less * float((values - lows).mean()))
    high = mean + math.hypot(seeds, less * float((highs - values).mean()))
    least = 0.0 if score.largest < math.inf and values.min() >= 0 and not score.signed else -math.inf
    return Estimate(mean, max(low, min(least, mean)), min(high, max(score.largest, mean)))


def _less(together: Swayed) -> float:
    """The deviation over examples of the mean of the members, as a share of that of a member."""
    own = float(np.trace(together.covariance)) / len(together.values)
    return math.sqrt(min(max(float(together.covariance.mean()) / own, 0.0), 1.0)) if own > 0 else 1.0
