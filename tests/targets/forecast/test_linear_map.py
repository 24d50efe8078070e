"""Ridge regression from sums is ridge regression, on what the LSTM reads."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.windows import normalised, observed, read_split
from kassandra.targets.forecast.baseline import linear_map
from kassandra.targets.forecast.baseline.linear_map import ALPHAS, Sums, add_up, ridge, windows
from kassandra.training.pair import Pair, Split

pytestmark = pytest.mark.slow


def summed(x, y):
    return Sums(len(x), x.sum(0), y.sum(0), x.T @ x, x.T @ y, float((y * y).sum()))


def sample(seed, size=50, inputs=5, outputs=3):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(size, inputs)) + generator.normal(size=inputs)
    return x, x @ generator.normal(size=(inputs, outputs)) + generator.normal(size=(size, outputs)) + 3


@pytest.fixture
def read(series_folder, ar):
    def read(normalise="none", values=None, **options):
        pairs = [np.stack([ar(400, 0.9, 2 * n), 5 + ar(400, 0.5, 2 * n + 1)], axis=1) for n in range(2)]
        folder = series_folder(values or pairs, normalise=normalise, **options)
        splits = [read_split(folder / f"{name}.npz") for name in ("train", "valid", "test")]
        return splits, read_json(folder / "meta.json")

    return read


@given(st.integers(0, 1000), st.sampled_from(ALPHAS))
def test_equals_scikit_learn(seed, alpha):
    x, y = sample(seed)
    ours, theirs = ridge(summed(x, y), alpha), Ridge(alpha).fit(x, y)
    np.testing.assert_allclose(ours.weights, theirs.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours.y - ours.x @ ours.weights, theirs.intercept_, rtol=1e-6, atol=1e-9)


@given(st.integers(0, 1000), st.sampled_from(ALPHAS), st.integers(1, 49))
def test_error_on_other_windows(seed, alpha, cut):
    x, y = sample(seed)
    fitted = ridge(summed(x[:cut], y[:cut]), alpha)
    errors = y[cut:] - fitted.y - (x[cut:] - fitted.x) @ fitted.weights
    assert fitted.squared_error(summed(x[cut:], y[cut:])) == pytest.approx((errors**2).sum(), rel=1e-6)


@given(st.integers(0, 1000), st.integers(0, 50))
def test_sums_add_up(seed, cut):
    x, y = sample(seed)
    both, whole = summed(x[:cut], y[:cut]).plus(summed(x[cut:], y[cut:])), summed(x, y)
    for ours, theirs in zip(both, whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("chunk", [7, 1024])
def test_sums_are_of_all_windows(read, chunk, monkeypatch):
    monkeypatch.setattr(linear_map, "CHUNK", chunk)
    (train, *_), meta = read()
    y = (normalised(train, meta) - np.array(meta["target_mean"])[train.series]) / np.array(meta["target_std"])[
        train.series
    ]
    for ours, theirs in zip(add_up(train, meta), summed(windows(train, meta), y.reshape(len(y), -1)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_reads_what_the_lstm_reads(read, normalise):
    (_, valid, _), meta = read(normalise)
    _, batch = next(Pair.of("series", "forecast", meta, torch.device("cpu")).numbered_batches(Split(valid, valid)))
    assert windows(valid, meta) == pytest.approx(batch.inputs.numpy().reshape(len(valid.origins), -1), abs=2e-5)


def test_of_long_windows_the_last_rows(read, monkeypatch):
    (train, *_), meta = read()
    whole = windows(train, meta)
    monkeypatch.setattr(linear_map, "LARGEST", 11)  # three rows of three numbers
    assert (windows(train, meta) == whole[:, -9:]).all()


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_forecasts_are_in_the_units_of_the_series(read, normalise):
    """What is linear in the window is predicted exactly, of series of any size."""
    rows = np.arange(900)
    waves = [100 + 1e3 * np.sin(rows / 3), 0.01 * np.cos(rows / 3)]  # of one law: x[t+1] = 2 cos(1/3) x[t] - x[t-1] + …
    splits, meta = read(normalise, values=waves, window=20)
    for split, points in zip(splits, linear_map.linear_map(splits, meta), strict=True):
        errors = np.abs(points - observed(split, meta)).max((1, 2))
        for series, size in enumerate((1e3, 0.01)):
            assert errors[split.series == series].max() < 0.03 * size


def test_noise_is_forecast_as_its_mean(read, ar):
    splits, meta = read(values=[ar(800, 0, 3)])
    *_, points = linear_map.linear_map(splits, meta)
    actual = observed(splits[0], meta)
    assert np.abs(points - actual.mean()).max() < 0.1 * actual.std()


def test_too_short_a_train_split_is_forecast_by_its_mean(read, ar):
    """All origins of train reach into the part that would decide."""
    splits, meta = read(values=[np.sin(np.arange(60) / 3)], window=3, horizon=2)
    splits[0] = splits[0]._replace(origins=splits[0].origins[:2])
    *_, points = linear_map.linear_map(splits, meta)
    assert np.ptp(points, axis=0).max() < 1e-5


def test_shrinking_is_chosen_on_train_alone(read, monkeypatch):
    """What valid holds is fitted, and chooses nothing."""
    chosen = []
    monkeypatch.setattr(
        linear_map, "ridge", lambda sums, alpha: chosen.append((sums.size, alpha)) or ridge(sums, alpha)
    )
    (train, valid, test), meta = read()
    linear_map.linear_map([train, valid, test], meta)
    first = list(chosen)
    chosen.clear()
    linear_map.linear_map([train, valid._replace(values=-9 * valid.values), test], meta)
    assert chosen == first
    assert [alpha for _, alpha in first[:-1]] == ALPHAS
    assert first[-1][0] == len(train.origins) + len(valid.origins)
    times = np.unique(train.times[train.origins])
    assert first[0][0] == 2 * (len(times) - len(times) // 4 - meta["horizon"]) - 2 * (len(times) % 4 > 0)
