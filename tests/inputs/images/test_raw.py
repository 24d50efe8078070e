"""Raw images of every kind that there is, and of kinds that there should not be."""

import gzip
import re

import numpy as np
import pytest
from PIL import Image

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError


@pytest.fixture
def done(tmp_path, prepare):
    """Prepares a folder with some params; returns the three splits and the meta data."""

    def done(raw, **params):
        prepare("images", "label", raw, tmp_path / "prepared", **params)
        splits = [read_arrays(tmp_path / "prepared" / f"{split}.npz") for split in ("train", "valid", "test")]
        return *splits, read_json(tmp_path / "prepared" / "meta.json")

    return done


@pytest.fixture
def refused(tmp_path, prepare):
    def refused(raw, text, **params):
        with pytest.raises(KassandraError, match=text):
            prepare("images", "label", raw, tmp_path / "prepared", **params)
        assert not (tmp_path / "prepared").exists()

    return refused


def rows(*splits):
    """Every (image, label), sorted."""
    return sorted((image.tobytes(), int(label)) for split in splits
                  for image, label in zip(split["images"], split["labels"], strict=True))  # fmt: skip


def test_idx(mnist, done):
    train, valid, test, meta = done(mnist.folder)
    given = {"images": mnist["train", "images"], "labels": mnist["train", "labels"]}
    assert rows(train, valid) == rows(given)
    np.testing.assert_array_equal(test["images"], mnist["test", "images"])
    np.testing.assert_array_equal(test["labels"], mnist["test", "labels"])
    assert meta["classes"] == list("0123456789")
    assert (meta["height"], meta["width"]) == (28, 28)
    assert meta["examples"] == {"train": 550, "valid": 50, "test": 200}


def test_idx_need_not_be_compressed(mnist, done):
    expected = done(mnist.folder)
    for path in list(mnist.folder.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert rows(*done(mnist.folder)[:3]) == rows(*expected[:3])


@pytest.mark.parametrize("key", [("train", "labels"), ("test", "images"), ("test", "labels")])
def test_a_missing_file(mnist, refused, key):
    mnist.path(*key).unlink()
    name = mnist.path(*key).name
    refused(mnist.folder, rf"^{mnist.folder}: no {name[:-3]} or {name}; the four idx files are \['t10k-images-idx3-")


@pytest.mark.faults
@pytest.mark.parametrize("key", [("train", "images"), ("test", "labels")])
def test_gzip_cut_short_or_damaged(mnist, refused, key):
    path = mnist.path(*key)
    good = path.read_bytes()
    # The last may be taken for one of another size, whose checksum is never reached.
    text = rf"^{re.escape(str(path))}: (not a whole gzip file|not an idx file of uint8, or cut short) \("
    for bad in (good[: len(good) // 2], good[:-1], good[:5], b"plain", good[:40] + b"\0" * 40 + good[80:]):
        path.write_bytes(bad)
        refused(mnist.folder, text)


@pytest.mark.faults
@pytest.mark.parametrize(
    "bad",
    [
        lambda good: b"",
        lambda good: good[:3],
        lambda good: good[:9],
        lambda good: good[:-1],
        lambda good: good + b"\0",
        lambda good: b"\0\0\x0d" + good[3:],  # float32
        lambda good: b"\x89PNG" + good[4:],
        lambda good: good[:3] + b"\0" + good[4:],
        lambda good: good[:4] + b"\xff\xff\xff\xff" + good[8:],
    ],
    ids=["empty", "3 bytes", "9 bytes", "one less", "one more", "floats", "png", "no axes", "minus one"],
)
def test_not_idx(mnist, refused, bad):
    path = mnist.path("test", "images")
    path.write_bytes(gzip.compress(bad(gzip.decompress(path.read_bytes())), 1))
    refused(mnist.folder, rf"^{re.escape(str(path))}: not an idx file of uint8, or cut short \(\d+ bytes\)$")


def test_counts_that_disagree(tiny, refused):
    tiny["train", "labels"] = tiny["train", "labels"][:-1]
    text = r": train has images of \(60, 3, 5\) and labels of \(59,\); counts must agree and not be 0$"
    refused(tiny.folder, text)


def test_images_and_labels_exchanged(tiny, refused):
    tiny["test", "images"], tiny["test", "labels"] = tiny["test", "labels"], tiny["test", "images"]
    refused(tiny.folder, r": test has images of \(30,\) and labels of \(30, 3, 5\); counts must agree")


def test_no_images(tiny, refused):
    for kind in ("images", "labels"):
        tiny["test", kind] = tiny["test", kind][:0]
    refused(tiny.folder, r": test has images of \(0, 3, 5\) and labels of \(0,\); counts must agree and not be 0$")


def test_sizes_that_differ(tiny, refused):
    tiny["test", "images"] = tiny["test", "images"].transpose(0, 2, 1)
    refused(tiny.folder, rf"^{tiny.folder}: images of train and test differ in size: 3×5 and 5×3$")


def test_a_class_that_train_has_not(tiny, refused):
    tiny["test", "labels"] = tiny["test", "labels"] + 1
    refused(tiny.folder, rf"^{tiny.folder}: test has label 3, train ends with 2$")


def test_a_class_that_test_has_not(tiny, done):
    few = tiny["test", "labels"] < 2
    tiny["test", "images"], tiny["test", "labels"] = tiny["test", "images"][few], tiny["test", "labels"][few]
    assert done(tiny.folder)[3]["classes"] == ["0", "1", "2"]


def test_one_class(tiny, refused):
    for split in ("train", "test"):
        tiny[split, "labels"] = np.zeros_like(tiny[split, "labels"])
    refused(tiny.folder, rf"^{tiny.folder}: every image has the label '0'; give two labels or more$")


def test_no_folder(tmp_path, refused):
    refused(tmp_path / "nowhere", "nowhere: no such file; `dvc repro` makes it")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "empty: no images in this folder")


@pytest.mark.slow
def test_a_folder_of_images_is_split(arrays, tmp_path, write_folder, done):
    images, labels = arrays["train", "images"][:240], arrays["train", "labels"][:240]
    write_folder(tmp_path / "own", images, labels)
    train, valid, test, meta = done(tmp_path / "own")
    assert [len(split["labels"]) for split in (train, valid, test)] == [183, 17, 40]
    assert meta["classes"] == [f"digit {label}" for label in range(10)]
    assert rows(train, valid, test) == rows({"images": images, "labels": labels})  # PNG loses nothing
    assert set(test["labels"]) == set(range(10))


@pytest.mark.slow
def test_a_folder_with_train_and_test(arrays, tmp_path, write_folder, done):
    images, labels = arrays["train", "images"], arrays["train", "labels"]
    write_folder(tmp_path / "own" / "train", images[:100], labels[:100])
    write_folder(tmp_path / "own" / "test", images[100:160], labels[100:160])
    train, valid, test, meta = done(tmp_path / "own", valid_fraction=0.2)
    assert meta["examples"] == {"train": 80, "valid": 20, "test": 60}
    assert rows(test) == rows({"images": images[100:160], "labels": labels[100:160]})
    assert rows(train, valid) == rows({"images": images[:100], "labels": labels[:100]})


def test_classes_of_train_and_test_disagree(arrays, tmp_path, write_folder, refused):
    for split, digits in (("train", (0, 1)), ("test", (7,))):
        chosen = np.isin(arrays["train", "labels"], digits)
        write_folder(
            tmp_path / "own" / split, arrays["train", "images"][chosen][:40], arrays["train", "labels"][chosen][:40]
        )
    refused(tmp_path / "own", rf"^{tmp_path}/own: label 'digit 7' of test is in no image of train; the labels are")


def test_own_images_become_grey_and_of_one_size(tmp_path, done):
    for name, colour in (("dark", 40), ("light", 200)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(12):
            size = (20 + number, 31 - number)
            Image.new("RGB", size, (colour + number,) * 3).save(tmp_path / "own" / name / f"{number}.png")
    train, valid, test, meta = done(tmp_path / "own", size=8, valid_fraction=0.25)
    assert (meta["height"], meta["width"], meta["spec"]["features"]) == (8, 8, 8)
    everything = np.concatenate([split["images"] for split in (train, valid, test)])
    assert everything.shape == (24, 8, 8)
    assert (np.ptp(everything.reshape(24, -1), axis=1) == 0).all()  # one colour stays one colour
    assert sorted(everything[:, 0, 0]) == [*range(40, 52), *range(200, 212)]


@pytest.mark.faults
def test_images_that_cannot_be_read(arrays, tmp_path, write_folder, prepare, refused):
    write_folder(tmp_path / "own", arrays["train", "images"][:120], arrays["train", "labels"][:120])
    bad = tmp_path / "own" / "digit 3" / "0.png"
    bad.write_bytes(b"not an image")
    how = {"valid_fraction": 0.2, "test_fraction": 0.2}
    printed = prepare("images", "label", tmp_path / "own", tmp_path / "done", **how)
    assert f"left out: 1 of 121 images (0.8%) cannot be used: {bad}: not an image that can be read (" in printed
    assert read_json(tmp_path / "done" / "meta.json")["skipped"]["by_label"] == {"digit 3": 1}
    for number in range(4):
        (tmp_path / "own" / "digit 5" / f"{number}.PNG").write_bytes(b"")
    text = (
        r"^5 of 125 images \(4.0%\) cannot be used: .*an empty file.*; by label: digit 5 4, digit 3 1. `source.tolerate"
    )
    refused(tmp_path / "own", text)


@pytest.mark.slow
def test_a_folder_without_images_is_no_label(arrays, tmp_path, write_folder, prepare):
    write_folder(tmp_path / "own", arrays["train", "images"][:120], arrays["train", "labels"][:120])
    (tmp_path / "own" / "empty").mkdir()
    how = {"valid_fraction": 0.2, "test_fraction": 0.2}
    printed = prepare("images", "label", tmp_path / "own", tmp_path / "prepared", **how)
    assert f"{tmp_path / 'own'}: empty folders: 1 left out (empty)\n" in printed
    assert read_json(tmp_path / "prepared" / "meta.json")["left_out"] == {"empty folders": 1}


@pytest.mark.slow
def test_files_that_are_no_images_are_counted(arrays, tmp_path, write_folder, prepare):
    write_folder(tmp_path / "own", arrays["train", "images"][:120], arrays["train", "labels"][:120])
    for name in ("notes.txt", "more.csv"):
        (tmp_path / "own" / "digit 3" / name).write_text("none")
    printed = prepare("images", "label", tmp_path / "own", tmp_path / "prepared", valid_fraction=0.2, test_fraction=0.2)
    what = "files that are no images: 2 left out (digit 3/more.csv, digit 3/notes.txt)"
    assert printed.startswith(f"{tmp_path / 'own'}: {what}\n{tmp_path / 'own'}: 120 images of 10 labels: digit 0 ")
    assert read_json(tmp_path / "prepared" / "meta.json")["files_left_out"] == 2
