"""Series with a label each: data sets of the catalogue, or your own files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.printed import some
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import WHOLE
from kassandra.contracts.windows import mean_and_std
from kassandra.inputs.series.prepare import labelled_tables, many_files, ts_files
from kassandra.inputs.series.prepare.labelled import One, Read
from kassandra.inputs.series.prepare.many_files import ReadOne
from kassandra.inputs.series.train.scaling import Scaling
from kassandra.params.inputs.series import ExamplesPrepare, ExamplesSource, Scaled
from kassandra.params.sections.table_file import EVERYWHERE
from kassandra.sources.own.split_names import splits_named
from kassandra.sources.own.tables_of import stem, tables_in

FEW_GROUPS = 5  # from so many on whole groups are kept back for validation
SPLITS = ("train", "valid", "test")


def read(raw: Path, source: ExamplesSource, params: ExamplesPrepare) -> Examples:
    """What was downloaded, or copied of your own; two series are the same whose numbers are.

    Raises:
        KassandraError: the files cannot be read, hold other columns each, or hold no labelled series; or nothing says
            the groups that `prepare.held_out` names.
    """
    _, examples = gathered(raw, source, params, lambda path, how, said: read_file(path, how, params, said=said))
    examples.meta.update(window=params.window, step=params.step)
    return examples


def gathered(raw: Path, source: ExamplesSource, params: Scaled, read_one: ReadOne) -> tuple[list[One], Examples]:
    """The series of all files, those of train first, then valid, then test, as they are and as examples; see `read`."""
    if source.files:
        parts = {WHOLE: many_files.read(raw, source, read_one)}
    else:
        parts = {split: read_one(path, source, None) for split, path in _files(raw).items()}
    first = next(iter(parts.values()))
    for split, part in parts.items():
        if len(part.columns) != len(first.columns):
            what = f"{split} has {len(part.columns)} columns, {next(iter(parts))} has {len(first.columns)}"
            raise KassandraError(f"{raw}: {what}; all splits need the same")
    series = [
        one if split == WHOLE else one._replace(split=split)
        for split in (WHOLE, *SPLITS) for one in (parts[split].series if split in parts else [])
    ]  # fmt: skip
    message = [line for part in parts.values() for line in part.message]
    if params.held_out:
        series = _held_out(raw, series, params.held_out)
        message.append(f"test is all of {some(params.held_out)}")
    series.sort(key=lambda one: SPLITS.index(one.split or "train"))  # stable
    splits = np.array([one.split for one in series])
    masks = {name: splits == name if (splits == name).any() else None for name in ("valid", "test")}
    together, groups, said = _groups(series, params, source.group is not None or source.files == "series")
    described = source.model_dump(exclude=EVERYWHERE, exclude_defaults=True)
    described |= {"values": first.of_table} if first.of_table else {}  # so that further tables are read alike
    meta: dict[str, Any] = {"source": described, "columns": first.columns}
    meta |= {"left_out": {split: part.left_out for split, part in parts.items() if part.left_out}}
    return series, Examples(
        "series", [one.values for one in series], [one.label for one in series], [one.id for one in series],
        [(one.values.shape, one.values.tobytes()) for one in series], masks["test"], groups, meta=meta,
        message="\n".join([*message, *said]), valid=masks["valid"], together=together,
    )  # fmt: skip


def read_file(
    path: Path, source: ExamplesSource, params: ExamplesPrepare, to_learn: bool = True, said: str | None = None
) -> Read:
    """The series of one file; see `ts_files.read` and `labelled_tables.read`."""
    if ts_files.is_one(path):
        if params.window is not None:
            raise KassandraError(f"prepare.window: is of recordings in a table; {path.name} holds whole series")
        return ts_files.read(path, source, to_learn)
    if source.dataset:
        raise KassandraError(f"source.dataset: {source.dataset!r} holds no series with labels")
    return labelled_tables.read(path, source, params, to_learn, said)


def _files(raw: Path) -> dict[str, Path]:
    """The file of each split, or the only one as WHOLE."""
    if not raw.exists():
        raise missing(raw)
    files, _ = tables_in(raw)
    if len(files) == 1:
        return {WHOLE: files[0]}
    named = splits_named(stem(path) for path in files)
    splits = [named.get(stem(path), "") for path in files]
    if "train" not in splits or "" in splits or len(set(splits)) < len(splits):
        expected = (
            "one file of series, or one for each split: X_TRAIN.ts and X_TEST.ts, or train.csv, valid.csv, test.csv"
        )
        found = f"found {some(path.name for path in files)}"
        raise KassandraError(
            f"source.path: expected {expected}; {found}; `source.files: series` reads a series, or recording, in each "
            "table, `labels` a table for each label"
        )
    by_split = dict(zip(splits, files, strict=True))
    return {split: by_split[split] for split in SPLITS if split in by_split}


def _held_out(raw: Path, series: list[One], names: list[str]) -> list[One]:
    known = sorted({one.group for one in series} - {""})
    if not known:
        raise KassandraError(f"prepare.held_out: nothing says the groups in {raw}; `source.group` names their column")
    for name in names:
        if name not in known:
            raise KassandraError(unknown("prepare.held_out", "group", name, known))
    if set(names) == set(known):
        raise KassandraError(f"prepare.held_out: {names} are all there are; leave one to learn from")
    return [one._replace(split="test" if one.group in names else "") for one in series]


def _groups(series: list[One], params: Scaled, named: bool) -> tuple[bool, list[str] | None, list[str]]:
    """Whether groups stay together, the group of each series, and what to report. `named`: by a column of the table;
    else they are the blocks of windows, if any."""
    known = {one.group for one in series} - {""}
    if not known:
        return False, None, []
    groups = [one.group for one in series]
    left = {one.group for one in series if one.split != "test"}
    if params.held_out and len(left) < FEW_GROUPS:
        return False, groups, [f"validation is drawn evenly from all {len(left)} groups that are left, as they are few"]
    message = f"{len(known):,} groups; all of a group stay in one split where splits are drawn"
    return True, groups, [message] if named else []


def encode(examples: Examples, rows: dict[str, Rows], params: Scaled, seed: int) -> Encoded:
    """The series of each split as a model reads them, one after another."""
    train = [examples.contents[row] for row in rows["train"]]
    mean, std = _scale(train, params.normalise)  # fitted on train only
    lacking = np.isnan(np.concatenate(train)).any(0)  # of train only
    masked = np.flatnonzero(lacking).tolist() if params.missing == "mask" else []
    pool = params.pool if isinstance(params, ExamplesPrepare) else 1
    scaling = Scaling(params.normalise, params.missing, pool, mean, std, masked)
    arrays, missing_values, lengths = dict[str, dict[str, NDArray[Any]]](), dict[str, int](), set[int]()
    for name, some_rows in rows.items():
        read = [scaling(examples.contents[row], examples.ids[row]) for row in some_rows]
        offsets = np.cumsum([0, *map(len, read)], dtype=np.int64)
        arrays[name] = {"values": np.concatenate(read), "offsets": offsets}
        if examples.groups is not None:
            known = sorted(set(examples.groups))
            arrays[name]["groups"] = np.array([known.index(examples.groups[row]) for row in some_rows], np.int64)
        lengths |= set(np.diff(offsets).tolist())
        missing_values[name] = sum(int(np.isnan(examples.contents[row]).sum()) for row in some_rows)
    features = len(mean) + len(masked)
    spec = {"features": features} | ({"steps": lengths.pop()} if len(lengths) == 1 else {})
    steps = f"{spec['steps']} steps" if "steps" in spec else f"{min(lengths)} to {max(lengths)} steps"
    message = f"{steps} of {len(mean)} columns"
    if any(missing_values.values()):
        counts = ", ".join(f"{count:,} of {name}" for name, count in missing_values.items())
        how = "masked" if params.missing == "mask" else "interpolated"
        message += f"; missing values {how}: {counts}"
    if masked:
        message += f"; {len(masked)} columns have a mask beside them"
    if pool > 1:
        message += f"; a step is the mean of {pool}"
    return Encoded(arrays, spec, {**scaling._asdict(), "missing_values": missing_values}, message)


def _scale(train: list[NDArray[np.float64]], normalise: str) -> tuple[list[float], list[float]]:
    """(columns,) mean and deviation over the steps of train, exact sums; 0 and 1 where nothing is normalised so."""
    columns = np.concatenate(train).T
    both = [(0.0, 1.0)] * len(columns)
    if normalise == "columns":
        there = [column[~np.isnan(column)].tolist() for column in columns]
        both = [mean_and_std(known) if known else (0.0, 1.0) for known in there]
    return [mean for mean, _ in both], [std or 1.0 for _, std in both]
