"""Numbers ahead of a window: an encoder, a linear layer on its summary, and what its outputs are the parameters of."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.spec import LEVELS
from kassandra.lstm.encoder import Encoded, Encoder

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Head(ABC):
    """How many parameters each number has, how surprising a value is under them, and what they tell."""

    parameters: int
    places: int = 1  # so many of them, the first ones, say where values lie, and the others how they spread

    @abstractmethod
    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        """(batch, outputs) of `raw` (batch, outputs, parameters) and `targets` (batch, outputs)."""

    @abstractmethod
    def point(self, raw: Tensor) -> Tensor:
        """(batch, outputs) the mean that is told."""

    def quantiles(self, raw: Tensor) -> Tensor | None:
        """(levels, batch, outputs) at LEVELS, increasing; None for a head that tells a point alone."""
        return None


class Point(Head):
    """Its mean; squared error."""

    parameters = 1

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        return (raw.squeeze(2) - targets).square()

    def point(self, raw: Tensor) -> Tensor:
        return raw.squeeze(2)


class Gaussian(Head):
    """Mean and deviation of a normal distribution; negative log-likelihood (Nix & Weigend 1994, eq. 2), nats."""

    parameters = 2

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        mean, scale = raw[..., 0], _positive(raw[..., 1])  # (batch, outputs) each
        return 0.5 * ((targets - mean) / scale).square() + scale.log() + HALF_LOG_2PI

    def point(self, raw: Tensor) -> Tensor:
        return raw[..., 0]

    def quantiles(self, raw: Tensor) -> Tensor:
        return _spread(raw[..., 0], _positive(raw[..., 1]), normal(raw.double()))


class Student(Head):
    """Place, scale and degrees of freedom of Student's t, whose tails are those of returns; negative log-likelihood.

    The degrees of freedom are above 2, so that there is a variance.
    """

    parameters = 3

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        place, scale, freedom = raw[..., 0], _positive(raw[..., 1]), 2 + _positive(raw[..., 2])  # (batch, outputs) each
        half, distance = freedom / 2, ((targets - place) / scale).square()
        density = torch.lgamma(half + 0.5) - torch.lgamma(half) - 0.5 * (math.pi * freedom).log() - scale.log()
        likelihood: Tensor = density - (half + 0.5) * torch.log1p(distance / freedom)
        return -likelihood

    def point(self, raw: Tensor) -> Tensor:
        return raw[..., 0]

    def quantiles(self, raw: Tensor) -> Tensor:
        from scipy.special import stdtrit  # here, as training has no use for it

        freedom = (2 + _positive(raw[..., 2])).detach().double().cpu().numpy()  # (batch, outputs)
        at = torch.from_numpy(stdtrit(freedom, torch.tensor(LEVELS, dtype=torch.float64).numpy()[:, None, None]))
        return _spread(raw[..., 0], _positive(raw[..., 1]), at.to(raw.device))  # at: (levels, batch, outputs)


class Quantiles(Head):
    """The quantiles at LEVELS; pinball loss (Koenker & Bassett 1978), its mean over the levels.

    Each is told as its distance from that of a standard normal distribution, and put in order where some have crossed
    (Chernozhukov et al. 2010). The mean that is told is that of the quantiles.
    """

    parameters = len(LEVELS)
    places = len(LEVELS)

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        missed = targets - self.quantiles(raw)  # (levels, batch, outputs)
        levels = raw.new_tensor(LEVELS)[:, None, None]
        return torch.maximum(levels * missed, (levels - 1) * missed).mean(0)  # (batch, outputs)

    def point(self, raw: Tensor) -> Tensor:
        return self.quantiles(raw).mean(0)

    def quantiles(self, raw: Tensor) -> Tensor:
        ordered: Tensor = (raw.movedim(2, 0) + normal(raw)).sort(dim=0).values  # (levels, batch, outputs)
        return ordered


HEADS: dict[str, Head] = {
    "point": Point(),
    "gaussian": Gaussian(),
    "student": Student(),
    "quantiles": Quantiles(),
}


class Told(NamedTuple):
    """point: (batch, outputs). quantiles: (levels, batch, outputs) at LEVELS, or None for head `point`."""

    point: Tensor
    quantiles: Tensor | None


class Forecaster(nn.Module):
    """What the next values are, from a window of fixed length.

    Args:
        encoder: reads the window.
        outputs: numbers that are told: steps times targets, ≥ 1.
        head: of HEADS.
        window_size: steps times features of a window, if a linear map of it is added to what the encoder says (the
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

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        """(batch, outputs) of `raw` (batch, outputs, parameters) and `targets` (batch, outputs); see the heads."""
        return self.head.losses(raw, targets)

    def tell(self, raw: Tensor) -> Told:
        """What the parameters (batch, outputs, parameters) say."""
        return Told(self.head.point(raw), self.head.quantiles(raw))


def normal(like: Tensor) -> Tensor:
    """(levels, 1, 1) quantiles of a standard normal distribution at LEVELS."""
    at: Tensor = torch.special.ndtri(torch.tensor(LEVELS, dtype=torch.float64))
    return at.to(like)[:, None, None]


def _positive(raw: Tensor) -> Tensor:
    """> 0, and 1 for 0; not less than 1e-3 of a deviation, so that one lucky guess has no infinite likelihood."""
    return F.softplus(raw + 0.5413) + 1e-3


def _spread(place: Tensor, scale: Tensor, at: Tensor) -> Tensor:
    """(levels, batch, outputs): `at`, in scales, around `place` (batch, outputs)."""
    return place.double() + scale.double() * at
