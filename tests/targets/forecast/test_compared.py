"""Forecasts: scores recomputed from what is stored are those that were reported; dates, not numbers, are counted."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(prepared_prices):
    """Makes what a model tells that errs by `noise`: the table, and the scores that are reported of it."""
    from kassandra.comparison.revisions import Absent, Predicted
    from kassandra.contracts.artifacts import read_json
    from kassandra.contracts.windows import LEVELS, read_split
    from kassandra.inference import Forecast
    from kassandra.targets.forecast.evaluate import scores as forecast_scores
    from kassandra.targets.forecast.evaluate.report import _table

    split, meta = read_split(prepared_prices / "test.npz"), read_json(prepared_prices / "meta.json")
    ground = forecast_scores.ground(split, meta)
    mean = np.full(ground.truth.shape, 0.001)

    def told(noise, seed, baselines=True):
        point = np.random.default_rng(seed).normal(0, noise, ground.truth.shape)
        quantiles = np.stack([point + 0.02 * (level - 0.5) for level in LEVELS])
        forecast = Forecast(point, quantiles, None)
        report = forecast_scores.report(ground, forecast, {"historical mean": Forecast(mean, None, None)}, meta, 0)

        def historical(name, columns):
            if not baselines:
                raise Absent("gone")
            return pd.DataFrame({columns[0]: mean.ravel()})

        side = SimpleNamespace(test_split=lambda name: (split, meta), baselines=historical)
        stored = {name: score.value for name, score in report.scores.items()}
        return Predicted(side, "x", _table(split, ground, forecast, meta), stored)

    return told


def test_every_score_is_recomputed(told):
    from kassandra.targets.forecast.evaluate.compared import compared

    a, b = told(0.001, 1), told(0.01, 2)
    found = compared(a, b)
    assert set(found) == set(a.stored)
    assert "r2" in found
    for score, (one, other, difference) in found.items():
        assert (one, other) == pytest.approx((a.stored[score], b.stored[score]))
        assert difference.value == pytest.approx(other - one)
    assert found["rmse"][2].low > 0
    assert found["rmse"][2].p == pytest.approx(found["r2"][2].p)  # both are of squared errors
    assert all(each[2].p == 1 for each in compared(a, a).values())


def test_without_the_baseline_there_is_no_r2(told):
    from kassandra.targets.forecast.evaluate.compared import compared

    found = compared(told(0.001, 1), told(0.01, 2, baselines=False))
    assert "r2" not in found
    assert "rmse" in found


def test_other_dates_or_numbers_are_not_compared(told):
    from kassandra.targets.forecast.evaluate.compared import differ

    a = told(0.001, 1).table
    assert differ(a, told(0.01, 2).table) == ""
    assert differ(a, a[:-1]) == f"{len(a):,} test numbers are told at A, {len(a) - 1:,} at B"
    assert differ(a, a.assign(time=a["time"].iloc[::-1].to_numpy())) == "other dates, series or targets"
    assert differ(a, a.assign(truth=a["truth"] + 1)) == "other numbers came at A than at B"


def test_a_date_counts_once_however_much_is_told_at_it():
    """Twice the same series beside itself is no more evidence than once."""
    from kassandra.judging.sums import Ratio, difference

    once, ones = np.random.default_rng(0).normal(1, 1, (2, 200)), np.ones(200)
    single = difference(Ratio(once[0], ones), Ratio(once[1], ones), 1, "")
    double = difference(Ratio(2 * once[0], 2 * ones), Ratio(2 * once[1], 2 * ones), 1, "")
    assert single[2][:4] == pytest.approx(double[2][:4])


@pytest.mark.parametrize("curve", [np.sqrt, np.exp, lambda ratio: 1 - ratio])
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_a_curve_changes_neither_p_nor_sign(curve, shift):
    from kassandra.judging.sums import Ratio, difference

    (once, other), ones = np.random.default_rng(0).normal(2, 0.5, (2, 300)), np.ones(300)
    other += once.mean() - other.mean() + shift
    plain = difference(Ratio(once, ones), Ratio(other, ones), 1, "")[2]
    a, b, bent = difference(Ratio(once, ones, curve), Ratio(other, ones, curve), 1, "")
    assert bent.value == b - a
    assert bent.p == plain.p
    assert bent.low <= bent.value + 1e-12
    assert bent.value - 1e-12 <= bent.high
    assert (bent.low > 0 or bent.high < 0) == (bent.p < 0.05) == bool(shift)
    slope = (curve(2.0 + 1e-5) - curve(2.0 - 1e-5)) / 2e-5
    assert (bent.high - bent.low) / (plain.high - plain.low) == pytest.approx(abs(slope), rel=0.25)
