"""What stands beside every score of an image classifier."""

import shutil

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info

from kassandra.contracts.artifacts import read_arrays, write_arrays
from kassandra.inputs.images.baseline import examples
from kassandra.targets.label.baseline import stage


def predictions(prepared, seed):
    return stage.predictions(examples, prepared, seed)


NAMES = ["majority class", "logistic regression on pixels"]


@pytest.fixture(scope="module")
def predicted(prepared):
    return predictions(prepared, 0)


@pytest.fixture
def changed(prepared, tmp_path):
    """A copy of the prepared splits with some arrays of one of them replaced; changes add up."""
    shutil.copytree(prepared, tmp_path / "prepared")

    def changed(split, **arrays):
        file = tmp_path / "prepared" / f"{split}.npz"
        write_arrays(file, **read_arrays(file) | arrays)
        return tmp_path / "prepared"

    return changed


def test_one_column_each_and_one_row_per_test_image(predicted):
    assert [name for name in predicted if " @" not in name] == NAMES
    assert len(predicted) == 200
    assert predicted[NAMES].isin(range(10)).all(axis=None)


def test_majority(predicted, prepared):
    splits = [read_arrays(prepared / f"{name}.npz")["labels"] for name in ("train", "valid")]
    counts = np.bincount(np.concatenate(splits))
    assert (predicted["majority class"] == counts.argmax()).all()


def test_logistic_regression_learns(predicted, prepared):
    labels = read_arrays(prepared / "test.npz")["labels"]
    assert (predicted[NAMES[1]] == labels).mean() > 0.7


def test_deterministic(predicted, prepared):
    pd.testing.assert_frame_equal(predictions(prepared, 0), predicted)
    assert not [pool for pool in threadpool_info() if pool["num_threads"] == 0]


def test_labels_of_test_are_not_looked_at(predicted, changed):
    garbage = changed("test", labels=np.full(200, 99))
    pd.testing.assert_frame_equal(predictions(garbage, 0), predicted)


def test_predictions_of_an_image_do_not_depend_on_the_other_test_images(predicted, changed, prepared):
    """Nothing is fitted on them, not even a mean."""
    images = read_arrays(prepared / "test.npz")["images"].copy()
    images[100:] = 255 - images[100:]
    pd.testing.assert_frame_equal(predictions(changed("test", images=images), 0)[:100], predicted[:100])


@pytest.mark.slow
def test_fitted_on_train_and_valid_alike(predicted, changed, prepared):
    """They choose nothing on valid, so they learn from it too: from the labels of all, wherever an image stands."""
    train, valid = (read_arrays(prepared / f"{name}.npz") for name in ("train", "valid"))
    wrong = changed("valid", labels=(valid["labels"] + 1) % 10)
    assert (predictions(wrong, 0)[NAMES[1]] != predicted[NAMES[1]]).any()
    fewer = changed("valid", **{name: array[:1] for name, array in valid.items()})
    assert (predictions(fewer, 0)[NAMES[1]] != predicted[NAMES[1]]).any()  # less to learn from
    moved = changed("train", **{name: np.concatenate([train[name], valid[name][1:]]) for name in train})
    assert (predictions(moved, 0)[NAMES[1]] == predicted[NAMES[1]]).mean() > 0.98  # the sums have another order


def test_of_more_pixels_than_it_fits_it_takes_a_sample_of_all_and_says_so(predicted, prepared, monkeypatch):
    pixels = read_arrays(prepared / "test.npz")["images"][0].size
    monkeypatch.setattr(examples, "MOST", 300 * pixels + 1)
    sampled = predictions(prepared, 0)
    name = f"{NAMES[1]} of 300 images"
    assert [column for column in sampled if " @" not in column] == [NAMES[0], name]
    labels = read_arrays(prepared / "test.npz")["labels"]
    assert 0.5 < (sampled[name] == labels).mean() != (predicted[NAMES[1]] == labels).mean()
    known = [read_arrays(prepared / f"{split}.npz") for split in ("train", "valid")]
    (view,) = examples.views(known, known[1], {})
    both = np.concatenate([each["images"] for each in known])
    np.testing.assert_array_equal(view.known, both[view.rows].reshape(300, -1) / 255)
    assert (view.rows[0], view.rows[-1]) == (0, len(both) - 1)
