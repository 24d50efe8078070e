"""What a person sees of a training: a live line on a terminal, one plain line per epoch in a log."""

import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Display:
    """A context manager around the epochs; lines of finished epochs stay above the live one."""

    def __init__(self, epochs: int, examples: int, unit: str, done: int = 0) -> None:
        self.epochs, self.examples, self.unit = epochs, examples, unit
        self.live = sys.stdout.isatty()
        self.console = Console(highlight=False, soft_wrap=True)
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=30),
            TextColumn("loss {task.fields[loss]} {task.fields[rate]} left"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.live,
            transient=True,
        )
        self.task = self.progress.add_task(
            "", total=epochs * examples, completed=done * examples, epoch=done + 1, epochs=epochs, loss="-", rate="-"
        )

    def __enter__(self) -> "Display":
        self.progress.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.progress.stop()

    def step(self, epoch: int, examples: int, loss: float, per_second: float) -> None:
        """`examples` of this epoch are done at a running `loss`."""
        self.progress.update(
            self.task,
            completed=(epoch - 1) * self.examples + examples,
            epoch=epoch,
            loss=f"{loss:.4f}",
            rate=f"{per_second:,.0f} {self.unit}/s",
        )

    def epoch(self, row: dict[str, float], per_second: float, best: bool) -> None:
        """`row` is the epoch's line of history.csv."""
        scores = {name: value for name, value in row.items() if name not in ("epoch", "learning_rate")}
        figures = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        mark = "  (best)" if best else ""
        self.console.print(f"epoch {row['epoch']:.0f}/{self.epochs}  {figures}  {per_second:,.0f} {self.unit}/s{mark}")
