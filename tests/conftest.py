"""What several rooms share. Small real data, and models trained on them, are fixtures of tests/small.py."""

import gc
import os
import re
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

pytest_plugins = ["tests.small", "tests.sides", "tests.postgresql"]

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")  # which is a process of its own after each command of DVC

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module of which no test is to run is not imported either: all of another tier, or with none of the tier."""
    chosen = config.getoption("markexpr")
    if not chosen or not collection_path.name.startswith("test_"):
        return None
    text = collection_path.read_text(encoding="utf-8")
    if chosen.isidentifier():
        return f"mark.{chosen}" not in text or None
    left_out = re.findall(r"(?:^|and )not (\w+)", chosen)
    line = re.search(r"^pytestmark = .*", text, re.MULTILINE)
    return bool(line and set(re.findall(r"mark\.(\w+)", line[0])).intersection(left_out)) or None


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_the_disk():
    """No power is cut here, so that writing through to the disk, thousands of times, would show nothing. What is
    written through, and in which order, is seen by tests that put a function of their own in its place.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # refuses what is not open, as fsync does
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def power_fails():
    """Calls `run` with a pair like the one given, but that is cut off when so many batches have been given.

    `power_fails.Failure` is what is raised then: no Exception, so that nothing between can take it for an error.
    """

    class Failure(BaseException):
        """Of power."""

    def power_fails(pair, batches, run):
        class Interrupted(type(pair)):
            left = batches

            def train_batches(self, *args):
                for batch in super().train_batches(*args):
                    if self.left == 0:
                        raise Failure
                    self.left -= 1
                    yield batch

        interrupted = Interrupted.__new__(Interrupted)
        vars(interrupted).update(vars(pair))
        with pytest.raises(Failure):
            run(interrupted)

    power_fails.Failure = Failure
    return power_fails


@pytest.fixture
def terminal():
    """SIGHUP and SIGINT end what is started, as from a terminal: what runs under `nohup`, or in a script by `&`,
    ignores them, and its children inherit that."""
    before = {kind: signal.signal(kind, signal.SIG_DFL) for kind in (signal.SIGHUP, signal.SIGINT)}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)


@pytest.fixture
def kassandra(monkeypatch, capsys):
    """Runs the command; returns its exit status and what it printed."""

    def kassandra(*arguments):
        from kassandra.cli import main

        monkeypatch.setattr(sys, "argv", ["kassandra", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # Python itself prints it, and ends with 1
            return SimpleNamespace(status=1, out=printed.out, err=printed.err + code)
        return SimpleNamespace(status=code or 0, out=printed.out, err=printed.err)

    return kassandra


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """The figure that a function would save."""

    from kassandra.judging import figures

    def shown(draw, *args):
        kept = []
        monkeypatch.setattr(figures, "save", lambda figure, path: kept.append(figure))
        draw(*args, tmp_path / "none.png")
        return kept[0]

    return shown


@pytest.fixture(scope="session")
def answers():
    """test.json and predictions of a classifier that is right about `share` of the time; `seed` alone decides what the
    examples are and how hard they are."""
    import numpy as np

    from kassandra.judging.judge import contents, judge
    from kassandra.targets.label.evaluate.scores import RESAMPLING, SCORES, predictions

    def answers(share, examples=300, classes=2, seed=0, own=1):
        generator, noise = np.random.default_rng(seed), np.random.default_rng(own)
        targets = generator.integers(0, classes, examples)
        hard = generator.random(examples)
        rows = np.arange(examples)
        logits = noise.normal(0, 0.1, (examples, classes))
        printed = np.where(hard < share, targets, (targets + 1) % classes)
        logits[rows, printed] += 1 + noise.random(examples)
        log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        names = [f"class {label}" for label in range(classes)]
        table = predictions([f"{seed}-{row}" for row in rows], targets, log_probabilities, names)
        report = judge(SCORES, [table], table, {"none": table.assign(predicted=0)}, RESAMPLING, 0)
        machine = {"device": "cpu"}
        return contents(report, 7, machine, machine), table

    return answers
