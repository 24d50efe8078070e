"""What stands beside every score of a language model."""

import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json, write_arrays, write_json
from kassandra.targets.next.baseline import stage


def predictions(prepared, seed):
    return stage.predictions(None, prepared, seed)


NAMES = ["unigram frequency", "7-grams, Kneser-Ney"]


@pytest.fixture(scope="module")
def predicted(prepared_shakespeare):
    return predictions(prepared_shakespeare, 0)


@pytest.fixture
def folder(prepared_shakespeare, tmp_path):
    """A copy to be changed."""
    return shutil.copytree(prepared_shakespeare, tmp_path / "prepared")


def test_one_column_each_and_one_row_per_token_but_the_first(predicted):
    assert list(predicted) == NAMES
    assert len(predicted) == 2000 - 1
    assert predicted.le(0).all(axis=None)
    assert np.isfinite(predicted).all(axis=None)


def test_frequency_is_that_of_train(predicted, prepared_shakespeare):
    train, test = (read_arrays(prepared_shakespeare / f"{name}.npz")["ids"] for name in ("train", "test"))
    counts = Counter(train.tolist())
    share = np.log([counts[number] / len(train) if number in counts else 1e-6 for number in test[1:].tolist()])
    known = np.array([counts[number] > 50 for number in test[1:].tolist()])
    np.testing.assert_allclose(predicted[NAMES[0]][known], share[known], atol=0.03)  # some is kept for unseen ones


def test_n_grams_are_better_than_frequency_and_than_a_guess(predicted):
    unigram, grams = (-predicted[name].mean() for name in NAMES)
    assert grams < 0.75 * unigram < 0.75 * np.log(60)


def test_deterministic_whatever_the_seed(predicted, prepared_shakespeare):
    pd.testing.assert_frame_equal(predictions(prepared_shakespeare, 1), predicted)


def test_validation_is_not_looked_at(predicted, folder):
    (folder / "valid.npz").unlink()
    pd.testing.assert_frame_equal(predictions(folder, 0), predicted)


def test_the_prediction_of_a_token_depends_on_those_before_it_alone(predicted, folder):
    """PITFALLS 6: nothing is counted in test, and no later token is known."""
    ids = read_arrays(folder / "test.npz")["ids"].copy()
    ids[1000:] = ids[1000:][::-1]
    write_arrays(folder / "test.npz", ids=ids)
    got = predictions(folder, 0)
    pd.testing.assert_frame_equal(got[:999], predicted[:999])
    assert not got[999:].equals(predicted[999:])


def test_words_are_predicted_from_four_before(folder):
    write_json(folder / "meta.json", read_json(folder / "meta.json") | {"tokens": "words"})
    assert list(predictions(folder, 0)) == [NAMES[0], "5-grams, Kneser-Ney"]


def test_in_blocks_it_says_the_same(predicted, prepared_shakespeare, monkeypatch):
    monkeypatch.setattr(stage, "BLOCK", 77)
    pd.testing.assert_frame_equal(predictions(prepared_shakespeare, 0), predicted, check_exact=True)


def test_of_a_long_train_the_last_tokens_are_counted(folder, monkeypatch):
    monkeypatch.setattr(stage, "LARGEST", 3000)
    some = predictions(folder, 0)
    assert list(some) == [f"{name}, of the last 3,000 characters of train" for name in NAMES]
    train = read_arrays(folder / "train.npz")
    write_arrays(folder / "train.npz", **train | {"ids": train["ids"][-3000:]})
    pd.testing.assert_frame_equal(predictions(folder, 0).set_axis(list(some), axis=1), some, check_exact=True)
