"""Windows cut from recordings whose rows have a label each."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.inputs.series.prepare.labelled import One


class Recording(NamedTuple):
    """Rows that follow each other. values: (rows, columns). labels, ids: of each row; a label may be "".

    name: of the series it is part of. group, split: as of One.
    """

    name: str
    values: NDArray[np.float64]
    labels: list[str]
    ids: list[str]
    group: str
    split: str


def windows(
    recordings: list[Recording], window: int, step: int | None, block: int | None
) -> tuple[list[One], list[str]]:
    """The windows, and what to report. The label of one is that of most of its rows, the first of equals; a window with
    a row without a label is left out.

    With `block`, so many windows that follow each other are a group, and share no row with another one: rows of a
    window in train are in no window of test.
    """
    step = step or max(1, window // 2)
    cut, mixed, unlabelled, short = list[One](), 0, 0, 0
    to_learn = any(label for one in recordings for label in one.labels)
    for number, one in enumerate(recordings):
        short += len(one.values) < window
        for start, place in _starts(len(one.values), window, step, block):
            labels = one.labels[start : start + window]
            if to_learn and not all(labels):
                unlabelled += 1
                continue
            counts = Counter(labels)
            mixed += len(counts) > 1
            belongs = one.group if block is None else f"{one.name} {number} block {place}"
            label, values = counts.most_common(1)[0][0], one.values[start : start + window]
            cut.append(One(values, label, one.ids[start], belongs, one.split))
    rows = sum(len(one.values) for one in recordings)
    parts = len({one.name for one in recordings})
    message = [f"{len(cut):,} windows of {window} rows, one each {step}, of {rows:,} rows in {parts:,} recordings"]
    if len(recordings) > parts:
        message.append(f"recordings are cut where time jumps, into {len(recordings):,} parts")
    if block:
        message.append(f"blocks of {block} windows stay in one split and share no row with other blocks")
    message += [f"{mixed:,} windows hold several labels: theirs is that of most rows"] if mixed else []
    message += [f"{unlabelled:,} windows with rows without a label: left out"] if unlabelled else []
    message += [f"{short:,} recordings are shorter than a window: left out"] if short else []
    return cut, message


def pieces(recordings: list[Recording], length: int, block: int | None) -> tuple[list[One], list[str]]:
    """Each recording in pieces that follow each other, with the label of each row, and what to report. Rows without a
    label are in none. With `block`, so many pieces are a group; else groups are those of the recordings."""
    cut, unlabelled = list[One](), 0
    for number, one in enumerate(recordings):
        to_learn = any(one.labels)
        unlabelled += one.labels.count("") if to_learn else 0
        for first, end in _labelled(one.labels) if to_learn else [(0, len(one.labels))]:
            for place, start in enumerate(range(first, end, length)):
                rows = slice(start, min(start + length, end))
                belongs = one.group if block is None else f"{one.name} {number} {first} block {place // block}"
                tags = tuple(one.labels[rows]) if to_learn else ()
                cut.append(One(one.values[rows], "", one.ids[start], belongs, one.split, tags))
    rows_of_all = sum(len(one.values) for one in recordings)
    message = [f"{rows_of_all:,} rows of {len(recordings):,} recordings, in {len(cut):,} pieces of at most {length}"]
    message += [f"blocks of {block} pieces stay in one split"] if block else []
    message += [f"{unlabelled:,} rows have no label, and are left out"] if unlabelled else []
    return cut, message


def _labelled(labels: list[str]) -> Iterator[tuple[int, int]]:
    """First row of each stretch of rows with a label, and the one behind its last.

    >>> list(_labelled(["a", "", "b", "b"]))
    [(0, 1), (2, 4)]
    """
    first = 0
    for row, label in enumerate([*labels, ""]):
        if not label:
            if row > first:
                yield first, row
            first = row + 1


def _starts(rows: int, window: int, step: int, block: int | None) -> Iterator[tuple[int, int]]:
    """First row of each window, and the block it is in.

    >>> list(_starts(10, 4, 2, None)), list(_starts(12, 4, 2, 2))
    ([(0, 0), (2, 0), (4, 0), (6, 0)], [(0, 0), (2, 0), (6, 1), (8, 1)])
    """
    if block is None:
        yield from ((start, 0) for start in range(0, rows - window + 1, step))
        return
    length = window + (block - 1) * max(step, 1)
    for place, begin in enumerate(range(0, rows, length)):
        yield from ((start, place) for start in range(begin, min(begin + length, rows) - window + 1, step))
