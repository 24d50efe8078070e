"""Pictures of labelled series, and which examples pictures show."""

import numpy as np
import pytest

from kassandra.contracts.artifacts import write_arrays
from kassandra.inputs.series.show import examples, own_examples
from kassandra.judging.shown import half_of, some_of_each

META = {"normalise": "columns", "missing": "error", "pool": 2, "mean": [1.0, 0.0], "std": [2.0, 50.0], "masked": []}


@pytest.fixture
def test_split(tmp_path):
    lengths = [5, 9, 4, 7]
    values = np.ones((sum(lengths), 2), np.float32)
    write_arrays(tmp_path / "test.npz", values=values, offsets=np.cumsum([0, *lengths]))
    return tmp_path / "test.npz"


@pytest.mark.slow
def test_pictures_are_drawn_whatever_classes_are_called(test_split, tmp_path):
    meta = {**META, "columns": ["$x_$", "y"], "classes": ["$a_$", "<b>"]}
    targets, probabilities = np.array([0, 1, 0, 1]), np.log([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
    attention = [np.full(length, 1 / length, np.float32) for length in (5, 9, 4, 7)]
    examples.pictures(test_split, meta, targets, probabilities, attention, tmp_path, tmp_path)
    assert (tmp_path / "series.png").stat().st_size > 5000
    assert (tmp_path / "attention.png").stat().st_size > 5000


def test_series_are_drawn_in_their_units(test_split):
    (one,) = examples.series_of(test_split, META, np.array([2]))
    np.testing.assert_allclose(one, np.tile([3, 50], (4, 1)))
    assert examples.in_words(test_split, np.array([1])) == ["1, 9 steps"]


def test_where_a_model_looked_counts_steps_that_were_pooled():
    assert half_of(np.array([0.1, 0.1, 0.6, 0.1, 0.1], np.float32)) == (2, 3)
    assert own_examples._span(np.array([0.1, 0.1, 0.6, 0.1, 0.1], np.float32), 3) == (7, 9)


def test_some_of_each_class_and_a_third_of_them_wrong():
    targets, right = np.array([0, 0, 1, 1, 1, 2]), np.array([True, False, True, True, False, True])
    assert some_of_each(targets, right, 6).tolist() == [0, 2, 5, 3, 1, 4]
