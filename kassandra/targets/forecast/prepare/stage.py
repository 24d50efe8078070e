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
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.splits import by_time
from kassandra.contracts.windows import Columns, Split, Tables, iso, mean_and_std, normalised
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
    until = (how.train_until, how.valid_until, how.test_until)
    spans = by_time(
        [one.times for one in read.series], how.window + how.horizon, how.valid_fraction, how.test_fraction, until
    )
    cut = {name: [one.between(span) for one in read.series] for name, span in spans.items()}
    fitted = [reader.fit(one) for one in cut["train"]]  # fitted on train only
    parts: dict[str, Split] = {}
    for name, some in cut.items():
        parts[name] = reader.join(some, fitted, how.window, how.horizon)
        if not len(parts[name].origins):
            raise KassandraError(
                f"{raw}: no window of {how.window} rows and {how.horizon} after them lies whole within {name}; "
                "use a shorter one, give it more of the data, or see prepare.missing"
            )
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
        "spans": {name: [iso(int(part.times.min())), iso(int(part.times.max()))] for name, part in parts.items()},
    }  # fmt: skip
    meta |= _target_scales(cut["train"], parts["train"], meta)
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(
        f"{meta['examples'][name]:,} {name} ({meta['spans'][name][0]} to {meta['spans'][name][1]})" for name in parts
    )
    message = f"{sizes} windows of {how.window} rows, {how.horizon} forecast, {len(read.inputs)} inputs"
    return "\n".join(filter(None, [read.message, f"{message}, {len(read.series)} series"]))


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
