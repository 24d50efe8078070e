"""`kassandra predict` of recordings, with a model trained on real ones."""

import json

import numpy as np
import pytest
from scipy.io import wavfile

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.show.own_examples import _span
from kassandra.inputs.audio.train.mel import MelScale

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spoken(prepared_speech, tmp_path_factory):
    """Files of the first recordings of test, and their waveforms."""
    folder, test = tmp_path_factory.mktemp("spoken"), read_arrays(prepared_speech / "test.npz")
    waveforms = Ragged(test["waveforms"], test["offsets"])
    rows = [waveforms.take(np.array([row])).flat for row in range(3)]
    paths = [folder / f"{row} [b].wav" for row in range(3)]
    for path, row in zip(paths, rows, strict=True):
        wavfile.write(path, 8000, (row * 2**15).astype(np.int16))
    return paths, rows


@pytest.fixture(scope="module")
def expected(trained_speech, spoken):
    from kassandra.inference import load

    return load(trained_speech).predict(spoken[1])


def test_one_line_per_recording(kassandra, trained_speech, spoken, expected):
    done = kassandra("predict", trained_speech, *spoken[0], "--json")
    assert (done.status, done.err) == (0, "")
    for line, path, waveform, prediction in zip(done.out.splitlines(), *spoken, expected, strict=True):
        row = json.loads(line)
        assert (row["recording"], row["label"]) == (str(path), prediction.label)
        assert row["probabilities"] == pytest.approx(prediction.probabilities, abs=1e-5)
        assert row["seconds"] == round(len(waveform) / 8000, 2)
        first, last = row["listened_ms"]
        assert 0 <= first < last <= 1000 * len(waveform) / 8000 + 1


def test_other_rates_and_channels(kassandra, trained_speech, spoken, expected, tmp_path):
    """The same recording at twice the rate, on two channels, in floating point."""
    twice = np.repeat(spoken[1][0], 2)
    wavfile.write(tmp_path / "stereo.wav", 16000, np.stack([twice, twice], axis=1))
    (line,) = kassandra("predict", trained_speech, tmp_path / "stereo.wav", "--json").out.splitlines()
    assert json.loads(line)["label"] == expected[0].label


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "predict: give one sound file (.wav, .flac, .mp3, …) or several"),
        (["none.wav"], "none.wav: no such file"),
    ],
)
def test_mistakes(kassandra, trained_speech, arguments, text):
    done = kassandra("predict", trained_speech, *arguments)
    assert (done.status, done.out, done.err) == (1, "", f"Error: {text}")


def test_a_bad_recording_costs_no_prediction(kassandra, trained_speech, spoken, tmp_path):
    path = tmp_path / "silent.wav"
    wavfile.write(path, 8000, np.zeros(800, np.int16))
    done = kassandra("predict", trained_speech, spoken[0][0], path)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"Error: {path}: silent from beginning to end; every sample is 0"


@pytest.mark.parametrize(
    ("shares", "frames"),
    [([1, 0, 0], (0, 0)), ([0, 0, 1], (2, 2)), ([0.1, 0.3, 0.3, 0.3], (1, 2)), ([0.2, 0.1, 0.1, 0.6], (3, 3))],
)
def test_the_shortest_stretch_with_half_of_the_weight(shares, frames):
    scale = MelScale(8000, 13, 25, 10)
    assert _span(np.array(shares, np.float32), scale) == (10 * frames[0], 10 * frames[1] + 25)
