"""What a person sees of a training: a live line on a terminal, one plain line per epoch in a log."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Display(Progress):
    """A context manager around the epochs; lines of finished epochs stay above the live one."""

    def __init__(self, epochs: int, examples: int, unit: str, done: int = 0) -> None:
        self.epochs, self.examples, self.unit = epochs, examples, unit
        super().__init__(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=30),
            TextColumn("loss {task.fields[loss]} {task.fields[rate]} left"),
            TimeRemainingColumn(),
            console=Console(highlight=False, soft_wrap=True),
            disable=not sys.stdout.isatty(),
            transient=True,
        )
        self.line = self.add_task(
            "", total=epochs * examples, completed=done * examples, epoch=done + 1, epochs=epochs, loss="-", rate="-"
        )

    def step(self, epoch: int, examples: int, loss: float, per_second: float) -> None:
        """`examples` of this epoch are done at a running `loss`."""
        done, rate = (epoch - 1) * self.examples + examples, f"{per_second:,.0f} {self.unit}/s"
        self.update(self.line, completed=done, epoch=epoch, loss=f"{loss:.4f}", rate=rate)

    def epoch(self, row: dict[str, float], per_second: float, best: bool) -> None:
        """`row` is the epoch's line of history.csv, without the learning rate."""
        scores = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "epoch")
        mark = "  (best)" if best else ""
        self.console.print(f"epoch {row['epoch']:.0f}/{self.epochs}  {scores}  {per_second:,.0f} {self.unit}/s{mark}")
