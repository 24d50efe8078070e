"""Series → train.npz, valid.npz, test.npz and meta.json: rows of each part of time, and where windows end in them."""

from pathlib import Path
from types import ModuleType
from typing import Any

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.splits import by_time
from kassandra.contracts.windows import Columns, Split, Tables, iso, normalised
from kassandra.params.sections.kind import Pipeline
from kassandra.targets.forecast.prepare import scales


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw tables → arrays and meta.json in `folder`; returns lines that say what was done.

    Means and deviations, of each series by itself, are those of train. Time decides the splits: nothing is drawn from
    `seed`.

    Args:
        reader: the input's `read`, `fit` and `join`.

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
    meta = {
        **_described(read, how),
        "input_mean": [list(scale.mean) for scale in fitted],
        "input_std": [list(scale.std) for scale in fitted],
        "examples": {name: len(part.origins) for name, part in parts.items()},
        "spans": {name: [iso(int(part.times.min())), iso(int(part.times.max()))] for name, part in parts.items()},
    }
    meta |= _target_scales(cut["train"], parts["train"], meta)
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(
        f"{meta['examples'][name]:,} {name} ({meta['spans'][name][0]} to {meta['spans'][name][1]})" for name in parts
    )
    message = f"{sizes} windows of {how.window} rows, {how.horizon} forecast, {len(read.inputs)} inputs"
    return "\n".join(filter(None, [read.message, f"{message}, {len(read.series)} series"]))


def _described(read: Tables, params: Any) -> dict[str, Any]:
    """What meta.json has of the columns and of the params."""
    spec = ModelSpec(params.horizon * len(read.targets), features=len(read.inputs), steps=params.window)
    return {
        "spec": spec.to_json(),
        "predict": params.predict,
        "targets": read.targets,
        "inputs": read.inputs,
        "series": [one.name for one in read.series],
        "window": params.window,
        "horizon": params.horizon,
        "normalise": params.normalise,
        "target_inputs": read.target_inputs,
        "season": params.season,
        "frequency": read.source["frequency"],
        "reading": {"source": read.source, "prepare": params.model_dump(exclude_unset=True)},
    }


def _target_scales(series: list[Columns], train: Split, meta: dict[str, Any]) -> dict[str, Any]:
    """Fitted on train only: of each series the deviation of its values, the mean and deviation of what is forecast at
    each step, and what MASE divides by."""
    fitted = {"value_std": [scales.deviations(one) for one in series]}
    mean, std = scales.mean_and_std_by_series(train, normalised(train, meta | fitted))
    scale = scales.naive_errors(series, meta["season"])
    return {**fitted, "target_mean": mean.tolist(), "target_std": std.tolist(), "mase_scale": scale}
