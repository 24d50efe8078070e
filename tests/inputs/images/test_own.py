"""A user's arrays and image files."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.show.own_examples import own_file
from kassandra.inputs.images.train.examples import Sequences

META = {"height": 3, "width": 5, "steps": 3, "mean": 0.25, "std": 0.5, "order": None}
BYTES = np.arange(0, 255, 17, dtype=np.uint8).reshape(3, 5)


@pytest.fixture
def sequences():
    return Sequences(META, torch.device("cpu"))


def test_one_image_or_many(sequences):
    for images in (BYTES, BYTES[None], np.stack([BYTES] * 4)):
        split = sequences.own(images)
        assert split.shape == (images.size // 15, 3, 5)
        assert split.dtype == torch.uint8
        assert (split.numpy() == BYTES).all()
    assert sequences.own(np.zeros((0, 3, 5))).shape == (0, 3, 5)


@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i8", ">i4"])
def test_whole_numbers_of_any_kind(sequences, kind):
    assert (sequences.own(BYTES.astype(kind))[0].numpy() == BYTES).all()


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_fractions_are_the_bytes_they_came_from(sequences, kind):
    every = np.arange(255, dtype=np.uint8).reshape(17, 3, 5)
    assert (sequences.own((every / 255).astype(kind)).numpy() == every).all()


def test_fractions_between_two_bytes_go_to_the_nearer(sequences):
    assert (sequences.own(np.full((3, 5), 100.6 / 255)) == 101).all()
    assert (sequences.own(np.full((3, 5), 100.4 / 255)) == 100).all()


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
def test_refused(sequences, images, text):
    with pytest.raises(KassandraError, match=text):
        sequences.own(images)


@pytest.fixture
def saved(tmp_path):
    def saved(image, ending="png", **options):
        path = tmp_path / f"image.{ending}"
        image.save(path, **options)
        return path

    return saved


def test_a_grey_file_of_the_right_size_is_itself(saved):
    for ending in ("png", "bmp", "tiff", "pgm", "gif"):
        assert (own_file(saved(Image.fromarray(BYTES), ending), META) == BYTES).all()


def test_other_kinds_of_picture_become_grey_bytes(saved):
    for mode in ("RGB", "RGBA", "LA", "P"):
        assert (own_file(saved(Image.fromarray(BYTES).convert(mode)), META) == BYTES).all()
    black_or_white = Image.fromarray((BYTES > 100).astype(np.uint8) * 255)
    assert (own_file(saved(black_or_white.convert("1")), META) == np.asarray(black_or_white)).all()


@pytest.mark.parametrize("ending", ["png", "tiff", "pgm"])
def test_sixteen_bits_become_eight(saved, ending):
    sixteen = Image.fromarray(BYTES.astype(np.uint16) * 257)
    assert (own_file(saved(sixteen, ending), META) == BYTES).all()


def test_what_is_transparent_is_paper(saved):
    ink = np.zeros((3, 5, 4), np.uint8)  # black everywhere, but for the most part transparent
    ink[1, 2, 3] = 255
    expected = np.full((3, 5), 255)
    expected[1, 2] = 0
    assert (own_file(saved(Image.fromarray(ink)), META) == expected).all()
    palette = Image.fromarray(BYTES).convert("P")
    assert own_file(saved(palette, transparency=bytes(256)), META).min() == 255


def test_another_size_is_resized(saved):
    large = Image.fromarray(BYTES).resize((50, 30), Image.Resampling.NEAREST)
    given = own_file(saved(large), META)
    assert given.shape == (3, 5)
    assert abs(given.astype(int) - BYTES).max() <= 20


def test_invert(saved):
    assert (own_file(saved(Image.fromarray(BYTES)), META, invert=True) == 255 - BYTES).all()


def test_no_such_file(tmp_path):
    with pytest.raises(KassandraError, match=rf"^{tmp_path}/none.png: no such file$"):
        own_file(tmp_path / "none.png", META)


@pytest.mark.parametrize("ending", ["png", "jpeg", "gif", "bmp", "ppm", "webp"])
def test_files_that_are_no_image(tmp_path, ending):
    """Empty, text, cut short: a sentence each time, or the image where enough of it is left."""
    whole = io.BytesIO()
    Image.fromarray(BYTES).save(whole, ending)
    good, path = whole.getvalue(), tmp_path / f"image.{ending}"
    for bad in (b"", b"plain text", good[:4], good[: len(good) // 2], b"P5\n3 x 255\n" + bytes(15)):
        path.write_bytes(bad)
        with pytest.raises(KassandraError, match=rf"^{re.escape(str(path))}: not an image that can be read \("):
            own_file(path, META)


def test_a_folder_is_no_image(tmp_path):
    with pytest.raises(KassandraError, match="not an image that can be read"):
        own_file(tmp_path, META)


@pytest.mark.parametrize("missing", META)
def test_meta_without_a_key(missing):
    with pytest.raises(KeyError, match=missing):
        Sequences({key: value for key, value in META.items() if key != missing}, torch.device("cpu"))
