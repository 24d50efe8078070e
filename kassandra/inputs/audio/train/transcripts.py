"""Recordings with a transcript each, read as log-mel bands, several frames side by side at each step."""

from typing import Any

import torch
from torch import Tensor

from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.train import examples
from kassandra.inputs.audio.train.examples import Rows
from kassandra.params.inputs.audio import Train


class Sequences(examples.Sequences):
    """See kassandra.training.pair."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        super().__init__(meta, device)
        self.stack = int(meta["stack"])
        self.features.by_band = meta["normalise"] == "band"

    def batch(
        self, split: Ragged, rows: Rows, params: Train | None = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        return stacked(*super().batch(split, rows, params, generator), self.stack)

    def seconds(self) -> tuple[float, float]:
        """How long a step is, from its beginning to that of the next, and to its own end."""
        scale = self.features.scale
        step = self.stack * scale.hop_length
        return step / scale.sample_rate, (step - scale.hop_length + scale.frame_length) / scale.sample_rate


def stacked(frames: Tensor, lengths: Tensor, stack: int) -> tuple[Tensor, Tensor]:
    """(batch, steps, stack · size) of `frames` (batch, time, size), zeros behind the last one, and steps of each row.

    >>> values, lengths = stacked(torch.tensor([[[1.0], [2.0], [3.0]]]), torch.tensor([3]), 2)
    >>> values.tolist(), lengths.tolist()
    ([[[1.0, 2.0], [3.0, 0.0]]], [2])
    """
    batch, time, size = frames.shape
    filled = torch.nn.functional.pad(frames, (0, 0, 0, -time % stack))  # (batch, steps · stack, size)
    steps = (lengths + stack - 1).div(stack, rounding_mode="floor")
    return filled.reshape(batch, -1, stack * size), steps
