"""What a model is trained on at each step, whatever it reads and whatever it answers."""

from typing import Any, NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """
    inputs: (batch, time, features) numbers or (batch, time) token ids.
    lengths: (batch,) int64 ≥ 1, or None where every row fills the batch.
    targets: (batch,), or (batch, time) where there is an answer at each step.
    begins: whether the sequences begin here; if not, they go on from the batch before, whose last state the loop puts
        into `state`.
    state: of the model, to read on from; None starts from zeros.
    centre, scale: (batch, outputs) float64, of targets that were standardised: observed = targets * scale + centre.
    unit: (batch, outputs), what 1 in `targets` is in the unit that the loss is taken in; None: 1 everywhere.
    beside: (batch, outputs), what a linear model beside the encoder answers, where that is known before.
    all_targets: where this is a share of the rows of a batch, the targets of all of them; see `counted`.
    """

    inputs: Tensor
    lengths: Tensor | None
    targets: Tensor
    begins: bool = True
    state: Any = None
    centre: Tensor | None = None
    scale: Tensor | None = None
    unit: Tensor | None = None
    beside: Tensor | None = None
    all_targets: Tensor | None = None

    @property
    def counted(self) -> Tensor:
        """(rows of the whole batch, …): the targets that means over a batch count, which shares of it add up to."""
        return self.targets if self.all_targets is None else self.all_targets


class AnswersOfRows:
    """Of a target whose losses are means over the rows of the input, and whose arrays are the input's; see
    kassandra.training.pair."""

    unit: str | None = None

    def own(self, inputs: Any, size: int) -> Any:
        return inputs

    def size(self, split: Any) -> None:
        return None

    def lengths(self, split: Any) -> None:
        return None
