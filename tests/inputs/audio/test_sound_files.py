"""Sound files of every width, and what is reported of what is none."""

import re

import numpy as np
import pytest
import soundfile

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.audio.train.sound_files import checked, read, resampled

BITS = {"pcm8": 2e-2, "pcm16": 1e-4, "pcm24": 1e-6, "pcm32": 1e-6, "float32": 1e-7, "float64": 1e-7}


def sine(samples=800, rate=8000, hz=440.0, loudness=0.5):
    return loudness * np.sin(2 * np.pi * hz * np.arange(samples) / rate)


@pytest.mark.parametrize("kind", BITS)
def test_every_width(write, kind):
    waveform = read(write(sine(), kind), 8000)
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform, sine(), rtol=0, atol=BITS[kind])


@pytest.mark.parametrize("kind", ["pcm16", "float32"])
def test_channels_become_their_mean(write, kind):
    left, right = sine(), sine(hz=1000.0)
    waveform = read(write(np.stack([left, right], axis=1), kind), 8000)
    np.testing.assert_allclose(waveform, (left + right) / 2, rtol=0, atol=1e-4)


def test_sixteen_bits_are_kept_to_the_last(write):
    whole = np.arange(-32768, 32768, 7)
    waveform = read(write(whole / 32767), 8000)
    assert set((waveform * 32768).astype(int).tolist()) <= set(range(-32768, 32768))
    assert np.array_equal(waveform * 32768, np.rint(waveform * 32768))


def test_other_formats_that_libsndfile_knows(tmp_path):
    soundfile.write(tmp_path / "some.flac", sine(), 8000)
    np.testing.assert_allclose(read(tmp_path / "some.flac", 8000), sine(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_other_rates_become_ours(write, rate):
    """A tone stays where it is, and as loud; ends are those of a filter."""
    waveform = read(write(sine(rate, rate), "float64", rate), 8000)
    assert len(waveform) == 8000
    np.testing.assert_allclose(waveform[400:-400], sine(8000)[400:-400], rtol=0, atol=2e-3)


def test_what_is_too_high_for_our_rate_is_not_folded_down():
    high = sine(44100, 44100, hz=6000.0)
    assert np.abs(resampled(high, 44100, 8000)[400:-400]).max() < 0.01
    assert resampled(high, 44100, 44100) is high


def printed(text):
    return pytest.raises(KassandraError, match=f"^{re.escape(text)}")


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        ([], "holds no sound; its length is 0"),
        (np.zeros(500), "silent from beginning to end; every sample is 0"),
        (np.full(500, 0.25), "silent from beginning to end; every sample is 0.25"),
        (sine(199), "too short, 24.88 ms; one frame alone is 25 ms"),
        (np.where(np.arange(500) == 7, np.nan, sine(500)), "1 samples are no numbers (NaN or infinite)"),
        (np.where(np.arange(500) < 2, np.inf, sine(500)), "2 samples are no numbers (NaN or infinite)"),
    ],
)
def test_what_cannot_be_heard(write, samples, text):
    path = write(samples, "float32")
    with printed(f"{path}: {text}"):
        read(path, 8000, 200)
    with printed(f"here: {text}"):
        checked(np.asarray(samples, np.float64), 8000, 200, "here")


def test_no_such_file(tmp_path):
    with printed(f"{tmp_path}/none.wav: no such file"):
        read(tmp_path / "none.wav", 8000)


def test_a_folder(tmp_path):
    with printed(f"{tmp_path}: cannot be read: Is a directory"):
        read(tmp_path, 8000)


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\x10\x00\x00\x00WAVEfmt ", b"ID3" + bytes(200)])
def test_no_sound(tmp_path, content):
    path = tmp_path / "some.wav"
    path.write_bytes(content)
    with printed(f"{path}: no sound file that can be read ("):
        read(path, 8000)


def test_cut_short(write):
    """What is there is heard; its header alone is refused."""
    path = write(sine())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert 300 < len(read(path, 8000)) < 500
    path.write_bytes(content[:30])
    with printed(f"{path}: no sound file that can be read ("):
        read(path, 8000)


def test_exactly_one_frame_is_enough(write):
    assert len(read(write(sine(200)), 8000, 200)) == 200


def test_the_ending_of_a_name_is_not_believed(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"\x00\x01" * 100)
    with printed(f"{tmp_path / 'a.raw'}: no sound file that can be read"):
        read(tmp_path / "a.raw", 8000)


@pytest.mark.parametrize("rate", [1, 999, 2_000_000])
def test_a_rate_that_no_recording_has(write, rate):
    with printed(f"{(path := write(sine(), rate=rate))}: a rate of {rate} Hz is none of a recording; expected 1000 to"):
        read(path, 8000)


def test_what_single_precision_cannot_hold(write):
    loud = sine()
    loud[7] = 1e300
    with printed(f"{(path := write(loud, 'float64'))}: 1 samples are no numbers (NaN or infinite)"):
        read(path, 8000)
