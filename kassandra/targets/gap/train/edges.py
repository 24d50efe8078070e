"""What is known around each step of a series with gaps: the nearest values before and after it, how far they are, the
line between them, and the values a season away. Imports no PyTorch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

REPEATS = 4  # seasons to each side whose mean is taken

Numbers = NDArray[np.floating]
Known = NDArray[np.bool_]


class Edges(NamedTuple):
    """Of each step (…, steps, targets). A step that is known is its own edge.

    before, after: the nearest known values to both sides; 0 where there is none. since, until: steps to them, ≥ 0; -1
    where there is none. line: the straight line between both; where there is one alone, that one; else 0.
    """

    before: Numbers
    since: NDArray[np.int64]
    after: Numbers
    until: NDArray[np.int64]
    line: Numbers


def edges(values: Numbers, known: Known) -> Edges:
    """`values` (…, steps, targets), of which those that are not `known` are never looked at.

    >>> at = edges(np.array([[1.0], [7.0], [9.0], [4.0]]), np.array([[True], [False], [False], [True]]))
    >>> at.since.ravel().tolist(), at.until.ravel().tolist(), at.line.ravel().tolist()
    ([0, 1, 2, 0], [0, 2, 1, 0], [1.0, 2.0, 3.0, 4.0])
    """
    steps = known.shape[-2]
    place = np.arange(steps)[:, None]
    last = np.maximum.accumulate(np.where(known, place, -1), axis=-2)
    following = np.minimum.accumulate(np.where(known, place, steps)[..., ::-1, :], axis=-2)[..., ::-1, :]
    has_last, has_following = last >= 0, following < steps
    shown = np.where(known, values, 0)
    before = np.where(has_last, np.take_along_axis(shown, np.maximum(last, 0), -2), 0)
    after = np.where(has_following, np.take_along_axis(shown, np.minimum(following, steps - 1), -2), 0)
    since, until = np.where(has_last, place - last, -1), np.where(has_following, following - place, -1)
    both = has_last & has_following
    share = np.where(both, since / np.maximum(since + until, 1), 0).astype(values.dtype)
    line = np.where(both, before + (after - before) * share, before + after)  # one of them is 0 where it is alone
    return Edges(before, since, after, until, line)


def shifted(values: Numbers, known: Known, by: int) -> tuple[Numbers, Known]:
    """At each step (…, steps, targets) what stands `by` steps later, or before where it is negative: values, 0 where
    none is known, and whether one is."""
    away, there = np.zeros_like(values), np.zeros_like(known)
    if abs(by) < values.shape[-2]:
        here, other = (slice(None, -by), slice(by, None)) if by > 0 else (slice(-by, None), slice(None, by))
        there[..., here, :] = known[..., other, :]
        away[..., here, :] = np.where(known[..., other, :], values[..., other, :], 0)
    return away, there


class Season(NamedTuple):
    """At each step (…, steps, targets) the value a season away, the mean of those of several seasons that are known,
    and whether any is; 0 where none is."""

    nearest: Numbers
    mean: Numbers
    there: Known


def _season(values: Numbers, known: Known, length: int, sign: int, middle: slice) -> Season:
    """Of the steps in the middle, REPEATS seasons later, or before where `sign` is -1."""
    total, count = np.zeros_like(values), np.zeros(values.shape, np.int64)
    nearest = total
    for times in range(REPEATS, 0, -1):
        nearest, there = shifted(values, known, sign * times * length)
        total, count = total + nearest, count + there
    whole = Season(nearest, total / np.maximum(count, 1), count > 0)
    return Season(whole.nearest[:, middle], whole.mean[:, middle], whole.there[:, middle])


def read(values: Numbers, known: Known, margin: int, seasons: Sequence[int]) -> Numbers:
    """(batch, steps, …) what a model is given of the targets at each step; contracts.gaps.width says how many numbers.

    The value, 0 where it is missing, and whether it is there. Then of steps before: what they let expect, the nearest
    value, how far it is, as the logarithm of steps, in [0, 1]; the value a season before, the mean of several seasons
    before, and whether any is known. Then of steps after: what both sides let expect, the line between them, the
    nearest value, how far it is, and the seasons after. What is expected is the mean of the longest season, and how far
    the nearest values are from theirs: on a line between both, or as the one before is. Without seasons it is the line,
    or the value before.

    Args:
        values, known: (batch, margin + steps + margin, targets); the margins are looked at for seasons alone.
    """
    steps = values.shape[1] - 2 * margin
    middle = slice(margin, margin + steps)
    own, there = values[:, middle], known[:, middle]
    at, far = edges(own, there), np.log1p(steps)
    sides = {sign: [_season(values, known, length, sign, middle) for length in seasons] for sign in (-1, 1)}
    expected, of_past = at.line, at.before
    if seasons:
        before, after = (sides[sign][int(np.argmax(seasons))] for sign in (-1, 1))
        count = np.maximum(before.there.astype(values.dtype) + after.there, 1)
        usual = np.where(before.there | after.there, (before.mean + after.mean) / count, at.line)
        expected = usual + edges(own - usual, there).line
        usual = np.where(before.there, before.mean, at.before)
        of_past = usual + edges(own - usual, there).before

    def distance(count: NDArray[np.int64]) -> Numbers:
        return np.where(count < 0, 1.0, np.log1p(np.maximum(count, 0)) / far)

    def away(sign: int) -> list[Any]:
        return [part for each in sides[sign] for part in each]

    parts = [np.where(there, own, 0), there, of_past, at.before, distance(at.since), *away(-1)]
    parts += [expected, at.line, at.after, distance(at.until), *away(1)]
    return np.concatenate(parts, axis=2).astype(np.float32)
