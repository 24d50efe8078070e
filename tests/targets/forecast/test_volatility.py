"""EWMA, GARCH and HAR: as the libraries have them, and nearest to what is predicted."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from arch import arch_model
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from kassandra.targets.forecast.baseline import volatility_models as volatility
from kassandra.targets.forecast.baseline.history import History
from kassandra.targets.forecast.baseline.volatility_models import ewma, filtered, fit, har, mapped

pytestmark = pytest.mark.slow

HORIZON, FITTED = 4, 1500
META = {"horizon": HORIZON}


def past(values, returns, window=30):
    values, returns = np.asarray(values, np.float64), np.array(returns, np.float64)
    origins = np.arange(window - 1, len(values) - HORIZON)
    learned = origins[origins < FITTED - HORIZON]
    truth = values[learned[:, None] + np.arange(1, HORIZON + 1)][:, :, None]
    return History(values[:, None], returns, origins, truth, FITTED)


@pytest.fixture
def simulated(garch):
    returns, variances = garch(2000, 3)
    return past(np.log(variances) / 2, returns)


def regressed(shown, history):
    """(origins, horizon, 1) by scikit-learn, from `shown` (origins, numbers)."""
    steps = [LinearRegression().fit(shown[: history.learned], y).predict(shown) for y in history.observed[:, :, 0].T]
    return np.stack(steps, axis=1)[:, :, None]


def test_ewma_is_that_of_pandas(simulated):
    squares = pd.Series(np.concatenate([[np.mean(simulated.returns[:FITTED] ** 2)], simulated.returns**2]))
    weighted = squares.ewm(alpha=0.06, adjust=False).mean().to_numpy()[1:]
    shown = np.log(weighted[simulated.origins])[:, None]
    np.testing.assert_allclose(ewma(simulated, META), regressed(shown, simulated), rtol=1e-6, atol=1e-9)


def test_variances_are_those_of_arch(simulated):
    """Filtered and forecast with given parameters, far enough from where the two begin."""
    mean, omega, alpha, beta = fit(simulated.returns[:FITTED])
    model = arch_model(simulated.returns, mean="Constant", vol="GARCH", p=1, q=1, rescale=False)
    theirs = model.fix([mean, omega, alpha, beta]).forecast(horizon=HORIZON, start=300).variance.to_numpy()
    ours = [filtered(simulated.returns - mean, 1.0, omega, alpha, beta)[300:]]
    for _ in range(1, HORIZON):
        ours.append(omega + (alpha + beta) * ours[-1])
    np.testing.assert_allclose(np.stack(ours, axis=1), theirs, rtol=1e-6)


def test_garch_forecasts_are_the_variances_of_arch(simulated):
    """Of returns in any unit, and with days that are not known."""
    returns = simulated.returns / 100
    std = returns[:FITTED].std()
    fitted = arch_model(returns[:FITTED] / std, vol="GARCH", p=1, q=1, dist="t", rescale=False).fit(disp="off")
    rolled = arch_model(returns / std, vol="GARCH", p=1, q=1, dist="t", rescale=False).fix(fitted.params)
    theirs = rolled.forecast(horizon=HORIZON, start=0).variance.to_numpy()[simulated.origins]
    expected = mapped(simulated, theirs)
    predicted = volatility.garch(simulated._replace(returns=returns), META)
    np.testing.assert_allclose(predicted[100:], expected[100:], atol=5e-3)


def test_parameters_are_recovered(garch):
    returns, _ = garch(20_000, 5)
    assert fit(returns) == pytest.approx((0, 0.05, 0.1, 0.85), abs=0.03)


@given(st.integers(0, 100), st.integers(1, 40), st.floats(0, 0.5), st.floats(0, 0.49))
def test_an_unknown_return_is_as_expected(seed, place, alpha, beta):
    """Where a return is missing its square is the variance; at the level to which all returns, it stays there."""
    returns = np.random.default_rng(seed).normal(size=50)
    missing = returns.copy()
    missing[place] = np.nan
    known, unknown = filtered(returns, 1.0, 0.1, alpha, beta), filtered(missing, 1.0, 0.1, alpha, beta)
    assert (known[:place] == unknown[:place]).all()
    assert unknown[place] == pytest.approx(0.1 + (alpha + beta) * unknown[place - 1])
    rest = 0.1 / (1 - alpha - beta)
    np.testing.assert_allclose(filtered(np.full(9, np.nan), rest, 0.1, alpha, beta), rest)


def test_missing_days_are_left_out_of_the_fit(simulated):
    returns = np.insert(simulated.returns, [100, 100, 700], np.nan)
    moved = past(np.insert(simulated.values[:, 0], [100, 100, 700], 0), returns)._replace(fitted=FITTED + 3)
    assert np.isfinite(volatility.garch(moved, META)).all()
    assert np.isfinite(ewma(moved, META)).all()


def test_har_is_linear_in_day_week_and_month(simulated):
    means = pd.DataFrame({days: pd.Series(simulated.values[:, 0]).rolling(days).mean() for days in (1, 5, 21)})
    expected = regressed(means.to_numpy()[simulated.origins], simulated)
    np.testing.assert_allclose(har(simulated, META), expected, rtol=1e-6, atol=1e-9)


def test_har_is_exact_where_it_is_true():
    """One day ahead."""
    values = np.random.default_rng(0).normal(size=2000).tolist()
    for day in range(21, 2000):
        values[day] = (
            0.3 * values[day - 1] + 0.3 * np.mean(values[day - 5 : day]) + 0.3 * np.mean(values[day - 21 : day])
        )
    history = past(values, values)
    actual = history.values[history.origins[:300] + 1, 0]
    np.testing.assert_allclose(har(history, META)[:300, 0, 0], actual, atol=1e-9)


def test_of_a_month_that_is_not_known_whole_the_mean_is_of_what_is(simulated):
    values = simulated.values.copy()
    values[40:45] = np.nan
    origins = np.concatenate([np.arange(2, 40), np.arange(47, 1990)])
    truth = np.nan_to_num(values[origins[:1000, None] + np.arange(1, 5)])
    history = simulated._replace(values=values, origins=origins, observed=truth)
    series = pd.Series(values[:, 0])
    means = pd.DataFrame({days: series.rolling(days, min_periods=1).mean() for days in (1, 5, 21)})
    np.testing.assert_allclose(har(history, META), regressed(means.to_numpy()[origins], history), rtol=1e-6, atol=1e-9)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_line_is_mapped_exactly(shift, slope):
    """Log variances that differ by a line from what is predicted are predicted without an error."""
    values = np.random.default_rng(1).normal(size=60)
    ahead = values[np.arange(40)[:, None] + np.arange(1, 5)]  # (origins, horizon)
    history = History(values[:, None], None, np.arange(40), shift + slope * ahead[:30, :, None], 40)
    predicted = mapped(history, np.exp(ahead))
    np.testing.assert_allclose(predicted[:, :, 0], shift + slope * ahead, atol=1e-9)


@pytest.mark.parametrize(
    ("flags", "likelihoods", "chosen"),
    [((0, 0), (1, 2), 0), ((9, 0), (2, 1), 1), ((9, 9), (2, 1), 0), ((9, 9), (1, 2), 1)],
    ids=["converged", "second", "neither, first better", "neither, second better"],
)
def test_a_fit_that_does_not_converge(monkeypatch, flags, likelihoods, chosen):
    ends = [
        SimpleNamespace(convergence_flag=flag, loglikelihood=likelihood, params=[number, 0.1, 0.1, 0.8, 5])
        for number, (flag, likelihood) in enumerate(zip(flags, likelihoods, strict=True))
    ]
    starts = []

    def end(starting_values, **_):
        starts.append(starting_values)
        return ends[len(starts) - 1]

    monkeypatch.setattr(volatility, "arch_model", lambda *_, **__: SimpleNamespace(fit=end))
    assert fit(np.zeros(3))[0] == chosen
    assert len(starts) == (1 if flags[0] == 0 else 2)
    assert starts[0] is None
