"""Numbers ahead of a window."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.targets.forecast.train.heads import HEADS


class StandardForecast(NamedTuple):
    """point: (batch, outputs). quantiles: (levels, batch, outputs) at LEVELS, or None for head `point`."""

    point: Tensor
    quantiles: Tensor | None


class ForecastModel(nn.Module):
    """The next values after a window of fixed length: an encoder, a linear layer on its summary, and a head.

    Args:
        encoder: reads the window.
        outputs: numbers to forecast: steps ahead times targets, ≥ 1.
        head: of HEADS.
        window_size: steps times features of a window, if a linear map of it is added to the encoder's (the
            autoregressive part of Lai et al. 2018, section 3.5); None adds nothing.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the summary.
    """

    def __init__(
        self, encoder: Encoder, outputs: int, head: str, window_size: int | None = None, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = HEADS[head]
        self.outputs = outputs
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.output_size, outputs * self.head.parameters)
        self.highway = None if window_size is None else nn.Linear(window_size, outputs)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, outputs, parameters) of a window (batch, steps, features)."""
        return self.answer(self.encode(inputs, lengths), inputs)

    def encode(self, inputs: Tensor, lengths: Tensor | None = None) -> Encoded:
        """Read a window; `attention` of what is returned says where the attention variant looked."""
        encoded: Encoded = self.encoder(inputs, lengths)
        return encoded

    def answer(self, encoded: Encoded, inputs: Tensor) -> Tensor:
        """(batch, outputs, parameters) of a window that was read."""
        raw: Tensor = self.linear(self.dropout(encoded.summary))  # (batch, outputs · parameters)
        raw = raw.float().unflatten(1, (self.outputs, self.head.parameters))  # (batch, outputs, parameters)
        if self.highway is None:
            return raw
        line = self.highway(inputs.flatten(1)).float()  # (batch, outputs)
        places = self.head.places
        return torch.cat([raw[..., :places] + line.unsqueeze(2), raw[..., places:]], dim=2)

    def losses(self, raw: Tensor, targets: Tensor, unit: Tensor | None = None) -> Tensor:
        """(batch, outputs) of `raw` (batch, outputs, parameters) and `targets` (batch, outputs); see the heads.

        unit: (batch, outputs), what 1 in `targets` is in the unit that losses are taken in; None: 1.
        """
        losses = self.head.losses(raw, targets)
        return losses if unit is None else self.head.in_unit(losses, unit)

    def forecast(self, raw: Tensor) -> StandardForecast:
        """Of the parameters (batch, outputs, parameters)."""
        return StandardForecast(self.head.point(raw), self.head.quantiles(raw))
