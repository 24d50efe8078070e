"""Clones of this repository whose pipelines are small enough to be run by the dozen, on the slice of real MNIST."""

import gzip
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from tests.clone import Clone

PARAMS = """\
seed: 0
pipelines:
  digits:
    input: images
    target: label
    source: {path: tests/data/mnist}
    prepare: {}
    model: {variant: vanilla, hidden_size: 32}
    train: {seeds: 1, epochs: 20, batch_size: 10, learning_rate: 0.005, threads: 1}
  pictures: # one's own: a folder per class, PNG in it
    input: images
    target: label
    source: {path: pictures}
    prepare: {size: 14, valid_fraction: 0.2}
    model: {variant: attention, hidden_size: 7}
    train: {seeds: 1, epochs: 1, threads: 1}
"""
DIGITS_ALONE = PARAMS[: PARAMS.index("  pictures:")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker ends long after the others."""
    items.sort(key=lambda item: item.path.parts[-2:] != ("pipeline", "test_reproduction.py"))


@pytest.fixture(scope="session")
def source(root, tmp_path_factory) -> Clone:
    """The working tree as a commit, with small pipelines, nothing reproduced yet. Not to be written to."""
    clone = Clone.of_working_tree(root, tmp_path_factory.mktemp("source") / "kassandra", ("mnist",))
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


class Experiment(NamedTuple):
    clone: Clone
    output: str


@pytest.fixture(scope="session")
def work(source, tmp_path_factory, request) -> Iterator[dict[str, Future[Any]]]:
    """What takes long and some test asks for, done two at a time and in this order while tests run: each stage keeps
    only one core busy."""

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

    def experiment() -> Experiment:
        clone = done["both"].result().copy(tmp_path_factory.mktemp("experiment") / "kassandra")
        settings = ("model.variant=attention", "train.learning_rate=0.00001")
        return Experiment(clone, clone.dvc("exp", "run", *(f"-S=pipelines.digits.{setting}" for setting in settings)))

    pool = ThreadPoolExecutor(2)
    done: dict[str, Future[Any]] = {}
    done["digits"] = pool.submit(reproduce, "digits", "--force", "evaluate@digits")
    done["pictures"] = pool.submit(reproduce, "pictures", "evaluate@pictures")
    done["both"] = pool.submit(reproduce_both)
    if any("experiment" in item.fixturenames for item in request.session.items):
        done["experiment"] = pool.submit(experiment)
    yield done
    pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def reproduced(work) -> Clone:
    """Both pipelines reproduced and committed, with data and cache. Not to be written to: copy or clone it."""
    return work["both"].result()


@pytest.fixture(scope="session")
def experiment(work) -> Experiment:
    """`reproduced` after `dvc exp run` of another model, and what DVC printed. Not to be written to."""
    return work["experiment"].result()
