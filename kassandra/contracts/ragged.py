"""Rows of different lengths as two flat arrays, and batches of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.spec import EOS, PAD
from kassandra.contracts.stored import Stored


class Ragged(NamedTuple):
    """Row r is flat[offsets[r]:offsets[r + 1]].

    flat: (sum of lengths,). offsets: (rows + 1,) int64, from 0 up to the sum of lengths.
    """

    flat: NDArray[Any]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Iterable[Sequence[int] | NDArray[Any]], dtype: type[np.generic]) -> "Ragged":
        arrays = [np.asarray(row, dtype=dtype) for row in rows]
        offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int64)
        return cls(np.concatenate([np.empty(0, dtype), *arrays]), offsets)

    @classmethod
    def stored(cls, rows: Iterable[Sequence[int] | NDArray[Any]], dtype: type[np.generic]) -> "Ragged":
        """As `of`, on disk: see Stored."""
        arrays = Stored([np.empty(0, dtype)])
        lengths = [0]
        for row in rows:
            array = np.asarray(row, dtype=dtype)
            arrays.append(array)
            lengths.append(len(array))
        return cls(arrays.joined(), np.cumsum(lengths, dtype=np.int64))

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> "Ragged":
        """Their UTF-8 bytes."""
        return cls.of((np.frombuffer(text.encode(), np.uint8) for text in texts), np.uint8)

    def texts(self) -> list[str]:
        """The inverse of `of_texts`."""
        content = self.flat.tobytes()
        return [content[a:b].decode() for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True)]

    def take(self, rows: NDArray[np.intp]) -> "Ragged":
        """Some rows, in that order."""
        taken = [self.flat[self.offsets[row] : self.offsets[row + 1]] for row in rows]
        return Ragged(np.concatenate([self.flat[:0], *taken]), np.cumsum([0, *map(len, taken)], dtype=np.int64))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(rows,)"""
        return np.diff(self.offsets)

    def padded(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Some rows as (len(rows), longest of them), PAD where one has ended, and their lengths (len(rows),)."""
        starts, lengths = self.offsets[rows], self.lengths[rows]
        step = np.arange(lengths.max(initial=0))  # (time,)
        inside = step < lengths[:, None]  # (rows, time)
        index = np.where(inside, starts[:, None] + step, 0)
        return np.where(inside, self.flat[index], PAD).astype(np.int64), lengths

    def ended(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """As `padded`, with EOS after the last token of each row: (rows, longest + 1), and lengths that count it."""
        padded, lengths = self.padded(rows)
        with_end = np.pad(padded, ((0, 0), (0, 1)), constant_values=PAD)
        with_end[np.arange(len(lengths)), lengths] = EOS
        return with_end, lengths + 1


def batches_by_length(lengths: NDArray[np.int64], tokens: int) -> list[NDArray[np.intp]]:
    """Row numbers in batches of about equal length, longest first: each padded batch holds at most `tokens` tokens.

    A row longer than that is a batch of its own.
    """
    return _cut(np.argsort(-lengths, kind="stable"), lengths, tokens)


def shuffled_batches(
    lengths: NDArray[np.int64], tokens: int, generator: np.random.Generator
) -> Iterator[NDArray[np.intp]]:
    """As `batches_by_length`, but which rows of about a length meet, and the order of the batches, is drawn anew.

    Lengths are rounded up to 8 steps to the doubling, and rows are drawn among those that round alike: so where there
    are many rows little is padding, and every epoch has the same number of batches of the same sizes.
    """
    rounded = round_up(lengths)
    order = generator.permutation(len(lengths))
    batches = _cut(order[np.argsort(-rounded[order], kind="stable")], rounded, tokens)
    for number in generator.permutation(len(batches)):
        yield batches[number]


def round_up(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The smallest of …, 16, 18, 20, 22, …, 32, 36, 40, … (8 numbers to each doubling) that is not below a length."""
    unit = 2 ** np.maximum(np.ceil(np.log2(np.maximum(lengths, 1))).astype(np.int64) - 4, 0)
    rounded: NDArray[np.int64] = -(-lengths // unit) * unit
    return rounded


def _cut(order: NDArray[np.intp], lengths: NDArray[np.int64], tokens: int) -> list[NDArray[np.intp]]:
    """`order`, in which lengths never rise, cut wherever one more row would exceed `tokens`."""
    batches, start = [], 0
    while start < len(order):
        rows = max(1, tokens // max(1, int(lengths[order[start]])))  # the first is the longest of its batch
        batches.append(order[start : start + rows])
        start += rows
    return batches
