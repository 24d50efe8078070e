"""What each example adds, from tables of predictions: the score comes out again."""

import math

import numpy as np
import pandas as pd
import pytest

from kassandra.judging.examples import units


def test_accuracy():
    told = units(pd.DataFrame({"target": [0, 1, 2, 1], "predicted": [0, 1, 1, 1]}), "accuracy")
    assert told.score == 0.75
    assert list(told.sums) == [1, 1, 0, 1]


def test_loss_of_a_text():
    """In stretches of unequal length; the mean is over tokens, not over stretches."""
    losses = np.random.default_rng(0).random(1003)
    told = units(pd.DataFrame({"target": 0, "log_probability": -losses}), "loss")
    assert told.score == pytest.approx(losses.mean(), rel=1e-12)
    assert len(told.sums) == 200
    assert set(told.counts) == {5, 6}


def test_rmse_of_forecasts():
    """Two series of three dates each, of which two are the same: what is told on one date is drawn together."""
    rows = [
        (series, time + step, step, "price", 0.0, float(10 * time + step))
        for series, times in (("a", (1, 2, 3)), ("b", (2, 3, 4)))
        for time in times
        for step in (1, 2)
    ]
    table = pd.DataFrame(rows, columns=["series", "time", "step", "target", "truth", "point"])
    told = units(table, "rmse")
    assert told.score == pytest.approx(math.sqrt((table["point"] ** 2).mean()), rel=1e-12)
    assert list(told.counts) == [2, 4, 4, 2]
    assert told.sums[0] == 11**2 + 12**2


def test_scores_that_are_no_mean_of_rows():
    assert units(pd.DataFrame({"target": [0], "predicted": [0]}), "bleu") is None
    assert units(pd.DataFrame({"text": ["a"]}), "accuracy") is None
