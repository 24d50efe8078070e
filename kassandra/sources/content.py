"""Files as they come: whether they are what the catalogue says, what a person sees, and that a place gave none."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from kassandra.sources.catalogue import Content

CHUNK = 1 << 18  # bytes held in memory at a time

Track = Callable[[int], None]  # called with how many bytes of the file have come so far


class Unavailable(Exception):
    """A place did not give a file; the next place is tried. The text says why, without the place's name.

    everywhere: no other file can be had from this place either (nobody answers there), so none is asked for.
    """

    def __init__(self, reason: str, *, everywhere: bool = False) -> None:
        super().__init__(reason)
        self.everywhere = everywhere


def is_right(path: Path, content: Content) -> bool:
    """Whether `path` is a file of exactly this content."""
    return path.is_file() and path.stat().st_size == content.bytes and sha256_of(path) == content.sha256


def verify(path: Path, content: Content) -> None:
    """Raises: Unavailable: size or sha256 is another than the catalogue's; says expected and actual."""
    actual = sha256_of(path)
    if actual != content.sha256:
        raise Unavailable(
            f"wrong content: expected sha256 {content.sha256} ({content.bytes} bytes), "
            f"got {actual} ({path.stat().st_size} bytes)"
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(chunks: Iterable[bytes], target: Path, content: Content, track: Track) -> None:
    """Write `chunks` to a new file `target` that holds `content` and is on the disk when this returns.

    Raises:
        Unavailable: they are more bytes than the catalogue says, or not the right ones; `target` is then removed.
    """
    done = 0
    try:
        with target.open("wb") as stream:
            for chunk in chunks:
                done += len(chunk)
                if done > content.bytes:
                    raise too_large(content)
                stream.write(chunk)
                track(done)
            stream.flush()
            os.fsync(stream.fileno())
        verify(target, content)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def chunks_of(stream: IO[bytes]) -> Iterator[bytes]:
    yield from iter(lambda: stream.read(CHUNK), b"")


def too_large(content: Content, given: int | None = None) -> Unavailable:
    size = "more" if given is None else f"{given} bytes, more"
    return Unavailable(f"wrong content: {size} than the {content.bytes} bytes that the catalogue says")


class Report:
    """Lines and bars on standard output."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        # A log wants no bar, even where an environment variable makes rich take it for a terminal.
        self.bars = self.console.is_interactive and self.console.file.isatty()

    def say(self, line: str) -> None:
        # Not wrapped, and nothing in it taken for markup: addresses and checksums stay whole.
        self.console.print(line, markup=False, soft_wrap=True)

    @contextmanager
    def bar(self, name: str, size: int) -> Iterator[Track]:
        """A bar of `size` bytes that disappears when done; gives what moves it (nothing in a log)."""
        if not self.bars:
            yield lambda done: None
            return
        columns = (TextColumn("  {task.description}", markup=False), BarColumn(), DownloadColumn())
        speed = (TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, *speed, console=self.console, transient=True) as progress:
            task = progress.add_task(name, total=size)
            yield lambda done: progress.update(task, completed=done)


def count_of(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"
