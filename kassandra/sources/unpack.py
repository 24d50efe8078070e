"""An archive of a user's, .zip or .tar of any packing, becomes a folder of regular files; nothing in it is trusted."""

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from kassandra.contracts.errors import KassandraError
from kassandra.sources.archive import DAMAGED, ShortHeader
from kassandra.sources.content import CHUNK, Unavailable

LARGEST, TIMES = 4 << 30, 100  # bytes that an archive may unpack to, or so many times its own size if that is more
OUTSIDE, LINKS, TWICE = "paths that lead out of the archive", "links or devices in the archive", "names that come twice"
# What else is a .zip, and is read as one file.
NOT_A_FOLDER = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")


def is_archive(path: Path) -> bool:
    """By content: a .zip that is no document, or a .tar, packed or not."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as opened:
                names = opened.namelist()
            arrays = bool(names) and all(name.endswith(".npy") for name in names)
            return not arrays and not any(name in names[:50] for name in NOT_A_FOLDER)
        return tarfile.is_tarfile(path)
    except (*DAMAGED, OSError, EOFError, Unavailable):
        return False


def unpack(path: Path, folder: Path) -> dict[str, list[str]]:
    """Write the regular files of an archive into `folder`; returns what is left out, by kind.

    A name in it never leads out of `folder`, a link is never made, and no more is written than LARGEST bytes, or TIMES
    those of the archive.

    Raises:
        KassandraError: it is damaged, encrypted, unpacks to more, or holds no files.
    """
    left_out: dict[str, list[str]] = {}
    most, total = max(LARGEST, TIMES * path.stat().st_size), 0
    try:
        for name, stream, size in _members(path):
            total += size
            if total > most:
                raise KassandraError(f"source.path: {path}: unpacks to more than {most:,} bytes; unpack it yourself")
            parts = _parts(name)
            if parts is None or stream is None:
                left_out.setdefault(OUTSIDE if parts is None else LINKS, []).append(name)
            elif folder.joinpath(*parts).exists():
                left_out.setdefault(TWICE, []).append(name)
            else:
                _write(stream, folder.joinpath(*parts), size)
    except (*DAMAGED, EOFError, Unavailable) as error:
        raise KassandraError(f"source.path: {path}: cannot be unpacked ({error or type(error).__name__})") from None
    if not any(folder.iterdir()):
        raise KassandraError(f"source.path: {path}: this archive holds no files")
    return left_out


def _members(path: Path) -> Iterator[tuple[str, IO[bytes] | None, int]]:
    """Name, content and size of each member that is no folder; no content for what is no regular file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as opened:
            for info in opened.infolist():
                kind = info.external_attr >> 28  # the upper four bits of the Unix mode: 8 is a regular file
                if info.is_dir():
                    continue
                if kind not in (0, 8):
                    yield info.filename, None, 0
                else:
                    with opened.open(info) as stream:
                        yield info.filename, stream, info.file_size
        return
    # Stream mode (r|) reads forward only, and never seeks to where a header says.
    with tarfile.open(path, mode="r|*", tarinfo=ShortHeader) as tar:
        for member in tar:
            if not member.isdir():
                yield member.name, tar.extractfile(member) if member.isreg() else None, member.size


def _parts(name: str) -> tuple[str, ...] | None:
    """The folders and the name that a member is to have; None where it leads out.

    >>> _parts("./a/b.png"), _parts("a\\\\b.png"), _parts("../b.png"), _parts("/etc/x"), _parts("C:/x")
    (('a', 'b.png'), ('a', 'b.png'), None, None, None)
    """
    path = PurePosixPath(name.replace("\\", "/"))
    parts = path.parts
    drive = bool(parts) and len(parts[0]) == 2 and parts[0][1] == ":"
    return None if not parts or path.is_absolute() or ".." in parts or drive or "\0" in name else parts


def _write(stream: IO[bytes], target: Path, size: int) -> None:
    """The content of a member, of at most `size` bytes: what its header says, on which the limit relies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        done = 0
        while chunk := stream.read(CHUNK):
            done += len(chunk)
            if done > size:
                raise Unavailable(f"a member is larger than the {size} bytes that it says")
            file.write(chunk)
