"""Small pipelines of every pair, each reproduced once for all workers, and their stages run with faults in them."""

import fcntl
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.clone import NOT_MADE, Clone
from tests.faults.pairs import PARAMS, SLICES, write

STAGES = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")
NAME = "small"  # of the pipeline, whatever its pair
# What each stage reads of what others wrote, and what it writes.
READS = {
    "download": (),
    "prepare": ("data/raw",),
    "baseline": ("data/prepared",),
    "pretrain": ("data/prepared/small/meta.json", "data/prepared/small/train.npz", "data/prepared/small/valid.npz"),
    "train": (
        "data/prepared/small/meta.json", "data/prepared/small/train.npz", "data/prepared/small/valid.npz",
        "data/pretrained",
    ),
    "evaluate": ("data/baselines", "data/models", "data/prepared/small/test.npz", "metrics/small/history.csv"),
}  # fmt: skip
WRITES = {
    "download": ("data/raw",),
    "prepare": ("data/prepared",),
    "baseline": ("data/baselines",),
    "pretrain": ("data/pretrained",),
    "train": ("data/models", "metrics/small/history.csv"),
    "evaluate": ("data/predictions", "metrics/small/test.json", "metrics/small/plots"),
}
TOY = """\
stages:
  train:
    foreach: ${pipelines}
    do:
      cmd:
        - mkdir -p data metrics/${key}
        - (echo ${key}; cat params.yaml) > data/${key}
        - cp data/${key} metrics/${key}/history.csv
      params:
        - pipelines.${key}
      outs:
        - data/${key}
      plots:
        - metrics/${key}/history.csv: {cache: false}
  evaluate:
    foreach: ${pipelines}
    do:
      cmd: cp data/${key} metrics/${key}/test.json
      deps:
        - data/${key}
      metrics:
        - metrics/${key}/test.json: {cache: false}
"""
LEFT_OUT = shutil.ignore_patterns(".git", ".dvc", "recipes", "__pycache__", ".finished")  # what stages do not need
SECONDS = 300  # that a stage may take; at rest it takes one


@pytest.fixture(scope="session")
def common(tmp_path_factory) -> Path:
    """A folder that all workers share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "faults"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One worker at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def undisturbed(root, common) -> Callable[[str], Clone]:
    """The small pipeline of a pair, reproduced by `dvc repro` and committed. Not to be written to: copy it."""

    def undisturbed(pair: str) -> Clone:
        folder = common / pair / "kassandra"
        clone = Clone(folder, {"KASSANDRA_MIRROR": str(folder / "tests" / "data")})
        with alone(common / f"{pair}.lock"):
            if not (folder.parent / "reproduced").exists():
                shutil.rmtree(folder.parent, ignore_errors=True)
                Clone.of_working_tree(root, folder, (SLICES.get(pair, "mnist"),))
                write_section(pair, folder)
                (folder / "kassandra/sources/catalogue.yaml").write_text(catalogue(root / "tests" / "data"))
                clone.git("init", "--quiet")
                clone.commit()
                clone.dvc("repro")
                clone.commit()
                (folder.parent / "reproduced").touch()
        return clone

    return undisturbed


def catalogue(data: Path) -> str:
    """Of the slices, as if they were the whole data sets."""
    lines = []
    for name in ("books", "sp500", "fsdd", "tatoeba"):
        lines += [f"{name}:", "  description: a slice", "  licence: its own", "  files:"]
        for path in sorted((data / name).iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"    - {{name: {path.name}, bytes: {path.stat().st_size}, sha256: {digest}}}")
    return "\n".join([*lines, ""])


def write_section(pair: str, folder: Path) -> None:
    """params.yaml, and the files that it names where the pair has some of its own."""
    input, target = pair.split("-")
    section = f"    input: {input}\n    target: {target}\n{PARAMS[pair]}"
    (folder / "params.yaml").write_text(f"seed: 0\npipelines:\n  {NAME}:\n{section}")
    if pair not in SLICES:
        write(pair, folder / "mine")


@pytest.fixture(scope="session")
def finished(undisturbed, zygote, common) -> Callable[[str], Path]:
    """A folder with all that the stages of a pair make, one after another. Not to be written to.

    By `dvc repro` where the pair has a slice of a data set, and else, as that takes a fifth of the time, in forks.
    """

    def finished(pair: str) -> Path:
        if pair in SLICES:
            return undisturbed(pair).root
        folder = common / f"{pair} by its stages"
        with alone(common / f"{pair} by its stages.lock"):
            if not (folder / ".finished").exists():
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(undisturbed("images-label").root, folder, ignore=LEFT_OUT)
                place = Workplace(folder, zygote)
                place.remove(*(name for names in WRITES.values() for name in names))
                write_section(pair, folder)
                for stage in STAGES:
                    ended = place.run(stage)
                    assert ended.status == 0, ended.printed
                (folder / ".finished").touch()
        return folder

    return finished


@pytest.fixture(scope="session")
def zygote(undisturbed) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Runs a stage in a fork of a process that has imported all stages; see zygote.py."""
    clone = undisturbed("images-label")
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("zygote.py")],
        cwd=clone.root, env=clone.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert json.loads(process.stdout.readline()) == {"ready": True}

    def order(what: dict[str, Any]) -> dict[str, Any]:
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield order
    process.kill()  # it has nothing to put away, and would take its time
    process.communicate()


@dataclass(frozen=True)
class Ended:
    """How a stage ended. again: where it was run a second time, without the fault. after: what lay there then."""

    status: int
    printed: str
    again: str = ""
    after: dict[str, bytes] | None = None

    def sentence(self) -> str:
        """The one paragraph of an error that a user can mend."""
        assert self.status == 1, self
        assert "Traceback" not in self.printed, self.printed
        sentence = self.printed[self.printed.rindex("Error: ") :].strip()
        assert "\n\n" not in sentence
        assert len(sentence) < 3000
        return sentence


@dataclass(frozen=True)
class Workplace:
    """A folder in which stages of a small pipeline run: code, params and data, without git and DVC."""

    root: Path
    order: Callable[[dict[str, Any]], dict[str, Any]]

    def path(self, name: str) -> Path:
        return self.root / name

    def run(self, stage: str, **faults: Any) -> Ended:
        mirror = {"KASSANDRA_MIRROR": str(self.root / "tests" / "data")}
        what = {
            "folder": str(self.root),
            "log": str(self.root / ".log"),
            "stage": stage,
            "name": NAME,
            "environ": mirror,
        }
        done = self.order({**what, "seconds": SECONDS, **faults})
        printed = (self.root / ".log").read_text(errors="replace")
        assert done["status"] != 128 + 14, f"{stage} hangs: {printed}"
        if "then" not in faults:
            return Ended(done["status"], printed)
        first, _, rest = printed.rpartition("\n=== ")
        status, _, again = rest.partition("\n")
        assert done["status"] == 0, printed
        after = contents(self.root / "after")
        shutil.rmtree(self.root / "after")
        return Ended(int(status), first, again, after)

    def remove(self, *names: str) -> None:
        """Files and folders below the root, as DVC removes what a stage is about to make."""
        for path in map(self.path, names):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def contents(self, *folders: str) -> dict[str, bytes]:
        """Of files in some folders, or of some files: path → bytes."""
        every = contents(self.root)
        return {name: content for name, content in every.items() if not folders or name.startswith(folders)}


def contents(root: Path) -> dict[str, bytes]:
    paths = [path for folder in ("data", "metrics") for path in (root / folder).rglob("*") if path.is_file()]
    names = {path.relative_to(root).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in sorted(names.items()) if not name.startswith(NOT_MADE)}


@pytest.fixture(scope="session")
def faults() -> SimpleNamespace:
    """What tests cannot import from here."""
    return SimpleNamespace(READS=READS, WRITES=WRITES, contents=contents)


@pytest.fixture
def workplace(finished, zygote, tmp_path) -> Callable[[str], Workplace]:
    """A fresh one of a pair, with all that its stages made."""

    def workplace(pair: str) -> Workplace:
        folder = tmp_path / f"workplace {pair}"
        shutil.copytree(finished(pair), folder, ignore=LEFT_OUT)
        return Workplace(folder, zygote)

    return workplace


@pytest.fixture
def toy(tmp_path):
    """Two pipelines, as kassandra's in their names and places, whose stages take no time."""
    clone = Clone(tmp_path / "kassandra")
    clone.root.mkdir()
    (clone.root / "dvc.yaml").write_text(TOY)
    (clone.root / "params.yaml").write_text("pipelines:\n  small: {epochs: 2, rate: 2}\n  other: {epochs: 2}\n")
    (clone.root / ".gitignore").write_text("data/\n")
    clone.git("init", "--quiet")
    clone.dvc("init", "--quiet")
    clone.dvc("repro")
    clone.commit()
    return clone


@pytest.fixture
def seeded(request) -> random.Random:
    """Draws the same for the same test."""
    return random.Random(request.node.nodeid)


@pytest.fixture(scope="session")
def can_mount() -> bool:
    """Whether a disk can be made small, or read-only, by a mount; otherwise limits and rights do it."""
    return subprocess.run([sys.executable, Path(__file__).with_name("zygote.py"), "can-mount"]).returncode == 0
