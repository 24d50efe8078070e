"""Series → train.npz, valid.npz, test.npz and meta.json: rows of each part of time, and where windows end in them."""

import math
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.contracts.section import unknown
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.splits import Span, by_time
from kassandra.contracts.windows import Columns, Split, Tables, mean_and_std, normalised
from kassandra.params.sections.kind import Pipeline

Numbers = NDArray[np.float64]


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw tables → arrays and meta.json in `folder`; returns what to report. `reader` is the input's module, of which
    `read`, `fit` and `join` are used.

    Means and deviations, of each series by itself, are those of train. Time decides the splits: nothing is drawn from
    `seed`.

    Raises:
        KassandraError: a table cannot be read as it is described, or is too short for the window.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    read: Tables = reader.read(raw, params.source, how, how.predict)
    cut, spans = _cut(raw, read, how)
    fitted = [reader.fit(one) for one in cut["train"]]  # fitted on train only
    parts: dict[str, Split] = {}
    for name, columns in cut.items():
        joined = reader.join(columns, fitted, how.window, how.horizon)
        parts[name] = joined if how.held_out is None else _held_out(raw, joined, name, read, how.held_out)
        write_arrays(
            folder / f"{name}.npz", **{key: array for key, array in parts[name]._asdict().items() if array is not None}
        )
    spec = ModelSpec(how.horizon * len(read.targets), features=len(read.inputs), steps=how.window)
    meta = {
        "spec": spec.to_json(), "predict": how.predict, "targets": read.targets, "inputs": read.inputs,
        "series": [one.name for one in read.series],
        "window": how.window, "horizon": how.horizon, "normalise": how.normalise,
        "target_inputs": read.target_inputs, "season": how.season, "frequency": read.source["frequency"],
        "reading": {"source": read.source, "prepare": how.model_dump(exclude_unset=True)},
        "input_mean": [list(scale.mean) for scale in fitted],
        "input_std": [list(scale.std) for scale in fitted],
        "examples": {name: len(part.origins) for name, part in parts.items()},
        "spans": {name: [read.clock.text(time) for time in _first_and_last(part.times, spans[name])]
                  for name, part in parts.items()},
        **read.clock.to_meta(), **read.meta,
    }  # fmt: skip
    meta |= {"held_out": how.held_out} if how.held_out else {}
    meta |= _target_scales(cut["train"], parts["train"].whole, meta)
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(
        f"{meta['examples'][name]:,} {name} ({meta['spans'][name][0]} to {meta['spans'][name][1]})" for name in parts
    )
    message = f"{sizes} windows of {how.window} rows, {how.horizon} forecast, {len(read.inputs)} inputs"
    held_out = f"; test is of {some(how.held_out)} alone, which nothing is learned of" if how.held_out else ""
    return "\n".join(filter(None, [read.message, f"{message}, {len(read.series)} series{held_out}"]))


def _held_out(raw: Path, part: Split, split: str, read: Tables, names: list[str]) -> Split:
    """A split of which test has the windows of some series alone, and train and valid those of the others; the windows
    of held-out series in train and valid stay beside them, for their scales."""
    known = [one.name for one in read.series]
    for name in names:
        if name not in known:
            raise KassandraError(unknown("prepare.held_out", "series", name, known))
    if set(names) == set(known):
        raise KassandraError(f"prepare.held_out: {names} are all there are; leave one to learn from")
    held = np.isin(part.series, [known.index(name) for name in names])
    chosen, others = (held, ~held) if split == "test" else (~held, held)
    if not chosen.any():
        raise KassandraError(f"{raw}: no window of {split} is left with prepare.held_out {names}")
    return part._replace(origins=part.origins[chosen], held_out=None if split == "test" else part.origins[others])


def _cut(raw: Path, read: Tables, how: Any) -> tuple[dict[str, list[Columns]], dict[str, Span]]:
    """The rows of each split, of each series; and its part of time, before which windows may begin by `gap: horizon`.

    Raises:
        KassandraError: a split has no window.
    """
    try:
        spans = _spans(read, how, how.window, how.gap)
    except KassandraError as error:
        raise KassandraError(f"{error}{_what_fits(read, how)}") from None
    reach = how.window if how.gap == "horizon" else 0
    cut = {
        name: [one.between(span, reach if name != "train" else 0) for one in read.series]
        for name, span in spans.items()
    }
    for name, columns in cut.items():
        if not any(len(one.origins(how.window, how.horizon)) for one in columns):
            raise KassandraError(
                f"{raw}: no window of {how.window} rows and {how.horizon} after them lies whole within {name}; "
                f"use a shorter one, give it more of the data, or see prepare.missing{_what_fits(read, how)}"
            )
    return cut, spans


def _spans(read: Tables, how: Any, window: int, gap: str) -> dict[str, Span]:
    until = (how.train_until or read.until[0], how.valid_until or read.until[1], how.test_until)
    between = window + how.horizon if gap == "window" else 0
    return by_time(
        [one.times for one in read.series], between, how.valid_fraction, how.test_fraction, until, read.clock
    )


def _what_fits(read: Tables, how: Any) -> str:
    """How many rows each split has without gaps, and the largest windows that all of them hold."""
    try:
        whole = _spans(read, how, 0, "horizon")
    except KassandraError:
        return ""
    rows = {name: sum(len(one.between(span).times) for one in read.series) for name, span in whole.items()}
    fits = {gap: _largest_window(read, how, gap) for gap in ("window", "horizon")}
    sizes = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    ways = [f"{size} with `prepare.gap: {gap}`" for gap, size in fits.items() if size]
    largest = f"the largest window that fits is {' or '.join(ways)}" if ways else "no window fits this horizon"
    return f". The rows are {sizes}; {largest}"


def _largest_window(read: Tables, how: Any, gap: str) -> int:
    """0 where none of 2 rows or more fits."""

    def fits(window: int) -> bool:
        try:
            spans = _spans(read, how, window, gap)
        except KassandraError:
            return False
        reach = {name: window if gap == "horizon" and name != "train" else 0 for name in spans}
        return all(
            any(len(one.between(span, reach[name]).origins(window, how.horizon)) for one in read.series)
            for name, span in spans.items()
        )

    low, high = 1, how.window + 1  # the largest that is known to fit, and the smallest that is known not to
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low if low > 1 else 0


def _first_and_last(times: NDArray[np.int64], span: Span) -> list[int]:
    own = times[(times >= span.begin) & (times < span.end)]
    return [int(own.min()), int(own.max())]


def _target_scales(series: list[Columns], train: Split, meta: dict[str, Any]) -> dict[str, Any]:
    """Fitted on train only: of each series the deviation of its values, the mean and deviation of what is forecast at
    each step, and what MASE divides by."""
    fitted = {"value_std": [deviations(one) for one in series]}
    mean, std = mean_and_std_by_series(train, normalised(train, meta | fitted))
    scale = naive_errors(series, meta["season"])
    return {**fitted, "target_mean": mean.tolist(), "target_std": std.tolist(), "mase_scale": scale}


def deviations(train: Columns) -> list[float]:
    """(targets,) of the usable rows.

    Raises:
        KassandraError: a target never changes.
    """
    values = [mean_and_std(column.tolist())[1] for column in train.values[train.usable].T]
    if min(values) == 0:
        raise KassandraError(f"series {train.name!r}: a target never changes in train; there is nothing to learn")
    return values


def mean_and_std_by_series(train: Split, targets: Numbers) -> tuple[Numbers, Numbers]:
    """(series, horizon, targets) each, of `targets` (origins, horizon, targets); 1 for a deviation of 0."""
    fitted = np.empty((2, len(train.offsets) - 1, *targets.shape[1:]))
    for series in range(len(train.offsets) - 1):
        rows = targets[train.series == series]  # (origins of the series, horizon, targets)
        if not len(rows):
            raise KassandraError(
                "prepare: a series has no whole window in train; leave it out, or use a shorter window"
            )
        for place in np.ndindex(*targets.shape[1:]):
            mean, std = mean_and_std(rows[(slice(None), *place)].tolist())
            fitted[(slice(None), series, *place)] = mean, std or 1.0
    return fitted[0], fitted[1]


def naive_errors(train: Sequence[Columns], season: int | None) -> list[list[float]]:
    """(series, targets): mean absolute change in train over `season` rows, or over one where there are no two so far
    apart; the scale of MASE (Hyndman & Koehler 2006). 1 where nothing changes."""
    scales = []
    for one in train:
        known = one.usable & ~(np.zeros_like(one.usable) if one.made is None else one.made)
        for lag in (season or 1, 1):
            pairs = known[lag:] & known[:-lag]
            changes = np.abs(one.values[lag:][pairs] - one.values[:-lag][pairs])  # (pairs, targets)
            if len(changes):
                break
        scales.append([math.fsum(column.tolist()) / max(len(column), 1) or 1.0 for column in changes.T])
    return scales
