"""Of examples with one label each: who is in which split, and the class of each."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts import split_examples, splits
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows
from kassandra.contracts.printed import printable
from kassandra.targets.label.prepare.answers import SHOWN, Answers

IMBALANCED = 10  # times as many examples of one class as of another


def answers(raw: Path, examples: Examples, params: Any, seed: int, tolerate: float) -> Answers:
    """
    Raises:
        KassandraError: a label of test is not in train, or a class is too small to be split.
    """
    rows, dropped, rare = _split_without_rare(raw, examples, params, seed, tolerate)
    classes = _classes(raw, examples, rows)
    labels = {
        name: np.array([classes.index(examples.labels[row]) for row in some], np.int64) for name, some in rows.items()
    }
    of_train = Counter(examples.labels[row] for row in rows["train"])
    return Answers(
        rows, dropped, classes, labels, [of_train[name] for name in classes], {"rare_classes": rare} if rare else {},
        f"in {len(classes)} classes", _of_rare(rare, examples), _of_classes(examples, rows),
    )  # fmt: skip


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
    """As split_examples.split, of the classes that can be split; and of each other one how many examples are set aside.

    Raises:
        KassandraError: those of the others are more than the share `tolerate` of all.
    """
    kept, rare = np.arange(len(examples.labels)), dict[str, int]()
    while True:
        try:
            split, dropped = split_examples.split(
                raw, split_examples.of_rows(examples, kept) if rare else examples, params, seed
            )
            return {name: kept[rows] for name, rows in split.items()}, dropped, rare
        except splits.TooRare as error:
            rare[error.label] = sum(label == error.label for label in examples.labels)
            kept = np.array([row for row in kept.tolist() if examples.labels[row] != error.label], np.intp)
            if sum(rare.values()) > tolerate * len(examples.labels) or not len(kept):
                raise KassandraError(str(error)) from None


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
