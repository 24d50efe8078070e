"""Baselines of gaps: what they are, and that they know nothing of what was removed."""

import numpy as np
import pytest

from kassandra.contracts.artifacts import map_arrays, write_arrays
from kassandra.targets.gap.baseline.stage import predictions
from tests.targets.gap.hours import hours


def cells(made):
    targets = made.splits["test"].targets
    _, row, column = targets.gaps.cells(2)
    return targets.split.values[row, column], column, row


def rmse(observed, predicted, unit):
    return float(np.sqrt(np.mean(((observed - predicted) / unit) ** 2)))


def test_what_they_are(prepared):
    made = prepared()
    table = predictions(None, made.folder, 0)
    observed, column, _ = cells(made)
    unit = np.array([1.0, 10.0])[column]
    errors = {name: rmse(observed, table[name], unit) for name in table if " @" not in name}
    assert set(errors) == {
        "last value", "linear interpolation", "24 rows before", "24 rows before and after",
        "mean of train, season of 24", "ridge on both sides",
    }  # fmt: skip
    assert errors["24 rows before"] < errors["linear interpolation"] < errors["last value"]
    assert errors["mean of train, season of 24"] == pytest.approx(0.2, abs=0.02)  # the noise
    assert errors["ridge on both sides"] < 1.1 * errors["mean of train, season of 24"]
    inside = (table["ridge on both sides @0.05"] <= observed) & (observed <= table["ridge on both sides @0.95"])
    assert inside.mean() == pytest.approx(0.9, abs=0.06)


def test_they_know_nothing_of_what_was_removed(prepared):
    made = prepared()
    before = predictions(None, made.folder, 0)
    arrays = {name: np.array(array) for name, array in map_arrays(made.folder / "test.npz").items()}
    removed = made.splits["test"].targets.removed
    gaps = made.splits["test"].targets.gaps
    only = removed[0] & ~removed[1]  # the other round knows the rest
    arrays["values"][only] += 1000
    write_arrays(made.folder / "test.npz", **arrays)
    after = predictions(None, made.folder, 0)
    gap, _, _ = gaps.cells(2)
    of_first = gaps.round[gap] == 0
    assert before[of_first].equals(after[of_first])
    assert not before[~of_first].equals(after[~of_first])


def test_series_without_seasons(prepared):
    made = prepared(hours(1500), prepare_keys={"seasons": [], "calendar": []})
    table = predictions(None, made.folder, 0)
    assert [name for name in table if " @" not in name] == ["last value", "linear interpolation", "ridge on both sides"]
    assert np.isfinite(table.to_numpy()).all()
