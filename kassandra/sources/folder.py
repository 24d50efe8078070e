"""A folder that appears complete or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kassandra.contracts.errors import KassandraError


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
