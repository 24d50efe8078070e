"""Baselines of gaps: the last value, a straight line, the season, its mean, and a ridge on both sides of a gap.

Each predicts a distribution: quantiles at contracts.spec.LEVELS beside its point.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import map_arrays, read_json
from kassandra.contracts.gaps import Gaps, made
from kassandra.contracts.spec import LEVELS
from kassandra.contracts.windows import read_split
from kassandra.targets.gap.baseline.around import Around, Part, around, parts_of, season_means
from kassandra.targets.gap.baseline.both_sides import NAME, fitted

DISTANCES = (2, 3, 5, 8, 13, 21, 34)  # rows to the nearest edge, at which bins of errors begin
LEAST = 50  # errors of a bin; where one has fewer, all are one
DIGITS = 8  # of deviations of a target in train: where arrays lie in memory decides the last bits of sums

Numbers = NDArray[np.float64]
Baseline = Callable[[Around], Numbers]  # (cells,) in deviations


def predictions(seen: object, prepared: Path, seed: int) -> pd.DataFrame:
    """For each baseline a column `<name>`, its points, and one `<name> @<level>` for each of LEVELS, its quantiles.

    One row per value that was removed from test, in the order of Gaps.cells. What is fitted is fitted on train and
    valid, the mean of the season on train; the strength of the ridge is chosen on valid, when it knows train alone.
    Quantiles are points and the quantiles of the own errors on train and valid at about this distance from the edge of
    a gap, on which the ridge was fitted. In train gaps are made as in valid, by `seed`.

    Raises:
        KassandraError: a file of `prepared` is missing or damaged.
    """
    meta = read_json(prepared / "meta.json")
    files = {name: prepared / f"{name}.npz" for name in ("train", "valid", "test")}
    parts = parts_of({name: read_split(path) for name, path in files.items()}, meta)
    gaps = {name: Gaps.of(map_arrays(files[name])["gaps"]) for name in ("valid", "test")}
    gaps["train"] = made_in(parts["train"], meta, seed)
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        means = season_means(parts["train"], meta)
        train, valid, test = (around(parts[name], gaps[name], means, meta) for name in files)
        known = train.plus(valid)
        both = {name: (of(known), of(test)) for name, of in simple(meta).items()}
        ridge = fitted(train, valid, test)
        print(ridge.message, flush=True)
        both[NAME] = np.concatenate([ridge.of_train, ridge.of_valid]), ridge.of_test
        columns = dict[str, Numbers]()
        for name, (of_known, of_test) in both.items():
            columns[name] = of_test
            columns |= _quantiles(name, known.observed - of_known, of_test, known, test)
    return pd.DataFrame({name: each.round(DIGITS) * test.unit + test.zero for name, each in columns.items()})


def made_in(train: Part, meta: dict[str, Any], seed: int) -> Gaps:
    """Gaps of train, in as many rounds as valid and test have."""
    generator, some = np.random.default_rng([seed, 3]), list[tuple[int, int, int, int]]()
    how = meta["window"], meta["longest"], meta["share"], meta["together"]
    for number in range(meta["rounds"]):
        for begin, end in zip(train.split.offsets[:-1].tolist(), train.split.offsets[1:].tolist(), strict=True):
            drawn = made(~np.isnan(train.values[begin:end]), *how, generator)
            some += [(number, begin + row, length, column) for row, length, column in drawn]
    return Gaps.of(some)


def simple(meta: dict[str, Any]) -> dict[str, Baseline]:
    """The baselines that need no fit, by name: `before and after` is the mean of both. Where a season away nothing is
    known, the line is taken."""
    baselines: dict[str, Baseline] = {"last value": lambda at: at.before, "linear interpolation": lambda at: at.line}
    for place, season in enumerate(meta["seasons"]):
        baselines[f"{season} rows before"] = partial(_before, place=place)
        baselines[f"{season} rows before and after"] = partial(_before_and_after, place=place)
    if meta["seasons"]:
        baselines[f"mean of train, season of {max(meta['seasons'])}"] = lambda at: at.mean
    return baselines


def _before(at: Around, place: int) -> Numbers:
    values = at.seasons[:, place, 0]
    return np.where(np.isnan(values), at.line, values)


def _before_and_after(at: Around, place: int) -> Numbers:
    both = at.seasons[:, place]  # (cells, 2)
    count = (~np.isnan(both)).sum(1)
    return np.where(count > 0, np.nansum(both, axis=1) / np.maximum(count, 1), at.line)


def _quantiles(name: str, errors: Numbers, points: Numbers, known: Around, test: Around) -> dict[str, Numbers]:
    """By column, of `points` (cells,) of test, from `errors` of known values."""
    bins = [_bins(each) for each in (known, test)]
    if np.bincount(bins[0], minlength=int(bins[1].max()) + 1)[np.unique(bins[1])].min() < LEAST:
        bins = [np.zeros_like(each) for each in bins]
    added = np.zeros((len(LEVELS), len(points)))
    for number in np.unique(bins[1]):
        own = np.quantile(errors[bins[0] == number], LEVELS)  # (levels,)
        added[:, bins[1] == number] = own[:, None]
    return {f"{name} @{level}": points + each for level, each in zip(LEVELS, added, strict=True)}


def _bins(at: Around) -> NDArray[np.intp]:
    """(cells,) by target and distance to the nearest edge."""
    near = np.minimum(np.where(at.since < 0, at.until, at.since), np.where(at.until < 0, at.since, at.until))
    return np.asarray(at.target * (len(DISTANCES) + 1) + np.searchsorted(DISTANCES, near, side="right"))
