"""Images read as sequences: row by row (28 steps of 28 features for MNIST) or pixel by pixel (784 steps of one)."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.params.tasks.images import Distortion, ImagesTrain
from kassandra.tasks import Batch, class_loss, class_scores

IDX = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
       "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}  # fmt: skip
LARGEST = 4 << 30  # bytes of an idx file once it is unpacked; MNIST has 47 million
PIXELS = 64_000_000  # of an image file; four bytes and more each while it is read
EVALUATION_BATCH = 500  # scores do not depend on it; the speed does


class Split(NamedTuple):
    images: Tensor  # (examples, height, width) uint8
    labels: Tensor  # (examples,) int64


class Task:
    """See kassandra.tasks.Task. Images stay uint8 in memory and are normalised one batch at a time."""

    unit = "images"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.height, self.width, self.time = int(meta["height"]), int(meta["width"]), int(meta["steps"])
        self.mean, self.std = float(meta["mean"]), float(meta["std"])
        self.order = None if meta["order"] is None else torch.tensor(meta["order"], device=device)

    def read(self, split: Path) -> Split:
        arrays = read_arrays(split)
        return Split(*(torch.from_numpy(arrays[name]).to(self.device) for name in ("images", "labels")))

    def size(self, split: Split) -> int:
        return len(split.labels)

    def steps(self, split: Split, params: ImagesTrain) -> int:
        return math.ceil(len(split.labels) / params.batch_size)

    def train_batches(self, split: Split, params: ImagesTrain, generator: torch.Generator) -> Iterator[Batch]:
        shuffled = torch.randperm(len(split.labels), generator=generator).to(self.device)
        for rows in shuffled.split(params.batch_size):
            pixels = split.images[rows].float().div_(255)  # (batch, height, width) in [0, 1]
            if params.distort:
                pixels = distort(pixels, params.distort, generator)
            yield Batch(self._sequences(pixels), None, split.labels[rows])

    def numbered_batches(self, split: Split) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for start in range(0, len(split.labels), EVALUATION_BATCH):
            rows = slice(start, start + EVALUATION_BATCH)
            pixels, labels = split.images[rows].float().div_(255), split.labels[rows]
            yield np.arange(start, start + len(labels)), Batch(self._sequences(pixels), None, labels)

    def loss(self, model: nn.Module, batch: Batch, params: ImagesTrain) -> tuple[Tensor, int]:
        return class_loss(model, batch, params.label_smoothing)

    def scores(self, model: nn.Module, split: Split) -> dict[str, float]:
        return class_scores(model, (batch for _, batch in self.numbered_batches(split)))

    def own_input(self, images: NDArray[Any]) -> Split:
        """Somebody's array as a split without labels.

        Args:
            images: (height, width) or (examples, height, width); whole numbers in [0, 255] or fractions in [0, 1].

        Raises:
            KassandraError: another shape, type or range.
        """
        images = np.asarray(images)
        if images.ndim not in (2, 3) or images.shape[-2:] != (self.height, self.width):
            expected = f"({self.height}, {self.width}) or (n, {self.height}, {self.width})"
            raise KassandraError(f"images: expected {expected}, got an array of {images.shape}")
        images = images.reshape(-1, self.height, self.width)
        if images.dtype.kind == "f":
            if not (np.isfinite(images).all() and images.min(initial=0) >= 0 and images.max(initial=0) <= 1):
                raise KassandraError("images: fractions must lie in [0, 1]; whole numbers may lie in [0, 255]")
            images = np.rint(images * 255)
        elif images.dtype.kind not in "iu" or images.min(initial=0) < 0 or images.max(initial=0) > 255:
            raise KassandraError(
                f"images: expected whole numbers in [0, 255] or fractions in [0, 1], got {images.dtype}"
            )
        pixels = torch.from_numpy(images.astype(np.uint8)).to(self.device)
        return Split(pixels, torch.zeros(len(pixels), dtype=torch.int64, device=self.device))

    def own_file(self, path: Path, invert: bool = False) -> NDArray[np.uint8]:
        """An image file in grey, resized to the size that the model was trained on; (height, width)."""
        pixels = np.asarray(grey(path).resize((self.width, self.height), Image.Resampling.BILINEAR))
        return np.uint8(255) - pixels if invert else pixels

    def _sequences(self, pixels: Tensor) -> Tensor:  # (batch, height, width) in [0, 1] → (batch, time, features)
        pixels = (pixels - self.mean) / self.std
        flat = pixels.flatten(1)  # (batch, height · width)
        if self.order is not None:
            flat = flat[:, self.order]
        return flat.reshape(len(flat), self.time, flat.shape[1] // self.time)  # (batch, time, features)


def distort(pixels: Tensor, by: Distortion, generator: torch.Generator) -> Tensor:
    """Each image moved, turned, scaled and sheared by its own random amount; (batch, height, width) as given."""
    size = len(pixels)
    shift_x, shift_y, turn, scale, shear = torch.rand(5, size, generator=generator) * 2 - 1  # each (batch,) in [-1, 1)
    turn, shear, scale = torch.deg2rad(turn * by.rotate), torch.deg2rad(shear * by.shear).tan(), 1 + scale * by.scale
    cos, sin = turn.cos() * scale, turn.sin() * scale
    height, width = pixels.shape[1:]
    tall = height / width  # the grid runs from -1 to 1 along both axes, whatever their lengths
    across = torch.stack([cos, (cos * shear - sin) * tall, shift_x * by.shift * 2 / width], dim=1)  # (batch, 3)
    down = torch.stack([sin / tall, sin * shear + cos, shift_y * by.shift * 2 / height], dim=1)  # (batch, 3)
    where = torch.stack([across, down], dim=1).to(pixels.device)  # (batch, 2, 3)
    grid = F.affine_grid(where, [size, 1, height, width], align_corners=False)
    return F.grid_sample(pixels[:, None], grid, padding_mode="border", align_corners=False)[:, 0]
