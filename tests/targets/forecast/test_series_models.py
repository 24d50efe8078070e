"""What is rolled by formulas over all origins equals what statsmodels forecasts at each of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from kassandra.targets.forecast.baseline import series_models
from kassandra.targets.forecast.baseline.history import History, bridged
from kassandra.targets.forecast.baseline.series_models import arma, autoregression, smoothing, theta

pytestmark = pytest.mark.slow

HORIZON, FITTED = 9, 300
META = {"horizon": HORIZON, "season": None}


def past(values, missing=(), returns=None):
    """One series of one target, an origin at every row that has nine before it."""
    values = np.array(values, np.float64)
    values[list(missing)] = np.nan
    origins = np.arange(9, len(values) - HORIZON)
    origins = origins[~np.isnan(values[origins])]
    nothing = np.zeros((int((origins < FITTED - HORIZON).sum()), HORIZON, 1))
    return History(values[:, None], returns, origins, nothing, FITTED)


def at(predicted, history, origin):
    return predicted[history.origins == origin][0, :, 0]


def wavy(ar, season=7):
    return 20 + 5 * np.sin(2 * np.pi * np.arange(400) / season) + ar(400, 0.9, 1)


@pytest.fixture
def form(monkeypatch):
    """Chooses for AICc: by place among the trends none, additive, damped; with a season where there is one."""
    forms = series_models._forms
    return lambda place: monkeypatch.setattr(series_models, "_forms", lambda season: [forms(season)[place - 3]])


@pytest.mark.parametrize("season", [None, 7, 12])
@pytest.mark.parametrize("trend", [0, 1, 2])
def test_smoothing_equals_the_library(ar, form, season, trend):
    form(trend)
    values = wavy(ar)
    history = past(values)
    predicted = smoothing(history, META | {"season": season})
    kind = {"trend": "add" if trend else None, "damped_trend": trend == 2}
    kind |= {"seasonal": "add" if season else None, "seasonal_periods": season}
    fitted = ETSModel(values[:FITTED], **kind, initialization_method="heuristic").fit(disp=False)
    first = {"initial_level": fitted.initial_level}
    first |= {"initial_trend": fitted.initial_trend} if trend else {}
    first |= {"initial_seasonal": fitted.initial_seasonal} if season else {}
    for origin in (12, 30, 299, 300, 390):  # the library forecasts nothing within the first season
        known = ETSModel(values[: origin + 1], **kind, initialization_method="known", **first)
        expected = known.smooth(fitted.params[: 1 + trend + bool(season)]).forecast(HORIZON)
        np.testing.assert_allclose(at(predicted, history, origin), expected, atol=2e-2 * values.std())


def test_smoothing_forecasts_seasons_exactly(ar, form):
    """To the last digits, where the parameters are those that were found for the standardised values."""
    form(2)
    values = wavy(ar)
    values = (values - values[:FITTED].mean()) / values[:FITTED].std()
    history = past(values)
    predicted = smoothing(history, META | {"season": 7})
    kind = {"trend": "add", "damped_trend": True, "seasonal": "add", "seasonal_periods": 7}
    fitted = ETSModel(values[:FITTED], **kind, initialization_method="heuristic").fit(disp=False)
    first = {"initial_level": fitted.initial_level, "initial_trend": fitted.initial_trend}
    for origin in (9, 12, 15, 200, 301, 390):
        known = ETSModel(
            values[: origin + 1],
            **kind,
            initialization_method="known",
            **first,
            initial_seasonal=fitted.initial_seasonal,
        )
        expected = known.smooth(np.round(fitted.params[:4], 6)).forecast(HORIZON)
        np.testing.assert_allclose(at(predicted, history, origin), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("season", [150, 151, 401])
def test_a_season_that_is_too_long_is_left_out(ar, form, season):
    """Of 300 rows are two seasons of 150, but not of 151."""
    form(2)
    history = past(wavy(ar))
    plain, predicted = smoothing(history, META), smoothing(history, META | {"season": season})
    assert (plain.tobytes() == predicted.tobytes()) == (season > 150)


@pytest.mark.parametrize("season", [7, 12, 200])
def test_theta_equals_the_library(ar, season):
    """Where the fitted rows end; and later, of those rows' season, line and parameter, that of a longer series. Of 300
    rows are no two seasons of 200."""
    values = wavy(ar) + 0.03 * np.arange(400)
    values = (values - values[:FITTED].mean()) / values[:FITTED].std()
    predicted = theta(past(values), META | {"season": season})
    seasonal = season < 200
    kind = {"period": season, "use_test": False, "method": "additive", "deseasonalize": seasonal}
    fitted = ThetaModel(values[:FITTED], **kind).fit()
    np.testing.assert_allclose(at(predicted, past(values), FITTED - 1), fitted.forecast(HORIZON, theta=2), atol=1e-4)
    seasons = fitted.forecast_components(400)["seasonal"].to_numpy()  # of row FITTED and those after it
    for origin in (310, 390):
        rows = np.arange(origin + 1)
        adjusted = values[: origin + 1] - seasons[(rows - FITTED) % season]
        smoothed = SimpleExpSmoothing(adjusted, initialization_method="known", initial_level=adjusted[0])
        level = smoothed.fit(smoothing_level=fitted.params["alpha"], optimized=False).forecast(1)[0]
        alpha, ahead = fitted.params["alpha"], np.arange(1, HORIZON + 1)
        line = fitted.params["b0"] / 2 * (ahead - 1 + 1 / alpha - (1 - alpha) ** len(rows) / alpha)
        expected = level + line + seasons[origin - FITTED + ahead]
        np.testing.assert_allclose(at(predicted, past(values), origin), expected, atol=1e-4)


def test_several_targets_are_forecast_one_by_one(ar):
    one, two = past(20 + ar(400, 0.9, 1, moving=-0.3)), past(3 * ar(400, 0.7, 2, moving=0.3))
    both = one._replace(values=np.hstack([one.values, two.values]))
    for model in (smoothing, arma):
        expected = np.concatenate([model(one, META), model(two, META)], axis=2)
        assert model(both, META).tobytes() == expected.tobytes()


def test_arma_equals_the_library(ar):
    """With rows missing too, before an origin and in what is fitted."""
    values = ar(400, 0.9, 3, moving=-0.4)
    history = past(values, missing=[100, *range(200, 220), 330])
    known = history.values[:, 0]
    predicted = arma(history, META)
    mean, std = np.nanmean(known[:FITTED]), np.nanstd(known[:FITTED])
    fitted = ARIMA((known[:FITTED] - mean) / std, order=(1, 0, 1), trend="c").fit()
    for origin in (20, 199, 220, 299, 331, 390):
        model = ARIMA((known[: origin + 1] - mean) / std, order=(1, 0, 1), trend="c")
        expected = model.filter(fitted.params).forecast(HORIZON) * std + mean
        np.testing.assert_allclose(at(predicted, history, origin), expected, rtol=2e-3, atol=2e-3)


def test_returns_are_forecast_by_ar_and_added_up(ar):
    returns = 0.01 * ar(400, 0.4, 5) + 0.003
    history = past(returns.cumsum(), returns=returns)
    predicted = autoregression(history, META)
    fitted = ARIMA(returns[:FITTED] * 100, order=(1, 0, 0), trend="c").fit()
    for origin in (10, 299, 390):
        forecast = ARIMA(returns[: origin + 1] * 100, order=(1, 0, 0), trend="c").filter(fitted.params)
        expected = np.cumsum(forecast.forecast(HORIZON)) / 100
        np.testing.assert_allclose(at(predicted, history, origin), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("model", [smoothing, arma])
def test_what_it_forecasts_moves_with_the_units(ar, model):
    values = wavy(ar)
    predicted, moved = model(past(values), META), model(past(1e4 * values - 7), META)
    np.testing.assert_allclose(moved, 1e4 * predicted - 7, rtol=1e-3)


def stopped(fit, options):
    """`fit` with these options, whatever it is asked for."""
    return lambda self, **others: fit(self, **others | options)


@pytest.mark.parametrize("model", [smoothing, arma])
def test_an_optimiser_that_stops_early_is_taken_as_it_is(ar, monkeypatch, model):
    """statsmodels warns of it, and warnings are errors here."""
    history = past(wavy(ar))
    best = model(history, META)
    for library, options in ((ETSModel, {"maxiter": 1}), (ARIMA, {"method_kwargs": {"maxiter": 1, "disp": 0}})):
        monkeypatch.setattr(library, "fit", stopped(library.fit, options))
    with pytest.warns(ConvergenceWarning):
        stopped(ETSModel.fit, {})(ETSModel(wavy(ar), trend="add"), maxiter=1, disp=False)
    predicted = model(history, META)
    assert np.isfinite(predicted).all()
    assert not np.allclose(predicted, best, rtol=1e-3)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 30), st.integers(1, 15))
def test_bridges_are_exact_on_seasons_and_lines(seed, season, begin, length):
    """A season that moves along a line is found again, if one of it was seen; known rows stay as they are."""
    generator, rows = np.random.default_rng(seed), np.arange(60)
    values = generator.normal(size=season)[rows % season]
    # The line climbs within the gap: as it stood before, then as it is where it ends.
    climbed = np.clip(rows - (season + begin - 1), 0, length + 1) * generator.normal()
    holed = values + climbed
    gap = slice(season + begin, season + begin + length)
    holed[gap] = np.nan
    filled = bridged(holed, season)
    np.testing.assert_allclose(filled, values + climbed, atol=1e-9)
    known = np.delete(rows, rows[gap])
    assert (filled[known] == holed[known]).all()


@given(st.integers(0, 1000), st.integers(1, 9), st.lists(st.booleans(), min_size=40, max_size=40))
def test_bridges_know_no_more_than_the_first_row_after_them(seed, season, there):
    there[0] = True
    values = np.where(there, np.random.default_rng(seed).normal(size=40), np.nan)
    filled = bridged(values, season)
    assert np.isfinite(filled).all()
    for row in np.flatnonzero(there):
        assert filled[: row + 1].tolist() == bridged(values[: row + 1], season).tolist()
