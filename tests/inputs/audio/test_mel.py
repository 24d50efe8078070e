"""The mel scale: where its bands lie, and that a tone is heard where it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.inputs.audio.train.mel import LOWEST, RANGE, MelScale, hertz, mel

scales = st.builds(
    MelScale,
    sample_rate=st.sampled_from([2000, 8000, 11025, 16000, 44100]),
    bands=st.sampled_from([8, 13, 40, 128]),
    frame=st.sampled_from([5.0, 25.0, 200.0]),
    hop=st.sampled_from([1.0, 10.0, 12.5]),
)


def tone(hz, samples=4000, rate=8000):
    return np.sin(2 * np.pi * hz * np.arange(samples) / rate)


@given(st.floats(0, 24_000))
def test_hertz_is_the_inverse(hz):
    assert hertz(np.array([mel(hz)]))[0] == pytest.approx(hz, abs=1e-6)


def test_values_of_the_formula():
    # 2595 log10(2) at 700 Hz; 1000 Hz is 1000 mel by definition, up to rounding in the formula.
    assert mel(700.0) == pytest.approx(2595 * np.log10(2))
    assert mel(1000.0) == pytest.approx(1000, abs=0.1)
    assert mel(0.0) == 0


@pytest.mark.slow
@given(scales)
def test_bands_cover_the_scale_and_none_is_empty(scale):
    filters = scale.filters
    assert filters.shape == (scale.fft_size // 2 + 1, scale.bands)
    assert (filters >= 0).all()
    assert (filters <= 1).all()
    assert filters.any(0).all()
    assert scale.fft_size >= scale.frame_length
    hz = np.linspace(0, scale.sample_rate / 2, len(filters))
    middles = hertz(scale.edges[1:-1])
    assert not filters[(hz < LOWEST) | (hz > scale.sample_rate / 2)].any()
    inside = (hz >= middles[0]) & (hz <= middles[-1])
    # Between the middles of the first and the last band, neighbours share every frequency.
    np.testing.assert_allclose(filters[inside].sum(1), 1, atol=1e-9)


@pytest.mark.parametrize("hz", [300.0, 1000.0, 2500.0, 3500.0])
def test_a_tone_is_loudest_in_the_band_around_it(hz):
    scale = MelScale(8000, 40, 25, 10)
    energies = scale.log_energies(tone(hz))
    middles = hertz(scale.edges[1:-1])
    assert set(energies.argmax(1)) == {int(np.abs(mel(middles) - mel(hz)).argmin())}


def test_loudness_does_not_matter():
    scale, waveform = MelScale(8000, 40, 25, 10), np.random.default_rng(0).normal(size=1000)
    np.testing.assert_allclose(scale.log_energies(waveform * 1e-3), scale.log_energies(waveform), rtol=0, atol=1e-9)


def test_of_the_loudest_and_of_what_is_silent():
    scale = MelScale(8000, 13, 25, 10)
    energies = scale.log_energies(np.concatenate([tone(1000, 2000), np.zeros(2000)]))
    assert energies.max() == pytest.approx(np.log(1 + RANGE))
    np.testing.assert_allclose(energies[-5:], np.log(RANGE))


@pytest.mark.slow
@given(scales, st.integers(0, 3))
def test_frames_lie_inside(scale, more):
    """The last one ends before the recording does, and one more would not."""
    frame, hop = scale.frame_length, scale.hop_length
    for samples in (frame - 1, frame, frame + more * hop, frame + more * hop + hop - 1):
        frames = scale.frames(samples)
        assert frames == len(range(0, samples - frame + 1, hop))
    waveform = np.random.default_rng(more).normal(size=frame + more * hop)
    assert scale.log_energies(waveform).shape == (more + 1, scale.bands)
    assert (frame, hop) == (max(2, round(scale.frame * scale.sample_rate / 1000)), max(1, round(hop)))


def test_what_follows_the_last_frame_is_not_heard():
    scale, waveform = MelScale(8000, 13, 25, 10), np.random.default_rng(0).normal(size=200 + 80 * 5)
    longer = np.concatenate([waveform, np.full(79, 1e6)])
    np.testing.assert_array_equal(scale.log_energies(longer), scale.log_energies(waveform))


def test_of_meta():
    meta = {"sample_rate": 8000, "mels": 13, "frame": 25, "hop": 10, "else": None}
    assert MelScale.of(meta) == MelScale(8000, 13, 25.0, 10.0)
