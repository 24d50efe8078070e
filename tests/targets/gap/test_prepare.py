"""Prepared gaps: fitted on train alone, the same each time, in no two splits; what cannot be prepared is said."""

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays, sha256
from kassandra.contracts.errors import KassandraError
from tests.targets.gap.hours import hours

FILES = ("train.npz", "valid.npz", "test.npz", "meta.json")


def test_the_same_bytes_each_time(prepared):
    one, other = prepared(name="one"), prepared(name="other")
    for file in FILES:
        assert sha256(one.folder / file) == sha256(other.folder / file)


def test_nothing_is_fitted_on_what_comes_later(prepared):
    values = hours(1500)
    later = values.copy()
    later[1100:] *= 3
    one, other = prepared(values, name="one"), prepared(later, name="other")
    assert one.meta["input_mean"] == other.meta["input_mean"]
    assert one.meta["input_std"] == other.meta["input_std"]
    assert sha256(one.folder / "train.npz") == sha256(other.folder / "train.npz")


def test_splits_follow_on_each_other(prepared):
    made = prepared()
    times = [read_arrays(made.folder / file)["times"] for file in FILES[:3]]
    assert len(np.unique(np.concatenate(times))) == 1500 == sum(map(len, times))
    assert times[0].max() < times[1].min()
    assert times[1].max() < times[2].min()
    assert "gaps of 1 to 12 rows in windows of 60" in made.message


def test_features_that_are_missing_say_so(prepared):
    values = hours(1500, 3)
    values[::50, 2] = np.nan
    made = prepared(values, source={"features": ["c"]})
    assert made.meta["inputs"] == ["a", "b", "c", "hour_sin", "hour_cos", "c is missing"]
    assert made.meta["lacking"] == [2]
    flags = read_arrays(made.folder / "train.npz")["inputs"][:, -1]
    assert flags.mean() == pytest.approx(0.02, abs=0.003)


@pytest.mark.parametrize(
    ("change", "keys", "text"),
    [
        (lambda values: values[:200], {}, "no gap with a window of 60 rows around it can be made in valid"),
        (lambda values: np.where(np.arange(1500)[:, None] < 1000, np.nan, values), {}, "is missing in all of train"),
        (lambda values: values, {"train_until": "2024-02-01", "valid_until": "2024-02-03"}, "can be made in valid"),
    ],
)
def test_what_cannot_be_prepared(prepared, change, keys, text):
    with pytest.raises(KassandraError, match=text):
        prepared(change(hours(1500)), prepare_keys=keys)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"window": 10, "longest": 12}, "a window of 10 rows cannot hold a gap of 12"),
        ({"seasons": [24, 24]}, "'seasons' names one twice"),
        ({"missing": "drop"}, "missing"),
    ],
)
def test_keys_that_do_not_fit(prepared, keys, text):
    with pytest.raises(KassandraError, match=text):
        prepared(prepare_keys=keys)
