"""A series through its three splits: every origin where it was, and nothing known where nothing is."""

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.windows import ahead, read_split, seen
from kassandra.targets.forecast.baseline.history import history

pytestmark = pytest.mark.slow

MISSING = [3, 50, 51, 100, 170, 178]


@pytest.fixture
def read(series_folder, ar):
    values = [np.stack([ar(200, 0.5, 2 * number), ar(200, 0.5, 2 * number + 1)], axis=1) for number in range(2)]
    folder = series_folder(values, predict="value", returns=[one[:, 0] for one in values], missing=MISSING)
    splits = [read_split(folder / f"{name}.npz") for name in ("train", "valid", "test")]
    return values, splits, read_json(folder / "meta.json")


@pytest.mark.parametrize("series", [0, 1])
def test_every_origin_is_where_it_was(read, series):
    """The history of a series without a row too few is the series, but for what no window looks at."""
    values, splits, meta = read
    past = history(splits, series, meta)
    assert len(past.values) == 200
    known = ~np.isnan(past.values[:, 0])
    assert (past.values[known] == values[series][known]).all()
    assert (past.returns[known] == values[series][known, 0]).all()
    assert np.isnan(past.values[~known]).all()
    assert np.isnan(past.returns[~known]).all()
    times = np.concatenate([split.times[split.origins[split.series == series]] for split in splits])
    assert past.origins.tolist() == (times // 86_400).tolist()


def test_known_are_the_rows_of_a_window_and_of_its_horizon(read):
    _, splits, meta = read
    past = history(splits, 1, meta)
    looked = set()
    for split in splits:
        own = split.series == 1
        for rows in (seen(split, meta["window"])[own], ahead(split, meta["horizon"])[own]):
            looked |= set((split.times[rows] // 86_400).ravel().tolist())
    assert set(np.flatnonzero(~np.isnan(past.values[:, 0])).tolist()) == looked
    assert not looked & set(MISSING)


def test_truth_is_of_train_and_valid(read):
    values, splits, meta = read
    past = history(splits, 0, meta)
    assert past.learned == sum(int((split.series == 0).sum()) for split in splits[:2])
    for origin, actual in zip(past.origins[: past.learned], past.observed, strict=True):
        assert (actual == values[0][origin + 1 : origin + 4]).all()


def test_fitted_ends_with_what_valid_knows(read):
    """Row 150 is the first after valid; the last of valid is known."""
    _, splits, meta = read
    past = history(splits, 0, meta)
    assert past.fitted == 150
    assert past.origins[past.learned - 1] + 3 < past.fitted
    assert np.isnan(past.values[150 : 150 + 11]).all()


def test_without_prices_there_are_no_returns(series_folder, ar):
    folder = series_folder([ar(100, 0.5, 0)])
    splits = [read_split(folder / f"{name}.npz") for name in ("train", "valid", "test")]
    assert history(splits, 0, read_json(folder / "meta.json")).returns is None
