"""What is predicted of a number: its mean, the parameters of a distribution, or quantiles; and the loss of each."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kassandra.contracts.spec import LEVELS

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Head(ABC):
    """How many parameters each number has, the loss of a value under them, and the forecast that they are."""

    parameters: int
    places: int = 1  # so many of them, the first ones, are places, and the others how values spread around these

    @abstractmethod
    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        """(batch, outputs) of `raw` (batch, outputs, parameters) and `targets` (batch, outputs)."""

    def around(self, errors: Tensor) -> Tensor:
        """(outputs, parameters) under which values lie as `errors` (rows, outputs) do."""
        raw = errors.new_zeros(errors.shape[1], self.parameters)
        raw[:, 0] = errors.mean(0)
        if self.parameters > 1:  # the spread, whose softplus it is
            raw[:, 1] = (errors.std(0, correction=0).clamp(min=1e-2) - 1e-3).expm1().log() - 0.5413
        return raw

    def in_unit(self, losses: Tensor, unit: Tensor) -> Tensor:
        """`losses` of standardised values as those of values times `unit`, (batch, outputs) each; here likelihoods."""
        return losses + unit.log()

    def point(self, raw: Tensor) -> Tensor:
        """(batch, outputs) the mean."""
        return raw[..., 0]

    def quantiles(self, raw: Tensor) -> Tensor | None:
        """(levels, batch, outputs) at LEVELS, increasing; None for a head without any."""
        return None

    def distribution(self, raw: Tensor) -> dict[str, Tensor]:
        """(batch, outputs) each: `place`, `spread` and what else a distribution in closed form has."""
        return {}


class Point(Head):
    """Its mean; squared error."""

    parameters = 1

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        return (raw.squeeze(2) - targets).square()

    def in_unit(self, losses: Tensor, unit: Tensor) -> Tensor:
        return losses * unit.square()


class Gaussian(Head):
    """Mean and deviation of a normal distribution; negative log-likelihood (Nix & Weigend 1994, eq. 2), nats."""

    parameters = 2

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        mean, scale = raw[..., 0], _positive(raw[..., 1])  # (batch, outputs) each
        return 0.5 * ((targets - mean) / scale).square() + scale.log() + HALF_LOG_2PI

    def quantiles(self, raw: Tensor) -> Tensor:
        return _spread(raw[..., 0], _positive(raw[..., 1]), normal(raw.double()))

    def distribution(self, raw: Tensor) -> dict[str, Tensor]:
        return {"place": raw[..., 0], "spread": _positive(raw[..., 1])}


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

    def quantiles(self, raw: Tensor) -> Tensor:
        from scipy.special import stdtrit  # here, as training has no use for it

        freedom = (2 + _positive(raw[..., 2])).detach().double().cpu().numpy()  # (batch, outputs)
        at = torch.from_numpy(stdtrit(freedom, torch.tensor(LEVELS, dtype=torch.float64).numpy()[:, None, None]))
        return _spread(raw[..., 0], _positive(raw[..., 1]), at.to(raw.device))  # at: (levels, batch, outputs)

    def distribution(self, raw: Tensor) -> dict[str, Tensor]:
        return {"place": raw[..., 0], "spread": _positive(raw[..., 1]), "freedom": 2 + _positive(raw[..., 2])}


class Quantiles(Head):
    """The quantiles at LEVELS; pinball loss (Koenker & Bassett 1978), its mean over the levels.

    Each is given as its distance from that of a standard normal distribution, and put in order where some have crossed
    (Chernozhukov et al. 2010). The mean is that of the quantiles.
    """

    parameters = len(LEVELS)
    places = len(LEVELS)

    def losses(self, raw: Tensor, targets: Tensor) -> Tensor:
        missed = targets - self.quantiles(raw)  # (levels, batch, outputs)
        levels = raw.new_tensor(LEVELS)[:, None, None]
        return torch.maximum(levels * missed, (levels - 1) * missed).mean(0)  # (batch, outputs)

    def in_unit(self, losses: Tensor, unit: Tensor) -> Tensor:
        return losses * unit

    def around(self, errors: Tensor) -> Tensor:
        at = np.quantile(errors.cpu().numpy().astype(np.float64), LEVELS, axis=0)  # (levels, outputs)
        return torch.from_numpy(at).T.to(errors) - normal(errors)[:, 0, 0]

    def point(self, raw: Tensor) -> Tensor:
        return self.quantiles(raw).mean(0)

    def quantiles(self, raw: Tensor) -> Tensor:
        ordered: Tensor = (raw.movedim(2, 0) + normal(raw)).sort(dim=0).values  # (levels, batch, outputs)
        return ordered


HEADS: dict[str, Head] = {"point": Point(), "gaussian": Gaussian(), "student": Student(), "quantiles": Quantiles()}


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


class StandardForecast(NamedTuple):
    """point: (batch, outputs). quantiles: (levels, batch, outputs) at LEVELS, or None for head `point`."""

    point: Tensor
    quantiles: Tensor | None
