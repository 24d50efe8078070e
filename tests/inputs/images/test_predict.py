"""`kassandra predict`, with a model trained on real digits."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from kassandra.contracts.artifacts import read_arrays

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def digits(prepared, tmp_path_factory):
    """Files of the first test images, bright on dark, and their pixels."""
    folder = tmp_path_factory.mktemp("digits")
    pixels = read_arrays(prepared / "test.npz")["images"][:3]
    paths = [folder / f"{number}.png" for number in range(3)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(image).save(path)
    return paths, pixels


@pytest.fixture
def inverted(digits, tmp_path):
    path = tmp_path / "ink.png"
    Image.fromarray(255 - digits[1][0]).save(path)
    return path


@pytest.fixture
def expected(trained, digits):
    from kassandra.inference import load

    return load(trained.folder).predict(digits[1])


def test_one_row_per_image(kassandra, trained, digits, expected):
    done = kassandra("predict", trained.folder, *digits[0])
    assert (done.status, done.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["image"], row["label"]) for row in rows] == [
        (str(path), prediction.label) for path, prediction in zip(digits[0], expected, strict=True)
    ]
    done = kassandra("predict", trained.folder, *digits[0], "--json")
    for line, path, prediction in zip(done.out.splitlines(), digits[0], expected, strict=True):
        assert json.loads(line) == {"image": str(path), **prediction._asdict()}


def test_invert(kassandra, trained, inverted, expected):
    (line,) = kassandra("predict", trained.folder, inverted, "--invert", "--json").out.splitlines()
    assert json.loads(line)["probabilities"] == pytest.approx(expected[0].probabilities, abs=1e-6)


def test_a_hint_where_dark_and_bright_are_the_other_way_round(kassandra, trained, digits, inverted):
    hint = "in the train images it was 0.1"
    assert f"{hint}3: perhaps --invert is right here." in kassandra("predict", trained.folder, inverted).err
    assert kassandra("predict", trained.folder, digits[0][0]).err == ""
    assert kassandra("predict", trained.folder, inverted, "--invert").err == ""
    assert "perhaps without --invert is" in kassandra("predict", trained.folder, digits[0][0], "--invert").err


def test_bad_images_cost_no_prediction(kassandra, trained, digits, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    for bad, text in (
        (tmp_path / "text.png", "not an image that can be read ("),
        (tmp_path / "none.png", "no such file"),
        (tmp_path, "holds none of the files that this model reads; found text.png"),
    ):
        done = kassandra("predict", trained.folder, digits[0][0], bad)
        assert (done.status, done.out) == (1, "")
        assert done.err.startswith(f"Error: {bad}: {text}")


def test_a_folder_that_is_no_model(kassandra, digits, tmp_path):
    done = kassandra("predict", tmp_path / "none", digits[0][0])
    assert done.status == 1
    assert done.err == f"Error: {tmp_path}/none: no such folder; give one that training wrote, as data/models/mnist"
    done = kassandra("predict", tmp_path, digits[0][0])
    assert done.status == 1
    assert done.err.startswith(f"Error: {tmp_path}/model.json: no such file; ")


def test_without_images(kassandra, trained):
    done = kassandra("predict", trained.folder)
    assert (done.status, done.out) == (1, "")
    assert done.err == "Error: predict: give one image file or several"


def test_without_a_folder(kassandra):
    done = kassandra("predict")
    assert done.status == 2
    assert "Missing argument" in done.err


@pytest.mark.slow
def test_as_people_run_it(trained, digits, expected, root, tmp_path):
    """In a process of its own, from another folder: one line, no traceback, and a status that scripts can read."""

    def run(*arguments):
        command = [sys.executable, "-c", "from kassandra.cli import main; main()", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run("predict", trained.folder, digits[0][0], "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert np.allclose(json.loads(done.stdout)["probability"], expected[0].probability, atol=1e-6)
    done = run("predict", trained.folder, tmp_path / "none.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: {tmp_path}/none.png: no such file\n"
