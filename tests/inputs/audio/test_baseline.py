"""What stands beside every score of recordings."""

import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.fft import dct

from kassandra.contracts.artifacts import read_arrays, write_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.baseline import examples
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.targets.label.baseline import stage


def predictions(prepared, seed):
    return stage.predictions(examples, prepared, seed)


NAMES = ["majority class", "MFCC means and deviations + logistic regression"]


@pytest.fixture(scope="module")
def predicted(prepared_speech):
    return predictions(prepared_speech, 0)


@pytest.fixture
def changed(prepared_speech, tmp_path):
    """A copy of the prepared splits with some arrays of one of them replaced; changes add up."""
    shutil.copytree(prepared_speech, tmp_path / "prepared")

    def changed(split, **arrays):
        file = tmp_path / "prepared" / f"{split}.npz"
        write_arrays(file, **read_arrays(file) | arrays)
        return tmp_path / "prepared"

    return changed


def test_one_column_each_and_one_row_per_recording_of_test(predicted):
    assert [name for name in predicted if " @" not in name] == NAMES
    assert len(predicted) == 15
    assert predicted[NAMES].isin(range(5)).all(axis=None)


def test_majority(predicted, changed):
    assert predicted["majority class"].nunique() == 1
    assert (predictions(changed("valid", labels=np.full(5, 3)), 0)["majority class"] == 3).all()


def test_logistic_regression_learns(predicted, prepared_speech):
    labels = read_arrays(prepared_speech / "test.npz")["labels"]
    assert (predicted[NAMES[1]] == labels).mean() > 0.8


def test_deterministic(predicted, prepared_speech):
    pd.testing.assert_frame_equal(predictions(prepared_speech, 0), predicted)


def test_test_is_not_looked_at(predicted, changed, prepared_speech):
    """Neither its labels, nor do predictions of one recording depend on the others."""
    garbage = changed("test", labels=np.full(15, 99))
    pd.testing.assert_frame_equal(predictions(garbage, 0), predicted)
    test = read_arrays(prepared_speech / "test.npz")
    waveforms, half = test["waveforms"].copy(), test["offsets"][8]
    waveforms[half:] = waveforms[half:][::-1]
    pd.testing.assert_frame_equal(predictions(changed("test", waveforms=waveforms), 0)[:8], predicted[:8])


def test_fitted_on_train_and_valid_alike(predicted, changed, prepared_speech):
    """They choose nothing on valid, so they learn from it as from train: the two may change places."""
    train, valid = (read_arrays(prepared_speech / f"{name}.npz") for name in ("train", "valid"))
    changed("train", **valid)
    wrong = changed("valid", **train | {"labels": (train["labels"] + 1) % 5})
    assert (predictions(wrong, 0)[NAMES[1]] != predicted[NAMES[1]]).any()
    swapped = predictions(changed("valid", **train), 0)
    assert swapped[NAMES[1]].tolist() == predicted[NAMES[1]].tolist()


def test_what_is_heard():
    """Thirteen coefficients of the cepstrum, the first being the mean level; means, then deviations, over frames."""
    scale, generator = MelScale(8000, 20, 25, 10), np.random.default_rng(0)
    waveforms = Ragged.of([generator.normal(size=size) for size in (900, 1700)], np.float32)
    heard = examples._mean_and_deviation({"waveforms": waveforms.flat, "offsets": waveforms.offsets}, scale)
    assert heard.shape == (2, 26)
    assert heard.dtype == np.float64
    energies = scale.log_energies(waveforms.flat[900:])
    assert heard[1, 0] == pytest.approx(energies.mean() * np.sqrt(20))
    np.testing.assert_allclose(heard[1, 13:], dct(energies, norm="ortho")[:, :13].std(0))
