"""Baselines of numbers: the ridge finds a line, validation chooses how strong it is, and intervals cover."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.examples import View
from kassandra.contracts.spec import LEVELS
from kassandra.targets.number.baseline.stage import predictions


@pytest.fixture
def predicted(tmp_path):
    """Predicts numbers that are a line of five features and noise; of their logarithms with `log`."""

    def predicted(noise=0.5, log=False, form=np.asarray, features="things"):
        generator = np.random.default_rng(0)
        slopes, splits = np.array([1.0, -2.0, 0.5, 0.0, 0.0]), {}
        for name, rows in (("train", 300), ("valid", 100), ("test", 400)):
            seen = generator.normal(size=(rows, 5))
            numbers = seen @ slopes + 4 + generator.normal(0, noise, rows)
            splits[name] = {"seen": seen, "numbers": np.exp(numbers) if log else numbers}
            write_arrays(tmp_path / f"{name}.npz", **splits[name])
        write_json(tmp_path / "meta.json", {"log": log}, sealed=True)

        def views(known, unknown, meta):
            both = np.concatenate([each["seen"] for each in known])
            return [View("classifier", form(both), form(np.array(unknown["seen"])), {}, features=features)]

        return splits["test"]["numbers"], predictions(SimpleNamespace(views=views), tmp_path, 0)

    return predicted


def r2(observed, point):
    return 1 - np.square(observed - point).sum() / np.square(observed - observed.mean()).sum()


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_ridge_finds_a_line_and_covers(predicted, form):
    observed, table = predicted(form=form)
    assert r2(observed, table["ridge on things"]) > 0.94
    low, high = (table[f"ridge on things @{level}"] for level in (LEVELS[0], LEVELS[-1]))
    assert 0.85 < ((low <= observed) & (observed <= high)).mean() < 0.95


def test_of_logarithms(predicted):
    observed, table = predicted(log=True)
    assert r2(np.log(observed), np.log(table["ridge on things"])) > 0.9
    assert (table["ridge on things @0.05"] > 0).all()
    low, high = (table[f"ridge on things @{level}"] for level in (LEVELS[0], LEVELS[-1]))
    assert 0.85 < ((low <= observed) & (observed <= high)).mean() < 0.95


def test_mean_and_median_have_a_distribution_too(predicted):
    observed, table = predicted()
    for name in ("mean of train", "median of train"):
        assert table[name].nunique() == 1
        assert 0.85 < ((table[f"{name} @0.05"] <= observed) & (observed <= table[f"{name} @0.95"])).mean() < 0.95


def test_views_without_features_of_their_own_are_for_classes(predicted):
    _, table = predicted(features="")
    assert [name for name in table if "@" not in name] == ["mean of train", "median of train"]
