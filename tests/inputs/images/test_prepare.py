"""How raw images become splits: by class, by seed, and nothing from test in what is fitted."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from kassandra.params.tasks.images import ImagesPrepare
from kassandra.tasks.images import _mean_and_std, prepare

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError

SPLITS = ("train", "valid", "test")


@pytest.fixture
def made(tmp_path):
    """Prepares, each time into another folder; returns the bytes of each file in it."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(raw, seed=0, **params):
        folder = next(folders)
        prepare(raw.folder, folder, ImagesPrepare(**params), seed)
        return {path.name: path.read_bytes() for path in folder.iterdir()}, folder

    return made


def test_twice_gives_the_same_bytes(mnist, made):
    files, _ = made(mnist, permute=True, limit=300)
    assert sorted(files) == ["meta.json", "test.npz", "train.npz", "valid.npz"]
    assert made(mnist, permute=True, limit=300)[0] == files


def test_another_seed_gives_another_split_of_the_same_images(mnist, made):
    (_, one), (_, other) = made(mnist), made(mnist, seed=1)
    first, second = ([read_arrays(folder / f"{split}.npz") for split in SPLITS] for folder in (one, other))
    assert not np.array_equal(first[1]["images"], second[1]["images"])
    np.testing.assert_array_equal(first[2]["images"], second[2]["images"])  # test is what it is
    together = [
        sorted(image.tobytes() for split in splits[:2] for image in split["images"]) for splits in (first, second)
    ]
    assert together[0] == together[1]


def test_splits_hold_every_class_in_its_share_even_when_sorted(mnist, made):
    order = np.argsort(mnist["train", "labels"], kind="stable")
    for kind in ("images", "labels"):
        mnist["train", kind] = mnist["train", kind][order]
    _, folder = made(mnist, valid_fraction=0.25)
    counts = [np.bincount(read_arrays(folder / f"{split}.npz")["labels"], minlength=10) for split in SPLITS]
    assert (counts[1] > 0).all()
    assert (abs(counts[1] - (counts[0] + counts[1]) * 0.25) <= 1).all()


def test_mean_and_deviation_are_those_of_train(mnist, made):
    _, folder = made(mnist)
    meta, pixels = read_json(folder / "meta.json"), read_arrays(folder / "train.npz")["images"] / 255
    assert meta["mean"] == pytest.approx(pixels.mean(), rel=1e-6)
    assert meta["std"] == pytest.approx(pixels.std(), rel=1e-6)


def test_a_colour_that_never_changes_divides_by_no_zero(tiny, made):
    tiny["train", "images"] = np.full_like(tiny["train", "images"], 255)
    assert read_json(made(tiny)[1] / "meta.json")["std"] > 0


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
    assert meta["dropped_from_train_because_in_test"] == 4
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


def test_what_is_said(mnist, tmp_path):
    mnist["train", "images"][0] = mnist["test", "images"][0]
    mnist.write("train", "images")
    said = prepare(mnist.folder, tmp_path / "prepared", ImagesPrepare(), 0)
    expected = "549 train, 50 valid, 200 test images of 28×28 in 10 classes; 1 dropped from train (in test)"
    assert said == expected


@pytest.mark.parametrize("limit", [120, 206, 397, 580, 600, 10**9])
def test_limit(mnist, made, limit):
    _, folder = made(mnist, limit=limit)
    counts = read_json(folder / "meta.json")["examples"]
    assert counts["train"] + counts["valid"] == min(limit, 600)
    assert counts["test"] == min(-(-limit // 6), 200)
    for split in SPLITS[::2]:
        assert set(read_arrays(folder / f"{split}.npz")["labels"]) == set(range(10))


def test_limit_takes_images_at_random(mnist, made):
    chosen = [read_arrays(made(mnist, seed=seed, limit=120)[1] / "train.npz")["images"].tobytes() for seed in (0, 1)]
    assert chosen[0] != chosen[1]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (
            "valid_fraction",
            0.001,
            r"^prepare.valid_fraction: 0.001 of 60 images cannot be drawn by class \(.*number of cl",
        ),
        ("valid_fraction", 0.999, r"^prepare.valid_fraction: 0.999 of 60 images cannot be drawn by class \("),
    ],
)
def test_fractions_too_small_for_the_classes(tiny, made, key, value, text):
    with pytest.raises(KassandraError, match=text):
        made(tiny, **{key: value})


def test_a_class_of_one_image_cannot_be_split(tiny, made):
    tiny["train", "labels"] = np.array([0] * 30 + [1] * 29 + [2], dtype=np.uint8)
    with pytest.raises(
        KassandraError, match=r"^prepare.valid_fraction: 0.0833333 of 60 images cannot be drawn by class"
    ):
        made(tiny)


def test_shapes(tiny, made):
    meta = {scan: read_json(made(tiny, scan=scan)[1] / "meta.json") for scan in ("rows", "pixels")}
    assert (meta["rows"]["steps"], meta["rows"]["spec"]["features"]) == (3, 5)
    assert (meta["pixels"]["steps"], meta["pixels"]["spec"]["features"]) == (15, 1)
    for one in meta.values():
        assert one["task"] == "images"
        assert one["order"] is None
        assert (one["spec"]["architecture"], one["spec"]["outputs"]) == ("many_to_one", 3)


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
    mean, deviation = _mean_and_std(images)
    assert mean == float(exact)
    assert deviation == pytest.approx(math.sqrt(sum((value - exact) ** 2 for value in values) / len(values)), rel=1e-15)
