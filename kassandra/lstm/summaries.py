"""Summaries of all steps instead of the last one: pooled, or weighed by attention, whose weights are learned."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.lstm.encoder import Encoded, Encoder, State, valid_steps


def max_over_time(outputs: Tensor, lengths: Tensor | None) -> Tensor:
    """(batch, size): of `outputs` (batch, time, size) the largest value of each feature over valid steps."""
    if lengths is not None:
        padded = ~valid_steps(lengths, outputs.shape[1])  # (batch, time)
        outputs = outputs.masked_fill(padded.unsqueeze(2), float("-inf"))  # (batch, time, size)
    return outputs.amax(dim=1)  # (batch, size)


def mean_over_time(outputs: Tensor, lengths: Tensor | None) -> Tensor:
    """(batch, size): the mean over valid steps of `outputs` (batch, time, size), which are 0 at padded steps."""
    if lengths is None:
        return outputs.mean(dim=1)  # (batch, size)
    return outputs.sum(dim=1) / lengths.unsqueeze(1)  # (batch, size) / (batch, 1)


POOLINGS = {"max": [max_over_time], "mean": [mean_over_time], "concat": [max_over_time, mean_over_time]}


class Pooled(Encoder):
    """An encoder whose summary is of its outputs over valid steps the `max` (Collobert et al. 2011) or the `mean`; or
    `concat`: the state at the end, and both (Howard & Ruder 2018, section 3.3).

    The end is that of each direction: of the backward half step 0, as at the last step it has read one step only.

    Raises:
        KassandraError: unknown pooling.
    """

    def __init__(self, encoder: Encoder, pooling: str) -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise KassandraError(unknown("Pooled", "pooling", pooling, POOLINGS))
        self.encoder = encoder
        self.pooling = pooling
        self.output_size = encoder.output_size * (3 if pooling == "concat" else 1)
        self.causal = encoder.causal

    @property
    def step_size(self) -> int:
        """That of the encoder inside: only the summary is wider."""
        return self.encoder.step_size

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder.forward; only the summary differs from that of the encoder inside."""
        encoded: Encoded = self.encoder(inputs, lengths, state)
        parts = [encoded.summary] if self.pooling == "concat" else []
        parts += [pool(encoded.outputs, lengths) for pool in POOLINGS[self.pooling]]
        return encoded._replace(summary=torch.cat(parts, dim=1))  # (batch, output_size)


class Scorer(nn.Module, ABC):
    """How much each step should count, before the softmax."""

    @abstractmethod
    def forward(self, outputs: Tensor, last: Tensor) -> Tensor:
        """(batch, time), any real number, of `outputs` h (batch, time, size) and the last state s (batch, size)."""


class AdditiveScorer(Scorer):
    """v · tanh(W h_t + b): Bahdanau et al. (2015) with a learned query, as Yang et al. (2016), eq. 5-6. `encoder_size`
    is the output_size of the encoder that is read, `size` the width of the hidden layer, ≥ 1."""

    def __init__(self, encoder_size: int, size: int = 64) -> None:
        super().__init__()
        self.key = nn.Linear(encoder_size, size)
        self.query = nn.Linear(size, 1, bias=False)

    def forward(self, outputs: Tensor, last: Tensor) -> Tensor:
        keys = torch.tanh(self.key(outputs))  # (batch, time, size)
        scores: Tensor = self.query(keys).squeeze(2)  # (batch, time)
        return scores


class DotScorer(Scorer):
    """h_t · s with s the last state: Luong et al. (2015), eq. 8, `dot`. Nothing to learn."""

    def forward(self, outputs: Tensor, last: Tensor) -> Tensor:
        return (outputs @ last.unsqueeze(2)).squeeze(2)  # (batch, time, size) @ (batch, size, 1) → (batch, time)


class GeneralScorer(Scorer):
    """h_t · W s with s the last state: Luong et al. (2015), eq. 8, `general`. `encoder_size` is the output_size of the
    encoder that is read."""

    def __init__(self, encoder_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(encoder_size, encoder_size, bias=False)

    def forward(self, outputs: Tensor, last: Tensor) -> Tensor:
        query = self.query(last)  # (batch, size)
        scores: Tensor = (outputs @ query.unsqueeze(2)).squeeze(2)  # (batch, time)
        return scores


class Attentive(Encoder):
    """An encoder whose summary is the mean of its outputs, weighed by the softmax of a score over valid steps.

    The summary is Σ_t a_t h_t, Yang et al. (2016), eq. 7; `Encoded.attention` has the weights a.
    """

    def __init__(self, encoder: Encoder, score: Scorer) -> None:
        super().__init__()
        self.encoder = encoder
        self.score = score
        self.output_size = encoder.output_size
        self.causal = encoder.causal

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder.forward; summary and attention are our own, the rest is that of the encoder inside."""
        encoded: Encoded = self.encoder(inputs, lengths, state)
        scores = self.score(encoded.outputs, encoded.summary)  # (batch, time)
        if lengths is not None:
            # exp(-inf) is exactly 0, and a row has at least one valid step: no row is all -inf.
            scores = scores.masked_fill(~valid_steps(lengths, scores.shape[1]), float("-inf"))  # (batch, time)
        # At least float32, also under autocast: bfloat16 has 8 bits, too few for weights that must sum to 1.
        weights = scores.softmax(dim=1, dtype=torch.promote_types(scores.dtype, torch.float32))  # (batch, time)
        summary = (weights.unsqueeze(1).to(encoded.outputs.dtype) @ encoded.outputs).squeeze(1)  # (batch, output_size)
        return encoded._replace(summary=summary, attention=weights)
