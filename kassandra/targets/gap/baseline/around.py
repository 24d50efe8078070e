"""What a baseline may know of each missing value: what stands around it, a season away, and in other columns."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.gaps import Gaps
from kassandra.contracts.windows import Split
from kassandra.targets.gap.train.edges import edges, shifted

Numbers = NDArray[np.float64]
Known = NDArray[np.bool_]


class Part(NamedTuple):
    """A split. values: (rows, targets) in deviations of train, NaN where missing. first: (series,) how many rows each
    has in the splits before."""

    values: Numbers
    split: Split
    first: NDArray[np.int64]


class Around(NamedTuple):
    """Of each missing value of a split, in the order of Gaps.cells, in deviations of its target in train; without a
    season `mean` and `edge_means` are 0, the mean of train.

    observed, before, after, line: (cells,). since, until: (cells,) rows to the edges; -1 where there is none.
    seasons: (cells, seasons, 2) the nearest known value so many rows, or several times as many, before and after; NaN
    where there is none. season_means: the mean of train at their places. mean: (cells,) the mean of train at this place
    of the longest season. edge_means: (cells, 2) the same at both edges. others: (cells, numbers) features, calendar,
    and the targets at this time, 0 where they are missing, and whether they are known. target: (cells,). unit, zero:
    (cells,) deviation and mean of train.
    """

    observed: Numbers
    before: Numbers
    after: Numbers
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    line: Numbers
    seasons: Numbers
    season_means: Numbers
    mean: Numbers
    edge_means: Numbers
    others: Numbers
    target: NDArray[np.int64]
    unit: Numbers
    zero: Numbers

    def plus(self, other: "Around") -> Self:
        pairs: Any = zip(self, other, strict=True)
        return type(self)(*(np.concatenate(both) for both in pairs))

    def of_target(self, target: int) -> Self:
        pairs: Any = self
        return type(self)(*(each[self.target == target] for each in pairs))


def scales(meta: dict[str, Any]) -> tuple[Numbers, Numbers]:
    """(series, targets) mean and deviation of train."""
    mean, std = (np.array(meta[key])[:, meta["target_inputs"]] for key in ("input_mean", "input_std"))
    return mean, std


def parts_of(splits: dict[str, Split], meta: dict[str, Any]) -> dict[str, Part]:
    """By name, in the order of time."""
    parts, first = dict[str, Part](), np.zeros(len(meta["series"]), np.int64)
    mean, std = scales(meta)
    for name, split in splits.items():
        series = np.repeat(np.arange(len(first)), np.diff(split.offsets))
        parts[name] = Part((split.values - mean[series]) / std[series], split, first)
        first = first + np.diff(split.offsets)
    return parts


def season_means(train: Part, meta: dict[str, Any]) -> Numbers:
    """(series, rows of the longest season, targets) the mean of what is known in train at each place of the season."""
    season = max(meta["seasons"], default=1)
    means = np.zeros((len(train.first), season, train.values.shape[1]))
    for number in range(len(means) if meta["seasons"] else 0):
        own = train.values[train.split.offsets[number] : train.split.offsets[number + 1]]
        place, known = np.arange(len(own)) % season, ~np.isnan(own)
        total, count = np.zeros(means.shape[1:]), np.zeros(means.shape[1:])
        np.add.at(total, place, np.where(known, own, 0))
        np.add.at(count, place, known)
        means[number] = total / np.maximum(count, 1)
    return means


def around(part: Part, gaps: Gaps, means: Numbers, meta: dict[str, Any]) -> Around:
    """Of the values in `gaps`, of which those of one round are missing together."""
    targets = part.values.shape[1]
    removed = gaps.removed(int(gaps.round.max(initial=0)) + 1, *part.values.shape)
    gap, row, column = gaps.cells(targets)
    series = np.searchsorted(part.split.offsets, row, side="right") - 1
    mean, std = scales(meta)
    made = dict[str, Any]()
    for number, each in np.ndindex(len(removed), len(part.first)):
        own = np.flatnonzero((gaps.round[gap] == number) & (series == each))
        begin, end = int(part.split.offsets[each]), int(part.split.offsets[each + 1])
        if not len(own):
            continue
        values = part.values[begin:end]
        known = ~np.isnan(values) & ~removed[number, begin:end]
        of_series = _of_series(values, known, row[own] - begin, column[own], means[each], int(part.first[each]), meta)
        for name, found in of_series.items():
            if name not in made:
                made[name] = np.zeros((len(row), *found.shape[1:]), found.dtype)
            made[name][own] = found
    beside = [place for place in range(len(meta["inputs"])) if place not in meta["target_inputs"]]
    made["others"] = np.hstack([made["others"], np.asarray(part.split.inputs[row][:, beside], np.float64)])
    return Around(
        observed=part.values[row, column], target=column, unit=std[series, column], zero=mean[series, column], **made
    )


def _of_series(
    values: Numbers, known: Known, row: NDArray[np.int64], column: NDArray[np.int64], means: Numbers, first: int,
    meta: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """`row`, `column`: (cells,) places in `values` (rows, targets). means: (rows of the season, targets)."""
    at = edges(values, known)
    found: dict[str, Any] = {
        name: each[row, column] for name, each in at._asdict().items()
    }  # before, since, after, until, line

    def mean_at(some: NDArray[np.int64]) -> Numbers:
        return np.asarray(means[(first + some) % len(means), column])

    found["mean"] = mean_at(row)
    found["edge_means"] = np.stack([mean_at(row - found["since"]), mean_at(row + found["until"])], 1)
    seasons, season_means = np.full((2, len(row), len(meta["seasons"]), 2), np.nan)
    longest = int(meta["longest"])
    for place, season in enumerate(meta["seasons"]):
        for side, sign in enumerate((-1, 1)):
            for times in range(-(-longest // season) + 1, 0, -1):  # the nearest last, so that it stays
                away, there = shifted(values, known, sign * times * season)
                has = there[row, column]
                seasons[:, place, side] = np.where(has, away[row, column], seasons[:, place, side])
                season_means[:, place, side] = np.where(
                    has, mean_at(row + sign * times * season), season_means[:, place, side]
                )
    found |= {"seasons": seasons, "season_means": season_means}
    several = values.shape[1] > 1
    shown = [np.where(known, values, 0)[row], known[row].astype(np.float64)] if several else []
    found["others"] = np.hstack(shown) if several else np.empty((len(row), 0))
    return found
