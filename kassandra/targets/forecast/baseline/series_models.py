"""Classical models of one series, fitted once and rolled over test: exponential smoothing, Theta and ARIMA, by
statsmodels; of daily volatility EWMA and GARCH(1,1) of returns, and HAR of volatility itself."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
from arch import arch_model
from numpy.typing import NDArray
from scipy.signal import lfilter
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

from kassandra.contracts.windows import SMALLEST, Split, observed, shown

LONGEST_SEASON = 400  # rows: a year of days; each row keeps the whole season, and that of a year of hours is too much
DECAY = 0.94  # per day: RiskMetrics (1996)
HAR_DAYS = (1, 5, 21)  # a day, a week, a month of trading
START = [0.0, 0.05, 0.05, 0.9, 8.0]  # mu, omega, alpha, beta, nu of standardised returns: usual ones of daily prices
MOST = 3  # orders of ARMA: of autoregression, and of moving averages
DIGITS = 6  # of fitted parameters: the last bits of an optimiser are noise

Numbers = NDArray[np.float64]


class History(NamedTuple):
    """One series from the first row of train to the last of test.

    values: (rows, targets) float64, NaN where a value is missing and between two splits. returns: (rows,) log-return of
    the close to each day, NaN likewise; None where there are no prices.
    origins: (origins,) rows after which something is forecast: those of train, then of valid, then of test.
    observed: (learned, horizon, targets) after the origins of train and valid, which are the first of `origins`.
    fitted: the row after the last known one of train and valid; what is fitted is fitted on the rows before.
    """

    values: NDArray[np.float64]
    returns: NDArray[np.float64] | None
    origins: NDArray[np.int64]
    observed: NDArray[np.float64]
    fitted: int

    @property
    def learned(self) -> int:
        """How many of the origins are of train and valid."""
        return len(self.observed)


def history(splits: Sequence[Split], series: int, meta: dict[str, Any]) -> History:
    """What train, valid and test, in this order, hold of a series, with window + horizon unknown rows between them.

    So many times lie there. A series that lacks some of them has fewer rows, and its season is then shifted until the
    rows of the next split have corrected it.
    """
    gap = meta["window"] + meta["horizon"]
    values: list[NDArray[np.float64]] = []
    returns: list[NDArray[np.float64]] = []
    origins: list[NDArray[np.int64]] = []
    at = 0
    splits = [split.whole for split in splits]
    for split in splits:
        rows = slice(split.offsets[series], split.offsets[series + 1])
        own = split.origins[split.series == series]
        known = shown(split, meta)[rows]  # (rows,); prepare writes 0 where a value is missing
        values += [np.where(known[:, None], split.values[rows], np.nan), np.full((gap, split.values.shape[1]), np.nan)]
        if split.returns is not None:
            returns += [np.where(known, split.returns[rows], np.nan), np.full(gap, np.nan)]
        origins.append(own - split.offsets[series] + at)
        at += len(known) + gap
    before_test = np.concatenate(values[:4])  # train, what is unknown, valid, what is unknown
    learned = [observed(split, meta)[split.series == series] for split in splits[:-1]]
    return History(
        np.concatenate(values)[:-gap],
        np.concatenate(returns)[:-gap] if returns else None,
        np.concatenate(origins),
        np.concatenate(learned),
        int(np.flatnonzero(~np.isnan(before_test[:, 0]))[-1]) + 1,
    )


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
    with _quiet():
        fits = [(kind, _fitted(filled[:rows], kind)) for kind in _forms(season)]
    # The simplest of those that are as good, so that the last bits of a likelihood choose nothing.
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
    with _quiet():
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
    """(origins, horizon) of ARMA, fitted on the first `rows` of `values`, after each row of `at` (-1: before all)."""
    p, q, first = _orders(values[:rows])
    model = {"order": (p, 0, q), "trend": "n"}
    with _quiet():
        fitted = ARIMA(values[:rows], **model).fit(start_params=first, method_kwargs={"disp": 0}, cov_type="none")
    rolled = ARIMA(values, **model).filter(np.round(fitted.params, DIGITS), cov_type="none")
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
                aicc = ARIMA(values, order=(p, 0, q), trend="n").filter(estimated.params, cov_type="none").aicc
                found.append((float(aicc), p, q, estimated.params.tolist()))
    # The fewest coefficients of those that are as good, so that last bits choose nothing.
    _, p, q, first = min(found, key=lambda each: round(each[0], 2), default=(0.0, 0, 0, [1.0]))
    return p, q, first


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of parameters that an optimiser tries and leaves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def bridged(values: Numbers, season: int) -> Numbers:
    """(rows,) with what is missing between known rows as it was a season before, moved along a line from end to end.

    The line knows the first row after the gap, which all origins after the gap know too. Rows after the last known one
    stay as they were a season before.

    >>> bridged(np.array([1.0, np.nan, np.nan, 4.0]), 1)
    array([1., 2., 3., 4.])
    """
    filled = values.copy()
    missing = np.isnan(values)
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0))
    for begin, end in edges.reshape(-1, 2):
        last = max(begin - season, 0)  # the first row of the season that is repeated
        rows = last + np.arange(end - begin + 1) % (begin - last)  # and one more, of the first known row
        repeated = filled[rows]
        if end < len(values):
            repeated += (values[end] - repeated[-1]) * np.arange(1, len(rows) + 1) / len(rows)
        filled[begin:end] = repeated[:-1]
    return filled


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
    order = (1, 0, len(start) - 1)
    with _quiet():
        fitted = ARIMA(standard[: past.fitted], order=order, trend="c").fit(
            start_params=[0.0, *start, 0.5], method_kwargs={"disp": 0}, cov_type="none"
        )
    parameters = np.round(fitted.params, DIGITS)
    centre, persistence = parameters[0], parameters[1]
    rolled = ARIMA(standard, order=order, trend="c").filter(parameters, cov_type="none")
    # The prediction of a row knows the rows before it; after the first step nothing but the autoregression is left.
    first = rolled.predict()[past.origins + 1] - centre  # (origins,)
    points = centre + first[:, None] * persistence ** np.arange(horizon)  # (origins, horizon)
    assert np.isfinite(points).all()
    return np.asarray(points * std + mean)


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
        with _quiet():
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
