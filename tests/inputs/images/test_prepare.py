"""How raw images become splits: by class, by seed, and nothing from test in what is fitted."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.prepare.examples import mean_and_std

SPLITS = ("train", "valid", "test")


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares, each time into another folder; returns the bytes of each file in it."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(raw, seed=0, **params):
        folder = next(folders)
        prepare("images", "label", raw.folder, folder, seed, **params)
        return {path.name: path.read_bytes() for path in folder.iterdir()}, folder

    return made


def test_mean_and_deviation_are_those_of_train(mnist, made):
    _, folder = made(mnist)
    meta, pixels = read_json(folder / "meta.json"), read_arrays(folder / "train.npz")["images"] / 255
    assert meta["mean"] == pytest.approx(pixels.mean(), rel=1e-6)
    assert meta["std"] == pytest.approx(pixels.std(), rel=1e-6)


@pytest.mark.parametrize("params", [{}, {"limit": 300}, {"permute": True, "scan": "pixels"}], ids=str)
def test_nothing_is_fitted_on_test(mnist, made, params):
    """PITFALLS 6: other test images, the same count of them, and every file but test.npz keeps its bytes."""
    before, _ = made(mnist, **params)
    mnist["test", "images"] = 255 - mnist["test", "images"]
    mnist["test", "labels"] = mnist["test", "labels"][::-1].copy()
    after, _ = made(mnist, **params)
    assert {name for name in before if before[name] != after[name]} == {"test.npz"}


def test_test_images_leave_train_and_are_counted(mnist, made):
    """PITFALLS 10: an image that stands in test too is no train image, whatever its label is there."""
    clean = read_json(made(mnist)[1] / "meta.json")
    assert clean["dropped_from_train_because_in_test"] == 0
    planted = [0, 5, 599]
    mnist["test", "images"][[3, 100, 7]] = mnist["train", "images"][planted]
    mnist["train", "images"][11] = mnist["train", "images"][5]  # and a twin of one of them
    mnist.write("train", "images")
    mnist.write("test", "images")
    files, folder = made(mnist)
    meta = json.loads(files["meta.json"])
    assert meta["dropped_from_train_because_in_test"] == 3
    assert meta["dropped_because_repeated"] == 1
    assert sum(meta["examples"].values()) == 800 - 4
    seen, valid, test = (
        {image.tobytes() for image in read_arrays(folder / f"{split}.npz")["images"]} for split in SPLITS
    )
    assert not (seen | valid) & test
    # Apart from which rows are left, nothing changed: their images keep their labels.
    labels = {
        image.tobytes(): label for image, label in zip(mnist["train", "images"], mnist["train", "labels"], strict=True)
    }
    left = read_arrays(folder / "train.npz")
    assert [labels[image.tobytes()] for image in left["images"]] == left["labels"].tolist()


def test_what_is_printed(mnist, prepare, tmp_path):
    mnist["train", "images"][0] = mnist["test", "images"][0]
    mnist.write("train", "images")
    printed = prepare("images", "label", mnist.folder, tmp_path / "prepared")
    assert printed.startswith(
        "549 train, 50 valid, 200 test images in 10 classes; 1 of train dropped as they are in test too, 0 as "
        "repeated; 28×28 pixels\nclasses of train: "
    )


@pytest.mark.slow
@pytest.mark.parametrize("limit", [120, 206, 397, 580, 600, 10**9])
def test_limit(mnist, made, limit):
    _, folder = made(mnist, limit=limit)
    counts = read_json(folder / "meta.json")["examples"]
    assert counts["train"] + counts["valid"] == min(limit, 600)
    assert counts["test"] == min(limit, 200)
    for split in SPLITS[::2]:
        assert set(read_arrays(folder / f"{split}.npz")["labels"]) == set(range(10))


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (
            "valid_fraction",
            0.001,
            r"^prepare.valid_fraction: 0.001 of 60 images \(0 20, 1 20, 2 20\) cannot be drawn by class; at least",
        ),
        ("valid_fraction", 0.999, r"^prepare.valid_fraction: 0.999 of 60 images \(0 20, 1 20, 2 20\) cannot be drawn"),
    ],
)
def test_fractions_too_small_for_the_classes(tiny, made, key, value, text):
    with pytest.raises(KassandraError, match=text):
        made(tiny, **{key: value})


def test_a_class_of_one_image_cannot_be_split(tiny, made):
    tiny["train", "labels"] = np.array([0] * 30 + [1] * 29 + [2], dtype=np.uint8)
    with pytest.raises(
        KassandraError, match=r"^prepare.valid_fraction: class '2' has 1 images, too few to be split; at least 3"
    ):
        made(tiny)


def test_shapes(tiny, made):
    meta = {scan: read_json(made(tiny, scan=scan)[1] / "meta.json") for scan in ("rows", "pixels")}
    assert (meta["rows"]["steps"], meta["rows"]["spec"]["features"]) == (3, 5)
    assert (meta["pixels"]["steps"], meta["pixels"]["spec"]["features"]) == (15, 1)
    for one in meta.values():
        assert one["order"] is None
        assert one["spec"]["outputs"] == 3


def test_permutation(tiny, made):
    orders = [read_json(made(tiny, seed=seed, permute=True)[1] / "meta.json")["order"] for seed in (0, 0, 1)]
    assert sorted(orders[0]) == list(range(15))
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != list(range(15))


def test_mean_and_deviation_are_exact():
    """Sums of floats depend on how NumPy aligns its memory, from one process to the next; whole numbers do not."""
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    values = [Fraction(int(value), 255) for value in images.ravel()]
    exact = sum(values) / len(values)
    mean, deviation = mean_and_std(images)
    assert mean == float(exact)
    assert deviation == pytest.approx(math.sqrt(sum((value - exact) ** 2 for value in values) / len(values)), rel=1e-15)
