"""One file per task type: how its raw data become splits, its splits batches, and its batches a loss.

Tasks know no model; they call one on a batch. `kassandra/tasks/<task>.py` defines `prepare` and `Task`.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.params.pipeline import TASKS, Train


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
        """At most so many batches are in an epoch of training; what the learning-rate schedule counts with."""

    def train_batches(self, split: Any, params: Train, generator: torch.Generator) -> Iterator[Batch]:
        """One epoch: every example once, in an order drawn from the generator, distorted where params say so."""

    def loss(self, model: nn.Module, batch: Batch, params: Train) -> tuple[Tensor, int]:
        """Sum of the units' losses, and how many there are."""

    def scores(self, model: nn.Module, split: Any) -> dict[str, float]:
        """Means over the split's units, `loss` among them; for choosing weights on validation."""


def class_loss(model: nn.Module, batch: Batch, label_smoothing: float) -> tuple[Tensor, int]:
    """`Task.loss` of tasks that name one class per example."""
    logits = model(batch.inputs, batch.lengths)  # (batch, classes)
    total = F.cross_entropy(logits.float(), batch.targets, reduction="sum", label_smoothing=label_smoothing)
    return total, len(batch.targets)


def class_scores(model: nn.Module, batches: Iterator[Batch]) -> dict[str, float]:
    """`Task.scores` of tasks that name one class per example."""
    loss, right, count = 0.0, 0, 0
    for batch in batches:
        logits = model(batch.inputs, batch.lengths).float()  # (batch, classes)
        loss += F.cross_entropy(logits, batch.targets, reduction="sum").item()
        right += int((logits.argmax(1) == batch.targets).sum())
        count += len(batch.targets)
    return {"loss": loss / count, "accuracy": right / count}


def load(name: str) -> Any:
    """The module of a task of TASKS.

    Raises:
        ValueError: there is no such task.
    """
    if name not in TASKS:
        raise ValueError(f"there is no task {name!r}")
    return importlib.import_module(f"kassandra.tasks.{name}")
