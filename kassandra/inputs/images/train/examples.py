"""Images as sequences: row by row (28 steps of 28 features for MNIST) or pixel by pixel (784 steps of one)."""

import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.params.inputs.images import Distortion, Train

EVALUATION_BATCH = 500  # images; scores do not depend on it, the speed does
EVALUATION_PIXELS = 1 << 22  # of a batch at most; an image of more is one of its own

Rows = NDArray[np.intp]


class Sequences:
    """See kassandra.training.pair. Images stay uint8 on disk, or in a GPU's memory, and are normalised one batch at a
    time."""

    unit = "images"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.height, self.width, self.time = int(meta["height"]), int(meta["width"]), int(meta["steps"])
        self.colours = (3,) if meta.get("channels") == "rgb" else ()
        self.mean, self.std = float(meta["mean"]), float(meta["std"])
        self.order = None if meta["order"] is None else torch.tensor(meta["order"], device=device)

    def read(self, path: Path) -> Tensor:
        """(images, height, width) uint8, and of colour (…, 3)"""
        return mapped(map_arrays(path)["images"]).to(self.device)

    def size(self, split: Tensor) -> int:
        return len(split)

    def steps(self, split: Tensor, params: Train, answers: object = None) -> int:
        return math.ceil(len(split) / params.batch_size)

    def shuffled(
        self, split: Tensor, params: Train, generator: torch.Generator, answers: object = None
    ) -> Iterator[Rows]:
        for rows in torch.randperm(len(split), generator=generator).split(params.batch_size):
            yield rows.numpy()

    def ordered(self, split: Tensor, answers: object = None, at_once: int | None = None) -> Iterator[Rows]:
        pixels = split[0].numel() if len(split) else 1
        size = at_once or max(1, min(EVALUATION_BATCH, EVALUATION_PIXELS // pixels))
        for start in range(0, len(split), size):
            yield np.arange(start, min(start + size, len(split)))

    def batch(
        self, split: Tensor, rows: Rows, params: Train | None = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, None]:
        pixels = (
            split[torch.from_numpy(rows).to(self.device)].float().div_(255)
        )  # (batch, height, width) in [0, 1]; (…, 3)
        if params is not None and params.distort and generator is not None:
            pixels = distort(pixels, params.distort, generator)
        flat = pixels.sub_(self.mean).div_(self.std).flatten(1, 2)  # (batch, height · width); (…, 3)
        if self.order is not None:
            flat = flat[:, self.order]
        return flat.reshape(len(flat), self.time, -1), None  # (batch, time, features)

    def own(self, images: NDArray[Any]) -> Tensor:
        """A user's array as a split: (height, width) or (images, height, width), of colour with three values of each
        pixel as the last axis; in [0, 255], or fractions in [0, 1].

        Raises:
            KassandraError: another shape, type or range.
        """
        images, one = np.asarray(images), (self.height, self.width, *self.colours)
        if images.ndim not in (len(one), len(one) + 1) or images.shape[-len(one) :] != one:
            expected = f"{one} or (n, {', '.join(map(str, one))})"
            raise KassandraError(f"images: expected {expected}, got an array of {images.shape}")
        images = images.reshape(-1, *one)
        if images.dtype.kind == "f":
            if not (np.isfinite(images).all() and images.min(initial=0) >= 0 and images.max(initial=0) <= 1):
                raise KassandraError("images: fractions must lie in [0, 1]; whole numbers may lie in [0, 255]")
            images = np.rint(images * 255)
        elif images.dtype.kind not in "iu" or images.min(initial=0) < 0 or images.max(initial=0) > 255:
            raise KassandraError(
                f"images: expected whole numbers in [0, 255] or fractions in [0, 1], got {images.dtype}"
            )
        return torch.from_numpy(images.astype(np.uint8)).to(self.device)


def mapped(images: NDArray[Any]) -> Tensor:
    """The same memory, or pages on disk, as a tensor; nobody writes to it."""
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is read-only
        return torch.from_numpy(images)


def distort(pixels: Tensor, by: Distortion, generator: torch.Generator) -> Tensor:
    """Each image moved, turned, scaled and sheared by its own random amount; (batch, height, width) as given, and of
    colour (…, 3)."""
    size = len(pixels)
    shift_x, shift_y, turn, scale, shear = torch.rand(5, size, generator=generator) * 2 - 1  # each (batch,) in [-1, 1)
    turn, shear, scale = torch.deg2rad(turn * by.rotate), torch.deg2rad(shear * by.shear).tan(), 1 + scale * by.scale
    cos, sin = turn.cos() * scale, turn.sin() * scale
    height, width = pixels.shape[1:3]
    tall = height / width  # the grid runs from -1 to 1 along both axes, whatever their lengths
    across = torch.stack([cos, (cos * shear - sin) * tall, shift_x * by.shift * 2 / width], dim=1)  # (batch, 3)
    down = torch.stack([sin / tall, sin * shear + cos, shift_y * by.shift * 2 / height], dim=1)  # (batch, 3)
    where = torch.stack([across, down], dim=1).to(pixels.device)  # (batch, 2, 3)
    grid = F.affine_grid(where, [size, 1, height, width], align_corners=False)
    channels = pixels[:, None] if pixels.ndim == 3 else pixels.movedim(3, 1)  # (batch, channels, height, width)
    moved = F.grid_sample(channels, grid, padding_mode="border", align_corners=False)
    return moved[:, 0] if pixels.ndim == 3 else moved.movedim(1, 3)
