"""What a file holds, unpacked where it is packed: its first bytes say how, whatever it is called."""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.foreign import of_bytes

LARGEST = 1 << 29  # bytes, unpacked, of what is read as a whole
OF_FILES = 1 << 32  # bytes that the files of an archive may have together
MARKS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
JSON_LIST = re.compile(rb"\[\s*\{")
DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
Kind = Literal["parquet", "workbook", "json", "lines"]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raises: KassandraError: there is no such file, it cannot be read, or what is packed in it is damaged."""
    try:
        yield
    except FileNotFoundError:
        raise missing(path) from None
    except DAMAGE as error:
        raise KassandraError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[io.BufferedReader, Kind]]:
    """The bytes of a file, or of the one that is packed in it, from their beginning, and what they are.

    Raises:
        KassandraError: an archive holds several files, or the file holds something that is no table.
    """
    with path.open("rb") as file:
        start = file.read(64)
        file.seek(0)
        opener = next((opener for mark, opener in MARKS.items() if start.startswith(mark)), None)
        if opener is not None:
            with opener(file, "rb") as inner:
                yield _typed(inner, path)
        elif start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(file) as archive:
                if "xl/workbook.xml" in archive.namelist():
                    if sum(one.file_size for one in archive.infolist()) > LARGEST:
                        raise KassandraError(f"{path}: holds more than {LARGEST >> 20} MiB; give a part of it")
                    file.seek(0)
                    yield file, "workbook"
                    return
                try:
                    with archive.open(_only_member(archive, path)) as inner:
                        yield _typed(inner, path)
                except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in an unusual way
                    raise OSError(str(error)) from None
        else:
            yield _typed(file, path)


def _typed(file: IO[bytes], path: Path) -> tuple[io.BufferedReader, Kind]:
    """A stream that begins where `file` does, and what it is by its first bytes."""
    raw: Any = file  # BufferedReader asks for `readinto` alone
    stream: io.BufferedReader = io.BufferedReader(raw, 1 << 16)
    start = stream.peek(64)
    if what := of_bytes(start):
        raise KassandraError(f"{path}: is {what}")
    if start.startswith(b"PAR1"):
        return stream, "parquet"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return stream, "json" if text.startswith(b"{") or JSON_LIST.match(text) else "lines"


def _only_member(archive: zipfile.ZipFile, path: Path) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/")]
    visible = [name for name in names if not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))]
    if len(visible) != 1:
        raise KassandraError(f"{path}: holds {len(visible)} files; expected one table")
    return visible[0]


def of_only_tar(raw: Path, endings: Collection[str]) -> dict[str, bytes] | None:
    """The files with these endings in the only .tar of a data set, by name; None where it has none.

    Raises:
        KassandraError: they are too large, or the archive cannot be read.
    """
    archives = sorted(raw.glob("*.tar"))
    if len(archives) != 1:
        return None
    contents, total = dict[str, bytes](), 0
    try:
        with readable(archives[0]), tarfile.open(archives[0], "r:") as archive:
            for member in archive:
                if member.isfile() and Path(member.name).suffix.lower() in endings:
                    total += member.size
                    if total > OF_FILES:
                        raise KassandraError(f"{archives[0]}: holds files of more than {OF_FILES:,} bytes together")
                    opened = archive.extractfile(member)
                    contents[member.name] = opened.read() if opened else b""
    except tarfile.TarError as error:
        raise KassandraError(f"{archives[0]}: cannot be read: {' '.join(str(error).split())}") from None
    return contents
