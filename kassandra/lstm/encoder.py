"""What every LSTM variant is, a reader of padded batches, and the operations that padding asks for."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn


class State(NamedTuple):
    """Where one layer stands after its last step: all it needs to read on.

    h: (batch, hidden_size), the output of the last step.
    c: (batch, hidden_size), the LSTM's cell; None for gru and rnn, which have none.
    """

    h: Tensor
    c: Tensor | None = None

    def detached(self) -> "State":
        """The same numbers, beyond which no gradient flows back."""
        return State(self.h.detach(), None if self.c is None else self.c.detach())

    def take(self, rows: Tensor) -> "State":
        """Some rows of the batch, in that order; a row may be taken several times."""
        return State(self.h[rows], None if self.c is None else self.c[rows])


class Encoded(NamedTuple):
    """What an encoder makes of a batch.

    outputs: (batch, time, step_size), one vector per step, 0 at padded steps.
    summary: (batch, output_size), the sequence read to its end.
    state: one State per layer, to read on from in the next window; None where there is nothing to read on from: with
        `lengths`, as rows end at different steps, and for an encoder that is not causal.
    attention: (batch, time), ≥ 0, the weights that made the summary: 0 at padded steps, each row sums to 1; None for an
        encoder without attention.
    beside: (batch, outputs), what a linear model of the same inputs answers, where one stands beside the encoder.
    """

    outputs: Tensor
    summary: Tensor
    state: list[State] | None
    attention: Tensor | None = None
    beside: Tensor | None = None


class Encoder(nn.Module, ABC):
    """A reader of sequences. What stands in the padding, NaN included, never changes what it gives or how it learns.

    output_size: width of `Encoded.summary`, and of `Encoded.outputs` where `step_size` says nothing else.
    causal: whether outputs[:, t] depends on inputs[:, : t + 1] only.
    """

    output_size: int
    causal: bool

    @property
    def step_size(self) -> int:
        """Width of `Encoded.outputs`."""
        return self.output_size

    @abstractmethod
    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """Reads a batch.

        Args:
            inputs: (batch, time, input_size), each row's valid steps first, padding after them.
            lengths: (batch,) int64 on the device of `inputs`, 1 ≤ lengths ≤ time, steps that are not padding. None says
                that every row is full, and then no masking work is done.
            state: where to read on from, one State per layer; None starts from zeros.

        Raises:
            KassandraError: `state` does not fit, or the encoder is not causal and cannot read on.
            RuntimeError: a length is < 1 or > time (on a CUDA device an assertion of the device).
        """


def valid_steps(lengths: Tensor, time: int) -> Tensor:
    """(batch, time) bool: True where a step is not padding.

    >>> valid_steps(torch.tensor([1, 3]), 3).int()
    tensor([[1, 0, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return torch.arange(time, device=lengths.device) < lengths.unsqueeze(1)  # (time,) < (batch, 1)


def zero_padding(values: Tensor, lengths: Tensor | None) -> Tensor:
    """`values` (batch, time, size) with exact zeros at padded steps, and gradients of exactly zero there.

    Filling, unlike multiplying by a mask, also removes NaN and inf: 0 · NaN is NaN, in the backward pass too.
    """
    if lengths is None:
        return values
    padded = ~valid_steps(lengths, values.shape[1])  # (batch, time)
    return values.masked_fill(padded.unsqueeze(2), 0)  # (batch, time, size)


def last_valid(values: Tensor, lengths: Tensor | None) -> Tensor:
    """(batch, size): of `values` (batch, time, size) each row's last step that is not padding.

    Raises:
        RuntimeError: a length is < 1 or > time; gather refuses it where indexing would take -1 for the last step.
    """
    if lengths is None:
        return values[:, -1]  # (batch, size)
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, values.shape[2])  # (batch, 1, size)
    return values.gather(1, index).squeeze(1)  # (batch, size)


def reverse_valid(values: Tensor, lengths: Tensor | None) -> Tensor:
    """`values` (batch, time, size) with each row's valid steps in reverse order and its padding left in place.

    Its own inverse. One gather and a fused one-direction run equal the backward half of a packed bidirectional LSTM.

    >>> reverse_valid(torch.tensor([[[1], [2], [0]], [[3], [4], [5]]]), torch.tensor([2, 3])).squeeze(2)
    tensor([[2, 1, 0],
            [5, 4, 3]])
    """
    if lengths is None:
        return values.flip(1)  # (batch, time, size)
    step = torch.arange(values.shape[1], device=lengths.device)  # (time,)
    end = lengths.unsqueeze(1)  # (batch, 1)
    index = torch.where(step < end, end - 1 - step, step)  # (batch, time)
    return values.gather(1, index.unsqueeze(2).expand_as(values))  # (batch, time, size)
