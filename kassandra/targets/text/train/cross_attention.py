"""Where a decoder looks: at each step a mean of the encoder's outputs, weighed by how well they fit the state."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kassandra.lstm.encoder import valid_steps


class Memory(NamedTuple):
    """What there is to look at, of one batch.

    values: (batch, time, size), outputs of the encoder. keys: (batch, time, key_size), what queries are compared with.
    padded: (batch, 1, time) bool, True at padding; None where every row is full.
    """

    values: Tensor
    keys: Tensor
    padded: Tensor | None

    def take(self, rows: Tensor) -> "Memory":
        """Some rows of the batch, in that order; a row may be taken several times."""
        return Memory(self.values[rows], self.keys[rows], None if self.padded is None else self.padded[rows])


class CrossAttention(nn.Module, ABC):
    """Weights that sum to 1 over the steps of a sequence that was read, exactly 0 at its padding."""

    @abstractmethod
    def keys(self, values: Tensor) -> Tensor:
        """(batch, time, key_size) of `values` (batch, time, size): what does not depend on the query, computed once."""

    @abstractmethod
    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """(batch, steps, time), any real number, of `queries` (batch, steps, query_size) and `keys`."""

    def memory(self, values: Tensor, lengths: Tensor | None) -> Memory:
        """What `forward` looks at, of an encoder's outputs (batch, time, size) and `lengths` (batch,)."""
        padded = None if lengths is None else ~valid_steps(lengths, values.shape[1]).unsqueeze(1)  # (batch, 1, time)
        return Memory(values, self.keys(values), padded)

    def forward(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Contexts (batch, steps, size) and weights (batch, steps, time) for `queries` (batch, steps, query_size)."""
        scores = self.scores(queries, memory.keys).float()  # (batch, steps, time)
        if memory.padded is not None:
            # exp(-inf) is exactly 0, and a row has at least one valid step: no row is all -inf.
            scores = scores.masked_fill(memory.padded, float("-inf"))
        weights = scores.softmax(2)  # (batch, steps, time)
        return weights.to(memory.values.dtype) @ memory.values, weights


class AdditiveAttention(CrossAttention):
    """v · tanh(W h_t + U s + b): Bahdanau et al. (2015), section 3.1 and appendix A.1.2.

    Args:
        encoder_size: output_size of the encoder. query_size: of the decoder's state. size: of the hidden layer, ≥ 1.
    """

    def __init__(self, encoder_size: int, query_size: int, size: int) -> None:
        super().__init__()
        self.key = nn.Linear(encoder_size, size)
        self.query = nn.Linear(query_size, size, bias=False)
        self.weigh = nn.Linear(size, 1, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        projected: Tensor = self.key(values)  # (batch, time, size)
        return projected

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        sums = self.query(queries).unsqueeze(2) + keys.unsqueeze(1)  # (batch, steps, time, size)
        weighed: Tensor = self.weigh(torch.tanh(sums)).squeeze(3)  # (batch, steps, time)
        return weighed


class GeneralAttention(CrossAttention):
    """h_t · W s: Luong et al. (2015), eq. 8, `general`.

    Args:
        encoder_size: output_size of the encoder. query_size: of the decoder's state.
    """

    def __init__(self, encoder_size: int, query_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(encoder_size, query_size, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        projected: Tensor = self.key(values)  # (batch, time, query_size)
        return projected

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.transpose(1, 2)  # (batch, steps, query_size) @ (batch, query_size, time)


class DotAttention(CrossAttention):
    """h_t · s: Luong et al. (2015), eq. 8, `dot`. Nothing to learn; encoder and decoder must be of one size."""

    def keys(self, values: Tensor) -> Tensor:
        return values

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.transpose(1, 2)  # (batch, steps, size) @ (batch, size, time)
