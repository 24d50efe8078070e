"""Folders that appear complete or not at all, such as a copy of the user's own file or folder."""

import filecmp
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.filesize import decimal

from kassandra.contracts.errors import KassandraError
from kassandra.sources.content import Report, count_of


class Scratch:
    """A hidden folder beside `destination`: in its file system, so that a rename publishes; outside of what DVC removes
    before it runs a stage, so that what a killed run has fetched is still there for the next.

    files: what `destination` will hold. parts: what is being fetched. old: what `destination` held, for the moment
    between two renames.
    """

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        self.root = destination.with_name(f".{destination.name}.partial")
        self.files, self.parts, self.old = (self.root / name for name in ("files", "parts", "old"))

    def publish(self) -> None:
        """`files` becomes `destination`, whose former content is removed only after that."""
        if self.destination.exists():
            remove(self.old)
            self.destination.rename(self.old)
        try:
            self.files.rename(self.destination)
        except OSError:
            if self.old.exists():
                self.old.rename(self.destination)
            raise
        shutil.rmtree(self.root)


@contextmanager
def scratch_for(destination: Path, *, keep: bool) -> Iterator[Scratch]:
    """A scratch whose `files` the caller fills and publishes.

    Args:
        keep: on failure, leave in the scratch what it holds, for the next run; otherwise it is removed.

    Raises:
        KassandraError: `destination` is a file, or something cannot be read or written there.
    """
    scratch = Scratch(destination.absolute())
    if destination.exists() and not destination.is_dir():
        raise KassandraError(f"{destination}: is a file; expected a folder, or nothing yet")
    try:
        if scratch.old.exists() and not destination.exists():
            scratch.old.rename(destination)  # a run was killed between the two renames of publish
        if not keep:
            remove(scratch.root)
        scratch.files.mkdir(parents=True, exist_ok=True)
        scratch.parts.mkdir(exist_ok=True)
        yield scratch
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        raise KassandraError(f"{destination}: cannot be made: {what}{error.strerror or error}") from error
    finally:
        useful = keep and any(path.is_file() for path in scratch.root.rglob("*"))
        if not useful and not scratch.old.exists():  # what was good and could not be put back is never removed
            shutil.rmtree(scratch.root, ignore_errors=True)


def remove(path: Path) -> None:
    """A file, a link (not what it leads to), a folder with all in it, or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """The content alone, without the rights of the source: a copy is ours to replace. On the disk when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())


def copy_own(path: Path, destination: Path) -> None:
    """Make `destination` a folder with a copy of the file `path`, or of all files in the folder `path`.

    Links to files inside the folder are followed, so that the copy holds regular files only. What was in `destination`
    goes when the copy is complete, not before.

    Raises:
        KassandraError: `path` does not exist, is an empty folder, or neither a file nor a folder; it holds a link that
            is broken, leads out of it or to a folder, or a thing that is no file; `path` and `destination` overlap;
            something cannot be read or written.
    """
    where, path = f"source.path: {path}", path.expanduser()
    try:
        root = path.resolve(strict=True)
    except FileNotFoundError:
        raise KassandraError(f"{where}: no such file or folder (looked in {Path.cwd()})") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links, before Python 3.13
        raise KassandraError(f"{where}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    goal = destination.resolve()  # whose content publishing removes: the user's only copy, if it lay in there
    if root == goal or goal in root.parents:
        raise KassandraError(f"{where}: lies in {destination}, which is replaced; keep your data elsewhere")
    if root in goal.parents:
        raise KassandraError(f"{where}: holds {destination}, where the copy goes; name the folder of the data alone")
    if root.is_dir():
        files = _files_in(root, where)
        if not files:
            raise KassandraError(f"{where}: this folder holds no files")
    elif root.is_file():
        files = {Path(path.name): root}
    else:
        raise KassandraError(f"{where}: neither a file nor a folder")
    report = Report()
    total, done = sum(file.stat().st_size for file in files.values()), 0
    with scratch_for(destination, keep=False) as scratch:
        with report.bar(root.name, total) as track:
            for name, file in files.items():
                copy(file, scratch.files / name)
                done += file.stat().st_size
                track(done)
        scratch.publish()
    report.say(f"{path}: {count_of(len(files))}, {decimal(total)}, copied to {destination}")


def has_changed(path: Path, copied: Path) -> bool:
    """Whether the file or folder `path` is no longer what copy_own copied to `copied`; a missing one counts."""
    path = path.expanduser()
    if not copied.is_dir() or not path.exists():
        return True
    now = {Path(path.name): path} if path.is_file() else _files_in(path.resolve(), f"source.path: {path}")
    then = {file.relative_to(copied): file for file in copied.rglob("*") if file.is_file()}
    return now.keys() != then.keys() or not all(filecmp.cmp(now[name], then[name], shallow=False) for name in now)


def _files_in(root: Path, where: str) -> dict[Path, Path]:
    """Path in the copy → file to read, sorted."""
    files = {}
    for parent, folders, names in os.walk(root, onerror=_cannot_list):
        for file in (Path(parent) / name for name in folders):
            if file.is_symlink():
                raise KassandraError(f"{where}: {file.relative_to(root)} is a link to a folder; put the folder there")
        for file in (Path(parent) / name for name in names):
            inside = file.relative_to(root)
            if file.is_symlink():
                try:
                    file = file.resolve(strict=True)
                except (OSError, RuntimeError):
                    raise KassandraError(f"{where}: {inside} is a broken link") from None
                if root not in file.parents:
                    raise KassandraError(
                        f"{where}: {inside} is a link that leads out of the folder; put the file there"
                    )
            if not stat.S_ISREG(file.stat().st_mode):
                raise KassandraError(f"{where}: {inside} is not a regular file")
            files[inside] = file
    return dict(sorted(files.items()))


def _cannot_list(error: OSError) -> None:
    raise KassandraError(f"source.path: {error.filename}: cannot be read: {error.strerror}")
