"""What a person sees of a training: a live line per member on a terminal, one plain line per epoch in a log."""

import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kassandra.contracts.printed import in_terminal


class Watcher:
    """What a training says of itself, to a display in this process or at the other end of a pipe.

    Args:
        send: takes the name of a method of Display and its arguments after the member.
        live: whether `step` is shown at all; to ask a device for a loss costs time.
    """

    def __init__(self, send: Callable[..., None], live: bool) -> None:
        self.send, self.live = send, live

    def begin(self, epochs: int, examples: int, unit: str, done: int) -> None:
        """A training of `epochs`, each of so many examples, of which `done` epochs are behind it."""
        self.send("begin", epochs, examples, unit, done)

    def step(self, epoch: int, examples: int, loss: float, per_second: float) -> None:
        """`examples` of this epoch are done at a running `loss`."""
        self.send("step", epoch, examples, loss, per_second)

    def epoch(self, row: dict[str, float], per_second: float, best: bool) -> None:
        """`row` is the epoch's line of history.csv, without the learning rate."""
        self.send("epoch", row, per_second, best)

    def row(self, row: dict[str, float], resumed: bool = False) -> None:
        """The epoch's line of history.csv; `resumed`: an earlier process had made it."""
        self.send("row", row, resumed)

    def note(self, text: str) -> None:
        """A sentence for the log."""
        self.send("note", text)


class Display(Progress):
    """A context manager around the trainings of all members; lines of finished epochs stay above the live ones.

    `keep` takes the member and the arguments of Watcher.row.
    """

    def __init__(self, members: int = 1, keep: Callable[..., None] | None = None) -> None:
        self.members, self.keep = members, keep
        self.lines: dict[int, TaskID] = {}
        self.units: dict[int, str] = {}
        super().__init__(
            TextColumn("{task.description}epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=30),
            TextColumn("loss {task.fields[loss]} {task.fields[rate]} left"),
            TimeRemainingColumn(),
            console=Console(highlight=False, soft_wrap=True),
            disable=not sys.stdout.isatty(),
            transient=True,
        )

    def _of(self, member: int) -> str:
        return f"member {member}  " if self.members > 1 else ""

    def begin(self, member: int, epochs: int, examples: int, unit: str, done: int) -> None:
        if member in self.lines:
            self.remove_task(self.lines[member])
        self.units[member] = unit
        fields: dict[str, Any] = {"epoch": done + 1, "epochs": epochs, "examples": examples, "loss": "-", "rate": "-"}
        self.lines[member] = self.add_task(
            self._of(member), total=epochs * examples, completed=done * examples, **fields
        )

    def step(self, member: int, epoch: int, examples: int, loss: float, per_second: float) -> None:
        line, rate = self.lines[member], f"{per_second:,.0f} {self.units[member]}/s"
        done = (epoch - 1) * self._task(line).fields["examples"] + examples
        self.update(line, completed=done, epoch=epoch, loss=f"{loss:.4f}", rate=rate)

    def epoch(self, member: int, row: dict[str, float], per_second: float, best: bool) -> None:
        epochs = self._task(self.lines[member]).fields["epochs"]
        scores = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "epoch")
        mark = "  (best)" if best else ""
        rate = f"{per_second:,.0f} {self.units[member]}/s"
        self.console.print(f"{self._of(member)}epoch {row['epoch']:.0f}/{epochs}  {scores}  {rate}{mark}")

    def row(self, member: int, row: dict[str, float], resumed: bool) -> None:
        if self.keep:
            self.keep(member, row, resumed)

    def note(self, member: int, text: str) -> None:
        self.console.print(f"{self._of(member)}{in_terminal(text)}")

    def _task(self, line: TaskID) -> Any:
        return self._tasks[line]

    def watcher(self, member: int = 0) -> Watcher:
        """Of a training in this process."""
        return Watcher(lambda kind, *content: getattr(self, kind)(member, *content), not self.disable)


def remote(pipe: Connection) -> Watcher:
    """Of a training in a process of its own, shown at the other end of the pipe."""
    return Watcher(lambda *said: pipe.send(said), sys.stdout.isatty())
