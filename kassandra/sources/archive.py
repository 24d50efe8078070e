"""One member of a .zip, .whl or .tar.gz, taken without trusting the archive.

A member is never written to the path that the archive gives it: the caller names the target, so no name in an archive
can reach outside. Nothing in an archive is imported or run.
"""

import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Self

from kassandra.sources.catalogue import Content
from kassandra.sources.content import Track, Unavailable, chunks_of, too_large, write

# A member of a .tar.gz is found by unpacking all that stands before it: so much, and then we stop.
LARGEST_TAR = 4 << 30  # bytes

# A member may itself be an archive, which is unpacked to a file of its own.
NESTED = "!"  # between its path and the path in it: `data/ratings.tar.gz!ratings/movies.txt`
LARGEST_NESTED = 1 << 30  # bytes

LARGEST_HEADER = 1 << 20  # bytes of a name, or of what else a .tar says of a member; it is read into memory

# What the readers of the standard library raise on damaged archives, besides OSError and EOFError.
# RuntimeError is raised for an encrypted member or an unknown compression, ValueError for a name that is not UTF-8.
DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, RuntimeError, ValueError,
    OverflowError,
)  # fmt: skip


def take_member(
    archive: Path, member: str, target: Path, content: Content, track: Track, largest_tar: int = LARGEST_TAR
) -> None:
    """Write `member` of `archive` to the file `target`, checked against `content`; see NESTED.

    Raises:
        Unavailable: the archive is damaged, has no such member, or the member is a link, a folder or a device, or not
            what `content` says; `target` is then removed.
    """
    outer, nested, inner = member.partition(NESTED)
    if not nested:
        write(_damage_reported(_chunks(archive, member, content, largest_tar), archive), target, content, track)
        return
    whole = target.with_name(f"{target.name}.{PurePosixPath(outer).name}")
    most = Content(name="nested", bytes=LARGEST_NESTED, sha256="0" * 64)
    try:
        with whole.open("wb") as stream:
            stream.writelines(_bounded(_damage_reported(_chunks(archive, outer, most, largest_tar), archive), most))
        take_member(whole, inner, target, content, track, largest_tar)
    finally:
        whole.unlink(missing_ok=True)


def _chunks(archive: Path, member: str, content: Content, largest_tar: int) -> Iterator[bytes]:
    if archive.name.endswith(".tar.gz"):
        return _tar_member(archive, member, content, largest_tar)
    return _zip_member(archive, member, content)


def _bounded(chunks: Iterator[bytes], most: Content) -> Iterator[bytes]:
    done = 0
    for chunk in chunks:
        done += len(chunk)
        if done > most.bytes:
            raise too_large(most)
        yield chunk


def _zip_member(archive: Path, member: str, content: Content) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as opened:
        try:
            info = opened.getinfo(member)
        except KeyError:
            raise Unavailable(f"has no member {member!r}") from None
        # The upper half holds the Unix mode; archives made elsewhere leave it 0.
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir() or kind not in (0, stat.S_IFREG):
            raise Unavailable(f"member {member!r} is not a regular file")
        if info.file_size > content.bytes:
            raise too_large(content, info.file_size)
        with opened.open(info) as stream:
            yield from chunks_of(stream)


def _tar_member(archive: Path, member: str, content: Content, largest: int) -> Iterator[bytes]:
    # Stream mode (r|) reads forward only: through _Bounded, which counts what is unpacked.
    with (
        _Bounded(archive, largest) as unpacked,
        tarfile.open(fileobj=unpacked, mode="r|", tarinfo=ShortHeader) as opened,
    ):
        for info in opened:
            if info.name != member:
                continue
            if not info.isreg():
                raise Unavailable(f"member {member!r} is not a regular file")
            if info.size > content.bytes:
                raise too_large(content, info.size)
            stream = opened.extractfile(info)
            assert stream is not None  # it is a regular file
            yield from chunks_of(stream)
            return
    raise Unavailable(f"has no member {member!r}")


class ShortHeader(tarfile.TarInfo):
    """A member whose header, which stands before it as if it were a member, has at most LARGEST_HEADER bytes."""

    HEADERS = (
        tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE
    )  # fmt: skip

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        if info.type in cls.HEADERS and info.size > LARGEST_HEADER:
            raise Unavailable(f"a member's header has {info.size} bytes; at most {LARGEST_HEADER} are read")
        return info


class _Bounded(gzip.GzipFile):
    """A gzip file that refuses to unpack to more than `largest` bytes."""

    def __init__(self, path: Path, largest: int) -> None:
        super().__init__(path, "rb")
        self.largest, self.given = largest, 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.given += len(data)
        if self.given > self.largest:
            raise Unavailable(f"unpacks to more than {self.largest} bytes; stopped")
        return data


def _damage_reported(chunks: Iterator[bytes], archive: Path) -> Iterator[bytes]:
    # Only what reading raises passes here; an error of writing (a full disk) is raised in the consumer.
    try:
        yield from chunks
    except (*DAMAGED, OSError, EOFError) as error:
        raise Unavailable(f"{archive.name} is damaged: {error or type(error).__name__}") from None
