"""Series → train.npz, valid.npz, test.npz and meta.json: rows of each part of time, and gaps that are made there."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.gaps import Gaps, ends_of_windows, made, width
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.splits import by_time
from kassandra.contracts.windows import Columns, Split, Tables, mean_and_std
from kassandra.params.sections.kind import Pipeline

LEAST_KNOWN = 0.5  # share of the targets in a window of train
MADE = ("valid", "test")

Numbers = NDArray[np.float64]


class Scales(NamedTuple):
    """(series, inputs) each, of train."""

    mean: Numbers
    std: Numbers


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw tables → arrays and meta.json in `folder`; returns what to report. `reader` is the input's module, of which
    `read` is used.

    Means and deviations, of each series by itself, are those of train. Time decides the splits; the gaps of valid and
    test are drawn from `seed`.

    Raises:
        KassandraError: a table cannot be read as it is described, is too short for the window, or a column is never
            there in train.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    read: Tables = reader.read(raw, params.source, how)
    until = (how.train_until or read.until[0], how.valid_until or read.until[1], how.test_until)
    spans = by_time([one.times for one in read.series], 0, how.valid_fraction, how.test_fraction, until, read.clock)
    cut = {name: [one.between(span) for one in read.series] for name, span in spans.items()}
    lacking = _lacking(cut["train"], read)
    scales = _scales(cut["train"], read)  # fitted on train only
    parts = {name: _joined(some, scales, lacking) for name, some in cut.items()}
    counts = dict[str, int]()
    for number, (name, part) in enumerate(parts.items()):
        gaps = _gaps(part, how, np.random.default_rng([seed, number])) if name in MADE else None
        origins = _windows(part, how.window) if gaps is None else ends_of_windows(gaps, part.offsets, how.window)
        if not len(origins):
            raise KassandraError(_nothing(raw, name, how))
        part = parts[name] = part._replace(origins=origins)
        arrays = {key: array for key, array in part._asdict().items() if array is not None}
        write_arrays(folder / f"{name}.npz", **arrays, **({} if gaps is None else {"gaps": gaps.array()}))
        counts[name] = len(origins)
    flags = [f"{read.inputs[place]} is missing" for place in lacking]
    beside = len(read.inputs) + len(flags) - len(read.targets)
    features, behind, ahead = width(beside, len(read.targets), len(how.seasons))
    spec = ModelSpec(len(read.targets), features=features, steps=how.window, behind=behind, ahead=ahead)
    meta = {
        "spec": spec.to_json(), "targets": read.targets, "inputs": [*read.inputs, *flags],
        "target_inputs": read.target_inputs, "lacking": lacking, "series": [one.name for one in read.series],
        "window": how.window, "longest": how.longest, "share": how.share, "rounds": how.rounds,
        "together": how.together, "seasons": how.seasons, "frequency": read.source["frequency"],
        "reading": {"source": read.source, "prepare": how.model_dump(exclude_unset=True)},
        "input_mean": np.hstack([scales.mean, np.zeros((len(scales.mean), len(flags)))]).tolist(),
        "input_std": np.hstack([scales.std, np.ones((len(scales.std), len(flags)))]).tolist(),
        "examples": counts,
        "spans": {name: [read.clock.text(int(of(part.times))) for of in (np.min, np.max)]
                  for name, part in parts.items()},
        "missing": {name: int(np.isnan(part.values).sum()) for name, part in parts.items()},
        **read.clock.to_meta(), **read.meta,
    }  # fmt: skip
    write_json(folder / "meta.json", meta, sealed=True)
    return "\n".join(filter(None, [read.message, _said(meta)]))


def _said(meta: dict[str, Any]) -> str:
    what = {"train": "windows", "valid": "gaps", "test": "gaps"}
    sizes = ", ".join(f"{count:,} {what[name]} of {name} ({' to '.join(meta['spans'][name])})"
                      for name, count in meta["examples"].items())  # fmt: skip
    lost = ", ".join(f"{count:,} of {name}" for name, count in meta["missing"].items() if count)
    return (
        f"{sizes}; gaps of 1 to {meta['longest']} rows in windows of {meta['window']}, {len(meta['series'])} series"
        + (f"; values that are really missing, which nothing is scored by: {lost}" if lost else "")
    )


def _nothing(raw: Path, split: str, how: Any) -> str:
    if split in MADE:
        what = f"no gap with a window of {how.window} rows around it can be made in {split}, where all is known"
        return f"{raw}: {what}; use a shorter window, shorter gaps (prepare.longest), or give it more of the data"
    return (
        f"{raw}: no window of {how.window} rows of train is known to a half or more; use a shorter one, or give it "
        "more of the data"
    )


def _lacking(train: Sequence[Columns], read: Tables) -> list[int]:
    """The inputs besides the targets of which some value is missing in train."""
    missing = np.any([np.isnan(one.inputs).any(axis=0) for one in train if len(one.inputs)], axis=0)
    return [place for place in np.flatnonzero(missing).tolist() if place not in read.target_inputs]


def _scales(train: Sequence[Columns], read: Tables) -> Scales:
    """Of what is known in train.

    Raises:
        KassandraError: nothing is known of a column, or a target never changes.
    """
    means, stds = np.zeros((2, len(train), len(read.inputs)))
    for number, one in enumerate(train):
        for place, column in enumerate(one.inputs.T):
            known = column[~np.isnan(column)].tolist()
            name = read.inputs[place]
            if not known:
                raise KassandraError(f"series {one.name!r}: {name!r} is missing in all of train; leave it out")
            mean, std = mean_and_std(known)
            if std == 0 and place in read.target_inputs:
                raise KassandraError(f"series {one.name!r}: {name!r} never changes in train; there is nothing to learn")
            means[number, place], stds[number, place] = mean, std or 1.0
    return Scales(means, stds)


def _joined(series: Sequence[Columns], scales: Scales, lacking: list[int]) -> Split:
    """The series one after another; of what is missing, inputs are 0 and values are NaN."""
    scaled = list[NDArray[np.float32]]()
    for one, mean, std in zip(series, *scales, strict=True):
        flags = np.isnan(one.inputs[:, lacking])
        scaled.append(np.hstack([np.nan_to_num((one.inputs - mean) / std, nan=0.0), flags]).astype(np.float32))
    offsets = np.cumsum([0, *(len(one.times) for one in series)]).astype(np.int64)
    values, times = (np.concatenate([getattr(one, name) for one in series]) for name in ("values", "times"))
    return Split(np.concatenate(scaled), values, times, offsets, np.empty(0, np.int64))


def _windows(split: Split, window: int) -> NDArray[np.int64]:
    """The last rows of the windows of train, most of whose values are known."""
    ends = []
    for begin, end in zip(split.offsets[:-1].tolist(), split.offsets[1:].tolist(), strict=True):
        share = np.concatenate([[0.0], np.cumsum((~np.isnan(split.values[begin:end])).mean(axis=1))])
        last = np.arange(window - 1, end - begin)
        known = share[last + 1] - share[last + 1 - window]
        ends.append(begin + last[known >= LEAST_KNOWN * window])
    return np.concatenate(ends).astype(np.int64)


def _gaps(split: Split, how: Any, generator: np.random.Generator) -> Gaps:
    """Of each round and series, in the order of rows."""
    some = list[tuple[int, int, int, int]]()
    for number in range(how.rounds):
        for begin, end in zip(split.offsets[:-1].tolist(), split.offsets[1:].tolist(), strict=True):
            known = ~np.isnan(split.values[begin:end])
            drawn = made(known, how.window, how.longest, how.share, how.together, generator)
            some += [(number, begin + row, length, column) for row, length, column in drawn]
    return Gaps.of(sorted(some, key=lambda gap: (gap[1], gap[0])))
