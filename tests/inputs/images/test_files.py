"""Image files of every mode: turned upright, on white, in grey or in colour, in 8 bits or stretched to such."""

import io
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.show.own_examples import own_file
from kassandra.inputs.images.train import image_files
from kassandra.inputs.images.train.image_files import read, stretched

SIZE = (8, 8)
GREY = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint8)
SPLITS = ("train", "valid", "test")


def noted(path, channels="grey"):
    notes = Counter()
    image = read(path, SIZE, channels, notes)
    return image, dict(+notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_their_orientation_says(tmp_path, orientation):
    undone = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transpositions of Pillow that turn upright into stored
    turned = Image.fromarray(GREY)
    if orientation > 1:
        turned = turned.transpose(Image.Transpose(undone[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned.save(tmp_path / "1.png", exif=exif)
    image, notes = noted(tmp_path / "1.png")
    assert (image == GREY).all()
    assert notes == ({image_files.TURNED: 1} if orientation > 1 else {})


@pytest.mark.parametrize("ending", ["PNG", "gif", "bmp", "tif", "tga", "ppm", "webp", "jp2", "ico", "none at all"])
def test_what_pillow_reads_whatever_its_name_is(tmp_path, ending):
    kinds = {"tif": "TIFF", "jp2": "JPEG2000", "none at all": "PNG", "ppm": "PPM"}
    options = {"lossless": True} if ending == "webp" else {"sizes": [SIZE]} if ending == "ico" else {}
    Image.fromarray(GREY).save(tmp_path / f"1.{ending}", kinds.get(ending, ending.upper()), **options)
    assert image_files.is_image(tmp_path / f"1.{ending}")
    assert (read(tmp_path / f"1.{ending}", SIZE) == GREY).all()


def test_modes(tmp_path):
    colour = np.stack([GREY, GREY[::-1], GREY.T], axis=2)
    Image.fromarray(colour).convert("CMYK").save(tmp_path / "cmyk.tif")
    assert np.abs(read(tmp_path / "cmyk.tif", SIZE, "rgb").astype(int) - colour).max() <= 1
    image, notes = noted(tmp_path / "cmyk.tif")
    assert image.shape == (8, 8)
    assert notes == {image_files.GREY: 1}
    clear = np.dstack([colour, np.where(GREY > 99, 255, 0).astype(np.uint8)])
    Image.fromarray(clear).save(tmp_path / "rgba.png")
    image, notes = noted(tmp_path / "rgba.png", "rgb")
    assert (image == np.where(GREY[..., None] > 99, colour, 255)).all()
    assert notes == {image_files.PAPER: 1}
    Image.fromarray(GREY).convert("P").save(tmp_path / "p.png", transparency=7)
    assert noted(tmp_path / "p.png")[1] == {image_files.PAPER: 1}
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    image, notes = noted(tmp_path / "two.gif")
    assert (image == GREY).all()
    assert notes == {image_files.FIRST: 1}


@pytest.mark.faults
def test_no_program_is_run_to_read_an_image(tmp_path, monkeypatch):
    stream = io.BytesIO()
    Image.fromarray(GREY).save(stream, "EPS")
    (tmp_path / "1.eps").write_bytes(stream.getvalue())
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("a program is run"))
    assert not image_files.is_image(tmp_path / "1.eps")
    with pytest.raises(KassandraError, match=r"1.eps: not an image that can be read"):
        read(tmp_path / "1.eps", SIZE)


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "ICO", "PPM", "TGA", "JPEG2000"])
def test_damaged_files_are_refused_in_a_sentence(tmp_path, kind):
    stream, generator, path = io.BytesIO(), np.random.default_rng(1), tmp_path / "1"
    Image.fromarray(np.kron(GREY, np.ones((4, 4), np.uint8))).save(stream, kind)
    whole = np.frombuffer(stream.getvalue(), np.uint8)
    for _ in range(60):
        damaged = whole.copy()
        damaged[generator.integers(0, min(len(whole), 200), 3)] = generator.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes()[: generator.integers(1, len(whole) + 1)])
        with suppress(KassandraError):
            assert read(path, SIZE).shape == (8, 8)


@pytest.fixture
def made(tmp_path, prepare):
    def made(draw, count=30, **keys):
        for number in range(count):
            for label in ("down", "up"):
                path = tmp_path / "raw" / label / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                draw(label, np.random.default_rng(number + 1000 * (label == "up"))).save(path)
        printed = prepare("images", "label", tmp_path / "raw", tmp_path / "done", size=8, **keys)
        meta = read_json(tmp_path / "done" / "meta.json")
        images = {name: read_arrays(tmp_path / "done" / f"{name}.npz")["images"] for name in SPLITS}
        return images, meta, printed

    return made


def twelve_bits(label, generator):
    values = generator.integers(1000, 2001, (8, 8))
    values[0, 0] = 65535  # a hot pixel
    return Image.fromarray(values.astype(np.uint16))


def test_more_than_eight_bits_are_stretched_by_the_range_of_train(made, tmp_path):
    _, meta, printed = made(twelve_bits)
    low, high = meta["range"]
    assert 1000 <= low < 1010
    assert high == 65535  # of 64 pixels one is hot: more than one in a thousand
    assert f"of images of more than 8 bits, values from {low:g} to 65535 became 0 to 255" in printed
    assert meta["read"] == {"of more than 8 bits": 60}


@pytest.mark.slow
def test_a_few_hot_pixels_do_not_darken_the_others(made, tmp_path):
    def draw(label, generator):
        values = generator.integers(1000, 2001, (8, 8))
        if generator.random() < 0.03:
            values[0, 0] = 65535
        return Image.fromarray(values.astype(np.uint16))

    images, meta, _ = made(draw, 60)
    assert 1000 <= meta["range"][0] < 1010 < 1990 < meta["range"][1] <= 2000
    assert 100 < images["test"].mean() < 155
    path = next((tmp_path / "raw").rglob("*.png"))
    known = {image.tobytes() for some in images.values() for image in some}
    assert own_file(path, meta).tobytes() in known  # predict reads as prepare does


@pytest.mark.slow
def test_the_range_is_that_of_train_alone(made, tmp_path):
    for split in SPLITS:
        for label in ("down", "up"):
            for number in range(10):
                path = tmp_path / "raw" / split / label / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                values = np.random.default_rng(number + 50 * (label == "up")).integers(0, 100, (8, 8))
                values = values + {"train": 500, "valid": 0, "test": 5000}[split]
                Image.fromarray(values.astype(np.uint16)).save(path)
    images, meta, _ = made(twelve_bits, 0)
    assert 500 <= meta["range"][0] < meta["range"][1] <= 599
    assert images["valid"].max() == 0
    assert images["test"].min() == 255


def coloured(label, generator):
    noise = generator.integers(0, 60, (8, 8, 3))
    noise[..., label == "up"] += 150
    return Image.fromarray(noise.astype(np.uint8))


@pytest.mark.slow
@pytest.mark.parametrize(("scan", "steps", "features"), [("rows", 8, 24), ("pixels", 64, 3)])
def test_colour(made, tmp_path, scan, steps, features):
    images, meta, _ = made(coloured, channels="rgb", scan=scan, permute=scan == "pixels")
    assert images["train"].shape[1:] == (8, 8, 3)
    assert (meta["steps"], meta["spec"]["features"], meta["channels"]) == (steps, features, "rgb")
    path = next((tmp_path / "raw").rglob("*.png"))
    assert own_file(path, meta).shape == (8, 8, 3)
    assert (own_file(path, meta, invert=True) == 255 - own_file(path, meta)).all()


@pytest.mark.slow
def test_colour_that_is_read_in_grey_is_reported(made):
    _, meta, printed = made(coloured)
    assert "60 images in colour, read in grey (`prepare.channels: rgb` reads colour)" in printed
    assert "channels" not in meta


def test_idx_files_are_grey(raw, tmp_path, prepare):
    with pytest.raises(KassandraError, match=r"^prepare.channels: 'rgb' is of image files; idx files hold grey alone$"):
        prepare("images", "label", raw, tmp_path / "done", source={"dataset": "mnist"}, channels="rgb")


def test_what_was_never_seen_in_training_is_not_guessed():
    deep = np.full((2, 2), 70_000, np.float32)
    with pytest.raises(KassandraError, match=r"^values from 70000 to 70000, but the model was trained on images of 8"):
        stretched(deep, None)
    assert stretched(deep, [0, 140_000], "rgb").tolist() == [[[128] * 3] * 2] * 2


@pytest.mark.slow
def test_colour_becomes_steps_and_is_distorted(made, tmp_path, cpu):
    import torch

    from kassandra.inputs.images.train.examples import Sequences
    from kassandra.params.inputs.images import Distortion, Train

    for scan in ("rows", "pixels"):
        images, meta, _ = made(coloured, channels="rgb", scan=scan)
        sequences = Sequences(meta, cpu)
        split, rows = sequences.read(tmp_path / "done" / "train.npz"), np.arange(5)
        inputs, _ = sequences.batch(split, rows)
        assert inputs.shape == (5, *((8, 24) if scan == "rows" else (64, 3)))
        back = (inputs * meta["std"] + meta["mean"]).reshape(5, 8, 8, 3) * 255
        np.testing.assert_allclose(back.numpy(), images["train"][:5], atol=1e-3)
        still = Train(distort=Distortion())
        same, _ = sequences.batch(split, rows, still, torch.Generator().manual_seed(0))
        torch.testing.assert_close(same, inputs, atol=1e-4, rtol=0)
        assert sequences.own(images["test"]).shape == images["test"].shape
        assert sequences.own(images["test"][0]).shape == (1, 8, 8, 3)
        with pytest.raises(KassandraError, match=r"expected \(8, 8, 3\) or \(n, 8, 8, 3\), got an array of \(8, 8\)"):
            sequences.own(images["test"][0, ..., 0])
