"""What a file is by its content: how it is packed, whether it is text, in which encoding, and a sample of its lines.

Everything is streamed: of a file of any size some thousand lines are kept. Nothing in it is executed.
"""

import bz2
import codecs
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple

from kassandra.contracts.errors import KassandraError

CHUNK = 1 << 20
LARGEST = 8 << 30  # bytes, unpacked, that are looked through
FIRST, LATER, LAST = 5000, 20_000, 200  # lines that are kept: from the beginning, from all over the rest, from the end
LONGEST = 1 << 20  # characters of a line that are kept
GUESSED = 1 << 18  # bytes from which an encoding is guessed
UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, RuntimeError)
PACKED = (b"PK\3\4", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
LIKELY = [
    "cp1252", "cp1251", "koi8_r", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "shift_jis", "euc_jp",
    "gb18030", "big5", "euc_kr",
]  # fmt: skip
CYRILLIC = ["cp1251", "koi8_r"]
WESTERN = {"cp1252", "latin_1", "iso8859_15", "cp1250", "cp1254", "cp1257", "iso8859_9", "cp437", "cp850", "cp858",
           "mac_roman", "iso8859_4", "iso8859_10", "iso8859_14", "iso8859_16", "hp_roman8"}  # fmt: skip


class Lines(NamedTuple):
    """A text file.

    encoding: as Python names it; None is UTF-8. garbled: the first line, as read, that showed that it is no UTF-8.
    first: the lines from the beginning. later: (number, line), evenly over the rest. last: (number, line) of the end;
    numbers count from 1. total: lines of the file. size: bytes, unpacked.
    """

    encoding: str | None
    garbled: str
    first: list[str]
    later: list[tuple[int, str]]
    last: list[tuple[int, str]]
    total: int
    size: int


def form_of(path: Path) -> str:
    """By its first bytes: `parquet`, `xlsx`, `archive` (several files packed together), `text` (packed or not) or
    `binary`.

    Raises:
        KassandraError: it cannot be read.
    """
    with reading(path):
        with path.open("rb") as file:
            start = file.read(8)
        if start[:4] == b"PAR1":
            return "parquet"
        if zipfile.is_zipfile(path) and start[:2] == b"PK":
            with zipfile.ZipFile(path) as archive:
                names = [info.filename for info in archive.infolist() if not info.is_dir()]
            if "[Content_Types].xml" in names:
                return "xlsx" if any(name.startswith("xl/") for name in names) else "binary"
            if len(names) > 1:
                return "archive"
        with unpacked(path) as file:
            head = file.read(CHUNK)
        if head[257:262] == b"ustar" or head.startswith(PACKED):  # within another archive
            return "archive"
        return "text" if _is_text(head) else "binary"


def lines_of(path: Path, given: str | None = None) -> Lines:
    """A sample of the lines of a text file, decoded.

    Args:
        given: the encoding that the user named.

    Raises:
        KassandraError: it cannot be read, or is larger than anything that is read; or no encoding has this name.
    """
    if given:
        try:
            codecs.lookup(given)
        except LookupError:
            raise KassandraError(
                f"--encoding: {given!r} is no encoding; `latin-1`, `cp1251` and `utf-16` are"
            ) from None
    with reading(path):
        encoding, size = _encoding(path)
        encoding = given or encoding
        garbled = _first_garbled(path, encoding) if encoding and not given else ""
        first, later, last, number = list[str](), list[tuple[int, str]](), deque[tuple[int, str]](maxlen=LAST), 0
        every = 1
        for number, line in enumerate(_decoded(path, encoding), 1):
            if number <= FIRST:
                first.append(line)
                continue
            last.append((number, line))
            if number % every == 0:
                later.append((number, line))
            if len(later) > LATER:  # thinned, so that it stays spread over all that there was
                every *= 2
                later = [(at, kept) for at, kept in later if at % every == 0]
    return Lines(encoding, garbled, first, later, list(last), number, size)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what is raised by a file that is damaged, or may not be read, into one sentence."""
    try:
        yield
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file or folder (looked in {Path.cwd()})") from None
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise KassandraError(f"{path}: cannot be read: {reason}") from None


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, unpacked if its first bytes say that it is packed; of a zip its only member."""
    with path.open("rb") as file:
        start = file.read(6)
    openers: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
    opener = next((opener for magic, opener in openers.items() if start.startswith(magic)), None)
    if opener:
        with opener(path, "rb") as stream:
            yield stream
    elif start[:4] == b"PK\3\4" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [info for info in archive.infolist() if not info.is_dir()]
            with archive.open(names[0]) as member:
                yield member
    else:
        with path.open("rb") as file:
            yield file


def _is_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    strange = sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in head[:CHUNK])
    return strange <= len(head) // 1000


def _encoding(path: Path) -> tuple[str | None, int]:
    """Of the whole file, which has one; and its size."""
    decoder, size, sample, is_utf8 = codecs.getincrementaldecoder("utf-8")(), 0, b"", True
    with unpacked(path) as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            if not size and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16", _size(path)
            size += len(chunk)
            if size > LARGEST:
                raise KassandraError(f"{path}: holds more than {LARGEST >> 30} GiB; give a part of it")
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if not is_utf8 and len(sample) < GUESSED:
                sample += b"".join(line for line in chunk.splitlines(True) if not line.isascii())[:GUESSED]
    return (None if is_utf8 else _guessed(sample)), size


def _size(path: Path) -> int:
    with unpacked(path) as file:
        return sum(map(len, iter(lambda: file.read(CHUNK), b"")))


def _guessed(sample: bytes) -> str:
    """The likeliest encoding of lines with bytes that are no ASCII."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 1 << 15], cp_isolation=LIKELY).best()
    name = best.encoding if best else "latin_1"
    if name in CYRILLIC:  # in the wrong one of these, small letters are capitals
        name = max(CYRILLIC, key=lambda one: sum(map(str.islower, sample.decode(one, "replace"))))
    high = [place for place, byte in enumerate(sample) if byte > 127]
    alone = sum(later - before > 1 for before, later in pairwise(high)) + 1
    if name in WESTERN or alone > 0.7 * len(
        high
    ):  # these differ in a few letters, and short texts do not say which it is
        return "cp1252" if any(0x80 <= byte < 0xA0 for byte in sample) else "latin-1"
    return name.replace("_", "-")


def _first_garbled(path: Path, encoding: str) -> str:
    if encoding == "utf-16":
        return ""
    with unpacked(path) as file:
        for line in iter(lambda: file.readline(LONGEST), b""):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                begin = max(0, error.start - 30)
                return line[begin : error.start + 30].decode(encoding, "replace").strip()
    return ""


def _decoded(path: Path, encoding: str | None) -> Iterator[str]:
    """Lines without their ends, each cut off at LONGEST characters."""
    with unpacked(path) as file:
        text = io.TextIOWrapper(file, encoding or "utf-8-sig", errors="replace", newline=None)
        whole = True  # whether the line before has ended
        for piece in iter(lambda: text.readline(LONGEST), ""):
            if whole:
                yield piece.rstrip("\n")
            whole = piece.endswith("\n")
        text.detach()
