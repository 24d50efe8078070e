"""What a person sees while files come: a bar on a terminal, one line per file everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from kassandra.sources.content import Track


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


def size_of(bytes_: int) -> str:
    """`9.9 MB`: decimal, as DVC and the catalogue count."""
    return decimal(bytes_)
