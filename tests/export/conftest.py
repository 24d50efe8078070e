"""Model folders of random weights, one per pair, with the little that their meta.json has to hold."""

import pytest

from tests.untrained import save_untrained

IMAGES = {
    "spec": {"outputs": 3, "features": 4, "vocab_size": 0, "steps": 0, "joint": False},
    "classes": ["cat", "$dog|", "<b>"],
    "examples": {"train": 8, "valid": 4, "test": 4},
    "dropped_because_repeated": 2,
    "height": 6,
    "width": 4,
    "steps": 6,
    "order": None,
    "mean": 0.25,
    "std": 0.5,
}


@pytest.fixture
def images(tmp_path):
    """Writes a model of images; returns the folder."""

    def images(name="pets", **model):
        return save_untrained(tmp_path / "models" / name, "images", "label", IMAGES, **model)

    return images
