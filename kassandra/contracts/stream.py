"""One long sequence in parts that are read side by side, window after window."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Texts(NamedTuple):
    """parts: by split, train with or without valid and test; or the one text as splits.WHOLE.

    meta: what meta.json is to keep of the files. message: how they were read; empty where nothing is to be said.
    """

    parts: dict[str, str]
    meta: dict[str, Any]
    message: str


def windows(tokens: int, streams: int, window: int, first: int) -> Iterator[NDArray[np.int64]]:
    """(streams, time) positions of the tokens that each batch reads, of a sequence of `tokens`.

    It is cut into `streams` parts of equal length, of which each batch reads the next `window` positions, the first
    batch `first`. The last token is never read, as nothing follows it; positions from it on fill up the last part.

    >>> [positions.tolist() for positions in windows(6, 2, 2, 2)]
    [[[0, 1], [3, 4]], [[2], [5]]]
    """
    length = math.ceil((tokens - 1) / streams)  # of a part
    positions = np.arange(streams * length).reshape(streams, length)
    ends = [*range(min(first, length), length, window), length]
    for start, end in zip([0, *ends], ends, strict=False):
        yield positions[:, start:end]


def most_windows(tokens: int, streams: int, window: int) -> int:
    """How many batches `windows` gives at most: where the first one is the shortest."""
    return 1 + math.ceil((math.ceil((tokens - 1) / streams) - 1) / window)


def read_at(ids: NDArray[np.integer], positions: NDArray[np.int64], padding: int) -> NDArray[np.int64]:
    """The ids at `positions` (streams, time); `padding` at and after the last one."""
    known = positions < len(ids) - 1
    return np.where(known, ids[np.where(known, positions, 0)], padding).astype(np.int64)


def following(ids: NDArray[np.integer], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ids one place after `positions` (streams, time); -1 where none follows."""
    known = positions < len(ids) - 1
    return np.where(known, ids[np.where(known, positions + 1, 0)], -1).astype(np.int64)
