"""Scores of numbers: those of scikit-learn and SciPy, on all rows and on resamples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from kassandra.contracts.spec import LEVELS
from kassandra.judging.distributions import QUANTILES
from kassandra.judging.judge import by_model, judge
from kassandra.targets.number.evaluate.scores import RESAMPLING, SCORES
from kassandra.targets.number.evaluate.stage import worst

BY_NAME = {score.name: score for score in SCORES}


def made(rows=200, seed=0, noise=0.5, rounded=False):
    """Numbers, predicted with normal errors whose deviation the quantiles know."""
    generator = np.random.default_rng(seed)
    point = generator.normal(3, 1, rows)
    observed = point + generator.normal(0, noise, rows)
    point, observed = (np.round(each) if rounded else each for each in (point, observed))
    quantiles = point[:, None] + noise * stats.norm.ppf(LEVELS)
    table = pd.DataFrame({"example": [f"text {row}" for row in range(rows)], "observed": observed, "point": point})
    return table.assign(**dict(zip(QUANTILES, quantiles.T, strict=True)))


def value(name, table):
    return float(BY_NAME[name].of(table)(np.ones(len(table), np.int64)))


def test_scores_are_those_of_scikit_learn():
    table = made()
    observed, point = table["observed"], table["point"]
    assert value("r2", table) == pytest.approx(metrics.r2_score(observed, point))
    assert value("rmse", table) == pytest.approx(metrics.root_mean_squared_error(observed, point))
    assert value("mae", table) == pytest.approx(metrics.mean_absolute_error(observed, point))
    pinball = np.mean([metrics.mean_pinball_loss(observed, table[name], alpha=level)
                       for name, level in zip(QUANTILES, LEVELS, strict=True)])  # fmt: skip
    assert value("pinball", table) == pytest.approx(pinball)
    assert value("width_90", table) == pytest.approx(2 * 0.5 * 1.6448536)
    assert value("coverage_90", table) == pytest.approx(0.9, abs=0.06)
    assert value("crps", table) == pytest.approx(0.5 / np.sqrt(np.pi), rel=0.15)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.integers(3, 40), st.integers(0, 10**6), st.booleans())
def test_spearman_and_r2_of_resamples_are_those_of_the_rows_drawn(rows, seed, rounded):
    table = made(rows, seed, 1.0, rounded)
    drawn = np.random.default_rng(seed).integers(0, rows, rows)
    times, some = np.bincount(drawn, minlength=rows), table.iloc[drawn]
    spearman = BY_NAME["spearman"].of(table)
    if min(np.ptp(some["observed"]), np.ptp(some["point"])) > 0 and spearman:
        assert spearman(times) == pytest.approx(stats.spearmanr(some["observed"], some["point"])[0])
    if np.ptp(some["observed"]) > 0:
        expected = metrics.r2_score(some["observed"], some["point"])
        assert float(BY_NAME["r2"].of(table)(times)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_what_predicts_one_number_has_no_order():
    table = made().assign(point=3.0)
    assert BY_NAME["spearman"].of(table) is None
    report = judge(SCORES, [table], table, {"mean of train": table}, RESAMPLING, 0)
    assert "spearman" not in report.scores
    assert report.scores["r2"].low <= report.scores["r2"].value <= report.scores["r2"].high


def test_points_alone_have_no_intervals():
    table = made()[["example", "observed", "point"]]
    report = judge(SCORES, [table, table.assign(point=table["point"] + 0.1)], table, {}, RESAMPLING, 0)
    assert set(report.scores) == {"r2", "rmse", "mae", "spearman"}


def test_the_worst_misses_and_every_model_alike():
    table = made(50)
    listed = worst(table)
    assert listed["error"].abs().is_monotonic_decreasing
    assert listed["error"].iloc[0] == table["point"][listed["row"][0]] - table["observed"][listed["row"][0]]
    models = by_model(SCORES, {"LSTM": table, "mean": table.assign(point=3.0)}, "mae")
    assert models.columns[-1] == "mae"
    assert np.isnan(models["spearman"][1])


@pytest.mark.slow
def test_intervals_of_signed_scores_are_even_and_end_at_one():
    """A share of the variance near 0 is no share of examples near 0."""
    table = made(300, noise=1.0)
    weak = table.assign(point=table["point"].mean() + 0.1 * (table["point"] - table["point"].mean()))
    sure = table.assign(point=table["observed"] + 1e-3 * (table["point"] - table["observed"]))
    for name in ("r2", "spearman"):
        near, at_the_end = (judge(SCORES, [one], one, {}, RESAMPLING, 0).scores[name] for one in (weak, sure))
        assert near.high - near.value == pytest.approx(near.value - near.low) or near.high == 1
        assert at_the_end.low <= at_the_end.value <= at_the_end.high <= 1
