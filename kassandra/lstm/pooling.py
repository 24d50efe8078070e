"""A summary of all steps instead of the last one."""

from collections.abc import Callable

import torch
from torch import Tensor

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


def last_max_and_mean(encoded: Encoded, lengths: Tensor | None) -> Tensor:
    """(batch, 3 · size): the state at the end, largest and mean values side by side (Howard & Ruder 2018, section 3.3).

    The end is that of each direction: of the backward half step 0, as at the last step it has read one step only.
    """
    pooled = max_over_time(encoded.outputs, lengths), mean_over_time(encoded.outputs, lengths)
    return torch.cat([encoded.summary, *pooled], dim=1)  # (batch, 3 · size)


POOLINGS: dict[str, Callable[[Encoded, Tensor | None], Tensor]] = {
    "max": lambda encoded, lengths: max_over_time(encoded.outputs, lengths),
    "mean": lambda encoded, lengths: mean_over_time(encoded.outputs, lengths),
    "concat": last_max_and_mean,
}


class Pooled(Encoder):
    """An encoder whose summary is of its outputs over valid steps the `max` (Collobert et al. 2011), the `mean`, or
    `concat`: both beside the last one.

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
        return encoded._replace(summary=POOLINGS[self.pooling](encoded, lengths))  # (batch, output_size)
