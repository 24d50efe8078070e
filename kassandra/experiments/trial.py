"""One training as an experiment of DVC, followed while it runs. It works on a copy: the working tree stays as it is."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kassandra.contracts.errors import KassandraError
from kassandra.training import live

STARTED = "Reproducing experiment"  # DVC prints it once the experiment is its own
LOCK = Path(".dvc/tmp/kassandra-search.lock")
HELD = "refs/kassandra/search"  # the uncommitted changes, while DVC has them
BACK = 5  # seconds for a DVC that was left alone to put them back
PATIENCE = 60  # seconds for DVC to clear up after it is stopped


class Line(NamedTuple):
    """Of history.csv of a running training. epoch: 1, 2, …; scores: by its columns; none where the training goes on
    after this epoch, which an earlier run had finished."""

    epoch: int
    scores: dict[str, float]


class Training:
    """`dvc exp run --temp train@<pipeline>`: a context, at whose end nothing of it runs any more.

    Only train: nothing of test is scored while a search goes on.
    """

    def __init__(self, pipeline: str, name: str, overrides: list[str]) -> None:
        self.output: list[str] = []
        command = [
            sys.executable,
            "-m",
            "dvc",
            "exp",
            "run",
            "--temp",
            f"--name={name}",
            *overrides,
            f"train@{pipeline}",
        ]
        # DVC puts an experiment into a stash and then takes the newest out of it, which another process may have put
        # there between: one at a time, until DVC says that it has it.
        self._turn = ExitStack()
        self._turn.enter_context(turn())
        self._turn.callback(_let_go)
        _take_hold()
        self._started, self._name = False, name
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True, env=os.environ | {"PYTHONUNBUFFERED": "1", live.RUN: name},
        )  # fmt: skip

    def __enter__(self) -> "Training":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def lines(self) -> Iterator[Line]:
        """As history.csv grows, which is read whenever something is printed; the last epochs of a training that ends
        may be missing, as DVC takes its copy away."""
        assert self._process.stdout
        training, last = None, 0
        for text in self._process.stdout:
            self._hear(text)
            training = training or next(iter(live.running(run=self._name)), None)
            if not training:
                continue
            rows = training.rows()
            if not last and training.resumed and len(rows):
                last = training.resumed
                yield Line(last, {})
            for row in rows[rows["epoch"] > last].to_dict("records"):
                last = int(row["epoch"])
                yield Line(last, {str(name): float(value) for name, value in row.items()})

    def _hear(self, text: str) -> None:
        self.output.append(text.rstrip("\n"))
        if text.startswith(STARTED):
            self._started = True
            self._turn.close()

    @property
    def error(self) -> str | None:
        """Why it failed, in a sentence; None where it did not."""
        if self._process.wait() == 0:
            return None
        ours = [text.partition("rror: ")[2] for text in self.output if text.startswith(("Error: ", "ERROR: error: "))]
        errors = [text.removeprefix("ERROR: ") for text in self.output if text.startswith("ERROR: ")]
        return (ours or errors or self.output[-1:] or ["dvc printed nothing"])[0]

    def stop(self) -> None:
        """End what still runs, as Ctrl-C does: the stage stops, and DVC deletes the copy."""
        while not self._started and self._process.stdout and (text := self._process.stdout.readline()):
            self._hear(text)  # until then, DVC is at work on params.yaml of the working tree, and has to put it back
        if self._process.poll() is None:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(self._process.pid, signal.SIGINT)
            try:
                self._process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):  # it may have ended by itself
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.communicate()
        if self._process.stdout:
            self._process.stdout.close()
        self._turn.close()


@contextmanager
def turn() -> Iterator[None]:
    """Within, no other search of this repository is.

    Raises:
        KassandraError: on Windows, which has no locks of this kind, and no groups of processes to stop a trial by.
    """
    try:
        import fcntl
    except ImportError:
        raise KassandraError("search: Windows lacks what keeps trials apart; run it in WSL") from None
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _take_hold() -> None:
    """Keep the uncommitted changes as a commit of git, which nothing else names: DVC takes them out of the working tree
    for a moment, and puts them back."""
    # Its status is 1 where files were touched, and yet nothing is changed.
    kept = subprocess.run(["git", "stash", "create"], capture_output=True, text=True, check=False).stdout.strip()
    if kept:
        _git("update-ref", HELD, kept)


def _let_go() -> None:
    _git("update-ref", "-d", HELD)


def check_work() -> None:
    """Raises KassandraError where a search was killed while DVC had the uncommitted changes, and they are not back."""
    deadline = time.monotonic() + BACK
    while _git("for-each-ref", HELD):
        if subprocess.run(["git", "diff", "--quiet", HELD], check=False).returncode == 0:
            _let_go()
        elif time.monotonic() > deadline:
            raise KassandraError(
                "a search was killed while DVC had your uncommitted changes, which are not what they were: "
                f"`git reset --hard && git stash apply {HELD}` brings them back; then, or where all is as you want it, "
                f"`git update-ref -d {HELD}`"
            )
        else:
            time.sleep(0.2)  # DVC may still be at it


def history(pipeline: str, experiment: str) -> pd.DataFrame:
    """history.csv of an experiment. Raises KassandraError where there is none of this name."""
    pattern = f"refs/exps/*/*/{experiment}"
    commits = _git("for-each-ref", "--sort=-creatordate", "--format=%(objectname)", pattern).split()
    if not commits:
        raise KassandraError(f"DVC recorded no experiment {experiment!r}")
    return pd.read_csv(io.StringIO(_git("show", f"{commits[0]}:./metrics/{pipeline}/history.csv")))


def named(study: str) -> list[str]:
    """The experiments whose names say that they are of this study."""
    names = [ref.rpartition("/")[2] for ref in _git("for-each-ref", "--format=%(refname)", "refs/exps").split()]
    return [name for name in names if re.fullmatch(rf"{re.escape(study)}-\d+", name)]


def can_be_named(study: str) -> bool:
    """Whether experiments may be called so: by git, and in commands that people copy into a shell."""
    reference = ["git", "check-ref-format", f"refs/exps/{study}-0"]
    plain = re.fullmatch(r"\w[\w.-]{0,199}", study) is not None
    return plain and subprocess.run(reference, capture_output=True, check=False).returncode == 0


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout
