"""Numbers of forecasts: as defined, paired, in blocks of dates; and forecasts that only repeat."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from kassandra.contracts.windows import LEVELS, Split, ahead, observed, shown
from kassandra.judging import crps
from kassandra.judging.distributions import QUANTILES
from kassandra.targets.forecast.evaluate.predict import Forecast
from kassandra.targets.forecast.evaluate.scores import directions
from kassandra.targets.forecast.evaluate.stage import (
    HISTORICAL,
    judged,
    lags,
    of_baselines,
    of_model,
    predictions,
    with_quantiles,
)

pytestmark = pytest.mark.slow

DAY = 86_400
WINDOW = 7


def made(predict="value", horizon=3, rows=110, series=2, targets=1, seed=0, values=None):
    """A test split of random walks far above 0, and its meta."""
    if values is None:
        steps = np.random.default_rng(seed).normal(size=(series, rows, targets))
        values = steps if predict == "volatility" else 50 + steps.cumsum(1) * (0.01 if predict == "return" else 1)
    series, rows, targets = values.shape
    begins = np.arange(series + 1) * rows
    origins = np.concatenate([np.arange(begin + WINDOW - 1, begin + rows - horizon) for begin in begins[:-1]])
    times = np.tile(np.arange(rows) * DAY, series)
    split = Split(np.zeros((series * rows, 1), np.float32), values.reshape(-1, targets), times, begins, origins)
    meta = {"predict": predict, "window": WINDOW, "horizon": horizon}
    meta |= {"targets": [f"t{n}" for n in range(targets)], "series": [f"s{n}" for n in range(series)]}
    return split, meta | {"value_std": [[2.0] * targets] * series, "mase_scale": [[0.5] * targets] * series}


def noisy(actual, size=0.3, seed=1, levels=True):
    """A forecast that knows what actual, but for noise; its quantiles are those of the noise."""
    point = actual + size * np.random.default_rng(seed).normal(size=actual.shape)
    return Forecast(point, point + size * stats.norm.ppf(LEVELS)[:, None, None, None] if levels else None, None)


def others(actual):
    return {"last value": noisy(actual, 0.6, 2), HISTORICAL: Forecast(np.full_like(actual, actual.mean()), None, None)}


def scored(split, meta, model=None, baselines=None, seed=0):
    actual = observed(split, meta)
    baselines = baselines or others(actual)
    historical = baselines[HISTORICAL].point.ravel() if HISTORICAL in baselines else None
    table = predictions(split, model or noisy(actual), historical, meta)
    tables = {name: of_model(table, each.point) for name, each in baselines.items()}
    return judged([table], table, tables, meta["predict"], seed)


@pytest.mark.parametrize("predict", ["value", "return", "volatility"])
def test_scores_as_defined(predict):
    split, meta = made(predict)
    actual = observed(split, meta)
    model, baselines = noisy(actual, 0.01), others(actual)
    done, curves = scored(split, meta, model, baselines)
    got, error = {name: score.value for name, score in done.scores.items()}, actual - model.point
    assert next(iter(got)) == done.headline.name == "rmse"
    assert got["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
    assert got["mae"] == pytest.approx(np.abs(error).mean())
    assert got["mase"] == pytest.approx(np.abs(error).mean() / 0.5)
    assert got["r2"] == pytest.approx(1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum())
    losses = [mean_pinball_loss(actual.ravel(), each.ravel(), alpha=level) for level, each in zip(LEVELS, model.quantiles, strict=True)]  # fmt: skip # noqa: E501
    assert got["pinball"] == pytest.approx(np.mean(losses))
    at = np.reshape(model.quantiles, (len(LEVELS), -1)).T
    assert got["crps"] == pytest.approx(crps.quantiles(actual.ravel(), at, LEVELS).mean())
    for share, low, high in ((90, 0, 18), (50, 4, 14)):
        inside = (model.quantiles[low] <= actual) & (actual <= model.quantiles[high])
        assert got[f"coverage_{share}"] == pytest.approx(inside.mean())
    if predict == "volatility":
        variances = np.exp(2 * actual) / np.exp(2 * model.point)
        assert got["qlike"] == pytest.approx((variances - np.log(variances) - 1).mean())
    else:
        last = split.values[split.origins][:, None] if predict == "value" else 0
        assert got["directional_accuracy"] == pytest.approx(((actual > last) == (model.point > last)).mean())
    extra = {"value": {"smape", "directional_accuracy"}, "return": {"directional_accuracy"}, "volatility": {"qlike"}}
    all_have = {"rmse", "mae", "mase", "r2", "pinball", "crps", "coverage_90", "coverage_50"}
    assert set(got) == all_have | extra[predict]
    if predict == "value":
        smape = 200 * np.abs(error) / (np.abs(actual) + np.abs(model.point))
        assert got["smape"] == pytest.approx(smape.mean())
    assert all(score.low <= score.value <= score.high for score in done.scores.values())
    for name, predicted in baselines.items():
        assert done.baselines[name].value == pytest.approx(np.sqrt(((actual - predicted.point) ** 2).mean()))
        assert done.gains[name].value == pytest.approx(done.baselines[name].value - got["rmse"])
    assert done.units == len(split.origins)
    assert curves.by_step[0, :, 0] == pytest.approx(np.sqrt((error**2).mean((0, 2))))
    assert curves.below[9, 0] == pytest.approx((actual <= model.quantiles[9]).mean())


def test_smape_is_left_out_where_values_come_near_0():
    split, meta = made(values=np.random.default_rng(0).normal(size=(1, 60, 1)))
    assert "smape" not in scored(split, meta)[0].scores


def test_no_quantiles_no_scores_of_them():
    split, meta = made()
    done, curves = scored(split, meta, noisy(observed(split, meta), levels=False))
    assert not {"pinball", "crps", "coverage_90", "coverage_50"} & set(done.scores)
    assert curves.inside is curves.below is None


def test_a_perfect_forecast():
    split, meta = made("volatility")
    actual = observed(split, meta)
    done, _ = scored(split, meta, Forecast(actual, np.stack([actual] * len(LEVELS)), None))
    expected = {"rmse": 0, "mae": 0, "mase": 0, "r2": 1, "pinball": 0, "crps": 0}
    expected |= {"coverage_90": 1, "coverage_50": 1, "qlike": 0}
    assert list(done.scores) == list(expected)
    for name, score in done.scores.items():
        assert tuple(score) == pytest.approx((expected[name],) * 3, abs=1e-300), name


def test_a_baseline_that_says_the_same_adds_nothing():
    split, meta = made()
    model = noisy(observed(split, meta))
    done, _ = scored(split, meta, model, {"the same": model})
    assert done.gains["the same"] == (0, 0, 0)
    assert {(test.statistic, test.p) for test in done.tests} == {(0.0, 1.0)}


def test_gains_are_paired():
    """The model errs where the baseline does: what differs is known far better than either."""
    split, meta = made(rows=400)
    actual = observed(split, meta)
    shared = actual + np.random.default_rng(0).normal(size=actual.shape)
    model, baseline = Forecast(shared, None, None), noisy(shared, 0.3, levels=False)
    done, _ = scored(split, meta, model, {"noise": baseline})
    widths = [score.high - score.low for score in (done.scores["rmse"], done.gains["noise"])]
    assert widths[1] < widths[0] / 2
    assert done.gains["noise"].low > 0


def test_a_series_that_is_there_twice_says_nothing_new():
    """All series of one date are drawn together; else twice the examples would narrow every interval."""
    split, meta = made(series=1)
    twice, meta_twice = made(values=np.concatenate([split.values.reshape(1, -1, 1)] * 2))
    model = noisy(observed(split, meta))
    double = Forecast(np.concatenate([model.point] * 2), np.concatenate([model.quantiles] * 2, axis=1), None)
    (one, _), (two, _) = (
        scored(split, meta, model),
        scored(twice, meta_twice, double, _twice(others(observed(split, meta)))),
    )
    for name in one.scores:
        assert two.scores[name] == pytest.approx(one.scores[name]), name
    assert [test.p for test in two.tests] == pytest.approx([test.p for test in one.tests])


def _twice(baselines):
    return {name: Forecast(np.concatenate([predicted.point] * 2), None, None) for name, predicted in baselines.items()}


def test_neither_the_order_of_series_nor_of_baselines_is_anything_to_the_scores():
    split, meta = made()
    actual = observed(split, meta)
    half = len(split.origins) // 2
    order = np.r_[half : 2 * half, :half]
    swapped, _ = made(values=split.values.reshape(2, -1, 1)[::-1])
    model, baselines = noisy(actual), others(actual)
    one, _ = scored(split, meta, model, baselines)
    turned = [Forecast(predicted.point[order], None if predicted.quantiles is None else predicted.quantiles[:, order], None) for predicted in (model, *baselines.values())]  # fmt: skip # noqa: E501
    two, _ = scored(swapped, meta, turned[0], dict(zip(list(baselines)[::-1], turned[:0:-1], strict=True)))
    assert two.scores == {name: pytest.approx(score) for name, score in one.scores.items()}
    assert two.gains == {name: pytest.approx(score) for name, score in one.gains.items()}


def test_the_unit_of_one_of_several_targets_is_nothing_to_the_scores():
    split, meta = made(targets=2)
    model, baselines = noisy(observed(split, meta)), others(observed(split, meta))
    one, _ = scored(split, meta, model, baselines)
    unit = np.array([1.0, 1000.0])
    large = split._replace(values=split.values * unit)
    meta = meta | {"value_std": [[2.0, 2000.0]] * 2, "mase_scale": [[0.5, 500.0]] * 2}
    model, *rest = (Forecast(predicted.point * unit, predicted.quantiles if predicted.quantiles is None else predicted.quantiles * unit, None) for predicted in (model, *baselines.values()))  # fmt: skip # noqa: E501
    two, _ = scored(large, meta, model, dict(zip(baselines, rest, strict=True)))
    assert two.scores == {name: pytest.approx(score) for name, score in one.scores.items()}


def test_of_one_target_errors_are_in_its_unit():
    split, meta = made()
    actual = observed(split, meta)
    assert scored(split, meta, noisy(actual, 0.3))[0].scores["rmse"].value == pytest.approx(0.3, rel=0.1)
    assert predictions(split, noisy(actual), None, meta)["scale"].max() == 1


def test_what_did_not_change_has_no_direction():
    split, meta = made(values=np.array([1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 2, 2.0]).reshape(1, -1, 1), horizon=1)
    table = predictions(split, noisy(observed(split, meta)), None, meta)  # from 2 to 2, 3, 3, 2, 2
    right, counted = directions(of_model(table, table["last"] + [1.0, 1, 1, 1, 0])).T
    assert counted.tolist() == [False, True, False, True, False]
    assert right.tolist() == [False, True, False, False, False]
    copied = of_model(table, table["last"])
    assert "directional_accuracy" not in judged([copied], copied, {"other": copied}, "value", 0)[0].scores


def test_directions_of_one_step_have_the_interval_of_a_coin():
    split, meta = made("return", horizon=1, series=1)
    score = scored(split, meta, noisy(observed(split, meta), 0.02))[0].scores["directional_accuracy"]
    exact = stats.binomtest(round(score.value * 103), 103).proportion_ci(method="wilson")
    assert (score.low, score.high) == pytest.approx((exact.low, exact.high))


def test_what_reads_wrong_by_itself_has_a_caution():
    def cautions(*args, **more):
        return scored(*made(*args, **more))[0].cautions

    assert cautions(rows=200) == ()
    (profit,) = cautions("return", rows=200)
    assert profit.startswith("None of this is a claim of profit")
    (estimate,) = cautions("volatility", rows=200)
    assert "estimate" in estimate
    (few,) = cautions(rows=40)
    assert few == "Test has 31 dates, and intervals and tests of forecasts 3 ahead want 60: take them for too narrow and too sure."  # fmt: skip # noqa: E501
    assert "forecasts 10 ahead want 200:" in cautions(rows=40, horizon=10)[0]  # though blocks are of half of 24 dates


@pytest.mark.parametrize("horizon", [1, 5])
def test_tests_of_each_baseline(horizon):
    split, meta = made(horizon=horizon, rows=200)
    done, _ = scored(split, meta)
    steps = ["all"] if horizon == 1 else ["all", 1, 5]
    assert [(test.baseline, test.steps) for test in done.tests] == [(name, step) for name in done.baselines for step in steps]  # fmt: skip # noqa: E501
    assert all(test.statistic > 2 and test.p < 0.05 for test in done.tests)  # the model has half the error


@pytest.mark.parametrize("predict", ["value", "volatility"])
def test_a_copycat_has_its_best_lag_at_minus_one(predict):
    split, meta = made(predict, rows=300)
    copy = np.repeat(split.values[split.origins][:, None], 3, axis=1)
    places, correlations = lags(split, meta, copy)
    assert places[correlations.argmax()] == -1
    assert correlations.max() == pytest.approx(1)
    places, correlations = lags(split, meta, noisy(observed(split, meta), 0.1).point)
    assert places[correlations.argmax()] == 0


def test_lags_of_returns_are_those_of_each_day():
    split, meta = made("return", rows=300)
    before = split.values[split.origins] - split.values[split.origins - 1]  # the return of the last day known
    places, correlations = lags(split, meta, np.repeat(before[:, None], 3, axis=1))
    assert places[correlations.argmax()] == -1
    assert np.sort(correlations)[-2] < 0.3


def test_lags_never_look_at_rows_that_no_window_shows():
    split, meta = made(rows=120)
    gap = split._replace(origins=split.origins[(split.origins < 40) | (split.origins >= 80)])
    seen = shown(gap, meta)
    assert not seen[45:70].any()
    assert seen[ahead(gap, 3)].all()
    torn = gap._replace(values=np.where(seen[:, None], gap.values, np.nan))
    point = noisy(observed(gap, meta)).point
    np.testing.assert_array_equal(lags(torn, meta, point)[1], lags(gap, meta, point)[1])


def test_no_lags_of_what_never_varies_or_is_too_short():
    split, meta = made()
    assert lags(split, meta, np.ones_like(observed(split, meta))) is None
    split, meta = made(rows=15)
    assert lags(split, meta, observed(split, meta)) is None


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(2, 9))
def test_baselines_are_read_as_they_are_written(horizon, targets, origins):
    shape = (origins, horizon, targets)
    predicted = np.random.default_rng(0).normal(size=(1 + len(LEVELS), *shape))
    names = ["a, b", *(f"a, b @{level}" for level in LEVELS)]
    table = pd.DataFrame({name: each.ravel() for name, each in zip(names, predicted, strict=True)})
    own = pd.DataFrame({"point": np.zeros(len(table))})
    got = of_baselines(own, table)
    assert list(got) == ["a, b"]
    np.testing.assert_array_equal(got["a, b"]["point"], predicted[0].ravel())
    np.testing.assert_array_equal(
        with_quantiles(own, "a, b", table)[QUANTILES].T, (predicted[0] + predicted[1:]).reshape(len(LEVELS), -1)
    )


@pytest.mark.parametrize("freedom", [None, 5.0])
def test_the_crps_of_a_distribution_is_in_closed_form(freedom):
    """Quantiles stand beside it, and do not count: they know nothing of the tails."""
    split, meta = made()
    actual = observed(split, meta)
    point = noisy(actual, 0.01).point
    law = {"place": point, "spread": np.full(actual.shape, 0.3)}
    law |= {} if freedom is None else {"freedom": np.full(actual.shape, freedom)}
    wrong = np.stack([np.zeros_like(actual)] * len(LEVELS))
    done, _ = scored(split, meta, Forecast(point, wrong, None, law))
    drawn = stats.norm(0, 0.3) if freedom is None else stats.t(freedom, 0, 0.3)
    x = np.linspace(-60, 60, 400_001)  # CRPS = ∫ (F - 1)², by hand
    errors = (actual - point).ravel()[:40]
    by_hand = [((drawn.cdf(x) - (x >= error)) ** 2).sum() * (x[1] - x[0]) for error in errors]
    closed = crps.student(errors, 0, 0.3, freedom) if freedom else crps.gaussian(errors, 0, 0.3)
    assert closed == pytest.approx(by_hand, rel=1e-3)
    every = (actual - point).ravel()
    expected = crps.student(every, 0, 0.3, freedom) if freedom else crps.gaussian(every, 0, 0.3)
    assert done.scores["crps"].value == pytest.approx(expected.mean())
    others = [mean_pinball_loss(actual.ravel(), np.zeros(actual.size), alpha=level) for level in LEVELS]
    assert done.scores["pinball"].value == pytest.approx(np.mean(others))
