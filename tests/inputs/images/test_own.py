"""Somebody's own arrays and image files."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from kassandra.contracts.errors import KassandraError
from kassandra.tasks.images import Task

META = {"height": 3, "width": 5, "steps": 3, "mean": 0.25, "std": 0.5, "order": None}
BYTES = np.arange(0, 255, 17, dtype=np.uint8).reshape(3, 5)


@pytest.fixture
def task():
    return Task(META, torch.device("cpu"))


def test_one_image_or_many(task):
    for images in (BYTES, BYTES[None], np.stack([BYTES] * 4)):
        split = task.own_input(images)
        assert split.images.shape == (images.size // 15, 3, 5)
        assert split.images.dtype == torch.uint8
        assert (split.images.numpy() == BYTES).all()
        assert len(split.labels) == len(split.images)
    assert task.own_input(np.zeros((0, 3, 5))).images.shape == (0, 3, 5)


@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i8", ">i4"])
def test_whole_numbers_of_any_kind(task, kind):
    assert (task.own_input(BYTES.astype(kind)).images[0].numpy() == BYTES).all()


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_fractions_are_the_bytes_they_came_from(task, kind):
    every = np.arange(255, dtype=np.uint8).reshape(17, 3, 5)
    assert (task.own_input((every / 255).astype(kind)).images.numpy() == every).all()


def test_fractions_between_two_bytes_go_to_the_nearer(task):
    assert (task.own_input(np.full((3, 5), 100.6 / 255)).images == 101).all()
    assert (task.own_input(np.full((3, 5), 100.4 / 255)).images == 100).all()


@pytest.mark.parametrize(
    ("images", "text"),
    [
        (BYTES.T, r"^images: expected \(3, 5\) or \(n, 3, 5\), got an array of \(5, 3\)$"),
        (np.zeros((2, 3, 5, 1)), r"got an array of \(2, 3, 5, 1\)$"),
        (np.zeros((3, 5, 3)), r"got an array of \(3, 5, 3\)$"),
        (np.float32(3), r"got an array of \(\)$"),
        (BYTES.astype(float), r"images: fractions must lie in \[0, 1\]; whole numbers may lie in \[0, 255\]$"),
        (np.full((3, 5), -0.1), r"fractions must lie in \[0, 1\]"),
        (np.full((3, 5), np.nan), r"fractions must lie in \[0, 1\]"),
        (np.full((3, 5), np.inf), r"fractions must lie in \[0, 1\]"),
        (BYTES.astype(int) - 1, r"images: expected whole numbers in \[0, 255\] or fractions in \[0, 1\], got int64$"),
        (BYTES.astype(int) + 200, r"images: expected whole numbers in \[0, 255\] or fractions in \[0, 1\], got int64$"),
        (BYTES > 100, r"or fractions in \[0, 1\], got bool$"),
        (BYTES.astype(str), r"or fractions in \[0, 1\], got <U3$"),
        (BYTES.astype(object), r"or fractions in \[0, 1\], got object$"),
        (BYTES.astype(complex), r"or fractions in \[0, 1\], got complex128$"),
    ],
)
def test_refused(task, images, text):
    with pytest.raises(KassandraError, match=text):
        task.own_input(images)


@pytest.fixture
def saved(tmp_path):
    def saved(image, ending="png", **options):
        path = tmp_path / f"image.{ending}"
        image.save(path, **options)
        return path

    return saved


def test_a_grey_file_of_the_right_size_is_itself(task, saved):
    for ending in ("png", "bmp", "tiff", "pgm", "gif"):
        assert (task.own_file(saved(Image.fromarray(BYTES), ending)) == BYTES).all()


def test_other_kinds_of_picture_become_grey_bytes(task, saved):
    for mode in ("RGB", "RGBA", "LA", "P"):
        assert (task.own_file(saved(Image.fromarray(BYTES).convert(mode))) == BYTES).all()
    black_or_white = Image.fromarray((BYTES > 100).astype(np.uint8) * 255)
    assert (task.own_file(saved(black_or_white.convert("1"))) == np.asarray(black_or_white)).all()


@pytest.mark.parametrize("ending", ["png", "tiff", "pgm"])
def test_sixteen_bits_become_eight(task, saved, ending):
    sixteen = Image.fromarray(BYTES.astype(np.uint16) * 257)
    assert (task.own_file(saved(sixteen, ending)) == BYTES).all()


def test_what_is_transparent_is_paper(task, saved):
    ink = np.zeros((3, 5, 4), np.uint8)  # black everywhere, but for the most part transparent
    ink[1, 2, 3] = 255
    expected = np.full((3, 5), 255)
    expected[1, 2] = 0
    assert (task.own_file(saved(Image.fromarray(ink))) == expected).all()
    palette = Image.fromarray(BYTES).convert("P")
    assert task.own_file(saved(palette, transparency=bytes(256))).min() == 255


def test_another_size_is_resized(task, saved):
    large = Image.fromarray(BYTES).resize((50, 30), Image.Resampling.NEAREST)
    given = task.own_file(saved(large))
    assert given.shape == (3, 5)
    assert abs(given.astype(int) - BYTES).max() <= 20


def test_invert(task, saved):
    assert (task.own_file(saved(Image.fromarray(BYTES)), invert=True) == 255 - BYTES).all()


def test_no_such_file(task, tmp_path):
    with pytest.raises(KassandraError, match=rf"^{tmp_path}/none.png: no such file$"):
        task.own_file(tmp_path / "none.png")


@pytest.mark.parametrize("ending", ["png", "jpeg", "gif", "bmp", "ppm", "webp"])
def test_files_that_are_no_image(task, tmp_path, ending):
    """Empty, text, cut short: a sentence each time, or the image where enough of it is left."""
    whole = io.BytesIO()
    Image.fromarray(BYTES).save(whole, ending)
    good, path = whole.getvalue(), tmp_path / f"image.{ending}"
    for bad in (b"", b"plain text", good[:4], good[: len(good) // 2], b"P5\n3 x 255\n" + bytes(15)):
        path.write_bytes(bad)
        with pytest.raises(KassandraError, match=rf"^{re.escape(str(path))}: not an image that can be read \("):
            task.own_file(path)


def test_a_folder_is_no_image(task, tmp_path):
    with pytest.raises(KassandraError, match="not an image that can be read"):
        task.own_file(tmp_path)


@pytest.mark.parametrize("missing", META)
def test_meta_without_a_key(missing):
    with pytest.raises(KeyError, match=missing):
        Task({key: value for key, value in META.items() if key != missing}, torch.device("cpu"))
