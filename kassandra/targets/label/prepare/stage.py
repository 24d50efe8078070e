"""Examples with a label each → train.npz, valid.npz, test.npz and meta.json."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from kassandra.contracts import splits
from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows, numbered
from kassandra.contracts.printed import printable
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.kind import Pipeline

NEAR = "train_nearly_in_test"  # counted, and kept
SHOWN = 20  # classes that are named with their counts
IMBALANCED = 10  # times as many examples of one class as of another
LEAKED, REPEATED = "dropped_from_train_because_in_test", "dropped_because_repeated"
LEAKED_INTO_VALID, VALID_LEAKED = "dropped_from_train_because_in_valid", "dropped_from_valid_because_in_test"


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw examples, as the input's `reader` reads and encodes them, → arrays and meta.json; returns what to report.

    Raises:
        KassandraError: the data cannot be read, a label of test is not in train, or a class is too small to be split.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    examples: Examples = reader.read(raw, params.source, how)
    rows, dropped, rare = _split_without_rare(raw, examples, how, seed, params.source.tolerate)
    classes = _classes(raw, examples, rows)
    encoded = reader.encode(examples, rows, how, seed)  # fitted on train only
    ids = _ids(examples)
    for name, some in rows.items():
        example = Ragged.of_texts(ids[row] for row in some)
        labels = np.array([classes.index(examples.labels[row]) for row in some], np.int64)
        arrays = {"labels": labels, "example": example.flat, "example_offsets": example.offsets}
        write_arrays(folder / f"{name}.npz", **encoded.arrays[name], **arrays)
    counts = {name: len(some) for name, some in rows.items()}
    spec = ModelSpec(outputs=len(classes), **encoded.spec)
    of_train = Counter(examples.labels[row] for row in rows["train"])
    near = _nearly_in_test(examples, rows)
    meta = {"spec": spec.to_json(), "classes": classes, "examples": counts, **dropped, **near}
    meta |= {"train_labels": [of_train[name] for name in classes], **examples.meta, **encoded.meta}
    meta |= {"rare_classes": rare} if rare else {}
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(f"{count} {name}" for name, count in counts.items())
    message = f"{sizes} {examples.unit} in {len(classes)} classes; {dropped[LEAKED]} of train dropped as they are in "
    message += f"test too, {dropped[REPEATED]} as repeated; {encoded.message}"
    if VALID_LEAKED in dropped:
        message += f"; the validation split is your own: {dropped[LEAKED_INTO_VALID]} of train dropped as they are in "
        message += f"valid too, {dropped[VALID_LEAKED]} of valid as they are in test too"
    if near.get(NEAR):
        message += f"; {near[NEAR]} of train are nearly in test (the same letters and digits), and were kept"
    return "\n".join(filter(None, [examples.message, _of_rare(rare, examples), message, _of_classes(examples, rows)]))


def _of_rare(rare: dict[str, int], examples: Examples) -> str:
    named = ", ".join(f"{printable(label)} {count}" for label, count in rare.items())
    return f"classes too rare to be in every split are set aside, with their {examples.unit}: {named}" if rare else ""


def _of_classes(examples: Examples, rows: dict[str, Rows]) -> str:
    """The classes of train and how many examples each has, most frequent first."""
    counts = Counter(examples.labels[row] for row in rows["train"]).most_common()
    named = ", ".join(f"{printable(label)} {count:,}" for label, count in counts[:SHOWN])
    text = f"classes of train: {named}{', …' if len(counts) > SHOWN else ''}"
    (most, largest), (least, smallest) = counts[0], counts[-1]
    if largest >= IMBALANCED * smallest:
        text += f"; {printable(most)} has {largest // smallest} times as many {examples.unit} as {printable(least)}, "
        text += "so accuracy says little of the latter: see macro F1"
    return text


def _split_without_rare(
    raw: Path, examples: Examples, params: Any, seed: int, tolerate: float
) -> tuple[dict[str, Rows], dict[str, int], dict[str, int]]:
    """As `_split`, of the classes that can be split; and of each other class how many examples are set aside.

    Raises:
        KassandraError: those of the others are more than the share `tolerate` of all.
    """
    kept, rare = np.arange(len(examples.labels)), dict[str, int]()
    while True:
        try:
            split, dropped = _split(raw, _of_rows(examples, kept) if rare else examples, params, seed)
            return {name: kept[rows] for name, rows in split.items()}, dropped, rare
        except splits.TooRare as error:
            rare[error.label] = sum(label == error.label for label in examples.labels)
            kept = np.array([row for row in kept.tolist() if examples.labels[row] != error.label], np.intp)
            if sum(rare.values()) > tolerate * len(examples.labels) or not len(kept):
                raise KassandraError(str(error)) from None


def _of_rows(examples: Examples, rows: Rows) -> Examples:
    def some(values: Any) -> Any:
        return None if values is None else [values[row] for row in rows]

    masks: dict[str, Any] = {
        "test": None if examples.test is None else examples.test[rows],
        "valid": None if examples.valid is None else examples.valid[rows],
    }
    lists = {name: some(getattr(examples, name)) for name in ("labels", "ids", "keys", "groups")}
    return replace(examples, **lists, **masks)


def _nearly_in_test(examples: Examples, rows: dict[str, Rows]) -> dict[str, int]:
    """How many examples of train are nearly the same as one of test; empty where that is not looked for."""
    if examples.near is None:
        return {}
    return {NEAR: len(rows["train"]) - len(splits.strangers(rows["train"], rows["test"], examples.near))}


def _split(raw: Path, examples: Examples, params: Any, seed: int) -> tuple[dict[str, Rows], dict[str, int]]:
    """The rows of each split, and how many examples were dropped, by reason: test is kept as it is.

    Examples that are there twice are dropped before any is drawn, else one could be in train and the other in test.
    """
    everything = np.arange(len(examples.labels))
    held_out = [given for given in (examples.valid, examples.test) if given is not None]
    offered = everything[~np.any(held_out, axis=0)] if held_out else everything
    unique = splits.first_of_equals(offered, examples.keys)
    if examples.test is None:
        kept = unique
        train, test = splits.drawn(examples, kept, params.test_fraction, seed, "prepare.test_fraction")
    else:
        test = everything[examples.test]
        train = kept = splits.strangers(unique, test, examples.keys)
        if not len(kept):
            raise KassandraError(f"{raw}: every {examples.one} of train is in test too, so none is left to train on")
    dropped = {LEAKED: len(unique) - len(kept), REPEATED: len(offered) - len(unique)}
    valid, lost = _given_valid(raw, examples, test)
    if valid is not None:
        strange = splits.strangers(train, valid, examples.keys)
        dropped |= lost | {LEAKED_INTO_VALID: len(train) - len(strange)}
        if not len(strange):
            raise KassandraError(f"{raw}: every {examples.one} of train is in valid too, so none is left to train on")
        train = strange
    if params.limit:
        train, test = (splits.at_most(examples, rows, params.limit, seed) for rows in (train, test))
    if valid is None:
        train, valid = splits.drawn(examples, train, params.valid_fraction, seed, "prepare.valid_fraction")
    return {"train": np.sort(train), "valid": np.sort(valid), "test": np.sort(test)}, dropped


def _given_valid(raw: Path, examples: Examples, test: Rows) -> tuple[Rows | None, dict[str, int]]:
    """The rows that come as valid, but for those that are in test too; None where none come so."""
    if examples.valid is None:
        return None, {}
    given = np.flatnonzero(examples.valid)
    valid = splits.strangers(given, test, examples.keys)
    if not len(valid):
        raise KassandraError(f"{raw}: every {examples.one} of valid is in test too, so none is left to choose by")
    return valid, {VALID_LEAKED: len(given) - len(valid)}


def _classes(raw: Path, examples: Examples, rows: dict[str, Rows]) -> list[str]:
    labels = {name: {examples.labels[row] for row in some} for name, some in rows.items()}
    known = sorted(labels["train"])
    for name in ("test", "valid"):
        if unseen := sorted(labels[name] - labels["train"]):
            raise KassandraError(
                f"{raw}: label {unseen[0]!r} of {name} is in no {examples.one} of train; the labels are {known}"
            )
    if len(known) < 2:
        raise KassandraError(f"{raw}: every {examples.one} has the label {known[0]!r}; give two labels or more")
    return examples.classes or known


def _ids(examples: Examples) -> list[str]:
    """Numbered among those that come as test and among the others, whatever is drawn of them."""
    parts = [examples.ids] if examples.test is None else [
        [one for one, is_test in zip(examples.ids, examples.test, strict=True) if is_test == part]
        for part in (False, True)
    ]  # fmt: skip
    return [one for part in parts for one in numbered(part)]
