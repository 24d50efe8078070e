"""Clones of this repository whose pipelines are small enough to be run by the dozen, on the slice of real MNIST."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

PARAMS = """\
seed: 0
pipelines:
  digits:
    task: images
    source: {path: tests/data/mnist}
    prepare: {}
    model: {variant: vanilla, hidden_size: 32}
    train: {epochs: 12, batch_size: 10, learning_rate: 0.005, threads: 1}
  pictures: # one's own: a folder per class, PNG in it
    task: images
    source: {path: pictures}
    prepare: {size: 14, valid_fraction: 0.2}
    model: {variant: attention, hidden_size: 7}
    train: {epochs: 1, threads: 1}
"""
DIGITS_ALONE = PARAMS[: PARAMS.index("  pictures:")]


@dataclass(frozen=True)
class Clone:
    """A repository of its own in a temporary folder, with commands run in it as a user would."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        home = self.root.parent / "home"
        home.mkdir(exist_ok=True)
        (home / ".gitconfig").write_text("[user]\nname = Somebody\nemail = somebody@example.org\n")
        # Without compiled modules on disk, each of the many starts of Python would compile thousands of them.
        others = ("DVC", "GIT", "KASSANDRA", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return kept | {
            "HOME": str(home),
            "DVC_SITE_CACHE_DIR": str(home / "dvc"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OMP_WAIT_POLICY": "PASSIVE",
            "SHELL": "/bin/sh",  # what DVC takes where none is set, and one that may stay between DVC and a stage
        }

    def run(self, *command: str | Path, fails: bool = False) -> str:
        """What a command printed to stdout and stderr; never a traceback."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert (done.returncode != 0) == fails, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def dvc(self, *arguments: str, fails: bool = False) -> str:
        return self.run("dvc", *arguments, fails=fails)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A commit")

    def clone(self, to: Path) -> "Clone":
        """What git has: no cache, no data, no remote of DVC."""
        self.git("clone", "--quiet", str(self.root), str(to))
        return Clone(to)

    def copy(self, to: Path) -> "Clone":
        """With data and cache."""
        shutil.copytree(self.root, to, symlinks=True)
        return Clone(to)

    def take_cache_of(self, other: "Clone") -> None:
        """What ran there need not run here, as if by `dvc push --run-cache` there and `dvc pull --run-cache` here."""
        for path in (other.root / ".dvc" / "cache").rglob("*"):
            ours = self.root / path.relative_to(other.root)
            if path.is_file() and not ours.exists():
                ours.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, ours)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first `old`."""
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    @staticmethod
    def executed(output: str) -> list[str]:
        """The stages whose command DVC ran, in order; not those that it took from its cache."""
        return re.findall(r"^Running stage '(.+)':$", output, re.MULTILINE)

    def made(self, key: str = "") -> dict[str, bytes]:
        """Path → content of all that stages made (of a pipeline); not the seconds spent, which never repeat."""
        paths = [path for folder in ("data", "metrics") for path in (self.root / folder).rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.root)): path for path in sorted(paths)}
        return {name: path.read_bytes() for name, path in names.items() if key in name and "data/costs" not in name}

    def differs_from(self, other: "Clone", key: str = "") -> list[str]:
        """The files made here or there that are not the same, byte by byte, in both."""
        ours, theirs = self.made(key), other.made(key)
        return [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]

    def checkpoints(self) -> list[Path]:
        return list((self.root / ".checkpoints").rglob("*"))

    @contextmanager
    def started(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on, in a process group of its own, which does not survive the `with`."""
        process = subprocess.Popen(
            command, cwd=self.root, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker ends long after the others."""
    items.sort(key=lambda item: item.path.parts[-2:] != ("pipeline", "test_reproduction.py"))


@pytest.fixture(scope="session")
def source(root, tmp_path_factory) -> Clone:
    """The working tree as a commit, with small pipelines, nothing reproduced yet. Not to be written to."""
    clone = Clone(tmp_path_factory.mktemp("source") / "kassandra")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    left_out = ("dvc.lock", "metrics/", "benchmarks/", "tests/")
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file() and (name.startswith("tests/data/mnist/") or not name.startswith(left_out)):
            (clone.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, clone.root / name)
    (clone.root / "params.yaml").write_text(PARAMS)
    draw_pictures(root / "tests" / "data" / "mnist", clone.root / "pictures")
    clone.git("init", "--quiet")
    clone.commit()
    return clone


def draw_pictures(raw: Path, folder: Path) -> None:
    """The test images of the slice as somebody may have them: a PNG each, in a folder per class."""
    images = gzip.decompress((raw / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((raw / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    for number, label in enumerate(labels):
        path = folder / f"digit {label}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("L", (28, 28), images[784 * number :][:784]).save(path)


EXPERIMENTS = {  # the variant of each → what it sets
    "attention": ["model.variant=attention"],
    "stacked": ["model.variant=stacked"],
    "bidirectional": ["model.variant=bidirectional", "train.learning_rate=0.00001"],
}


class Experiment(NamedTuple):
    clone: Clone
    output: str


@pytest.fixture(scope="session")
def work(source, tmp_path_factory) -> Iterator[dict[str, Future[Any]]]:
    """What takes long, done two at a time and in this order while tests run: each stage keeps only one core busy."""

    def reproduce(name: str, *arguments: str) -> Clone:
        clone = source.copy(tmp_path_factory.mktemp(name) / "kassandra")
        clone.dvc("repro", *arguments)
        return clone

    def reproduce_both() -> Clone:
        clone = done["digits"].result()
        clone.take_cache_of(done["pictures"].result())
        clone.dvc("repro")
        clone.commit()
        return clone

    def reproduce_again() -> Clone:
        clone = done["both"].result().copy(tmp_path_factory.mktemp("again") / "kassandra")
        clone.dvc("repro", "--force", "evaluate@digits")
        return clone

    def experiment(name: str) -> Experiment:
        clone = done["both"].result().copy(tmp_path_factory.mktemp(name) / "kassandra")
        settings = [f"--set-param=pipelines.digits.{setting}" for setting in EXPERIMENTS[name]]
        return Experiment(clone, clone.dvc("exp", "run", *settings))

    pool = ThreadPoolExecutor(2)
    done: dict[str, Future[Any]] = {}
    done["digits"] = pool.submit(reproduce, "digits", "--force", "evaluate@digits")
    done["pictures"] = pool.submit(reproduce, "pictures", "evaluate@pictures")
    done["both"] = pool.submit(reproduce_both)
    done |= {name: pool.submit(experiment, name) for name in EXPERIMENTS}
    done["again"] = pool.submit(reproduce_again)
    yield done
    pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def reproduced(work) -> Clone:
    """Both pipelines reproduced and committed, with data and cache. Not to be written to: copy or clone it."""
    return work["both"].result()


@pytest.fixture(scope="session")
def again(work) -> Clone:
    """`reproduced` after digits was forced to run a second time. Not to be written to."""
    return work["again"].result()


@pytest.fixture(scope="session")
def experiments(work) -> dict[str, Experiment]:
    """By variant: `reproduced` after `dvc exp run`, and what DVC said. Not to be written to."""
    return {name: work[name].result() for name in EXPERIMENTS}
