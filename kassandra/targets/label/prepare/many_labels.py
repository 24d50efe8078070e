"""Of examples with any number of labels each: who is in which split, and which labels each has."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts import split_examples
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows
from kassandra.contracts.label_sets import labels_in, listed_in
from kassandra.contracts.printed import printable, some
from kassandra.targets.label.prepare.answers import SHOWN, Answers

FEW = 10  # examples of train with a label, below which a model can hardly learn it


def answers(raw: Path, examples: Examples, params: Any, seed: int, tolerate: float) -> Answers:
    """Splits that are not given are drawn at random, and not evenly by label: an example may have several.

    Raises:
        KassandraError: the separator stands nowhere; a split has no label at all; train has a single one; or labels
            that train lacks are those of more than the share `tolerate` of the examples of a split that is given.
    """
    sets = [labels_in(label, params.separator) for label in examples.labels]
    _check(raw, examples, sets, params.separator)
    rows, dropped = split_examples.split(raw, replace(examples, labels=[""] * len(sets)), params, seed)
    classes, lost = _classes(raw, examples, sets, rows, tolerate)
    place = {name: number for number, name in enumerate(classes)}
    labels = {name: _indicators(sets, part, place) for name, part in rows.items()}
    for name, held in labels.items():
        if not held.any():
            raise KassandraError(f"{raw}: no {examples.one} of {name} has a label; it takes some to learn and to judge")
    meta: dict[str, Any] = {"labels": "many", "without_labels": {name: _none(held) for name, held in labels.items()}}
    meta |= {"labels_not_in_train": lost} if lost else {}
    before = f"labels that no {examples.one} of train has are left out of the others: {_counted(lost)}" if lost else ""
    return Answers(
        rows, dropped, classes, labels, labels["train"].sum(0, dtype=np.int64).tolist(), meta,
        f"with any of {len(classes)} labels", before, _said(examples, labels, classes),
    )  # fmt: skip


def _check(raw: Path, examples: Examples, sets: list[list[str]], separator: str | None) -> None:
    """Refuses a separator that stands in no label, and examples of which none has several."""
    if not any(sets):
        raise KassandraError(f"{raw}: no {examples.one} has a label; it takes some to learn and to judge")
    if separator and not any(separator in label for label in examples.labels if listed_in(label) is None):
        shown = some(list(dict.fromkeys(filter(None, examples.labels))), 3)
        raise KassandraError(f"prepare.separator: {separator!r} stands in no label; labels are {shown}")
    if max(map(len, sets)) < 2:
        shown = some(list(dict.fromkeys(filter(None, examples.labels))), 3)
        advice = "say what stands between labels (prepare.separator), or `prepare.labels: one`"
        raise KassandraError(f"{raw}: no {examples.one} has more than one label, as {shown}; {advice}")


def _classes(
    raw: Path, examples: Examples, sets: list[list[str]], rows: dict[str, Rows], tolerate: float
) -> tuple[list[str], dict[str, int]]:
    """The labels of train, sorted; and those of other splits that it lacks, with how many examples have each."""
    counts = {name: Counter(label for row in part for label in sets[row]) for name, part in rows.items()}
    known, lost = sorted(counts["train"]), Counter[str]()
    for name in ("valid", "test"):
        strange = {label: count for label, count in counts[name].items() if label not in counts["train"]}
        hit = sum(any(label in strange for label in sets[row]) for row in rows[name])
        if getattr(examples, name) is not None and hit > tolerate * len(rows[name]):
            raise KassandraError(
                f"{raw}: label {min(strange)!r} of {name} is in no {examples.one} of train, nor are "
                f"{len(strange) - 1} others: of {hit} of {len(rows[name])}; `source.tolerate` leaves such labels out"
            )
        lost.update(strange)
    if len(known) < 2:
        raise KassandraError(f"{raw}: the only label of train is {some(known)}; give two labels or more")
    return known, dict(sorted(lost.items()))


def _indicators(sets: list[list[str]], rows: Rows, place: dict[str, int]) -> NDArray[np.uint8]:
    """(rows, labels) 1 where an example has a label."""
    held = np.zeros((len(rows), len(place)), np.uint8)
    for number, row in enumerate(rows):
        held[number, [place[label] for label in sets[row] if label in place]] = 1
    return held


def _none(held: NDArray[np.uint8]) -> int:
    return int((held.sum(1) == 0).sum())


def _counted(counts: dict[str, int]) -> str:
    named = ", ".join(f"{printable(label)} {count:,}" for label, count in list(counts.items())[:SHOWN])
    return named + (", …" if len(counts) > SHOWN else "")


def _said(examples: Examples, labels: dict[str, NDArray[np.uint8]], classes: list[str]) -> str:
    """How many labels examples have, and the labels of train, most frequent first."""
    train = labels["train"]
    sizes, counts = train.sum(1), Counter(dict(zip(classes, train.sum(0).tolist(), strict=True)))
    without = ", ".join(f"{_none(held):,} of {name}" for name, held in labels.items())
    rare = [label for label in classes if counts[label] < FEW]
    lines = [
        f"labels of a {examples.one} of train: {sizes.mean():.2f} on average, {int(sizes.max())} at most; "
        f"without a label: {without}",
        f"labels of train: {_counted(dict(counts.most_common()))}",
    ]
    if rare:
        lines.append(f"fewer than {FEW} {examples.unit} of train have {some(rare, 5)}: a model can hardly learn these")
    return "\n".join(lines)
