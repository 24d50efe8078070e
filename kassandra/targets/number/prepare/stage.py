"""Examples with a number each → train.npz, valid.npz, test.npz and meta.json."""

import math
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts import split_examples, splits
from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.kind import Pipeline, Source
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own import numbers
from kassandra.sources.own.refused import allowed, too_many

STRATA = 10  # parts of equally many numbers, from the smallest to the largest, of which each split has its share
FEWEST = 20  # examples of a part
SHOWN = 3  # answers that are no numbers

Numbers = NDArray[np.float64]  # (examples,)


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw examples, as the input's `reader` reads and encodes them, → arrays and meta.json; returns what to report.

    Raises:
        KassandraError: the data cannot be read, too many answers are no numbers, all numbers are equal, or there are
            too few to be split.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    examples: Examples = reader.read(raw, params.source, how)
    examples, values, set_aside = _with_numbers(raw, examples, params.source, how.log)
    rows, dropped = _split(raw, examples, values, how, seed)
    of_train = values[rows["train"]]
    if of_train.min() == of_train.max():
        raise KassandraError(f"{raw}: every {examples.one} of train has the number {of_train[0]:g}; nothing to learn")
    encoded = reader.encode(examples, rows, how, seed)  # fitted on train only
    ids = split_examples.ids_of(examples)
    for name, some in rows.items():
        example = Ragged.of_texts(ids[row] for row in some)
        arrays = {"numbers": values[some], "example": example.flat, "example_offsets": example.offsets}
        write_arrays(folder / f"{name}.npz", **encoded.arrays[name], **arrays)
    learned = np.log(of_train) if how.log else of_train
    mean, std = mean_and_deviation(learned)  # fitted on train only
    counts = {name: len(some) for name, some in rows.items()}
    near = split_examples.nearly_in_test(examples, rows)
    meta = {"spec": ModelSpec(outputs=1, **encoded.spec).to_json(), "examples": counts, **dropped, **near}
    meta |= {"log": how.log, "target_mean": mean, "target_std": std, "train_numbers": _described(of_train)}
    meta |= {**examples.meta, **encoded.meta, **({"no_number": set_aside} if set_aside else {})}
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(f"{count} {name}" for name, count in counts.items())
    said = split_examples.said_of(dropped, near, encoded.message, examples.nearly)
    message = f"{sizes} {examples.unit} with a number each; {said}"
    described = ", ".join(f"{name} {value:.6g}" for name, value in _described(of_train).items())
    lines = [examples.message, _of_those(set_aside, examples.unit), message, f"numbers of train: {described}"]
    return "\n".join(filter(None, lines))


def _of_those(set_aside: dict[str, Any], unit: str) -> str:
    if not set_aside:
        return ""
    return f"{set_aside['examples']} {unit} have no number and are left out: {set_aside['first']}"


def mean_and_deviation(values: Numbers) -> tuple[float, float]:
    """By exact sums, so that they do not depend on where arrays lie in memory."""
    mean = math.fsum(values.tolist()) / len(values)
    return mean, math.sqrt(math.fsum(((values - mean) ** 2).tolist()) / len(values))


def _described(values: Numbers) -> dict[str, float]:
    low, median, high = (float(value) for value in (values.min(), np.median(values), values.max()))
    mean, std = mean_and_deviation(values)
    return {"smallest": low, "median": median, "mean": mean, "largest": high, "deviation": std}


def _with_numbers(raw: Path, examples: Examples, source: Source, log: bool) -> tuple[Examples, Numbers, dict[str, Any]]:
    """The examples whose answer is a number, these numbers, and what is said of the others; empty where all are.

    Raises:
        KassandraError: the others are more than `source.tolerate` allows.
    """
    written = source if isinstance(source, TableFile) else TableFile(path=".")  # with a decimal point
    read = numbers.reader(written)
    values = np.array([np.nan if (value := read(label)) is None else value for label in examples.labels], np.float64)
    bad = ~(values > 0) if log else np.isnan(values)
    rows, total = np.flatnonzero(bad), len(values)
    if not len(rows):
        return examples, values, {}
    shown = ", ".join(f"{examples.ids[row]} {examples.labels[row]!r}" for row in rows[:SHOWN])
    first = shown + (", …" if len(rows) > SHOWN else "")
    if len(rows) > allowed(total, source.tolerate) or len(rows) == total:
        what = "no number above 0, which prepare.log needs" if log else "no number"
        advice = numbers.advice(examples.labels[rows[0]], written) if np.isnan(values[rows[0]]) else "say `log: false`"
        many = too_many(len(rows), total, source.tolerate)
        raise KassandraError(
            f"{raw}: the answer of {len(rows):,} of {total:,} {examples.unit} is {what}: {first}; {advice}; {many}"
        )
    kept = np.flatnonzero(~bad)
    some = split_examples.of_rows(examples, kept)
    contents = examples.contents
    some = replace(
        some, contents=contents[kept] if isinstance(contents, np.ndarray) else [contents[row] for row in kept.tolist()]
    )
    return some, values[kept], {"examples": len(rows), "first": first}


def _split(
    raw: Path, examples: Examples, values: Numbers, params: Any, seed: int
) -> tuple[dict[str, Rows], dict[str, int]]:
    """As split_examples.split; what is drawn, is drawn of small and large numbers alike, as far as there are enough."""
    parts = 1 if examples.groups is not None and examples.together else max(1, min(STRATA, len(values) // FEWEST))
    while True:
        by_size = replace(examples, labels=[str(part) for part in strata(values, parts)], classes=None)
        try:
            return split_examples.split(raw, by_size, params, seed)
        except splits.TooRare as error:
            if parts == 1:
                what = f"{len(values)} {examples.unit} with a number are too few, or in too few groups, to be split"
                raise KassandraError(f"{raw}: {what} ({str(error).partition(':')[0]}); give more") from None
            parts //= 2


def strata(values: Numbers, parts: int) -> NDArray[np.intp]:
    """(examples,) in which part of about equally many each is, from 0; equal numbers are in one part.

    >>> strata(np.array([5.0, 1.0, 1.0, 9.0]), 2).tolist()
    [1, 0, 0, 1]
    """
    rank = np.searchsorted(np.sort(values), values)
    return np.unique(rank * parts // len(values), return_inverse=True)[1]
