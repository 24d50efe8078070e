"""Arrays that need not fit into memory: in a temporary file, whose pages are read when they are looked at."""

import mmap
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import PREPARED
from kassandra.contracts.errors import KassandraError

BUFFER = 1 << 20  # bytes that are gathered before they are written


class Stored(Sequence[NDArray[Any]]):
    """Arrays of any shapes and types, one after another in a file without a name: it goes with the process, however
    that ends. It lies among the prepared data, as there is room for those; where there is no such folder, in the
    system's temporary one. What is read of it is read-only.

    Raises:
        KassandraError: the file cannot be written, as on a disk that is full.

    >>> rows = Stored([np.arange(2), np.arange(2) + 5])
    >>> rows[1], rows.joined(), rows.stacked().shape
    (array([5, 6]), array([0, 1, 5, 6]), (2, 2))
    """

    def __init__(self, arrays: Iterable[NDArray[Any]] = ()) -> None:
        with _writable():
            folder = PREPARED if PREPARED.is_dir() else None
            self._file = tempfile.TemporaryFile(dir=folder, buffering=BUFFER)  # noqa: SIM115 (kept open)
        weakref.finalize(self, _close, self._file)
        self._places, self._end = list[tuple[int, tuple[int, ...], np.dtype[Any]]](), 0  # start, shape, type
        self._map: mmap.mmap | None = None
        for array in arrays:
            self.append(array)

    def append(self, array: NDArray[Any]) -> None:
        array = np.ascontiguousarray(array)
        start = self._end + -self._end % array.itemsize
        with _writable():
            self._file.write(b"\0" * (start - self._end))
            if array.size:
                self._file.write(array.view(np.uint8).data)
        self._places.append((start, array.shape, array.dtype))
        self._end = start + array.nbytes

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, row: int) -> NDArray[Any]: ...

    @overload
    def __getitem__(self, row: slice) -> list[NDArray[Any]]: ...

    def __getitem__(self, row: int | slice) -> NDArray[Any] | list[NDArray[Any]]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        return self._at(*self._places[row])

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self._at(*place) for place in self._places)

    def joined(self) -> NDArray[Any]:
        """All along their first axis, as np.concatenate: there are some, and they differ in no other axis or type."""
        ((tail, dtype),) = {(shape[1:], dtype) for _, shape, dtype in self._places}
        return self._at(0, (sum(shape[0] for _, shape, _ in self._places), *tail), dtype)

    def stacked(self) -> NDArray[Any]:
        """All along a new first axis, as np.stack: there are some, of one shape and type."""
        ((shape, dtype),) = {(shape, dtype) for _, shape, dtype in self._places}
        return self._at(0, (len(self), *shape), dtype)

    def _at(self, start: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        if 0 in shape:
            return np.empty(shape, dtype)
        if self._map is None or len(self._map) < self._end:
            with _writable():
                self._file.flush()
                self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.ndarray(shape, dtype, self._map, start)


def _close(file: IO[bytes]) -> None:
    with suppress(OSError):  # what is not written yet on a disk that is full, and no longer needed
        file.close()


@contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = PREPARED if PREPARED.is_dir() else tempfile.gettempdir()
        reason = " ".join((error.strerror or str(error)).split())
        raise KassandraError(
            f"{where}: cannot be written ({reason}); make room or grant the rights to write there, then run it again: "
            "nothing that was there is lost"
        ) from None


def digest(array: NDArray[Any]) -> bytes:
    """Equal of equal bytes, and of 16 bytes alone: what arrays are known by where they are too many to be kept."""
    return blake2b(np.ascontiguousarray(array).view(np.uint8).data, digest_size=16).digest()
