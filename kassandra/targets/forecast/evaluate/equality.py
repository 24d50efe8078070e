"""Tests of equal forecasts against the baselines."""

import math
from typing import Any

import numpy as np
from scipy.special import stdtr

from kassandra.judging.judge import EqualityTest
from kassandra.judging.score import Numbers


def tests(losses: Numbers, baselines: list[str]) -> tuple[EqualityTest, ...]:
    """Of (dates, models, horizon) mean losses: of all steps together, and of the first and the last alone."""
    horizon, made = losses.shape[2], []
    for number, name in enumerate(baselines, 1):
        differences = losses[:, number] - losses[:, 0]  # (dates, horizon); positive where the LSTM loses less
        cases: list[tuple[Any, Numbers, int]] = [("all", differences.mean(1), horizon)]
        if horizon > 1:
            cases += [(1, differences[:, 0], 1), (horizon, differences[:, -1], horizon)]
        results = [(steps, diebold_mariano(series, lasts)) for steps, series, lasts in cases]
        made += [EqualityTest(name, steps, *result) for steps, result in results if result]
    return tuple(made)


def diebold_mariano(differences: Numbers, horizon: int) -> tuple[float, float] | None:
    """Statistic and two-sided p of the test that two forecasts lose equally much (Diebold & Mariano 1995).

    Differences are taken to be uncorrelated beyond horizon - 1 dates, as those of optimal forecasts are. Their variance
    is that of the rectangular kernel; where that is not positive, of Bartlett's (Newey & West 1987). The statistic is
    corrected for small samples (Harvey, Leybourne & Newbold 1997, eq. 9) and compared with Student's t.

    Args:
        differences: (dates,) loss of the one less loss of the other, in the order of time.

    Returns:
        None where there are no more dates than steps. Differences that never vary are no evidence: p is 1.

    >>> [round(number, 4) for number in diebold_mariano(np.array([1.0, 2.0, 3.0]), 1)]  # Student's t of the mean
    [3.4641, 0.0742]
    """
    dates = len(differences)
    if dates <= horizon:
        return None
    mean = float(differences.mean())
    around = differences - mean
    covariances = np.array([around[lag:] @ around[: dates - lag] for lag in range(horizon)]) / dates  # (horizon,)
    weights = np.where(np.arange(horizon) == 0, 1.0, 2.0)
    variance = float(weights @ covariances)
    if variance <= 0:
        variance = float((weights * (1 - np.arange(horizon) / horizon)) @ covariances)
    if variance <= 1e-24 * mean**2:  # what never varies, up to rounding
        return 0.0, 1.0
    correction = (dates + 1 - 2 * horizon + horizon * (horizon - 1) / dates) / dates
    statistic = mean / math.sqrt(variance / dates) * math.sqrt(correction)
    return statistic, float(2 * stdtr(dates - 1, -abs(statistic)))
