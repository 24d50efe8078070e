"""Images with captions as sequences: rows of pixels, or the grid that a network sees, which lies on the disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import batches_by_length, shuffled_batches
from kassandra.inputs.images.train import efficientnet, examples
from kassandra.params.inputs.images import CaptionsTrain

Rows = NDArray[np.intp]
Lengths = NDArray[np.int64]
STEPS_AT_ONCE = 1 << 14  # of a batch of evaluation; scores do not depend on it, the speed does


class Images(NamedTuple):
    """contents: of each image its pixels, or its grid (mapped). input: (rows,) the image that each row reads."""

    contents: Any
    input: NDArray[np.int64]


class Sequences:
    """See kassandra.training.pair. In train a row is a caption with its image, else an image."""

    unit = "images"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.grid = meta["scan"] == "grid"
        self.network: efficientnet.EfficientNetLite0 | None = None
        if self.grid:
            self.time = efficientnet.PLACES
            self.mean, self.std = (torch.tensor(meta[name], device=device) for name in ("mean", "std"))  # (320,)
        else:
            self.pixels = examples.Sequences(meta, device)
            self.time = self.pixels.time

    def read(self, path: Path) -> Images:
        arrays = map_arrays(path)
        return Images(arrays["grid"] if self.grid else self.pixels.read(path), np.array(arrays["input"]))

    def kept(self, path: Path) -> dict[str, NDArray[Any]]:
        """What a model's folder keeps of the train split, to read further images with; see training.pair."""
        return {"network": np.array(map_arrays(path)["network"])} if self.grid else {}

    def equip(self, kept: dict[str, NDArray[Any]]) -> None:
        """Takes that back.

        Raises:
            KassandraError: it is not what `kept` gave.
        """
        if not self.grid:
            return
        if set(kept) != {"network"}:
            raise KassandraError(f"expected the weights of a network, got {sorted(kept)}")
        self.network = efficientnet.from_flat(kept["network"])

    def size(self, split: Images) -> int:
        return len(split.input)

    def steps(self, split: Images, params: CaptionsTrain, answers: Lengths) -> int:
        return sum(1 for _ in shuffled_batches(answers, params.batch_tokens, np.random.default_rng(0)))

    def shuffled(
        self, split: Images, params: CaptionsTrain, generator: torch.Generator, answers: Lengths
    ) -> Iterator[Rows]:
        """In batches of captions of about equal lengths."""
        order = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        return shuffled_batches(answers, params.batch_tokens, order)

    def ordered(self, split: Images, answers: Lengths | None = None, at_once: int | None = None) -> Iterator[Rows]:
        """`at_once`: steps of a batch."""
        return iter(batches_by_length(np.full(len(split.input), self.time), at_once or STEPS_AT_ONCE))

    def batch(
        self, split: Images, rows: Rows, params: CaptionsTrain | None = None, generator: object = None
    ) -> tuple[Tensor, None]:
        images = split.input[rows]
        if not self.grid:
            return self.pixels.batch(split.contents, images)
        grid = torch.from_numpy(np.asarray(split.contents[images], np.float32)).to(self.device)  # (batch, 49, 320)
        return (grid - self.mean) / self.std, None

    def own(self, images: NDArray[Any]) -> Images:
        """A user's array as a split: of a grid (images, 224, 224, 3) in [0, 255], else see examples.Sequences.own.

        Raises:
            KassandraError: another shape, type or range.
        """
        if not self.grid:
            pixels = self.pixels.own(images)
            return Images(pixels, np.arange(len(pixels)))
        images, one = np.asarray(images), (efficientnet.SIDE, efficientnet.SIDE, 3)
        images = images[None] if images.shape == one else images
        whole = images.dtype.kind in "iu" and images.min(initial=0) >= 0 and images.max(initial=0) <= 255
        if images.shape[1:] != one or not whole:
            shape = f"(n, {', '.join(map(str, one))})"
            raise KassandraError(
                f"images: expected whole numbers in [0, 255] of {shape}, got {images.dtype} of {images.shape}"
            )
        if self.network is None:
            raise KassandraError("images: this model has no input.safetensors, the network whose features it reads")
        return Images(self.network.grids(images.astype(np.uint8)), np.arange(len(images)))
