"""Pictures of forecasts: what stands in them."""

from types import SimpleNamespace

import numpy as np
import pytest

from kassandra.contracts.windows import LEVELS, Split, observed
from kassandra.judging import interval_figures
from kassandra.judging.intervals import Estimate
from kassandra.targets.forecast.evaluate import figures as forecast_figures
from kassandra.targets.forecast.evaluate.predict import Forecast
from kassandra.targets.forecast.evaluate.stage import judged, of_model, predictions

pytestmark = pytest.mark.slow

DAY = 86_400


def made(predict="value", horizon=3, series=1, rows=150):
    """A walk around 5, whose forecast is what actual; quantiles lie evenly within 1 around it."""
    walk = 5 + np.random.default_rng(0).normal(size=(series, rows)).cumsum(1) / 9
    begins = np.arange(series + 1) * rows
    origins = np.concatenate([np.arange(begin + 6, begin + rows - horizon) for begin in begins[:-1]])
    times = np.tile(np.arange(rows) * DAY, series)
    split = Split(np.zeros((walk.size, 1), np.float32), walk.reshape(-1, 1), times, begins, origins)
    meta = {"predict": predict, "window": 7, "horizon": horizon, "targets": ["close"]}
    meta |= {"series": [f"s{number}" for number in range(series)]}
    meta |= {"value_std": [[1.0]] * series, "mase_scale": [[1.0]] * series}
    actual = observed(split, meta)
    return split, meta, Forecast(actual, actual + (np.array(LEVELS) - 0.5)[:, None, None, None], None)


def lines(axis):
    return [(line.get_xdata(), np.asarray(line.get_ydata())) for line in axis.get_lines() if len(line.get_xdata()) > 1]


@pytest.mark.parametrize("predict", ["value", "return", "volatility"])
def test_fans_lie_on_what_comes(shown, predict):
    """A forecast that is right is drawn on the line of the observations, whatever is predicted: prices, not returns."""
    split, meta, predicted = made(predict)
    (axis,) = shown(forecast_figures.fan, split, predicted, meta).axes
    (dates, actual), *fans = lines(axis)
    values = split.values[-121:, 0]
    np.testing.assert_allclose(actual, values if predict == "value" else np.exp(values))
    assert len(fans) >= 8
    at = dict(zip(dates.tolist(), actual, strict=True))
    for when, heights in fans:
        np.testing.assert_allclose(heights, [at[date] for date in when.tolist()])
        assert len(heights) == (3 if predict == "volatility" else 4)  # a fan opens at the last value known
    assert fans[0][0][-1] == dates[-1]
    outer, inner = (band.get_paths()[0].vertices[:, 1] for band in axis.collections[:2])
    assert np.ptp(outer) > np.ptp(inner) > 0


def test_one_step_ahead_is_forecast_at_every_row(shown):
    split, meta, predicted = made(horizon=1)
    (axis,) = shown(forecast_figures.fan, split, predicted, meta).axes
    (_, actual), (_, heights) = lines(axis)
    np.testing.assert_allclose(heights, actual[1:])
    assert len(axis.collections) == 4  # two bands, and what the legend shows of them


def test_rows_that_no_window_shows_are_not_drawn(shown):
    split, meta, predicted = made()
    gone = (split.origins >= 80) & (split.origins < 110)
    gap = split._replace(origins=split.origins[~gone])
    kept = Forecast(predicted.point[~gone], predicted.quantiles[:, ~gone], None)
    (axis,) = shown(forecast_figures.fan, gap, kept, meta).axes
    (_, actual), *_ = lines(axis)
    assert (
        np.isnan(actual).sum() == 21
    )  # rows 83 to 103: the first were predicted yet, the last stand in a window again


def test_a_panel_for_each_series(shown):
    split, meta, predicted = made(series=2)
    axes = shown(forecast_figures.fan, split, predicted, meta).axes
    assert [axis.get_title() for axis in axes] == ["s0", "s1"]


def result(horizon, far=False):
    """Of the LSTM and three baselines, of which the second is the strongest."""
    overall = {"one": 3.0, "two": 2.0, "three": 90.0 if far else 2.5}
    by_step = np.array([1.0, *overall.values()])[:, None, None] * np.linspace(1, 2, horizon)[:, None] * [1, 0.9, 1.1]
    scores = {name: Estimate(value, value, value) for name, value in overall.items()}
    gains = {name: Estimate(value - 1, value - 1, value - 1) for name, value in overall.items()}
    return SimpleNamespace(baselines=scores, gains=gains, by_step=by_step, gains_by_step=by_step[1:] - by_step[:1])


def test_errors_by_step(shown):
    left, right = shown(forecast_figures.error_by_step, *[result(4)] * 2).axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in left.get_lines()}
    assert drawn == {"LSTM": pytest.approx(np.linspace(1, 2, 4))}
    gains = {line.get_label(): list(line.get_ydata()) for line in right.get_lines()[:3]}
    assert set(gains) == {"one", "two", "three"}
    assert gains["two"] == pytest.approx(np.linspace(1, 2, 4))


def test_errors_of_one_step(shown):
    left, right = shown(forecast_figures.error_by_step, *[result(1)] * 2).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["one", "three", "two", "LSTM"]  # the last on top
    assert [label.get_text() for label in right.get_yticklabels()] == ["one", "three", "two"]
    assert [line.get_xdata()[0] for line in right.get_lines()[:3]] == [2, 1.5, 1]


@pytest.mark.parametrize("horizon", [1, 4])
def test_a_hopeless_baseline_does_not_squeeze_the_others(shown, horizon):
    figure = shown(forecast_figures.error_by_step, *[result(horizon, far=True)] * 2)
    left = figure.axes[0]
    assert max((left.get_xlim() if horizon == 1 else left.get_ylim())[1], 0) < 10
    assert figure.get_suptitle() == "Not drawn, with more than twice the error: three (90)"


def test_directions_so_far(shown):
    split, meta, predicted = made(series=2)
    table = predictions(split, predicted, None, meta)
    both = {"LSTM": table, "historical mean": of_model(table, 2 * table["last"] - table["point"])}
    (axis,) = shown(forecast_figures.cumulative_direction, both).axes
    drawn = {line.get_label(): set(line.get_ydata()) for line in axis.get_lines()[:4]}
    days = len(split.origins) // 2
    for name in ("s0", "s1"):
        assert drawn[f"LSTM, {name}: 1.0000 of {days}"] == {1}
        assert drawn[f"historical mean, {name}: 0.0000 of {days}"] == {0}
    assert axis.get_ylim() == pytest.approx((-0.02, 1.02))


def test_many_series_are_one_line(shown):
    split, meta, predicted = made(series=7)
    (axis,) = shown(forecast_figures.cumulative_direction, {"LSTM": predictions(split, predicted, None, meta)}).axes
    assert axis.get_lines()[0].get_label() == f"LSTM, 7 series: 1.0000 of {len(split.origins)}"


def test_the_coins_are_those_of_one_series(shown):
    split, meta, predicted = made(series=7, horizon=1)
    (axis,) = shown(forecast_figures.cumulative_direction, {"LSTM": predictions(split, predicted, None, meta)}).axes
    corners = axis.collections[0].get_paths()[0].vertices
    last = corners[corners[:, 0] == corners[:, 0].max()][:, 1]
    assert last.max() == pytest.approx(0.5 + 1.96 / 2 / np.sqrt(143), abs=1e-4)


def test_no_direction_at_all(shown):
    split, meta, predicted = made()
    table = predictions(split, predicted, None, meta)
    (axis,) = shown(forecast_figures.cumulative_direction, {"LSTM": of_model(table, table["last"])}).axes
    assert axis.get_lines()[0].get_label() == "LSTM: no direction"


def test_calibration(shown):
    split, meta, predicted = made(rows=60)
    table = predictions(split, predicted, None, meta)
    _, curves = judged([table], table, {"last value": table}, "value", 0)
    left, right = shown(interval_figures.interval_calibration, curves.inside, curves.below).axes
    inside, below = (np.array(axis.containers[0].lines[0].get_data(), float) for axis in (left, right))
    np.testing.assert_allclose(inside, [[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], [1] * 9])
    np.testing.assert_allclose(below, [LEVELS, [0] * 9 + [1] * 10])


@pytest.mark.parametrize("best", [-1, 0])
def test_lag(shown, best):
    places = np.arange(-3, 4)
    (axis,) = shown(forecast_figures.lag, places, 0.9 - 0.1 * np.abs(places - best)).axes
    texts = [text.get_text() for text in axis.get_legend().get_texts()]
    assert texts == [f"best: lag {best}", "lag 0: the row that is forecast"]
