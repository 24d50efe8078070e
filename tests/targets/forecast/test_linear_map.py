"""Ridge regression from sums is ridge regression, on what the LSTM reads."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.windows import observed, read_split
from kassandra.targets.forecast.train import linear_map
from kassandra.targets.forecast.train.linear_map import ALPHAS, NORMALISATIONS, Sums, ridge, windows
from kassandra.training.pair import Pair, Split

pytestmark = pytest.mark.slow


def summed(x, y, weights=None):
    return Sums.of(x, y, np.ones(len(x)) if weights is None else weights)


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
        splits = [split._replace(inputs=np.array(split.inputs)) for split in splits]  # those of the file are read-only
        return splits, read_json(folder / "meta.json")

    return read


@given(st.integers(0, 1000), st.sampled_from(ALPHAS), st.booleans())
def test_equals_scikit_learn(seed, alpha, weigh):
    x, y = sample(seed)
    weights = np.random.default_rng(seed).uniform(0, 2, len(x)) if weigh else None
    ours, theirs = ridge(summed(x, y, weights), alpha), Ridge(alpha).fit(x, y, weights)
    np.testing.assert_allclose(ours.weights, theirs.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours.y - ours.x @ ours.weights, theirs.intercept_, rtol=1e-6, atol=1e-9)


@given(st.integers(0, 1000))
def test_sums_of_some_inputs(seed):
    x, y = sample(seed)
    some = np.array([True, False, True, True, False])
    for ours, theirs in zip(summed(x, y).only(some), summed(x[:, some], y), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


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


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_chunks_do_not_matter(read, normalise, monkeypatch):
    (train, *_), meta = read(normalise)
    whole, form = linear_map.add_up(train, linear_map._form(train, meta)), linear_map._form(train, meta)
    monkeypatch.setattr(linear_map, "CHUNK", 7)
    for ours, theirs in zip(linear_map.add_up(train, linear_map._form(train, meta)), whole, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert len(whole) == (2 if form.weighs else 1)


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_errors_are_in_the_unit_of_the_series(read, normalise, monkeypatch):
    """Those that decide are those of the forecasts, divided by the deviation in train, whatever is normalised."""
    (train, valid, _), meta = read(values=[20 * np.sin(np.arange(500) / 3) + np.arange(500) % 7, np.arange(500) % 5.0])
    monkeypatch.setattr(linear_map, "NORMALISATIONS", {normalise: ""})
    form = linear_map._form(train, meta | {"normalise": normalise})
    inputs = next(iter(linear_map._inputs_read(train, meta).values()))
    fitted = [ridge(sums, 10.0) for sums in linear_map.add_up(train, form)]
    errors = (linear_map._forecast(fitted, inputs, valid, form) - observed(valid, meta)) / form.unit[valid.series]
    held = sum(one.squared_error(sums) for one, sums in zip(fitted, linear_map.add_up(valid, form), strict=True))
    assert held == pytest.approx((errors**2).sum(), rel=1e-6)


def tick(splits, gap):
    """The second input is a clock that goes on from split to split."""
    ends = np.cumsum([0, *(len(split.inputs) + gap for split in splits)])
    for split, begin in zip(splits, ends[:-1], strict=True):
        split.inputs[:, 1] = np.sin((begin + np.arange(len(split.inputs))) / 5)


def jumps(generator, rows, chance=0.02, size=20.0):
    """(rows,) a level that stays, and jumps far."""
    return np.cumsum(generator.normal(size=rows) * size * (generator.random(rows) < chance))


@pytest.mark.parametrize("user", ["none", "last", "window"])
@pytest.mark.parametrize("best", ["none", "last", "window"])
def test_the_normalisation_is_chosen_on_valid(read, ar, best, user):
    """Whatever the model reads: the same map, to the last bit."""
    generator, rows = np.random.default_rng(0), 2000
    size, level = np.repeat(np.exp(generator.normal(size=(2, 20))), 100, axis=1)  # of a hundred rows each
    series = {
        "none": ar(rows, 0.2, 1),  # the mean is known, and nothing else helps
        "last": jumps(generator, rows) + np.cumsum(ar(rows, 0.5, 2)),  # a walk to levels that train has not seen
        "window": level + size * (np.sin(np.arange(rows) / 5) + generator.normal(size=rows)),  # a wave of any size
    }[best]
    splits, meta = read(user, values=[series], window=31)
    tick(splits, 31 + 3)
    made = linear_map.linear_map(splits, meta)
    assert made.name == f"linear map of the window{f' ({NORMALISATIONS[best]})' if NORMALISATIONS[best] else ''}"
    assert made.message.startswith(f"{made.name}: ridge ")
    same = linear_map.linear_map(splits, meta | {"normalise": "none", "target_mean": None, "target_std": None})
    assert all((one == other).all() for one, other in zip(made.points, same.points, strict=True))


def test_a_calendar_that_misleads_is_not_read(read, ar):
    """On valid, where a column that repeats train's target means nothing, the map is better without."""
    splits, meta = read(values=[ar(900, 0.8, 1)])
    meta = meta | {"inputs": ["target0", "hour_sin"], "reading": {"prepare": {"calendar": ["hour"]}}}
    train, valid, _ = splits
    without = linear_map.linear_map(splits, meta | {"reading": {"prepare": {}}})
    train.inputs[:, 1] = np.roll(train.values[:, 0], -1)
    valid.inputs[:, 1] = np.random.default_rng(0).normal(size=len(valid.inputs))
    made = linear_map.linear_map(splits, meta)
    assert made.name.endswith("without the calendar)")
    assert ", without the calendar" in made.message
    assert without.name == "linear map of the window"


def test_a_calendar_that_helps_is_read(read):
    rows = np.arange(900)
    splits, meta = read(values=[np.sin(rows / 5) + np.random.default_rng(0).normal(size=900)], window=2)
    meta = meta | {"inputs": ["target0", "hour_sin"], "reading": {"prepare": {"calendar": ["hour"]}}}
    tick(splits, 2 + 3)
    assert "without the calendar" not in linear_map.linear_map(splits, meta).name


@pytest.mark.parametrize("user", ["none", "window"])
def test_a_stuck_sensor_spoils_nothing(read, ar, user):
    """A few windows that stand still, and then jump, are 1e6 of the squares in units of their own deviation."""
    stuck = ar(1500, 0.9, 1)
    alone = linear_map.linear_map(*read(user, values=[stuck], window=10))
    stuck[300:320] = stuck[300]
    splits, meta = read(user, values=[stuck], window=10)
    made = linear_map.linear_map(splits, meta)
    errors = [np.sqrt(((each.points[2] - observed(splits[2], meta)) ** 2).mean()) for each in (alone, made)]
    assert errors[1] == pytest.approx(errors[0], rel=0.01)
    of_windows = float(made.message.split(f"{NORMALISATIONS['window']} ")[-1])
    assert of_windows == pytest.approx(float(alone.message.split(f"{NORMALISATIONS['window']} ")[-1]), rel=0.02)


def test_many_targets_are_not_weighed_one_by_one(read, monkeypatch):
    monkeypatch.setattr(linear_map, "MOST", 2 * (8 * 3) ** 2 - 1)
    splits, meta = read()
    assert NORMALISATIONS["window"] not in linear_map.linear_map(splits, meta).message


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
    for split, points in zip(splits, linear_map.linear_map(splits, meta).points, strict=True):
        errors = np.abs(points - observed(split, meta)).max((1, 2))
        for series, size in enumerate((1e3, 0.01)):
            assert errors[split.series == series].max() < 0.03 * size


def test_noise_is_forecast_as_its_mean(read, ar):
    splits, meta = read(values=[ar(4000, 0, 3)])
    *_, points = linear_map.linear_map(splits, meta).points
    actual = observed(splits[0], meta)
    assert np.abs(points - actual.mean()).max() < 0.1 * actual.std()


def test_two_windows_of_train(read):
    splits, meta = read(values=[np.sin(np.arange(90) / 3)], window=3, horizon=2)
    splits[0] = splits[0]._replace(origins=splits[0].origins[:2])
    assert all(np.isfinite(points).all() for points in linear_map.linear_map(splits, meta).points)


def test_what_is_chosen_is_fitted_on_train_and_valid(read, monkeypatch):
    sizes = []
    monkeypatch.setattr(linear_map, "ridge", lambda sums, alpha: sizes.append((sums.size, alpha)) or ridge(sums, alpha))
    monkeypatch.setattr(linear_map, "NORMALISATIONS", {"last": ""})
    splits, meta = read()
    linear_map.linear_map(splits, meta)
    train, valid, _ = (len(split.origins) for split in splits)
    assert [size for size, _ in sizes] == [train] * len(ALPHAS) + [train + valid]
    assert [alpha for _, alpha in sizes[:-1]] == ALPHAS
