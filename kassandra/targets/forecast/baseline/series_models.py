"""Classical models of one series, fitted once and rolled over test: exponential smoothing, Theta and ARIMA, by
statsmodels."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

from kassandra.contracts.windows import SMALLEST
from kassandra.targets.forecast.baseline.history import History, Numbers, bridged

LONGEST_SEASON = 400  # rows: a year of days; each row keeps the whole season, and that of a year of hours is too much
RECENT = 20_000  # rows that decide how many coefficients there are, at a kilobyte or two each
MOST = 3  # orders of ARMA: of autoregression, and of moving averages
DIGITS = 6  # of fitted parameters: the last bits of an optimiser are noise


def smoothing(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): exponential smoothing in the form that AICc chooses, each target for itself.

    With additive errors, no trend, a trend or a damped one, and with a season or without: ETS(A,{N,A,Ad},{N,A}) of
    Hyndman et al. (2008), chosen as their `ets` does. There is no season where it has more than `LONGEST_SEASON` rows
    or train and valid hold fewer than two of them. Form, parameters and first state are of train and valid; the state
    then goes on through the rows of test up to each origin. Where the optimiser stops before it has converged, the best
    so far is taken.
    """
    forecasts = [_smoothed(past, values, meta) for values in past.values.T]
    return np.stack(forecasts, axis=2)


def _smoothed(past: History, values: Numbers, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon) of one target, `values` (rows,)."""
    season = meta["season"]
    start = int(np.flatnonzero(~np.isnan(values))[0])
    rows = past.fitted - start
    if season and (season > LONGEST_SEASON or rows < max(2 * season, 10 + 2 * (season // 2))):
        season = None
    filled = bridged(values[start:], season or 1)
    mean, std = filled[:rows].mean(), filled[:rows].std()  # fitted on train and valid
    filled = (filled - mean) / std
    with quiet():
        # The simplest of those that are as good, so that the last bits of a likelihood choose nothing. One after
        # another, as each holds several numbers for each row.
        fits = ((kind, _fitted(filled[:rows], kind)) for kind in _forms(season))
        kind, fitted = min(fits, key=lambda fit: round(float(fit[1].aicc), 2))
    first = {"initial_level": fitted.initial_level}
    first |= {"initial_trend": fitted.initial_trend} if kind["trend"] else {}
    first |= {"initial_seasonal": fitted.initial_seasonal} if kind["seasonal"] else {}
    count = sum(map(bool, (True, kind["trend"], kind["damped_trend"], kind["seasonal"])))
    parameters = np.round(fitted.params[:count], DIGITS)
    rolled = ETSModel(filled, **kind, initialization_method="known", **first).smooth(parameters)
    at = past.origins - start
    ahead = np.arange(1, meta["horizon"] + 1)
    points = np.repeat(rolled.level[at, None], len(ahead), axis=1)  # (origins, horizon)
    if kind["trend"]:
        points += (np.cumsum(rolled.phi**ahead) if kind["damped_trend"] else ahead) * rolled.slope[at, None]
    if kind["seasonal"]:
        # (season + rows,): those before the first row are of the state that smoothing begins with
        seasons = np.concatenate([fitted.initial_seasonal, rolled.season])
        points += seasons[at[:, None] + (ahead - 1) % season + 1]
    assert np.isfinite(points).all()
    return np.asarray(points * std + mean)


def _forms(season: int | None) -> list[dict[str, Any]]:
    """The forms of exponential smoothing to choose from, the simplest first."""
    trends = [(None, False), ("add", False), ("add", True)]
    seasons = [{"seasonal": None}] + ([{"seasonal": "add", "seasonal_periods": season}] if season else [])
    return [
        {"error": "add", "trend": trend, "damped_trend": damped} | seasonal
        for seasonal in seasons
        for trend, damped in trends
    ]


def _fitted(values: Numbers, kind: dict[str, Any]) -> Any:
    return ETSModel(values, **kind, initialization_method="heuristic").fit(disp=False)


def theta(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): the Theta method (Assimakopoulos & Nikolopoulos 2000), each target for itself.

    That is simple exponential smoothing, and half the slope of a line, of what the season leaves (Hyndman & Billah
    2003). Season, line and parameter are of train and valid; the smoothing goes on through test up to each origin.
    """
    return np.stack([_theta(past, values, meta) for values in past.values.T], axis=2)


def _theta(past: History, values: Numbers, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon) of one target, `values` (rows,)."""
    start = int(np.flatnonzero(~np.isnan(values))[0])
    rows, season = past.fitted - start, meta["season"]
    if season > LONGEST_SEASON or rows < 2 * season:
        season = 1
    filled = bridged(values[start:], season)
    mean, std = filled[:rows].mean(), filled[:rows].std()  # fitted on train and valid
    filled = (filled - mean) / std
    with quiet():
        kind = {"period": season, "deseasonalize": season > 1, "use_test": False, "method": "additive"}
        fitted = ThetaModel(filled[:rows], **kind).fit()
    alpha, slope = max(round(fitted.params["alpha"], DIGITS), 10**-DIGITS), round(fitted.params["b0"], DIGITS)
    after = fitted.forecast_components(season)["seasonal"].to_numpy()  # of the rows after train and valid
    seasons = np.roll(after, rows % season)  # (season,) of row r that of r % season
    adjusted = filled - seasons[np.arange(len(filled)) % season]  # (rows,)
    level, _ = lfilter([alpha], [1, alpha - 1], adjusted, zi=[(1 - alpha) * adjusted[0]])  # (rows,)
    at, ahead = (past.origins - start)[:, None], np.arange(1, meta["horizon"] + 1)
    line = ahead - 1 + (1 - (1 - alpha) ** (at + 1)) / alpha  # (origins, horizon)
    points = level[at] + slope / 2 * line + seasons[(at + ahead) % season]
    return np.asarray(points * std + mean)


def seasonal_arima(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): ARIMA(p,0,q)(0,1,0) of the season, each target for itself: what is left of the
    value a season before is ARMA(p,q), with p and q up to `MOST` and a constant.

    Orders are those of the smallest AICc at the estimates of Hannan & Rissanen (1982); the coefficients are then of the
    greatest likelihood, on train and valid, and the state goes on through test up to each origin. Of a season that
    exponential smoothing leaves out, a row is one: ARIMA(p,1,q).
    """
    return np.stack([_seasonal_arima(past, values, meta) for values in past.values.T], axis=2)


def _seasonal_arima(past: History, values: Numbers, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon) of one target, `values` (rows,)."""
    start, season = int(np.flatnonzero(~np.isnan(values))[0]), meta["season"]
    if season > LONGEST_SEASON or past.fitted - start < 3 * season:
        season = 1
    filled = bridged(values[start:], season)
    left = filled[season:] - filled[:-season]  # (rows - season,)
    rows = past.fitted - start - season
    mean, std = left[:rows].mean(), left[:rows].std()  # fitted on train and valid
    at, horizon = past.origins - start, meta["horizon"]
    known = at >= season - 1  # else there is no change
    points = np.repeat(filled[at, None], horizon, axis=1)  # (origins, horizon)
    points[known] = mean
    if std > SMALLEST * filled[: past.fitted - start].std():
        points[known] += _arma_ahead((left - mean) / std, rows, at[known] - season, horizon) * std
    for step in range(horizon):  # beside the value a season before, which is a forecast itself after the first season
        before = filled[at[known] + step + 1 - season] if step < season else points[known, step - season]
        points[known, step] += before
    assert np.isfinite(points).all()
    return points


def _arma_ahead(values: Numbers, rows: int, at: NDArray[np.int64], horizon: int) -> Numbers:
    """(origins, horizon) of ARMA, fitted on the first `rows` of `values`, after each row of `at` (-1: before all); its
    order is chosen on the last RECENT of them."""
    p, q, first = _orders(values[:rows][-RECENT:])
    rolled = _rolled(values, rows, {"order": (p, 0, q), "trend": "n"}, first)
    design, transition = rolled.filter_results.design[:, :, 0], rolled.filter_results.transition[:, :, 0]
    steps, state = [], rolled.predicted_state[:, at + 1]  # (state, origins) of the row after each origin
    for _ in range(horizon):
        steps.append((design @ state)[0])
        state = transition @ state
    return np.stack(steps, axis=1)


def _orders(values: Numbers) -> tuple[int, int, list[float]]:
    """p and q of the smallest AICc for `values` (rows,) of mean 0, and estimates to begin with."""
    found = []
    for p, q in sorted(np.ndindex(MOST + 1, MOST + 1), key=sum):
        with suppress(ValueError, np.linalg.LinAlgError):  # too short a series for these
            estimated, _ = hannan_rissanen(values, ar_order=p, ma_order=q, demean=False)
            if estimated.is_stationary and estimated.is_invertible and estimated.sigma2 > 0:
                aicc = (
                    ARIMA(values, order=(p, 0, q), trend="n")
                    .filter(estimated.params, cov_type="none", low_memory=True)
                    .aicc
                )
                found.append((float(aicc), p, q, estimated.params.tolist()))
    # The fewest coefficients of those that are as good, so that last bits choose nothing.
    _, p, q, first = min(found, key=lambda each: round(each[0], 2), default=(0.0, 0, 0, [1.0]))
    return p, q, first


def autoregression(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, 1): AR(1) of daily log-returns with a mean, added up over the days ahead."""
    assert past.returns is not None  # prepare writes them for prices
    return np.cumsum(_arma(past, past.returns, [0.0], meta["horizon"]), axis=1)[:, :, None]


def arma(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): ARIMA(1,0,1) with a mean, each target for itself."""
    return np.stack([_arma(past, values, [0.9, -0.5], meta["horizon"]) for values in past.values.T], axis=2)


def _arma(past: History, values: Numbers, start: list[float], horizon: int) -> Numbers:
    """(origins, horizon) of `values` (rows,); Kalman filter with what is missing left out (Harvey 1989).

    Fitted on train and valid, from the coefficients `start` (that of AR, then that of MA) on; where the optimiser stops
    before it has converged, the best so far is taken.
    """
    known = values[: past.fitted]
    mean, std = np.nanmean(known), np.nanstd(known)  # of train and valid
    standard = (values - mean) / std
    model = {"order": (1, 0, len(start) - 1), "trend": "c"}
    rolled = _rolled(standard, past.fitted, model, [0.0, *start, 0.5])
    centre, persistence = rolled.params[0], rolled.params[1]
    # The prediction of a row knows the rows before it; after the first step nothing but the autoregression is left.
    first = rolled.predict()[past.origins + 1] - centre  # (origins,)
    points = centre + first[:, None] * persistence ** np.arange(horizon)  # (origins, horizon)
    assert np.isfinite(points).all()
    return np.asarray(points * std + mean)


def _rolled(values: Numbers, rows: int, model: dict[str, Any], first: list[float]) -> Any:
    """What statsmodels' ARIMA filters from `values`, with parameters fitted on the first `rows`, from `first` on; where
    the optimiser stops before it has converged, the best so far."""
    with quiet():
        fitted = ARIMA(values[:rows], **model).fit(
            start_params=first, method_kwargs={"disp": 0}, cov_type="none", low_memory=True
        )
    return ARIMA(values, **model).filter(np.round(fitted.params, DIGITS), cov_type="none")


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of parameters that an optimiser tries and leaves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
