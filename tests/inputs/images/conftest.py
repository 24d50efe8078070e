"""Raw images to be changed by a test: the slice of MNIST as idx files or as a folder, and small made-up ones."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NAMES = {
    ("train", "images"): "train-images-idx3-ubyte", ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte", ("test", "labels"): "t10k-labels-idx1-ubyte",
}  # fmt: skip


def as_idx(array):
    """The format as its authors describe it."""
    axes = struct.pack(f">{array.ndim}i", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + axes + np.asarray(array, dtype=np.uint8).tobytes()


class Raw:
    """Four arrays, and the folder of idx files that holds them once they are written."""

    def __init__(self, folder: Path, arrays) -> None:
        self.folder, self.arrays = folder, arrays
        folder.mkdir(parents=True, exist_ok=True)
        for key in arrays:
            self.write(*key)

    def __getitem__(self, key):
        return self.arrays[key]

    def __setitem__(self, key, array):
        self.arrays[key] = array
        self.write(*key)

    def path(self, split, kind):
        return self.folder / f"{NAMES[split, kind]}.gz"

    def write(self, split, kind):
        self.path(split, kind).write_bytes(gzip.compress(as_idx(self.arrays[split, kind]), compresslevel=1, mtime=0))


@pytest.fixture(scope="session")
def arrays(raw):
    read = {}
    for (split, kind), name in NAMES.items():
        content = gzip.decompress((raw / f"{name}.gz").read_bytes())
        read[split, kind] = np.frombuffer(content, np.uint8, offset=16 if kind == "images" else 8)
        if kind == "images":
            read[split, kind] = read[split, kind].reshape(-1, 28, 28)
    return read


@pytest.fixture
def mnist(arrays, tmp_path) -> Raw:
    """600 train and 200 test images."""
    return Raw(tmp_path / "mnist", {key: array.copy() for key, array in arrays.items()})


@pytest.fixture
def tiny(tmp_path) -> Raw:
    """Made-up images of 3×5 pixels in 3 classes, no two of them equal: 60 train, sorted by class, and 30 test."""
    made = np.random.default_rng(0).integers(0, 256, (90, 3, 5)).astype(np.uint8)
    labels = np.repeat(np.arange(3, dtype=np.uint8), 20), np.repeat(np.arange(3, dtype=np.uint8), 10)
    return Raw(
        tmp_path / "tiny",
        {
            ("train", "images"): made[:60],
            ("train", "labels"): labels[0],
            ("test", "images"): made[60:],
            ("test", "labels"): labels[1],
        },
    )


@pytest.fixture
def write_folder():
    """Images as files in one folder per class."""

    def write(folder: Path, images, labels, ending="png"):
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            place = folder / f"digit {label}"
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"{number:04}.{ending}")

    return write
