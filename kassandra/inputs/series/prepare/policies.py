"""What is done where a series has two rows for one time, none, or an empty cell: as declared, counted and reported."""

import statistics
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import PLAIN, Clock
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import Grid, Times, grid, shown, weekend
from kassandra.sources.own.refused import SHOWN
from kassandra.sources.own.table_file import Table, first

NONE = -1  # the row of the file, where a row was put in
SPARSEST = 2  # times expected per row that is there: of more, most would be made up
SPARSEST_OF_DROP = 50  # where gaps stay gaps, as the nights of a series that stops at night, or are to be filled
REPAIRS = "forward, interpolate or drop"


class Part(NamedTuple):
    """The rows of one series in the order of time; of equal times, as they stand in the file.

    rows: (rows,) of the file, or NONE. values: (rows, columns), NaN where missing.
    """

    name: str
    rows: NDArray[np.int64]
    times: Times
    values: NDArray[np.float64]


class Series(NamedTuple):
    """times: (rows,) of a Clock, strictly increasing. columns: each (rows,), finite where `usable`.

    usable: (rows,) False where a value was missing and `missing: drop` leaves out the windows that would see the row.
    Such rows stand in the series, with NaN, so that the clock is regular.
    filled: (rows,) True where a value was missing and `forward` or `interpolate` made one up. An interpolated value
    knows the next one: of a run of such rows that a split ends within, the split must use none.
    """

    name: str
    times: Times
    columns: dict[str, NDArray[np.float64]]
    usable: NDArray[np.bool_]
    filled: NDArray[np.bool_]


def merged(parts: list[Part], policy: str, rows: Table, clock: Clock = PLAIN) -> tuple[list[Part], str]:
    """One row per time: the `first`, the `last`, or the `mean` of each column's values that are not missing.

    Raises:
        KassandraError: some time has two rows, and the policy is `error`.
    """
    # (times,) where each time of a part begins in it, and where it ends
    begins = [np.flatnonzero(np.diff(part.times, prepend=part.times[0] - 1)) for part in parts]
    ends = [np.append(begin[1:], len(part.times)) for part, begin in zip(parts, begins, strict=True)]
    several = [np.flatnonzero(end - begin > 1) for begin, end in zip(begins, ends, strict=True)]
    if policy == "error" and any(map(len, several)):
        groups = []
        for part, begin, end, times in zip(parts, begins, ends, several, strict=True):
            spans = [(part.times[begin[time]], part.rows[begin[time] : end[time]]) for time in times]
            groups += [f"{shown(time, clock)} ({rows.where(some)})" for time, some in spans]
        raise KassandraError(
            f"{rows.path}: several rows for one time: {first(groups)}; keep one of each, say which in "
            "`prepare.duplicates`: first, last or mean, or name the column that names the series in `source.series`"
        )
    result = []
    for part, begin, end, times in zip(parts, begins, ends, several, strict=True):
        kept = end - 1 if policy == "last" else begin
        values = part.values[kept]
        if policy == "mean":
            for time in times:
                values[time] = [_mean(column) for column in part.values[begin[time] : end[time]].T]
        result.append(Part(part.name, part.rows[kept], part.times[kept], values))
    counts = [len(old.times) - len(new.times) for old, new in zip(parts, result, strict=True)]
    return result, counted(counts, "row was too many for its time", "rows were too many for their times", policy)


def regular(
    parts: list[Part], frequency: str, policy: str, rows: Table, clock: Clock = PLAIN
) -> tuple[list[Part], str]:
    """A row for every time that is expected between the first and the last of each series, NaN where there was none.

    Raises:
        KassandraError: a time is on no grid of this frequency with the others; times are missing, and the policy is
            `error`; or so many are that the frequency is none of this series.
    """
    if frequency.endswith("b"):
        idle = [weekend(part.times, clock) for part in parts]
        _refuse(parts, idle, rows, clock, f"`source.frequency: {frequency}` is Monday to Friday; `d` is every day")
    grids = [grid(part.times, frequency, clock) for part in parts]
    others = f"`source.frequency: {frequency}` and most of the rows expect others"
    advice = "mend them, or leave the frequency out where rows come as they come"
    _refuse(parts, [on.off for on in grids], rows, clock, f"{others}; {advice}")
    counts = [int(on.places[-1] - on.places[0]) + 1 - len(on.places) for on in grids]
    densest = SPARSEST if policy in ("error", "forward", "interpolate") else SPARSEST_OF_DROP
    for part, count in zip(parts, counts, strict=True):
        if count + len(part.times) > densest * len(part.times):
            raise KassandraError(
                f"{rows.path}: series {part.name!r} has {len(part.times):,} of the {count + len(part.times):,} times "
                f"that `source.frequency: {frequency}` expects from {shown(part.times[0], clock)} to "
                f"{shown(part.times[-1], clock)}; "
                "name the distance that its rows have, or none"
            )
    if policy == "error" and any(counts):
        _refuse_gaps(parts, grids, sum(counts), frequency, rows, clock)
    whole = [_with_all_places(part, on) for part, on in zip(parts, grids, strict=True)]
    return whole, counted(counts, "time was missing", "times were missing", policy)


def filled(parts: list[Part], names: list[str], policy: str, rows: Table) -> tuple[list[Part], str]:
    """Every value finite, unless the policy is `drop`, which leaves NaN; `names` are those of the columns.

    What stands before the first value of a column, where nothing can be repeated, stays NaN; with `interpolate` so does
    what stands after the last.

    Raises:
        KassandraError: a cell is empty and the policy is `error`.
    """
    empty = [np.isnan(part.values) & (part.rows != NONE)[:, None] for part in parts]
    if policy == "error":
        _refuse_empty(parts, empty, names, rows)
    messages = [counted((int(cells.sum()) for cells in empty), "value was missing", "values were missing", policy)]
    if policy in ("forward", "interpolate"):
        parts = [part._replace(values=_without_gaps(part.times, part.values, policy)) for part in parts]
        left = [int(np.isnan(part.values).any(axis=1).sum()) for part in parts]
        one, many = "row before the first value, or after the last,", "rows before the first value, or after the last,"
        messages.append(counted(left, one, many, "left out"))
    return parts, "; ".join(filter(None, messages))


def counted(counts: Iterable[int], one: str, many: str, policy: str) -> str:
    """
    >>> counted([9, 0, 3], "time was missing", "times were missing", "forward")
    '12 times were missing in 2 series: forward'
    >>> counted([0, 0], "time was missing", "times were missing", "forward")
    ''
    """
    some = [count for count in counts if count]
    total = sum(some)
    return f"{total:,} {one if total == 1 else many} in {len(some)} series: {policy}" if some else ""


def _mean(values: NDArray[np.float64]) -> float:
    """Exact, and so the same in whichever order the rows stand; NaN where all are missing."""
    known = values[~np.isnan(values)].tolist()
    return float(statistics.mean(known)) if known else np.nan


def _refuse(parts: list[Part], wrong: list[NDArray[np.bool_]], rows: Table, clock: Clock, why: str) -> None:
    both = [(part, row) for part, some in zip(parts, wrong, strict=True) for row in np.flatnonzero(some)]
    unexpected = [f"{shown(part.times[row], clock)} ({rows.where([part.rows[row]])})" for part, row in both]
    if unexpected:
        raise KassandraError(f"{rows.path}: unexpected times {first(unexpected)}: {why}")


def _refuse_gaps(parts: list[Part], grids: list[Grid], total: int, frequency: str, rows: Table, clock: Clock) -> None:
    missing: list[str] = []
    for part, on in zip(parts, grids, strict=True):
        for row in np.flatnonzero(np.diff(on.places) > 1):
            places = np.arange(on.places[row] + 1, min(on.places[row + 1], on.places[row] + 1 + SHOWN))
            missing += [f"{shown(time, clock)} (after {rows.where([part.rows[row]])})" for time in on.at(places)]
            if len(missing) >= SHOWN:
                break
    weekdays = frequency == "d" and not any(weekend(part.times, clock).any() for part in parts)
    advice = "; `source.frequency: b` is Monday to Friday" if weekdays else ""
    more = f" and {total - SHOWN} more" if total > SHOWN else ""
    raise KassandraError(
        f"{rows.path}: times that `source.frequency: {frequency}` expects are missing: "
        f"{', '.join(missing[:SHOWN])}{more}; "
        f"add their rows, or say what is done in `prepare.missing`: {REPAIRS}{advice}"
    )


def _refuse_empty(parts: list[Part], empty: list[NDArray[np.bool_]], names: list[str], rows: Table) -> None:
    for place, name in enumerate(names):
        holes = [cells[:, place] for cells in empty]
        if any(cells.any() for cells in holes):
            wrong = np.sort(np.concatenate([part.rows[cells] for part, cells in zip(parts, holes, strict=True)]))
            raise KassandraError(
                f"{rows.path}: column {name!r} is empty in {rows.where(wrong)}; fill the cells, or say what is done in "
                f"`prepare.missing`: {REPAIRS}"
            )


def _with_all_places(part: Part, on: Grid) -> Part:
    taken, times = on.places - on.places[0], on.at(np.arange(on.places[0], on.places[-1] + 1))
    rows, values = np.full(len(times), NONE), np.full((len(times), part.values.shape[1]), np.nan)
    rows[taken], values[taken] = part.rows, part.values
    return Part(part.name, rows, times, values)


def _without_gaps(times: Times, values: NDArray[np.float64], policy: str) -> NDArray[np.float64]:
    """Only what is missing changes; `forward` looks at no later row. At an end that nothing is known of, NaN stays."""
    known, places = ~np.isnan(values), np.arange(len(times))[:, None]
    before = np.maximum.accumulate(np.where(known, places, 0))  # (rows, columns) the last row that is known
    old = np.take_along_axis(values, before, 0)
    if policy == "forward":
        return old
    after = np.minimum.accumulate(np.where(known, places, len(times) - 1)[::-1])[::-1]
    gap = np.maximum(times[after] - times[before], 1)  # 1 where a value is known: it is its own neighbour
    share = (times[:, None] - times[before]) / gap
    return np.where(known, values, (1 - share) * old + share * np.take_along_axis(values, after, 0))
