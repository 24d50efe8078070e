"""Photographs stored sideways with an EXIF orientation reach the accuracy of the same ones stored upright."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

pytestmark = [pytest.mark.slow, pytest.mark.cases, pytest.mark.filterwarnings("default")]

SIDEWAYS = Path(__file__).parent / "32-images-exif-rotation" / "arrows"
SECTION = {
    "input": "images",
    "target": "label",
    "source": {},
    "prepare": {"size": 16, "test_fraction": 0.3, "valid_fraction": 0.2},
    "model": {"variant": "vanilla", "hidden_size": 16},
    "train": {"epochs": 15, "batch_size": 8, "learning_rate": 0.01, "seeds": 1},
}


def test_sideways_and_upright_are_the_same(tmp_path):
    import kassandra

    turned = 0
    for path in SIDEWAYS.rglob("*.JPG"):
        upright = tmp_path / "upright" / path.relative_to(SIDEWAYS).with_suffix(".png")
        upright.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            turned += image.getexif().get(0x0112, 1) != 1
            ImageOps.exif_transpose(image).save(upright)
    assert turned > 5
    runs = [kassandra.run(SECTION, folder, tmp_path / f"run {number}")
            for number, folder in enumerate((SIDEWAYS, tmp_path / "upright"))]  # fmt: skip
    prepared = [
        np.load(next((tmp_path / f"run {number}" / "data" / "prepared").glob("*/test.npz"))) for number in (0, 1)
    ]
    assert all((prepared[0][name] == prepared[1][name]).all() for name in ("images", "labels"))
    assert runs[0].scores["accuracy"] == runs[1].scores["accuracy"] > 0.5
