"""Where an input and a target meet: what they offer each other, and what the training loop trains with.

kassandra/inputs/<input>/train/<reading>.py has a class `Sequences`, kassandra/targets/<target>/train/target.py a class
`Target` and a function `build(spec, params)`: the model of this target. `rows` are numbers of rows of a split, or
whatever else the reading's modules agree on: positions in a text are.
"""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.kinds import part
from kassandra.lstm.batch import Batch
from kassandra.params.sections.pipeline import reading

Rows = NDArray[Any]


class Sequences(Protocol):
    """What is asked of an input. `meta` is what its prepare wrote to meta.json.

    unit: what there are `size` of, in the plural: images, texts.

    It may also have `kept(path)`, arrays of the train split by name, without which it cannot read a user's inputs, and
    `equip(kept)`, which takes them back: a model's folder keeps them.
    """

    unit: str

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None: ...

    def read(self, path: Path) -> Any:
        """The input's arrays of a split, in memory or mapped."""

    def size(self, split: Any) -> int:
        """How many rows it has; an epoch of training reads each once."""

    def steps(self, split: Any, params: Any, answers: Any = None) -> int:
        """At most so many batches are in an epoch of training; what the learning-rate schedule counts with."""

    def shuffled(self, split: Any, params: Any, generator: torch.Generator, answers: Any = None) -> Iterator[Rows]:
        """One epoch: every row once, in batches and an order drawn from the generator.

        Args:
            answers: (rows,) lengths of the answers, where they have some, for batches of about equal lengths.
        """

    def ordered(self, split: Any, answers: Any = None, at_once: int | None = None) -> Iterator[Rows]:
        """Every row once, for evaluation.

        Args:
            at_once: how much is read together, in what the reading counts with; None takes what is fast.
        """

    def batch(
        self, split: Any, rows: Rows, params: Any = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Inputs and lengths; with params and a generator of training, distorted where params say so."""

    def own(self, *given: Any, **options: Any) -> Any:
        """A user's inputs as a split, checked."""


class Target(Protocol):
    """What is asked of a target. `meta` is what its prepare wrote to meta.json.

    unit: what losses are means over, in the plural; None: the input's.

    It may also have `drawn(split, rows, params, generator)`, the rows of a batch of training in place of `rows`;
    `train_batch(split, rows, inputs, lengths, params, generator)`, in place of `batch` in training, for what is drawn
    afresh; and `begin(model, train, valid, batches)`, `finish(model, train, batches, params)`: see Pair.begin,
    Pair.finish.
    """

    unit: str | None

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None: ...

    def read(self, path: Path) -> Any:
        """The target's arrays of a split."""

    def own(self, inputs: Any, size: int) -> Any:
        """Those of a user's inputs, whose answers nobody knows."""

    def size(self, split: Any) -> int | None:
        """How many units an epoch has; None: the rows of the input."""

    def lengths(self, split: Any) -> Any:
        """(rows,) of the answers; None where they have none."""

    def batch(self, split: Any, rows: Rows, inputs: Tensor, lengths: Tensor | None) -> Batch: ...

    def loss(self, model: Any, batch: Batch, params: Any) -> tuple[Tensor, int, Any]:
        """Sum of the units' losses, how many there are, and the state to read on from in the next batch, or None."""

    def scores(self, model: Any, batches: Iterator[tuple[Rows, Batch]], split: Any) -> dict[str, float]:
        """Means over the split's units, `loss` among them; for choosing weights on validation."""

    def predictions(self, model: Any, batches: Iterator[tuple[Rows, Batch]], split: Any) -> list[Any]:
        """One per row, in order; asked of targets that declare a baseline which is trained."""


class Split(NamedTuple):
    inputs: Any
    targets: Any


class Pair:
    """An input and a target, as the training loop sees them."""

    def __init__(self, sequences: Sequences, target: Target) -> None:
        self.sequences, self.target = sequences, target
        self.unit = target.unit or sequences.unit

    @classmethod
    def of(cls, input: str, target: str, meta: dict[str, Any], device: torch.device) -> "Pair":
        """`meta` is that of the prepared data."""
        module = part("inputs", input, "train", reading(input, target))
        return cls(module.Sequences(meta, device), target_module(target).Target(meta, device))

    def read(self, path: Path) -> Split:
        """A split: train.npz, valid.npz or test.npz of the prepared data."""
        return Split(self.sequences.read(path), self.target.read(path))

    def own(self, *given: Any, **options: Any) -> Split:
        """A user's inputs as a split without answers, checked."""
        inputs = self.sequences.own(*given, **options)
        return Split(inputs, self.target.own(inputs, self.sequences.size(inputs)))

    def kept(self, path: Path) -> dict[str, NDArray[Any]]:
        """Of the train split, what a model's folder keeps for the input."""
        return self.sequences.kept(path) if hasattr(self.sequences, "kept") else {}

    def equip(self, kept: dict[str, NDArray[Any]]) -> None:
        """Gives it back to the input."""
        if hasattr(self.sequences, "equip"):
            self.sequences.equip(kept)

    def size(self, split: Split) -> int:
        """How many units a split has; an epoch of training sees each once."""
        size = self.target.size(split.targets)
        return self.sequences.size(split.inputs) if size is None else size

    def steps(self, split: Split, params: Any) -> int:
        """At most so many batches are in an epoch of training."""
        return self.sequences.steps(split.inputs, params, self.target.lengths(split.targets))

    def train_batches(self, split: Split, params: Any, generator: torch.Generator) -> Iterator[Batch]:
        """One epoch: see Sequences.shuffled and Sequences.batch."""
        answers = self.target.lengths(split.targets)
        for rows in self.sequences.shuffled(split.inputs, params, generator, answers):
            if hasattr(self.target, "drawn"):
                rows = self.target.drawn(split.targets, rows, params, generator)
            inputs = self.sequences.batch(split.inputs, rows, params, generator)
            if hasattr(self.target, "train_batch"):
                yield self.target.train_batch(split.targets, rows, *inputs, params, generator)
            else:
                yield self.target.batch(split.targets, rows, *inputs)

    def begin(self, model: nn.Module, train: Split, valid: Split) -> list[str]:
        """What the target does with a new model before its training, if it does anything: sentences on it."""
        if not hasattr(self.target, "begin"):
            return []
        sentences: list[str] = self.target.begin(model, train, valid, self.numbered_batches)
        return sentences

    def finish(self, model: nn.Module, train: Split, valid: Split, params: Any) -> list[str]:
        """What the target still does with the weights that a training keeps, if it does anything: sentences on it."""
        if not hasattr(self.target, "finish"):
            return []
        sentences: list[str] = self.target.finish(model, train, lambda: self.numbered_batches(valid), params)
        return sentences

    def numbered_batches(self, split: Split, at_once: int | None = None) -> Iterator[tuple[Rows, Batch]]:
        """Every row once, for evaluation, with the numbers of the rows. See Sequences.ordered."""
        for rows in self.sequences.ordered(split.inputs, self.target.lengths(split.targets), at_once):
            yield rows, self.target.batch(split.targets, rows, *self.sequences.batch(split.inputs, rows))

    def loss(self, model: nn.Module, batch: Batch, params: Any) -> tuple[Tensor, int, Any]:
        return self.target.loss(model, batch, params)

    def scores(self, model: nn.Module, split: Split) -> dict[str, float]:
        return self.target.scores(model, self.numbered_batches(split), split.targets)


def target_module(target: str) -> ModuleType:
    """Has `build` and `Target`."""
    return part("targets", target, "train", "target")
