"""What a model hears: the same alone and in a batch, whatever stands behind a recording's end."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kassandra.inputs.audio.train.features import Features, Waveforms, inside, slope
from kassandra.inputs.audio.train.mel import RANGE, MelScale

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
SCALE = MelScale(8000, 13, 25, 10)
seeds, lengths = st.integers(0, 2**32 - 1), st.lists(st.integers(200, 3000), min_size=1, max_size=5)


def made(lengths, seed=0, behind=0.0):
    """Recordings of noise, each with a loudness of its own."""
    generator = np.random.default_rng(seed)
    samples = np.full((len(lengths), max(lengths) + 100), behind, np.float32)
    for row, length in zip(samples, lengths, strict=True):
        row[:length] = generator.normal(size=length) * 10.0 ** generator.uniform(-3, 0)
    return Waveforms(torch.from_numpy(samples), torch.tensor(lengths))


@given(lengths, seeds, st.booleans())
def test_alone_as_in_a_batch(lengths, seed, deltas):
    features, batch = Features(SCALE, deltas, CPU), made(lengths, seed)
    values, frames = features(batch)
    for row, length in enumerate(lengths):
        alone, (count,) = features(Waveforms(batch.samples[row : row + 1, :length], batch.lengths[row : row + 1]))
        assert count == frames[row] == SCALE.frames(length)
        torch.testing.assert_close(alone[0, :count], values[row, :count], rtol=0, atol=1e-5)


@given(lengths, seeds, st.sampled_from([1e4, float("nan"), float("inf")]))
def test_what_stands_behind_the_end_never_matters(lengths, seed, behind):
    for deltas in (False, True):
        features = Features(SCALE, deltas, CPU)
        (plain, frames), (other, _) = features(made(lengths, seed)), features(made(lengths, seed, behind))
        assert torch.equal(plain, other)
        assert not plain[~inside(frames, plain.shape[1]).squeeze(2)].any()


@given(lengths, seeds)
def test_equals_the_reference_in_double_precision(lengths, seed):
    batch = made(lengths, seed)
    energies = Features(SCALE, False, CPU).log_energies(batch)
    for row, length in enumerate(lengths):
        expected = SCALE.log_energies(batch.samples[row, :length].numpy())
        np.testing.assert_allclose(energies[row, : len(expected)].numpy(), expected, rtol=0, atol=1e-9)


def test_the_spectrum_is_that_of_torch_stft():
    scale, batch = MelScale(8000, 13, 32, 10), made([3000])  # 256 samples, so that nothing is filled up
    assert scale.fft_size == scale.frame_length == 256
    window = torch.hann_window(256, periodic=True)
    spectrum = torch.stft(
        batch.samples[:, :3000], 256, scale.hop_length, window=window, center=False, return_complex=True
    )
    energies = spectrum.abs().square().transpose(1, 2) @ torch.tensor(scale.filters).float()
    values = Features(scale, False, CPU).log_energies(batch)[:, : energies.shape[1]]
    expected = (energies / energies.max() + RANGE).log()
    torch.testing.assert_close(values.float(), expected, rtol=0, atol=1e-4)


@given(st.floats(0.001, 1000))
def test_loudness_does_not_matter(factor):
    features, batch = Features(SCALE, True, CPU), made([1000, 500])
    (values, _), (louder, _) = features(batch), features(batch._replace(samples=batch.samples * factor))
    torch.testing.assert_close(louder, values, rtol=0, atol=1e-3)


def test_deltas_are_slopes():
    """Of what rises by 3 a frame, 3 but at the ends, where copies of the first and of the last frame stand."""
    ramp = 3 * torch.arange(9.0).expand(2, 9).unsqueeze(2)
    frames = torch.tensor([9, 6])
    slopes = slope(ramp, frames).squeeze(2)
    torch.testing.assert_close(slopes[0, 2:7], torch.full((5,), 3.0))
    torch.testing.assert_close(slopes[1, 2:4], torch.full((2,), 3.0))
    at_the_end = (1 * (5 - 4) + 2 * (5 - 3)) * 3 / 10  # The HTK Book 3.4, eq. 5.16
    torch.testing.assert_close(slopes[1, 5], torch.tensor(at_the_end))
    torch.testing.assert_close(slopes[:, 0], torch.full((2,), at_the_end))


@pytest.mark.parametrize(("deltas", "size"), [(False, 13), (True, 39)])
def test_size(deltas, size):
    features = Features(SCALE, deltas, CPU)
    values, _ = features(made([1000]))
    assert values.shape[2] == features.size == size


def test_deltas_stand_behind_the_bands():
    batch = made([1500, 700])
    (plain, frames), (with_deltas, _) = Features(SCALE, False, CPU)(batch), Features(SCALE, True, CPU)(batch)
    assert torch.equal(with_deltas[:, :, :13], plain)
    for row, count in enumerate(frames):
        slopes, before = with_deltas[row, :count, 13:26], slope(plain, frames)[row, :count]
        torch.testing.assert_close(slopes, (before - before.mean()) / before.std(correction=0), rtol=0, atol=1e-4)


@given(lengths, seeds)
def test_bands_and_slopes_are_standardised_over_frames_and_bands_together(lengths, seed):
    lengths = [length + 400 for length in lengths]  # a slope needs frames
    values, frames = Features(SCALE, True, CPU)(made(lengths, seed))
    for row, count in enumerate(frames):
        for part in values[row, :count].double().split(13, dim=1):
            assert part.mean().abs() < 1e-5
            assert part.std(correction=0) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("length", [200, 279, 280])
def test_the_shortest_recordings(length):
    values, (frames,) = Features(SCALE, True, CPU)(made([length]))
    assert frames == (1 if length < 280 else 2)
    assert values.isfinite().all()
