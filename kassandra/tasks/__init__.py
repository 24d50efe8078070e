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
    inputs: Tensor  # (batch, time, features)
    lengths: Tensor | None  # (batch,) ≥ 1, or None where every row fills the batch
    targets: Tensor  # (batch,)


class Task(Protocol):
    """What training and evaluation ask of a task. `meta` is what its `prepare` wrote to meta.json."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None: ...

    def read(self, split: Path) -> Any:
        """A split in memory, on the device."""

    def train_batches(self, split: Any, params: Train, generator: torch.Generator) -> Iterator[Batch]:
        """One epoch: every example once, in an order drawn from the generator, distorted where params say so."""

    def batches(self, split: Any, batch_size: int) -> Iterator[Batch]:
        """Every example once, in order, nothing dropped and nothing distorted."""

    def loss(self, model: nn.Module, batch: Batch, label_smoothing: float) -> tuple[Tensor, int]:
        """Sum of the examples' losses, and how many examples there are."""

    def scores(self, model: nn.Module, split: Any) -> dict[str, float]:
        """Means over the split's examples, `loss` among them; for choosing weights on validation."""


def load(name: str) -> Any:
    """The module of a task that params.yaml has already checked."""
    return importlib.import_module(f"kassandra.tasks.{name}")
