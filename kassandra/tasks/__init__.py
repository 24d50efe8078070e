"""One file per task type: how its raw data become splits, its splits batches, and its batches a loss.

Tasks know no model; they call one on a batch. `kassandra/tasks/<task>.py` defines `prepare` and `Task`.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from kassandra.contracts.params import Train


class Batch(NamedTuple):
    inputs: Tensor  # (batch, time, features) numbers or (batch, time) token ids
    lengths: Tensor | None  # (batch,) ≥ 1, or None where every row fills the batch
    targets: Tensor  # (batch,), or (batch, time) where there is an answer at each step


class Task(Protocol):
    """What training and evaluation ask of a task. `meta` is what its `prepare` wrote to meta.json.

    unit: what there are `size` of, in the plural: images, texts, characters.
    """

    unit: str

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None: ...

    def read(self, split: Path) -> Any:
        """A split in memory, on the device."""

    def size(self, split: Any) -> int:
        """How many units a split has; an epoch of training sees each once."""

    def steps(self, split: Any, params: Train) -> int:
        """How many batches an epoch of training has, the same in every epoch."""

    def train_batches(self, split: Any, params: Train, generator: torch.Generator) -> Iterator[Batch]:
        """One epoch: every example once, in an order drawn from the generator, distorted where params say so."""

    def loss(self, model: nn.Module, batch: Batch, params: Train) -> tuple[Tensor, int]:
        """Sum of the units' losses, and how many there are."""

    def scores(self, model: nn.Module, split: Any) -> dict[str, float]:
        """Means over the split's units, `loss` among them; for choosing weights on validation."""


def load(name: str) -> Any:
    """The module of a task that params.yaml has already checked."""
    return importlib.import_module(f"kassandra.tasks.{name}")
