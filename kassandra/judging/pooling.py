"""What several members predict together where each predicts a distribution: the mean of their distributions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.spec import LEVELS


def pooled(members: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(levels, …) quantiles at LEVELS of the mean of distributions, given by theirs, (levels, …) each.

    Distribution functions are linear between quantiles, and have exponential tails beyond the outermost (as in
    kassandra.judging.crps); their mean is taken as linear between all members' quantiles.
    """
    shape = members[0].shape
    each = [np.reshape(one, (len(LEVELS), -1)) for one in members]
    step = 1 << 12  # numbers at a time, so that memory stays small
    parts = [_pooled([one[:, begin : begin + step] for one in each]) for begin in range(0, each[0].shape[1], step)]
    return np.concatenate(parts, axis=1).reshape(shape)


def _pooled(members: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(levels, numbers) of several."""
    levels, at = np.array(LEVELS), np.sort(np.concatenate(members), axis=0)  # (knots, numbers)
    share = np.mean([_share_below(at, one) for one in members], axis=0)  # (knots, numbers), increasing
    # A level lies between two knots: the last knot whose share is below it, and the next.
    after = np.clip((share[:, None] < levels[:, None]).sum(0), 1, len(at) - 1)  # (levels, numbers)
    (low, high), (begin, end) = (
        (np.take_along_axis(values, after - 1, 0), np.take_along_axis(values, after, 0)) for values in (share, at)
    )
    part = np.divide(levels[:, None] - low, high - low, out=np.zeros_like(low), where=high > low)
    return np.asarray(begin + np.clip(part, 0, 1) * (end - begin))


def _share_below(at: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(knots, numbers) how much of a distribution, given by its quantiles (levels, numbers), lies below each of `at`
    (knots, numbers)."""
    levels, smallest = np.array(LEVELS), np.finfo(np.float64).tiny
    widths = np.diff(quantiles, axis=0)  # (levels - 1, numbers)
    reached = np.divide(at[:, None] - quantiles[:-1], widths, out=np.zeros((len(at), *widths.shape)), where=widths > 0)
    reached = np.where(widths > 0, reached, at[:, None] >= quantiles[1:])
    share = levels[0] + (np.clip(reached, 0, 1) * np.diff(levels)[:, None]).sum(1)  # (knots, numbers)
    tails = ((1, quantiles[0], widths[0], levels[:2]), (-1, quantiles[-1], widths[-1], 1 - levels[:-3:-1]))
    for sign, outer, width, end in tails:
        beyond = sign * (outer - at)  # above 0 in this tail
        decay = np.maximum(width / np.log(end[1] / end[0]), smallest)
        tail = end[0] * np.exp(-np.maximum(beyond, 0) / decay)
        share = np.where(beyond > 0, tail if sign > 0 else 1 - tail, share)
    return np.asarray(share)
