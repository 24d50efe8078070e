"""`kassandra repro`: `dvc repro` of several pipelines at the same time, which share the cores of this machine."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from kassandra.cli.changed import SEEN, warn_of_changes
from kassandra.cli.recipes import PARAMS, read_file
from kassandra.contracts import cores
from kassandra.contracts.artifacts import COSTS, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_terminal


def repro(names: list[str], jobs: int | None) -> int:
    """Run the pipelines, those that took longest first; returns the exit status, 1 where one has failed.

    Each is a `dvc repro` of its own, `jobs` of them at once. Whatever computes, a stage or a member of a training, has
    one of `jobs` cores and waits until one is free, so that never more than so many do. Results do not depend on it.

    Args:
        jobs: None: as many as there are cores.

    Raises:
        KassandraError: params.yaml has no such pipeline, or there is no DVC.
    """
    tree = read_file(PARAMS, "run this in the root of the repository").tree
    known = [str(name) for name in tree.get("pipelines") or {}]
    if unknown := [name for name in names if name not in known]:
        raise KassandraError(f"params.yaml: no pipeline {unknown[0]!r}; there are {', '.join(known) or 'none'}")
    warn_of_changes(names or known)
    waiting = deque(sorted(names or known, key=_seconds, reverse=True))
    jobs = jobs or cores.here()
    lines, running, failed = SimpleQueue[tuple[str, str | None]](), dict[str, subprocess.Popen[str]](), list[str]()
    with tempfile.TemporaryDirectory() as folder, _Display() as display:
        environment = os.environ | cores.make(Path(folder), jobs) | {"PYTHONUNBUFFERED": "1"}
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    name = waiting.popleft()
                    running[name] = _started(name, environment, lines)
                    display.begin(name)
                name, text = lines.get()
                if text is not None:
                    display.line(name, text)
                    continue
                status = running.pop(name).wait()
                display.end(name, status)
                failed += [name] if status else []
        except BaseException:
            for process in running.values():  # a Ctrl-C has reached them already, a SIGTERM has not
                process.send_signal(signal.SIGINT)
            for process in running.values():
                process.wait()
            raise
    if failed:
        print(f"failed: {', '.join(failed)}; the lines above that begin with the name say why", file=sys.stderr)
    return int(bool(failed))


def _seconds(name: str) -> float:
    """Of the last training that is known here; one that is not known may be long."""
    costs = [path for path in (COSTS / name).glob("*.json") if path.name != SEEN]
    files = sorted(costs, key=lambda path: path.stat().st_mtime)
    return float(read_json(files[-1]).get("cpu_seconds", 0)) if files else float("inf")


def _started(name: str, environment: dict[str, str], lines: "SimpleQueue[tuple[str, str | None]]") -> Any:
    command = ["dvc", "--wait-for-lock", "repro", f"evaluate@{name}"]
    try:
        process = subprocess.Popen(
            command, env=environment, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except FileNotFoundError:
        raise KassandraError("there is no `dvc` here: activate the environment (`. .venv/bin/activate`)") from None

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            lines.put((name, line.rstrip("\n")))
        lines.put((name, None))

    threading.Thread(target=read, daemon=True).start()
    return process


class _Display(Progress):
    """Every line with the name of its pipeline, and below them, on a terminal, where each pipeline stands."""

    def __init__(self) -> None:
        self.tasks_of: dict[str, TaskID] = {}
        super().__init__(
            SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[at]}"), TimeElapsedColumn(),
            console=Console(highlight=False, soft_wrap=True), disable=not sys.stdout.isatty(), transient=True,
        )  # fmt: skip

    def begin(self, name: str) -> None:
        self.tasks_of[name] = self.add_task(in_terminal(name), at="")

    def line(self, name: str, text: str) -> None:
        if text.startswith("Running stage "):
            self.update(self.tasks_of[name], at=in_terminal(text.split("'")[1].partition("@")[0]))
        if text.strip(" >"):  # DVC prints empty lines, and the command after one
            self.console.print(f"{in_terminal(name)}: {in_terminal(text)}")

    def end(self, name: str, status: int) -> None:
        self.remove_task(self.tasks_of.pop(name))
        self.console.print(f"{in_terminal(name)}: {f'failed with exit status {status}' if status else 'done'}")
