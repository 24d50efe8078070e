"""Arrays in a temporary file: what comes out is what went in, and it takes no memory."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from kassandra.contracts.artifacts import map_arrays, write_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.stored import Stored, _close, digest

KINDS = st.sampled_from([np.uint8, np.float32, np.float64, np.int64, np.bool_])
ARRAYS = KINDS.flatmap(lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_side=0, max_dims=3)))


@given(st.lists(ARRAYS, max_size=6))
def test_arrays_of_any_kinds_come_back(given_ones: list[np.ndarray]) -> None:
    stored = Stored(given_ones)
    assert len(stored) == len(given_ones)
    for one, other in zip(stored, given_ones, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
    more = Stored(given_ones)
    for array in (*given_ones, np.arange(3)):  # after some have been read too
        more.append(array)
        np.testing.assert_array_equal(more[-1], array, strict=True)


@given(st.integers(0, 3), st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_joined_as_numpy_joins(tail: int, lengths: list[int]) -> None:
    rows = [np.random.default_rng(length).normal(size=(length, tail)) for length in lengths]
    np.testing.assert_array_equal(Stored(rows).joined(), np.concatenate(rows), strict=True)
    np.testing.assert_array_equal(Stored([rows[0]] * 2).stacked(), np.stack([rows[0]] * 2), strict=True)
    flat = [row.ravel() for row in rows]
    for one, other in zip(Ragged.stored(flat, np.float32), Ragged.of(flat, np.float32), strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_a_file_of_stored_arrays_has_the_bytes_of_one_of_others(tmp_path: Path) -> None:
    rows = [np.arange(60, dtype=np.float32).reshape(3, 20) + row for row in range(5)]
    write_arrays(tmp_path / "one.npz", values=Stored(rows).stacked(), none=Stored([np.empty(0)]).joined())
    write_arrays(tmp_path / "other.npz", values=np.stack(rows), none=np.empty(0))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    np.testing.assert_array_equal(map_arrays(tmp_path / "one.npz")["values"], np.stack(rows))


def test_what_is_read_cannot_be_changed_and_outlives_the_rest() -> None:
    array = Stored([np.arange(3)]).joined()
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    assert array.tolist() == [0, 1, 2]


def test_it_takes_no_memory() -> None:
    stored, peak = _traced(lambda: Stored(np.full(1 << 20, row, np.uint8) for row in range(64)).joined())
    assert peak < 16 << 20
    assert stored[:: 1 << 12].sum() == sum(range(64)) * (1 << 8)
    _, peak = _traced(lambda: [np.full(1 << 20, row, np.uint8) for row in range(64)])
    assert peak > 48 << 20  # as the measure would show


def _traced(make: Callable[[], Any]) -> tuple[Any, int]:
    """What is made, and the most memory that it took, in bytes."""
    tracemalloc.start()
    try:
        return make(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_full_disk_is_a_sentence() -> None:
    stored = Stored()
    stored._file.close()
    stored._file = Path("/dev/full").open("wb")  # noqa: SIM115 (a disk without room)
    with stored._file, pytest.raises(KassandraError, match=r"cannot be written \(No space left"):
        stored.append(np.zeros(1 << 21, np.uint8))
    little = Stored([np.zeros(3)])
    little._file.close()
    little._file = Path("/dev/full").open("w+b")  # noqa: SIM115
    little._file.write(b"some")
    _close(little._file)  # what was not written yet is nothing to complain of


def test_digests_are_equal_of_equal_bytes_alone() -> None:
    array = np.arange(12).reshape(3, 4)
    assert digest(array) == digest(array.copy(order="F")) != digest(array + 1)
