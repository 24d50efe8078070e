"""The continuous ranked probability score of a forecast distribution F and what was observed, y:

    CRPS(F, y) = ∫ (F(x) - 1{y ≤ x})² dx

in the unit of y, per number that was forecast; lower is better, and its mean is lowest for the true distribution
(Gneiting & Raftery 2007). Of a perfect standard normal forecast it is 1/√π = 0.564 on average.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import beta, betaln, ndtr, stdtr

Numbers = NDArray[np.float64]


def gaussian(observed: ArrayLike, mean: ArrayLike, scale: ArrayLike) -> Numbers:
    """(…,) in closed form (Gneiting & Raftery 2007, eq. 21).

    Args:
        observed, mean, scale: (…,) each; `scale` is the standard deviation.

    Raises:
        ValueError: a scale is not above 0.

    >>> round(float(gaussian(0.0, 0.0, 1.0)), 4)
    0.2337
    """
    spread = _positive("scale", scale)
    z = (np.asarray(observed, np.float64) - np.asarray(mean, np.float64)) / spread
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(spread * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi)))


def student(observed: ArrayLike, place: ArrayLike, scale: ArrayLike, freedom: ArrayLike) -> Numbers:
    """(…,) of Student's t with `freedom` degrees, times `scale`, around `place`; in closed form (Jordan, Krüger & Lerch
    2019, appendix A).

    Args:
        observed, place, scale, freedom: (…,) each; `scale` is not the standard deviation.

    Raises:
        ValueError: a scale is not above 0, or degrees of freedom are not above 1 (the mean would not exist).

    >>> round(float(student(0.0, 0.0, 1.0, 1e6)), 4)  # the normal distribution
    0.2337
    """
    spread, free = _positive("scale", scale), _positive("freedom - 1", np.asarray(freedom, np.float64) - 1) + 1
    z = (np.asarray(observed, np.float64) - np.asarray(place, np.float64)) / spread
    density = np.exp(-(free + 1) / 2 * np.log1p(z**2 / free) - betaln(0.5, free / 2)) / np.sqrt(free)
    least = 2 * np.sqrt(free) / (free - 1) * beta(0.5, free - 0.5) / beta(0.5, free / 2) ** 2
    return np.asarray(spread * (z * (2 * stdtr(free, z) - 1) + 2 * density * (free + z**2) / (free - 1) - least))


def quantiles(observed: ArrayLike, forecast: ArrayLike, levels: ArrayLike) -> Numbers:
    """(rows,) of a distribution given by its quantiles, in closed form.

    Between neighbouring quantiles the distribution function is linear (Gasthaus et al. 2019). Below the lowest and over
    the highest quantile it has exponential tails, each through the two outermost quantiles (Park et al. 2022), so that
    outer quantiles that are too far out cost what such tails cost. What is beyond the outermost levels is an
    extrapolation: two forecasts with the same quantiles score the same.

    Args:
        observed: (rows,). forecast: (rows, levels), not decreasing along a row.
        levels: (levels,) two or more in (0, 1), increasing.

    Raises:
        ValueError: levels do not increase within (0, 1), quantiles decrease, or shapes do not fit.
    """
    at, share = np.asarray(forecast, np.float64), np.asarray(levels, np.float64)
    y = np.asarray(observed, np.float64)
    if at.shape != (*y.shape, len(share)) or y.ndim != 1:
        raise ValueError(f"quantiles {at.shape} are not (rows, levels) = {(*y.shape, len(share))}")
    if len(share) < 2 or not (share[0] > 0 and share[-1] < 1 and (np.diff(share) > 0).all()):
        raise ValueError(f"levels have to be two or more and increase within (0, 1), not {share}")
    widths = np.diff(at, axis=1)  # (rows, levels - 1)
    if (widths < 0).any():
        raise ValueError("quantiles decrease along a row: sort them first")
    begin, end, y = at[:, :-1], at[:, 1:], y[:, None]
    low, high = share[:-1], share[1:]
    cut = np.clip(y, begin, end)
    part = np.divide(cut - begin, widths, out=np.zeros_like(widths), where=widths > 0)
    reached = low + (high - low) * part  # F where each piece is cut by what was observed
    below = (cut - begin) * _mean_square(low, reached)
    above = (end - cut) * _mean_square(1 - reached, 1 - high)
    outer = _tail(at[:, 0] - y[:, 0], widths[:, 0], share[:2])
    return np.asarray((below + above).sum(1) + outer + _tail(y[:, 0] - at[:, -1], widths[:, -1], 1 - share[:-3:-1]))


def _mean_square(one: Any, other: Any) -> Any:
    """Of a number that runs evenly from `one` to `other`."""
    return (one**2 + one * other + other**2) / 3


def _tail(beyond: Numbers, width: Numbers, share: Numbers) -> Numbers:
    """(rows,) the part of the integral beyond the outermost quantile.

    Args:
        beyond: (rows,) how far out of the outermost quantile the observed value is; negative where it is not.
        width: (rows,) between the two outermost quantiles. share: (2,) of what is beyond each, outermost first.
    """
    first = float(share[0])
    decay = np.maximum(width / np.log(share[1] / share[0]), np.finfo(np.float64).tiny)
    distance = np.maximum(beyond, 0.0)
    left = first * np.exp(-distance / decay)  # of the distribution beyond what was observed
    return np.asarray(distance - 2 * decay * (first - left) + decay * (first**2 - left**2) / 2 + decay * left**2 / 2)


def _positive(name: str, values: ArrayLike) -> Numbers:
    array = np.asarray(values, np.float64)
    if not (array > 0).all():
        raise ValueError(f"{name} has to be above 0, not {array.min()}")
    return array
