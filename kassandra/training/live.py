"""A training that runs: history.csv grows with each epoch, and a note in .checkpoints/running/ says where it is.

`kassandra watch` and `kassandra search` read both. What a training writes at its end is the same as if nobody had
watched.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from kassandra.contracts.artifacts import CHECKPOINTS, METRICS, damaged
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.tables import write_table
from kassandra.training.checkpoint import home

RUN = "KASSANDRA_RUN"  # in the environment: what whoever starts a training calls it
RUNNING = CHECKPOINTS / "running"
RUNS = Path("runs")  # event files, if `train.log` asks for them
SHARE = 0.05  # of the time, at most, goes into writing history.csv while a training runs


class Running(NamedTuple):
    """history: the path of its history.csv. run: see RUN; empty where it has no name. resumed: epochs of the first
    member that an earlier process had finished. began: seconds since 1970, as the times of files are."""

    pid: int
    pipeline: str
    history: Path
    epochs: int
    members: int
    run: str
    resumed: int
    began: float = 0.0

    def rows(self) -> pd.DataFrame:
        """What history.csv holds by now; empty before the first epoch has ended."""
        none = pd.DataFrame({"member": [], "epoch": []})
        try:
            if self.history.stat().st_mtime < self.began:  # of a training before this one
                return none
            return pd.read_csv(self.history)
        except (OSError, pd.errors.EmptyDataError):
            return none
        except ValueError as error:
            raise damaged(self.history, error) from None

    @property
    def alive(self) -> bool:
        return self._note.exists() and _alive(self.pid)

    @property
    def _note(self) -> Path:
        return home() / RUNNING / f"{self.pid}.json"


class Live:
    """A context around the trainings of all members of a pipeline, which takes their rows as they come."""

    def __init__(self, pipeline: str, members: int, epochs: int, log: str | None = None) -> None:
        self._log = home() / RUNS / pipeline / time.strftime("%Y-%m-%d-%H%M%S") if log else None
        self._writers: dict[int, Any] = {}
        self._rows: list[list[dict[str, Any]]] = [[] for _ in range(members)]
        self._path = METRICS / pipeline / "history.csv"
        self._note = home() / RUNNING / f"{os.getpid()}.json"
        self._content = {
            "pid": os.getpid(), "pipeline": pipeline, "history": str(self._path.absolute()), "epochs": epochs,
            "members": members, "run": os.environ.get(RUN, ""), "resumed": 0,
            "began": time.time(),
        }  # fmt: skip
        self._written, self._cost = 0.0, 0.0  # when, and how long it took

    def __enter__(self) -> "Live":
        running()  # which removes the notes of what was killed
        self._write_note()
        if self._log:
            import torch.utils.tensorboard  # noqa: F401 (here, so that it is not missed only after an epoch)

            print(
                f"Event files for TensorBoard: {self._log}; `tensorboard --logdir {self._log.parents[1]}`", flush=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()
        with suppress(OSError):
            self._note.unlink()
            self._note.parent.rmdir()  # where no other training runs

    def row(self, member: int, row: dict[str, Any], resumed: bool = False) -> None:
        """A line of history.csv; `resumed`: an earlier process had made it."""
        self._rows[member].append(row)
        if self._log:
            self._write_events(member, row)
        if resumed and member == 0:
            self._content["resumed"] = len(self._rows[0])
            self._write_note()
        started = time.perf_counter()
        if started - self._written < self._cost / SHARE:
            return
        with suppress(KassandraError):  # at the end the stage writes it, and reports a disk that is full
            write_table(self._path, self.table())
        self._written = time.perf_counter()
        self._cost = self._written - started

    def _write_note(self) -> None:
        with suppress(OSError):  # a training needs none
            self._note.parent.mkdir(parents=True, exist_ok=True)
            self._note.write_text(json.dumps(self._content, indent=2), encoding="utf-8")

    def _write_events(self, member: int, row: dict[str, Any]) -> None:
        assert self._log
        if member not in self._writers:
            from torch.utils.tensorboard import SummaryWriter

            self._writers[member] = SummaryWriter(str(self._log / f"member-{member}"))
        for name, value in row.items():
            if name != "epoch":
                self._writers[member].add_scalar(name, value, int(row["epoch"]))
        self._writers[member].flush()

    def table(self) -> list[dict[str, Any]]:
        return [{"member": number, **row} for number, rows in enumerate(self._rows) for row in rows]


def running(pipeline: str | None = None, run: str | None = None) -> list[Running]:
    """The trainings of this repository that run now, those of experiments in copies of it too; the newest last."""
    found = []
    for path in sorted((home() / RUNNING).glob("*.json"), key=_time_of):
        if not (path.stem.isdecimal() and _alive(int(path.stem))):
            with suppress(OSError):  # it was killed
                path.unlink()
            continue
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            one = Running(**{**note, "history": Path(note["history"])})
        except (OSError, ValueError, TypeError, KeyError):  # just deleted, being written, or of another version
            continue
        if one.alive and pipeline in (None, one.pipeline) and run in (None, one.run):
            found.append(one)
    return found


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True
