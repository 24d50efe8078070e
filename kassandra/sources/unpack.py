"""An archive of a user's, .zip or .tar of any packing, becomes a folder of regular files; nothing in it is trusted."""

import os
import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.sources.archive import DAMAGED, ShortHeader
from kassandra.sources.content import CHUNK, Unavailable

LARGEST, TIMES = 4 << 30, 100  # bytes that an archive may unpack to, or so many times its own size if that is more
OUTSIDE, LINKS, TWICE = "paths that lead out of the archive", "links or devices in the archive", "names that come twice"
EMPTY = "archives without a file"
ENDING = re.compile(r"\.(zip|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$", re.IGNORECASE)
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


class Unpacked(NamedTuple):
    """left_out: names, by kind. inner: archives within the archive, which are unpacked too."""

    left_out: dict[str, list[str]]
    inner: list[str]


def unpack(path: Path, folder: Path) -> Unpacked:
    """Write the regular files of an archive into `folder`, and those of the archives within it, but not within these.

    An inner archive becomes a folder of its name, or, if it holds one file alone, that file. A name never leads out of
    `folder`, a link is never made, and no more is written than LARGEST bytes, or TIMES those of the archive.

    Raises:
        KassandraError: one is damaged, encrypted, unpacks to more, or holds no files.
    """
    left_out: dict[str, list[str]] = {}
    most, inner = max(LARGEST, TIMES * path.stat().st_size), list[str]()
    done = _unpack(path, str(path), folder, (most, 0), left_out)
    if not any(folder.iterdir()):
        raise KassandraError(f"source.path: {path}: this archive holds no files")
    for file in [one for one in sorted(folder.rglob("*")) if one.is_file() and is_archive(one)]:
        name = file.relative_to(folder).as_posix()
        within = file.with_name(f"{file.name}.unpacked")
        within.mkdir()
        done = _unpack(file, f"{path}, {name} in it", within, (most, done), left_out)
        file.unlink()
        _place(within, file, name, left_out)
        inner.append(name)
    return Unpacked(left_out, inner)


def _place(within: Path, file: Path, name: str, left_out: dict[str, list[str]]) -> None:
    """Give what was unpacked of an inner archive, which was `file`, its place beside the others."""
    (only, *others) = sorted(within.iterdir()) or [within]
    stem = ENDING.sub("", file.name)
    inside = only if not others and only != within and (only.is_file() or only.name == stem) else within
    target = file.with_name(stem if inside == within else only.name)
    if target.exists() or only == within:
        left_out.setdefault(TWICE if only != within else EMPTY, []).append(name)
    else:
        inside.rename(target)
    shutil.rmtree(within, ignore_errors=True)


def _unpack(path: Path, where: str, folder: Path, limit: tuple[int, int], left_out: dict[str, list[str]]) -> int:
    """One archive. `limit`: bytes that may be written, and those that are already; returns the latter, with its own."""
    most, total = limit
    try:
        for name, stream, size in _members(path):
            total += size
            if total > most:
                raise KassandraError(f"source.path: {where}: unpacks to more than {most:,} bytes; unpack it yourself")
            parts = _parts(name)
            if parts is None or stream is None:
                left_out.setdefault(OUTSIDE if parts is None else LINKS, []).append(name)
            elif folder.joinpath(*parts).exists():
                left_out.setdefault(TWICE, []).append(name)
            else:
                _write(stream, folder.joinpath(*parts), size)
    except (*DAMAGED, EOFError, Unavailable) as error:
        raise KassandraError(f"source.path: {where}: cannot be unpacked ({error or type(error).__name__})") from None
    return total


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
    """The content of a member, of at most `size` bytes: what its header says, on which the limit relies. On the disk
    when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        done = 0
        while chunk := stream.read(CHUNK):
            done += len(chunk)
            if done > size:
                raise Unavailable(f"a member is larger than the {size} bytes that it says")
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
