"""`kassandra watch`: learning curves in the terminal, from history.csv as it grows."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.console import Console, Group
from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from kassandra.contracts.artifacts import METRICS
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_terminal
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.live import Running, running

EVERY = 0.5  # seconds between two looks
HEIGHT = 14  # lines of a panel
COLOURS = ("blue", "orange", "green", "magenta", "cyan", "red")
LONGEST = 500  # epochs that are drawn: of more, about so many


def watch(name: str | None) -> int:
    """Follow the trainings of a pipeline, or all; returns the exit status.

    Raises:
        KassandraError: there is neither a training nor a history to show.
    """
    trainings = running(name)
    if not trainings:
        _of_before(name)
        return 0
    shown = {each.pid: each for each in trainings}
    if sys.stdout.isatty():
        _draw(shown)
    else:
        for line in _lines(shown):
            print(line, flush=True)
    return 0


def _of_before(name: str | None) -> None:
    if name is None:
        raise KassandraError("nothing is being trained here; `kassandra watch NAME` shows the last training")
    path = METRICS / name / "history.csv"
    if not path.exists():
        read_pipeline(name)  # reports a name that is none
        raise KassandraError(f"{name} is not being trained, and was not: `dvc repro train@{name}` does it")
    rows = pd.read_csv(path)
    print(f"{name} is not being trained; this is its last training, from {path}:")
    if sys.stdout.isatty():
        Console().print(_panels(rows))
    else:
        for row in rows.to_dict("records"):
            print(_line(name, {str(key): value for key, value in row.items()}))


def _lines(trainings: dict[int, Running]) -> Iterator[str]:
    """A line for each epoch of each member, as soon as it is over."""
    printed: dict[int, set[tuple[int, int]]] = {pid: set() for pid in trainings}
    while trainings:
        for pid, training in list(trainings.items()):
            alive = training.alive  # asked before the rows, so that none is missed
            for row in training.rows().to_dict("records"):
                key = (int(row["member"]), int(row["epoch"]))
                if key not in printed[pid]:
                    printed[pid].add(key)
                    yield _line(_title(training), {str(name): value for name, value in row.items()})
            if not alive:
                yield f"{_title(training)}  ended"
                del trainings[pid]
        if trainings:
            time.sleep(EVERY)


def _line(title: str, row: dict[str, Any]) -> str:
    scores = "  ".join(f"{key} {value:.6g}" for key, value in row.items() if key not in ("member", "epoch"))
    return f"{title}  member {int(row.get('member', 0))}  epoch {int(row['epoch'])}  {scores}"


def _draw(trainings: dict[int, Running]) -> None:
    console, last = Console(), dict[int, pd.DataFrame]()
    with Screen(console=console, refresh_per_second=4, transient=False) as screen:
        while True:
            alive = {pid: each.alive for pid, each in trainings.items()}
            for pid, training in trainings.items():
                rows = training.rows()
                last[pid] = rows if len(rows) or pid not in last else last[pid]  # an experiment's copy is deleted
            parts: list[Any] = []
            for pid, training in trainings.items():
                rows = last[pid]
                done = f"{len(rows):,} of {training.epochs * training.members:,} epochs of {training.members} members"
                parts.append(Text.from_markup(f"[bold]{in_terminal(_title(training))}[/]: {done}"))
                parts += [_panels(rows)] if len(rows) else [Text("The first epoch is not over yet.")]
            screen.update(Group(*parts))
            if not any(alive.values()):
                break
            time.sleep(EVERY)
    console.print("The training has ended." if len(trainings) == 1 else "The trainings have ended.")


def _title(training: Running) -> str:
    return f"{training.pipeline} ({training.run})" if training.run else training.pipeline


def _panels(rows: pd.DataFrame) -> Any:
    """Loss of train (dotted) and validation, and each score on validation; a colour for each member."""
    import plotext

    scores = [str(name) for name in rows if str(name).startswith("valid_") and name != "valid_loss"]
    width = Console().width
    columns = min(1 + len(scores), max(1, width // 36))
    panels = [("loss (dotted: train)", ["train_loss", "valid_loss"]), *((score, [score]) for score in scores)][:columns]
    members = [each for _, each in rows.groupby("member")] if "member" in rows else [rows]
    epochs = sorted({int(epoch) for epoch in rows["epoch"]})
    drawn = Table.grid()
    texts = []
    for title, names in panels:
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.plot_size(width // len(panels) - 1, HEIGHT)
        plotext.title(title.removeprefix("valid_"))
        for number, member in enumerate(members):
            thin, colour = member.iloc[:: max(1, len(member) // LONGEST)], COLOURS[number % len(COLOURS)]
            for name in names:
                marker = "dot" if name == "train_loss" else "braille"
                plotext.plot(thin["epoch"].tolist(), thin[name].tolist(), marker=marker, color=colour)
        plotext.xticks(epochs[:: max(1, len(epochs) // 8)])
        texts.append(Text.from_ansi(plotext.build()))
        drawn.add_column()
    drawn.add_row(*texts)
    return drawn
