"""How far scores of several models, on the same test examples, would vary together with other test examples.

Examples without an order: by the jackknife (Efron & Tibshirani 1993, ch. 11), or by the bootstrap for scores that are
no function of sums. Dates and stretches of a text: by a long-run variance of as many cosines as Lazarus, Lewis, Stock &
Watson (2018) recommend, of what each unit adds to a score (the delta method, which also serves roots and ratios).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.fft import dct

from kassandra.judging.resampling import CHUNK, Resampling, Units
from kassandra.judging.score import Numbers, Score

OF_DIFFERENCES = 0.4  # rate of cosines: losses of two models differ by what hangs together little
OF_ONE = 0.2  # those of one model hang together more
LARGEST = 4_000_000  # numbers of a matrix of cosines
REPLICATES = 400  # resamples of a score that is no function of sums: its deviation is then known to 4%


class Swayed(NamedTuple):
    """Scores of several models on the same test examples.

    values: (models,) in the score's unit. covariance: (models, models) of the values over other test examples of the
    same kind, the models given. freedom: degrees of freedom of the covariance. units: examples, dates or stretches.
    """

    values: Numbers
    covariance: Numbers
    freedom: float
    units: int


def swayed(
    score: Score, tables: Sequence[pd.DataFrame], resampling: Resampling, rate: float = OF_DIFFERENCES
) -> Swayed | None:
    """
    Args:
        tables: the predictions of each model, all with the same rows.
        rate: of the number of cosines; see `cosines`.

    Returns:
        None where a table does not have the score, where it is not a number, or where there are fewer than two units.

    Raises:
        ValueError: the tables have different numbers of rows.
    """
    if len({len(table) for table in tables}) != 1:
        raise ValueError(f"{score.name}: tables of the same examples are needed, not {[len(each) for each in tables]}")
    units = resampling.ordered(tables[0]) if resampling.test else resampling.units(tables[0])
    sums = [score.sums(table) for table in tables]
    if units.count < 2:
        return None
    if any(each is None for each in sums):
        return None if resampling.test else _bootstrap(score, tables, units)
    return of_sums(score, [units.sums(each) for each in sums], units.horizon if resampling.test else None, rate)


def of_sums(score: Score, added: Sequence[Any], horizon: int | None, rate: float = OF_DIFFERENCES) -> Swayed | None:
    """
    Args:
        added: of each model (units, k), what each unit adds to the sums, in the order of time if there is one.
        horizon: steps ahead of units in order; None for units without an order.

    Returns:
        None where a score is not a number.
    """
    count = added[0].shape[0]
    totals = [np.asarray(each.sum(0), np.float64).ravel() for each in added]  # (k,) each
    values = np.array([float(score.value(total)) for total in totals])
    if not np.isfinite(values).all():
        return None
    if horizon is not None:
        centre = np.mean(totals, axis=0)  # as if they were equal: see kassandra.judging.paired
        moves = np.stack([_slopes(score, *each, centre) for each in zip(added, totals, strict=True)], 1)
        around = along_cosines(moves - moves.mean(0), horizon, rate)  # (waves, models)
        return Swayed(values, count * around.T @ around / len(around), len(around), count)
    kept = np.stack([_without_each(score, *each) for each in zip(added, totals, strict=True)], 1)  # (units, models)
    around = kept - kept.mean(0)
    return Swayed(values, around.T @ around * (1 - 1 / count), count - 1, count)


def along_cosines(series: Numbers, horizon: int = 1, rate: float = OF_DIFFERENCES) -> Numbers:
    """(waves, ...) what each of the cosines has in common with series (count, ...)."""
    count = len(series)
    waves = number_of_cosines(count, horizon, rate)
    if waves * count <= LARGEST:
        return np.asarray(cosines(count, horizon, rate) @ series)
    return np.asarray(dct(series, norm="ortho", axis=0)[1 : waves + 1])  # the same, without their matrix


def number_of_cosines(count: int, horizon: int = 1, rate: float = OF_DIFFERENCES) -> int:
    """See `cosines`."""
    return max(1, min(int(rate * count ** (2 / 3) + 0.5), count // (2 * horizon), count - 1))


@lru_cache(maxsize=8)
def cosines(count: int, horizon: int = 1, rate: float = OF_DIFFERENCES) -> Numbers:
    """(waves, count): cosines of length 1, the longest waves first; orthogonal to each other and to a constant.

    There are `rate` · count^(2/3) of them (Lazarus et al. 2018, eq. 4, with 0.4), and at most count / (2 · horizon), as
    they must be longer than what forecasts of several steps share.
    """
    waves = number_of_cosines(count, horizon, rate)
    angles = np.pi * np.arange(1, waves + 1)[:, None] * ((np.arange(count) + 0.5) / count)  # (waves, count)
    return np.asarray(np.sqrt(2 / count) * np.cos(angles))


def _parts(sums: Any) -> Iterator[Numbers]:
    """`sums` (units, k), which may be sparse, a few units at a time."""
    step = max(1, CHUNK // max(1, sums.shape[1]))
    rows = sums.tocsr() if sparse.issparse(sums) else sums
    for begin in range(0, rows.shape[0], step):
        part = rows[begin : begin + step]
        yield np.asarray(part.toarray() if sparse.issparse(part) else part, np.float64)


def _without_each(score: Score, sums: Any, total: NDArray[np.float64]) -> Numbers:
    """(units,) the score without each unit; as it is with all of them where it is not defined without one."""
    values = np.concatenate([np.asarray(score.value(total - part), np.float64) for part in _parts(sums)])
    return np.asarray(np.where(np.isfinite(values), values, float(score.value(total))))


def _slopes(score: Score, sums: Any, total: Numbers, centre: Numbers) -> Numbers:
    """(units,) how much each unit, less what a unit has on average, moves the score from `centre` (k,) on."""
    typical, slopes = total / sums.shape[0], []
    for part in _parts(sums):
        up, down = (np.asarray(score.value(centre + sign * (part - typical))) for sign in (1, -1))
        slopes.append((up - down) / 2)
    return np.asarray(np.nan_to_num(np.concatenate(slopes)))


def _bootstrap(score: Score, tables: Sequence[pd.DataFrame], units: Units) -> Swayed | None:
    """The same resamples for each model."""
    functions = [score.of(table) for table in tables]
    if any(function is None for function in functions):
        return None
    once = np.ones(units.count, np.int64)
    values = np.array([float(function(once)) for function in functions if function])
    if not np.isfinite(values).all():
        return None
    draws = units.draws(0, REPLICATES)
    drawn = np.array([[float(function(times)) for function in functions if function] for times in draws])
    around = np.where(np.isfinite(drawn), drawn, values)
    around = around - around.mean(0)
    scale = units.count / (units.count - 1) / (REPLICATES - 1)
    return Swayed(values, around.T @ around * scale, units.count - 1, units.count)
