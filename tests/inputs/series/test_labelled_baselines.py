"""Models of labelled series without an LSTM: warping, MiniRocket, summary statistics."""

import numpy as np
import pytest

from kassandra.contracts.examples import Neighbours
from kassandra.inputs.series.baseline.dtw import distances, of_equal_length
from kassandra.inputs.series.baseline.examples import neighbours, statistics_of, views
from kassandra.inputs.series.baseline.steps import _around
from kassandra.lstm import minirocket
from kassandra.lstm.minirocket import KERNELS, MiniRocket, _convolved
from kassandra.targets.label.baseline.stage import nearest


def warped(a, b, band):
    """The definition, cell by cell."""
    cost = np.full((len(a) + 1, len(b) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            if abs(i - j) <= band:
                cost[i + 1, j + 1] = ((a[i] - b[j]) ** 2).sum() + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
    return cost[-1, -1]


@pytest.mark.parametrize("band", [0, 1, 3, 6])
def test_warping_is_its_definition(band):
    generator = np.random.default_rng(band)
    first, second = (generator.normal(size=(rows, 7, 2)).astype(np.float32) for rows in (3, 4))
    expected = [[warped(a, b, band) for b in second] for a in first]
    np.testing.assert_allclose(distances(first, second, band), expected, rtol=1e-4)


def test_series_of_one_length():
    one = np.array([[0.0], [2.0]], np.float32)
    np.testing.assert_allclose(of_equal_length([one, one[:1]], 3)[:, :, 0], [[0, 1, 2], [0, 0, 0]])


def test_convolution_is_its_definition():
    generator = np.random.default_rng(0)
    values = generator.normal(size=(2, 30)).astype(np.float32)
    for twos in (KERNELS[0], KERNELS[83]):
        weights = np.array([2.0 if place in twos else -1.0 for place in range(9)])
        for dilation in (1, 3):
            wide = np.pad(values, ((0, 0), (4 * dilation, 4 * dilation)))
            expected = [
                [wide[row, step : step + 8 * dilation + 1 : dilation] @ weights for step in range(30)] for row in (0, 1)
            ]
            np.testing.assert_allclose(_convolved(values, dilation, twos), expected, rtol=1e-4, atol=1e-4)


def test_minirocket_reads_a_series_alone_as_among_others():
    generator = np.random.default_rng(0)
    series = [generator.normal(size=(length, 3)).astype(np.float32) for length in (7, 12, 30, 19)]
    rocket = MiniRocket.fit(series, 336)
    together = rocket.features(series)
    assert together.shape == (4, 336)
    assert 0 <= together.min() <= together.max() <= 1
    for row, one in enumerate(series):
        np.testing.assert_allclose(rocket.features([one])[0], together[row], atol=1e-6)


def test_minirocket_reads_many_series_in_parts(monkeypatch):
    generator = np.random.default_rng(0)
    series = [generator.normal(size=(length, 3)).astype(np.float32) for length in (7, 12, 30, 19, 30)]
    rocket = MiniRocket.fit(series, 336)
    together = rocket.features(series)
    monkeypatch.setattr(minirocket, "AT_ONCE", 2 * 30 * 3)
    parts = []
    monkeypatch.setattr(rocket, "_of_some", lambda some: parts.append(len(some)) or MiniRocket._of_some(rocket, some))
    np.testing.assert_array_equal(rocket.features(series), together)
    assert parts == [2, 2, 1]


def test_the_nearest_by_the_setting_that_suits_the_known():
    def among(setting):
        return np.array([[0, 1, 9], [1, 0, 9], [9, 9, 0]]) if setting else np.array([[0, 9, 1], [9, 0, 9], [1, 9, 0]])

    near = Neighbours(
        "x", np.array([0, 2, 3]), [0, 1], among, lambda setting: np.array([[0, 9, 1], [9, 9, 1]]) + setting
    )
    assert nearest(near, np.array([5, 8, 5, 7])).tolist() == [5, 7]


def made(count, seed):
    """Waves of two frequencies, of unequal lengths: values, offsets, labels."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    some = [
        np.sin(np.arange(length) * (0.3 + 0.5 * label) + generator.uniform(0, 6))[:, None].astype(np.float32)
        for label, length in zip(labels, generator.integers(20, 40, count), strict=True)
    ]
    return {"values": np.concatenate(some), "offsets": np.cumsum([0, *map(len, some)])}, labels


@pytest.mark.slow
def test_all_of_them_tell_waves_apart():
    (known, labels), (unknown, truth) = made(30, 0), made(20, 1)
    meta = {"normalise": "columns", "missing": "error", "pool": 1, "mean": [0.0], "std": [1.0], "masked": []}
    linear, rocket = views([known], unknown, meta)
    assert [view.name for view in (linear, rocket)] == [
        "summary statistics + logistic regression",
        "MiniRocket + ridge",
    ]
    (near,) = neighbours([known], unknown, meta)
    assert (nearest(near, labels) == truth).mean() > 0.9
    assert near.name == "1-NN with DTW"
    assert np.isfinite(linear.known).all()
    assert np.isfinite(statistics_of(np.ones((1, 2), np.float32))).all()


def test_rows_around():
    values = np.arange(10.0)[:, None]
    around = _around(values, 2)
    np.testing.assert_allclose(around[0], [1, np.sqrt(2 / 3)])
    np.testing.assert_allclose(around[5], [5, np.sqrt(2)])
