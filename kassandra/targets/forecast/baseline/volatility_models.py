"""Models of one series of daily volatility, fitted once and rolled over test: EWMA and GARCH(1,1) of returns, and HAR
of volatility itself."""

from typing import Any

import numpy as np
from arch import arch_model

from kassandra.targets.forecast.baseline.history import History, Numbers
from kassandra.targets.forecast.baseline.series_models import DIGITS, quiet

DECAY = 0.94  # per day: RiskMetrics (1996)
HAR_DAYS = (1, 5, 21)  # a day, a week, a month of trading
START = [0.0, 0.05, 0.05, 0.9, 8.0]  # mu, omega, alpha, beta, nu of standardised returns: usual ones of daily prices


def ewma(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, 1): exponentially weighted mean of squared returns, the same for each day ahead, `mapped`."""
    assert past.returns is not None  # prepare writes them for prices
    first = float(np.nanmean(past.returns[: past.fitted] ** 2))  # of train and valid
    variance = filtered(past.returns, first, 0.0, 1 - DECAY, DECAY)[past.origins]  # (origins,)
    return mapped(past, np.repeat(variance[:, None], meta["horizon"], axis=1))


def garch(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, 1): GARCH(1,1) of Bollerslev (1986) with a constant mean and Student's t, `mapped`.

    Fitted on the known returns of train and valid as if no day lay between them, with the state going on through test.
    """
    assert past.returns is not None  # prepare writes them for prices
    known = past.returns[: past.fitted]
    known = known[~np.isnan(known)]
    std = float(known.std())
    mean, omega, alpha, beta = fit(known / std)
    variance = filtered(past.returns / std - mean, 1.0, omega, alpha, beta)[past.origins]  # (origins,) of the next day
    steps = [variance]
    for _ in range(1, meta["horizon"]):
        steps.append(omega + (alpha + beta) * steps[-1])  # what is squared ahead is expected to be the variance
    return mapped(past, np.stack(steps, axis=1) * std**2)


def har(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, 1): Corsi (2009), of logarithms: linear in the means of the last day, week and month.

    By least squares on train and valid, for each day ahead; of a month that is not known whole, the mean is of the days
    that are.
    """
    days = past.origins[:, None] - np.arange(max(HAR_DAYS))  # (origins, 21), the origin first
    shown = np.where(days >= 0, past.values[np.maximum(days, 0), 0], np.nan)
    means = np.stack([np.nanmean(shown[:, :count], axis=1) for count in HAR_DAYS], axis=1)  # (origins, 3)
    steps = range(meta["horizon"])
    return np.stack([_least_squares(means, past.observed[:, step, 0]) for step in steps], axis=1)[:, :, None]


def mapped(past: History, variance: Numbers) -> Numbers:
    """(origins, horizon, 1): the forecast, as a linear function of the logarithm of `variance` (origins, horizon).

    The variance is of returns from close to close, while the volatility of the day's range is forecast: it is smaller
    by the night, and its logarithm has another mean. By least squares on train and valid, for each day ahead, which is
    generous to whom it maps: it mends every constant error, and how strongly the variance swings.
    """
    steps = zip(np.log(variance).T, past.observed[:, :, 0].T, strict=True)
    return np.stack([_least_squares(log[:, None], observed) for log, observed in steps], axis=1)[:, :, None]


def filtered(returns: Numbers, first: float, omega: float, alpha: float, beta: float) -> Numbers:
    """(rows,) variance of the day after each: omega + alpha r² + beta variance, where an unknown r² is as expected."""
    variances, variance = [], first
    for square in (returns**2).tolist():
        variance = omega + alpha * (variance if square != square else square) + beta * variance
        variances.append(variance)
    return np.array(variances)


def fit(returns: Numbers) -> tuple[float, float, float, float]:
    """mu, omega, alpha and beta of the greatest likelihood, of returns (days,) whose deviation is 1.

    Where the optimiser does not converge from its own start it is given `START`; where it does not from there either,
    the better of the two ends is taken.
    """
    model = arch_model(returns, mean="Constant", vol="GARCH", p=1, q=1, dist="t", rescale=False)
    ends = []
    for start in (None, np.array(START)):
        with quiet():
            end = model.fit(starting_values=start, disp="off", show_warning=False)
        ends.append(end)
        if end.convergence_flag == 0:
            break
    best = ends[-1] if ends[-1].convergence_flag == 0 else max(ends, key=lambda end: float(end.loglikelihood))
    mean, omega, alpha, beta, _ = (round(float(value), DIGITS) for value in best.params)
    return mean, omega, alpha, beta


def _least_squares(shown: Numbers, observed: Numbers) -> Numbers:
    """(origins,) the linear function of `shown` (origins, numbers) that is nearest to `observed` (learned,) there."""
    learned = shown[: len(observed)]
    centre = learned.mean(0)
    weights, *_ = np.linalg.lstsq(learned - centre, observed - observed.mean(), rcond=None)
    return np.asarray(observed.mean() + (shown - centre) @ weights)
