"""What a model reads of series with an answer each."""

import numpy as np
import pytest
import torch

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples
from kassandra.inputs.series.prepare.examples import encode
from kassandra.inputs.series.train.examples import Sequences, augmented
from kassandra.inputs.series.train.scaling import Scaling
from kassandra.params.inputs.series import ExamplesAugment, ExamplesPrepare, ExamplesTrain

PLAIN = {
    "normalise": "columns",
    "missing": "interpolate",
    "pool": 1,
    "mean": [1.0, 0.0],
    "std": [2.0, 1.0],
    "masked": [],
}


def scaling(**keys):
    return Scaling(**{**PLAIN, **keys})


def test_columns_are_scaled_and_missing_values_drawn():
    read = scaling()(np.array([[1, 5], [np.nan, np.nan], [5, np.nan]]))
    np.testing.assert_allclose(read, [[0, 5], [1, 5], [2, 5]])
    with pytest.raises(KassandraError, match=r"s: 3 of 6 values are missing, the first at step 2 of column 1; say"):
        scaling(missing="error")(np.array([[1, 5], [np.nan, np.nan], [5, np.nan]]), "s")


def test_masks_stand_beside():
    read = scaling(missing="mask", masked=[1])(np.array([[1, 5], [3, np.nan]]))
    np.testing.assert_allclose(read, [[0, 5, 0], [1, 0, 1]])


def test_each_series_alone_and_pooled():
    read = scaling(normalise="series", pool=2)(np.array([[1.0, 7], [3, 7], [5, 7]]))
    np.testing.assert_allclose(read[:, 1], 0)  # constant
    np.testing.assert_allclose(read[:, 0], np.array([-1, 2]) / np.sqrt(8 / 3), rtol=1e-6)


def test_scales_are_those_of_train_alone():
    contents = [np.full((4, 1), value) + np.arange(4.0)[:, None] for value in (0.0, 10.0, 1e6)]
    given = Examples("series", contents, list("aba"), ["0", "1", "2"], list("xyz"))
    rows = {"train": np.array([0, 1]), "valid": np.array([1]), "test": np.array([2])}
    whole = encode(given, rows, ExamplesPrepare(), 0)
    contents[2] = contents[2] * 3
    assert encode(given, rows, ExamplesPrepare(), 0).meta["mean"] == whole.meta["mean"] == [6.5]
    assert whole.arrays["train"]["offsets"].tolist() == [0, 4, 8]
    assert whole.spec == {"features": 1, "steps": 4}


META = {**PLAIN, "columns": ["x", "y"], "spec": {"steps": 0}}


def test_batches_hold_every_series_once_with_its_length():
    sequences = Sequences(META, torch.device("cpu"))
    split = [np.full((length, 2), length, np.float32) for length in (3, 9, 4, 8, 2)]
    params = ExamplesTrain(batch_size=2)
    rows = list(sequences.shuffled(split, params, torch.Generator().manual_seed(1)))
    assert sorted(np.concatenate(rows).tolist()) == [0, 1, 2, 3, 4]
    assert len(rows) == sequences.steps(split, params) == 3
    inputs, lengths = sequences.batch(split, np.array([0, 1]))
    assert lengths.tolist() == [3, 9]
    assert inputs.shape == (2, 9, 2)
    assert inputs[0, 3:].abs().sum() == 0


def test_a_users_series_are_checked():
    sequences = Sequences(META, torch.device("cpu"))
    assert sequences.own(np.ones((4, 2)))[0].shape == (4, 2)
    for wrong, text in (
        (np.ones((4, 3)), r"series 1: expected numbers \(steps, 2\), a column each for x, y; got float64 \(4, 3\)"),
        (np.ones((0, 2)), "series 1: has no step"),
        (np.full((4, 2), np.inf), "series 1: holds infinite numbers"),
        (np.full((4, 2), 1e99), "series 1: holds numbers far too large"),
    ):
        with pytest.raises(KassandraError, match=text):
            sequences.own(wrong)


def test_augmentation_changes_numbers_and_keeps_masks():
    series = torch.cat([torch.ones(20, 2), torch.zeros(20, 1)], dim=1)
    series[5, 2] = 1
    by = ExamplesAugment(noise=0.1, scale=0.1, time_mask=0.5, column_mask=1)
    one = augmented(series, by, 2, torch.Generator().manual_seed(3))
    assert one.shape == series.shape
    assert torch.equal(one[:, 2], series[:, 2])
    assert not torch.equal(one[:, :2], series[:, :2])
    assert torch.equal(one, augmented(series, by, 2, torch.Generator().manual_seed(3)))
    lengths = {
        len(augmented(series, ExamplesAugment(speed=0.3), 2, torch.Generator().manual_seed(s))) for s in range(20)
    }
    assert len(lengths) > 3
    assert 14 <= min(lengths) <= max(lengths) <= 26
