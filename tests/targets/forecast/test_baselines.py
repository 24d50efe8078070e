"""What stands beside every score of a forecast: it knows no future, and is exact where the series can be forecast."""

import re

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.arima_process import arma_generate_sample
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from kassandra.contracts.artifacts import read_arrays, read_json, write_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.windows import LEVELS, observed, read_split
from kassandra.targets.forecast.baseline import series_models, stage
from kassandra.targets.forecast.baseline.history import History


def predictions(prepared, seed):
    """The linear map by its name alone, however it reads the window; quantiles as such."""
    table = stage.predictions(None, prepared, seed)
    above = {name: name.rpartition(" @")[0] for name in table if " @" in name}
    assert all(isinstance(table[name].dtype, pd.CategoricalDtype) for name in above)  # so that tables stay small
    table = table.assign(**{name: table[point] + table[name].to_numpy(np.float64) for name, point in above.items()})
    return table.rename(columns=lambda name: re.sub(r"^(linear map of the window) \(.*\)", r"\1", name))


pytestmark = pytest.mark.slow

COMMON = ["last value", "historical mean"]
NAMES = {
    "value": [*COMMON, "exponential smoothing", "linear map of the window"],
    "season": [
        *COMMON,
        "seasonal naive",
        "exponential smoothing",
        "Theta",
        "seasonal ARIMA",
        "linear map of the window",
    ],
    "return": [*COMMON, "AR(1)", "linear map of the window"],
    "volatility": [
        *(*COMMON, "ARIMA(1,0,1)", "EWMA (RiskMetrics, 0.94)", "GARCH(1,1)", "HAR"),
        "linear map of the window",
    ],
}
CARRIED = {
    "Theta",
    "seasonal ARIMA",
    "exponential smoothing",
    "AR(1)",
    "ARIMA(1,0,1)",
    "EWMA (RiskMetrics, 0.94)",
    "GARCH(1,1)",
    "HAR",
}


@pytest.fixture
def folder(series_folder, ar, garch):
    """A prepared folder of two series for a key of NAMES."""

    def folder(kind, rows=500, **options):
        if kind in ("value", "season"):
            waves = 3 * np.sin(2 * np.pi * np.arange(rows) / 12)[:, None]
            noise = [np.stack([ar(rows, 0.8, 2 * number + place) for place in range(2)], axis=1) for number in range(2)]
            season = 12 if kind == "season" else None
            return series_folder([waves + some for some in noise], season=season, **options)
        returns, variances = zip(*(garch(rows, number) for number in range(2)), strict=True)
        if kind == "return":
            return series_folder([some.cumsum() for some in returns], predict="return", returns=returns, **options)
        measured = [np.log(some) / 2 + 0.3 * ar(rows, 0, 7) for some in variances]
        return series_folder(measured, predict="volatility", returns=returns, **options)

    return folder


def points(table, name, folder):
    """(origins, horizon, targets)"""
    test, meta = read_split(folder / "test.npz"), read_json(folder / "meta.json")
    return table[name].to_numpy().reshape(len(test.origins), meta["horizon"], -1)


def rmse(table, name, folder):
    """(horizon,)"""
    actual = observed(read_split(folder / "test.npz"), read_json(folder / "meta.json"))
    return np.sqrt(((points(table, name, folder) - actual) ** 2).mean((0, 2)))


@pytest.mark.parametrize("kind", NAMES)
def test_columns(folder, kind):
    """A point and a quantile at each level, in order, for every number that is predicted."""
    here = folder(kind)
    table, actual = predictions(here, 0), observed(read_split(here / "test.npz"), read_json(here / "meta.json"))
    assert list(table) == [c for name in NAMES[kind] for c in (name, *(f"{name} @{level}" for level in LEVELS))]
    assert len(table) == actual.size
    assert (table.dtypes == np.float64).all()
    assert np.isfinite(table.to_numpy()).all()
    for name in NAMES[kind]:
        assert (np.diff(table[[f"{name} @{level}" for level in LEVELS]].to_numpy(), axis=1) >= 0).all()


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("place", [0, 40])
def test_the_future_is_not_known(folder, kind, place):
    """Whatever comes after an origin: neither its forecast nor one before it is another, to the last bit."""
    here = folder(kind)
    before, test = predictions(here, 0), read_split(here / "test.npz")
    changed = [array.copy() for array in (test.inputs, test.values)]
    returns = None if test.returns is None else test.returns.copy()
    for begin, end in zip(test.offsets[:-1], test.offsets[1:], strict=True):
        after = slice(test.origins[test.origins >= begin][place] + 1, end)
        changed[0][after], changed[1][after] = 7 - changed[0][after], 7 - changed[1][after]
        if returns is not None:
            returns[after] *= -3
    arrays = dict(zip(("inputs", "values"), changed, strict=True)) | ({} if returns is None else {"returns": returns})
    write_arrays(here / "test.npz", **read_arrays(here / "test.npz") | arrays)
    after = predictions(here, 0)
    size = len(before) // len(test.origins)
    for series in range(2):
        own = np.flatnonzero(test.series == series)
        rows = (own[: place + 1, None] * size + np.arange(size)).ravel()
        assert before.iloc[rows].to_numpy().tobytes() == after.iloc[rows].to_numpy().tobytes()
    later = (test.origins - test.offsets[test.series]).repeat(size) > test.origins[place] + 5
    for name in set(NAMES[kind]) - {"historical mean"} - ({"last value"} if kind == "return" else set()):
        if kind == "return" and name == "linear map of the window":
            continue  # which is the mean where nothing can be predicted
        assert (before[name] != after[name])[later].mean() > 0.5  # so that what is tested could fail


@pytest.mark.parametrize("kind", NAMES)
def test_the_same_bytes(folder, kind):
    here = folder(kind)
    first, second = predictions(here, 0), predictions(here, 1)
    assert first.to_numpy().tobytes() == second.to_numpy().tobytes()


@pytest.mark.parametrize("kind", NAMES)
def test_what_stands_at_missing_rows_does_not_matter(folder, kind):
    here = folder(kind, missing=[0, 1, 100, 101, 140, 330, 420, 425])
    first = predictions(here, 0)
    for name in ("train", "valid", "test"):
        arrays = read_arrays(here / f"{name}.npz")
        looked = np.zeros(len(arrays["values"]), bool)
        looked[(arrays["origins"][:, None] + np.arange(-7, 4)).ravel()] = True
        assert not looked.all()
        for key in {"values", "inputs", "returns"} & set(arrays):
            arrays[key][~looked] = 1e3
        write_arrays(here / f"{name}.npz", **arrays)
    assert np.isfinite(first.to_numpy()).all()
    pd.testing.assert_frame_equal(predictions(here, 0), first, check_exact=True)


def test_rows_are_in_the_order_of_origins_steps_and_targets(folder):
    here = folder("value")
    table, test = predictions(here, 0), read_split(here / "test.npz")
    expected = [test.values[test.origins[o], target] for o, _, target in np.ndindex(len(test.origins), 3, 2)]
    assert table["last value"].tolist() == pytest.approx(expected, abs=1e-7)  # they are rounded


def test_a_series_alone_has_the_same_forecasts(series_folder, ar):
    """Each but the linear map, which is one for all of them."""
    both = [ar(400, 0.9, 0), 50 + 9 * ar(400, 0.3, 1)]
    table = predictions(series_folder(both, season=7), 0)
    alone = predictions(series_folder(both[1:], season=7), 0)
    for name in set(alone) - {column for column in alone if column.startswith("linear")}:
        assert table[name].to_numpy()[-len(alone) :].tolist() == alone[name].tolist()


def test_quantiles_hold_their_share_of_what_they_are_taken_from(folder):
    """Where train, valid and test are the same, each level has its share of the numbers below, up to the last one."""
    for kind in NAMES:
        here = folder(kind)
        for name in ("valid", "test"):
            (here / f"{name}.npz").write_bytes((here / "train.npz").read_bytes())
        table, actual = predictions(here, 0), observed(read_split(here / "test.npz"), read_json(here / "meta.json"))
        origins = len(actual) // 2  # of each series
        for name in set(NAMES[kind]) - CARRIED:
            for level in LEVELS:
                below = actual <= points(table, f"{name} @{level}", here)
                for own in (below[:origins], below[origins:]):
                    assert np.abs(own.mean(0) - level).max() <= 1.5 / origins + 1e-9


def test_quantiles_hold_on_test_what_they_say(series_folder, ar):
    here = series_folder([ar(6000, 0.7, 3)])
    table, actual = predictions(here, 0), observed(read_split(here / "test.npz"), read_json(here / "meta.json"))
    for name in NAMES["value"]:
        for level in LEVELS:
            assert (actual <= points(table, f"{name} @{level}", here)).mean() == pytest.approx(level, abs=0.05)


def test_season_is_repeated_exactly(series_folder):
    values = np.tile([3.0, 1.0, 4.0, 1.0, 5.0, 9.0], 60)
    here = series_folder([values], season=6, horizon=14)
    table = predictions(here, 0)
    assert (rmse(table, "seasonal naive", here) == 0).all()
    assert rmse(table, "exponential smoothing", here).max() < 1e-6
    assert rmse(table, "last value", here).max() > 1


def test_season_of_returns_is_added_up(series_folder):
    returns = np.tile([0.01, -0.02, 0.03, 0.005], 90)
    here = series_folder([returns.cumsum()], predict="return", returns=[returns], season=4, horizon=6)
    assert rmse(predictions(here, 0), "seasonal naive", here).max() < 1e-12


@pytest.mark.parametrize("predict", ["value", "return"])
def test_of_a_season_ahead_the_last_known_one_is_repeated(series_folder, ar, predict):
    """Beyond the first season ahead too, where the rows of a season before are not known yet."""
    days = ar(300, 0, 4)
    values = days if predict == "value" else days.cumsum()
    here = series_folder([values], predict, season=3, horizon=7, returns=None if predict == "value" else [days])
    table, test = predictions(here, 0), read_split(here / "test.npz")
    known = days[-len(test.values) :][
        test.origins[:, None] + np.array([-2, -1, 0, -2, -1, 0, -2])
    ]  # (origins, horizon)
    expected = known if predict == "value" else known.cumsum(1)
    np.testing.assert_allclose(points(table, "seasonal naive", here)[:, :, 0], expected, atol=1e-7)


@pytest.mark.parametrize("kind", NAMES)
def test_mean_is_of_all_that_came_in_train_and_valid(folder, kind):
    """Of each series, step and target."""
    here = folder(kind)
    meta, test = read_json(here / "meta.json"), read_split(here / "test.npz")
    learned = [read_split(here / f"{name}.npz") for name in ("train", "valid")]
    predicted = points(predictions(here, 0), "historical mean", here)
    for series in range(2):
        actual = np.concatenate([observed(split, meta)[split.series == series] for split in learned])
        np.testing.assert_allclose(predicted[test.series == series] - actual.mean(0), 0, atol=1e-7)


def test_a_season_that_is_not_known_is_no_change(series_folder, ar):
    """A season before the first origins of train nothing was; of test it lies in what was left out before it."""
    here = series_folder([ar(300, 0.5, 0)], season=10, window=8, horizon=3)
    table = predictions(here, 0)
    predicted, last = points(table, "seasonal naive", here), points(table, "last value", here)
    test = read_split(here / "test.npz")
    assert (predicted[0, :2] == last[0, :2]).all()  # 10 rows before the first row predicted there are but 9 in test
    np.testing.assert_allclose(predicted[3:, 0], test.values[test.origins[3:] - 9], atol=1e-7)


def test_drift(series_folder):
    rows = np.arange(300)
    jitter = np.where(rows % 2, 1e-4, -1e-4)  # so that there is something to standardise
    prices = 0.01 * rows + jitter
    here = series_folder([prices], predict="return", returns=[np.diff(prices, prepend=-0.01)], horizon=4)
    table = predictions(here, 0)
    assert (table["last value"] == 0).all()
    predicted = points(table, "historical mean", here)
    np.testing.assert_allclose(predicted[:, [1, 3], 0], np.broadcast_to([0.02, 0.04], (len(predicted), 2)), atol=1e-8)
    np.testing.assert_allclose(predicted[:, [0, 2], 0], np.broadcast_to([0.01, 0.03], (len(predicted), 2)), atol=2e-6)
    assert rmse(table, "AR(1)", here).max() < 3e-5  # it knows the jitter too


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_linear_map_forecasts_what_can_be_forecast_of_ar(series_folder, ar, normalise):
    """x[t+k] is predicted with the error Σ φ^2j, j < k, and nothing forecasts it better."""
    series = [ar(8000, 0.8, 5), 100 + 10 * ar(8000, 0.8, 6)]
    # From the last value or the window's mean, it takes a long window to know the series' own mean.
    here = series_folder(series, normalise=normalise, window=8 if normalise == "none" else 80)
    meta, test = read_json(here / "meta.json"), read_split(here / "test.npz")
    table, actual = predictions(here, 0), observed(test, meta)
    possible = np.sqrt(np.cumsum(0.64 ** np.arange(3)))
    for number, scale in enumerate((1, 10)):
        own = test.series == number
        errors = (points(table, "linear map of the window", here) - actual)[own] / scale
        assert np.sqrt((errors**2).mean((0, 2))) == pytest.approx(possible, rel=0.05)


def test_ar_of_returns_forecasts_what_can_be_forecast(series_folder, ar):
    returns = 0.01 * ar(6000, 0.6, 8) + 0.002
    here = series_folder([returns.cumsum()], predict="return", returns=[returns])
    table = predictions(here, 0)
    carried = (1 - 0.6 ** np.arange(1, 4)) / 0.4  # what a shock adds to the sum of the days up to k
    possible = 0.01 * np.sqrt(np.cumsum(carried**2))
    assert rmse(table, "AR(1)", here) == pytest.approx(possible, rel=0.05)
    assert (rmse(table, "AR(1)", here) < 0.95 * rmse(table, "historical mean", here)).all()


def test_arma_of_volatility_forecasts_what_can_be_forecast(series_folder, ar):
    here = series_folder([ar(6000, 0.95, 9, moving=-0.6)], predict="volatility", returns=[ar(6000, 0, 1)])
    shocks = np.concatenate([[1], 0.35 * 0.95 ** np.arange(2)])
    possible = np.sqrt(np.cumsum(shocks**2))
    assert rmse(predictions(here, 0), "ARIMA(1,0,1)", here) == pytest.approx(possible, rel=0.05)


def test_garch_is_better_where_garch_is_true(series_folder, garch):
    """Its variance comes back to the mean, fast here; EWMA stays where it is."""
    returns, variances = garch(6000, 4, 0.3, 0.2, 0.5)
    here = series_folder([np.log(variances) / 2], predict="volatility", returns=[returns], horizon=4)
    table = predictions(here, 0)
    garch, ewma = (rmse(table, name, here) for name in ("GARCH(1,1)", "EWMA (RiskMetrics, 0.94)"))
    assert (garch < ewma).all()
    assert garch[0] < 0.02  # the first day is known, but for the parameters


def test_no_such_folder(tmp_path):
    with pytest.raises(KassandraError, match=r"meta\.json: no such file"):
        predictions(tmp_path, 0)


def test_what_is_chosen_and_what_is_flat_is_printed(series_folder, ar, capsys):
    values = np.stack([ar(400, 0.9, 0), ar(400, 0.9, 1)], axis=1)
    stage.predictions(None, series_folder([values]), 0)
    (chosen,) = capsys.readouterr().out.splitlines()
    assert re.match(
        r"linear map of the window.*: ridge [\d.e+]+, chosen on valid; rmse there, in deviations of", chosen
    )
    values[100:111, 1], values[350:359, 0] = 0.5, values[350, 0] + 1e-5 * ar(9, 0, 2)  # four windows of 8 rows, and two
    stage.predictions(None, series_folder([values]), 0)
    flat = capsys.readouterr().out.splitlines()[-1]
    assert flat == "flat windows, in which a target does not move: 4 of train, 0 of valid, 2 of test"


@pytest.mark.parametrize("true", [(2, 0), (0, 1), (1, 1)])
def test_seasonal_arima_finds_the_orders_and_forecasts_as_statsmodels_does(true):
    """At the last row of train, with the coefficients of the greatest likelihood."""
    generator, season = np.random.default_rng(0), 12
    left = arma_generate_sample([1, -0.6, 0.3][: true[0] + 1], [1, 0.7][: true[1] + 1], 1500, distrvs=generator.normal)
    values = left.copy()
    for row in range(season, len(values)):
        values[row] += values[row - season]
    past = History(values[:, None], None, np.array([1499]), np.zeros((0, 20, 1)), 1500)
    ours = series_models.seasonal_arima(past, {"season": season, "horizon": 20})[0, :, 0]
    theirs = ARIMA(values, order=(true[0], 0, true[1]), seasonal_order=(0, 1, 0, season), trend="n").fit().forecast(20)
    np.testing.assert_allclose(ours, theirs, atol=0.3 * left.std())
    p, q, _ = series_models._orders((left - left.mean()) / left.std())
    assert (p, q) == true or p + q > 2  # an order more costs AICc little
    assert p + q <= sum(true) + 1


@pytest.mark.parametrize("form", ["level", "trend", "season"])
def test_exponential_smoothing_has_the_form_of_the_series(form):
    """And at the last row of train it says what statsmodels does of that form."""
    generator, rows = np.random.default_rng(0), np.arange(240)
    values = generator.normal(0, 0.5, 240).cumsum() if form == "level" else generator.normal(0, 0.5, 240)
    values += {"level": 0 * rows, "trend": 0.3 * rows, "season": 3 * np.sin(2 * np.pi * rows / 12)}[form]
    past = History(values[:, None], None, np.array([239]), np.zeros((0, 6, 1)), 240)
    ours = series_models.smoothing(past, {"season": 12, "horizon": 6})[0, :, 0]
    kind = {
        "trend": "add" if form == "trend" else None,
        "damped_trend": False,
        "seasonal": "add" if form == "season" else None,
    }
    kind |= {"seasonal_periods": 12} if form == "season" else {}
    fitted = ETSModel(values, error="add", **kind, initialization_method="heuristic").fit(disp=False)
    np.testing.assert_allclose(ours, fitted.forecast(6), rtol=1e-3)
