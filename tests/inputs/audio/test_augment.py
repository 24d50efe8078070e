"""Augmentation: what each magnitude does when the draw is known, and that each recording draws its own."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kassandra.inputs.audio.train.features import (
    BEND,
    DRAWS,
    WAVES,
    Features,
    Waveforms,
    augmented,
    coloured,
    inside,
    noisy,
    pitched,
    played,
    spoken,
)
from kassandra.inputs.audio.train.mel import MelScale, hertz, mel
from kassandra.params.inputs.audio import Augment

pytestmark = pytest.mark.slow

RATE = 8000
FEATURES = Features(MelScale(RATE, 20, 25, 10), True, torch.device("cpu"))
MAGNITUDES = {"shift": 100, "speed": 0.3, "tempo": 0.3, "noise": 0.5, "pitch": 0.3, "colour": 10}
EVERYTHING = Augment(**MAGNITUDES, time_mask=100, frequency_mask=8)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*lengths, seed=0):
    samples = torch.randn(len(lengths), max(lengths), generator=seeded(seed))
    return Waveforms(samples, torch.tensor(lengths))


def tones(*hz, samples=2000):
    at = torch.arange(samples) / RATE
    return Waveforms(torch.stack([torch.sin(2 * torch.pi * one * at) for one in hz]), torch.full((len(hz),), samples))


@pytest.fixture
def drawn(monkeypatch):
    """Sets what is drawn, in [0, 1), the same for every recording; what is not named is the middle."""

    def drawn(**named):
        names = ["shift", "speed", "tempo", "pitch", "loudness", "time_width", "time_at", "band_width", "band_at"]
        values = [named.pop(name, 0.5) for name in names] + [named.pop("wave", 0.5)] * WAVES
        assert not named
        assert len(values) == DRAWS
        monkeypatch.setattr(torch, "rand", lambda *shape, generator: torch.tensor(values)[:, None].expand(shape))

    return drawn


def test_nothing_asked_changes_nothing():
    recordings = noise(900, 2000)
    for one, other in zip(augmented(recordings, FEATURES, Augment(), seeded()), FEATURES(recordings), strict=True):
        assert torch.equal(one, other)


def test_the_middle_of_every_magnitude_changes_nothing(drawn):
    """But noise and masks, which have no middle."""
    drawn()
    recordings = noise(900, 2000)
    by = EVERYTHING.model_copy(update={"noise": 0.0, "time_mask": 0.0, "frequency_mask": 0})
    values, frames = augmented(recordings, FEATURES, by, seeded())
    plain, same = FEATURES(recordings)
    assert torch.equal(frames, same)
    torch.testing.assert_close(values, plain, rtol=0, atol=1e-3)


def test_the_generator_decides():
    recordings, generator = noise(900, 2000, 1500), seeded(0)
    first, second = (augmented(recordings, FEATURES, EVERYTHING, generator) for _ in range(2))
    again = augmented(recordings, FEATURES, EVERYTHING, seeded(0))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert first[0].shape != second[0].shape or not torch.equal(first[0], second[0])


def test_each_recording_draws_its_own():
    one = noise(2000)
    six = Waveforms(one.samples.expand(6, -1), one.lengths.expand(6))
    for key in ("speed", "tempo", "noise", "pitch", "colour", "time_mask", "frequency_mask", "shift"):
        by = Augment(**{key: getattr(EVERYTHING, key)})
        values, frames = augmented(six, FEATURES, by, seeded())
        assert len({row[:count].numpy().tobytes() for row, count in zip(values, frames, strict=True)}) > 3, key


@given(st.lists(st.integers(200, 2500), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_what_stands_behind_the_end_never_matters(lengths, seed):
    recordings = noise(*lengths, seed=seed)
    spoiled = recordings.samples.clone()
    spoiled[~inside(recordings.lengths, spoiled.shape[1]).squeeze(2)] = float("nan")
    for one, other in zip(
        augmented(recordings, FEATURES, EVERYTHING, seeded(seed)),
        augmented(recordings._replace(samples=spoiled), FEATURES, EVERYTHING, seeded(seed)),
        strict=True,
    ):
        assert torch.equal(one, other)


@given(st.integers(200, 2500), st.integers(0, 2**32 - 1))
def test_there_is_always_something_to_hear(length, seed):
    values, frames = augmented(noise(length), FEATURES, EVERYTHING, seeded(seed))
    assert frames.min() >= 1
    assert values.isfinite().all()
    assert values.abs().max() > 0


@pytest.mark.parametrize("offset", [-300, 0, 500])
def test_a_shift_is_silence_before_or_a_beginning_cut_off(offset):
    recordings = noise(2000, 1500)
    shifted = played(recordings, torch.ones(2), torch.full((2,), float(offset)), 200)
    assert shifted.lengths.tolist() == [2000 + offset, 1500 + offset]
    for row, length in enumerate(recordings.lengths):
        silence, rest = shifted.samples[row, : max(offset, 0)], shifted.samples[row, max(offset, 0) : length + offset]
        assert not silence.any()
        assert torch.equal(rest, recordings.samples[row, max(-offset, 0) : length])


def test_a_shift_leaves_a_frame():
    cut = played(noise(1000, 230), torch.ones(2), torch.full((2,), -900.0), 200)
    assert cut.lengths.tolist() == [200, 200]


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25])
def test_played_faster_is_shorter_and_higher(speed):
    slow = played(tones(600.0), torch.tensor([speed]), torch.zeros(1), 200)
    assert slow.lengths.tolist() == [int(2000 / speed)]
    spectrum = np.abs(np.fft.rfft(slow.samples[0, : slow.lengths[0]].numpy()))
    peak = spectrum.argmax() * RATE / int(slow.lengths[0])
    assert peak == pytest.approx(600 * speed, abs=8)


@pytest.mark.parametrize("tempo", [0.5, 0.8, 1.0, 2.0])
def test_spoken_faster_has_fewer_frames_between_the_same(tempo):
    """Frames that rise by 1 rise by as much as the tempo says, from the first to the last one."""
    ramp = torch.arange(40.0, dtype=torch.float64).expand(2, 40).unsqueeze(2)
    values, left = spoken(ramp, torch.tensor([40, 20]), torch.full((2,), tempo))
    assert left.tolist() == [round(40 / tempo), round(20 / tempo)]
    for row, (count, last) in enumerate(zip(left, (39, 19), strict=True)):
        expected = (torch.arange(int(count), dtype=torch.float64) * tempo).clamp(max=last)
        torch.testing.assert_close(values[row, :count, 0], expected, rtol=0, atol=1e-5)


def test_the_magnitude_of_noise_is_a_share_of_the_loudness():
    recordings = noise(4000, 2000)
    recordings.samples[1] *= 100
    loud = noisy(recordings, torch.tensor([0.5, 0.1]), seeded(3))
    for row, share in enumerate((0.5, 0.1)):
        length = recordings.lengths[row]
        added, before = (loud.samples - recordings.samples)[row, :length], recordings.samples[row, :length]
        assert added.std() / before.square().mean().sqrt() == pytest.approx(share, rel=0.05)


@pytest.mark.parametrize("stretch", [0.8, 1.0, 1.2])
def test_pitched_reads_a_tone_where_it_would_be(stretch):
    """A tone at 1000 Hz stands, stretched by s, in the band around 1000 / s Hz: each reads what is at s times it."""
    middle = 1000.0 / stretch
    moved = pitched(FEATURES.log_energies(tones(1000.0)), FEATURES, torch.tensor([stretch]))
    there = FEATURES.log_energies(tones(middle))
    assert abs(int(moved[0, 5].argmax()) - int(there[0, 5].argmax())) <= 1


@pytest.mark.parametrize("stretch", [0.75, 1.0, 1.3])
def test_pitched_multiplies_frequencies_up_to_the_bend(stretch):
    """Jaitly & Hinton (2013), section 3: f becomes α f up to F min(α, 1) / α, and then a line that ends at the top."""
    scale, top = FEATURES.scale, RATE / 2
    hz = hertz(scale.edges[1:-1])
    bend = BEND * top * min(stretch, 1) / stretch
    line = top - (top - BEND * top * min(stretch, 1)) / (top - bend) * (top - hz)
    expected = np.interp(mel(np.where(hz <= bend, hz * stretch, line)), scale.edges[1:-1], np.arange(20))
    moved = pitched(torch.arange(20.0).expand(1, 1, 20), FEATURES, torch.tensor([stretch]))
    np.testing.assert_allclose(moved[0, 0].numpy(), expected, rtol=0, atol=1e-4)


def test_pitched_keeps_both_ends():
    ramp = torch.arange(20.0).expand(2, 3, 20)
    moved = pitched(ramp, FEATURES, torch.tensor([0.7, 1.3]))
    assert (moved.diff(dim=2) >= 0).all()
    assert moved.min() >= 0
    assert moved.max() <= 19
    torch.testing.assert_close(pitched(ramp, FEATURES, torch.ones(2)), ramp, rtol=0, atol=1e-4)


def test_a_colour_is_the_same_in_every_frame_and_sums_to_nothing():
    values = torch.zeros(2, 4, 20, dtype=torch.float64)
    decibels = torch.tensor([[10.0, 0, 0], [0, 0, -5.0]])
    added = coloured(values, decibels)
    assert (added == added[:, :1]).all()
    torch.testing.assert_close(added.mean(2), torch.zeros(2, 4, dtype=torch.float64), rtol=0, atol=1e-6)
    # ln of a power: 10 dB are a factor of 10, but the outermost middle of a band is not quite where the cosine is 1.
    assert added[0, 0, 0].item() == pytest.approx(np.log(10) * np.cos(np.pi * 0.5 / 20))
    assert (added[0, 0].diff() < 0).all()


@pytest.mark.parametrize(("width", "at"), [(0.0, 0.5), (0.999, 0.0), (0.999, 0.999), (0.5, 0.3)])
def test_masks(drawn, width, at):
    drawn(time_width=width, time_at=at, band_width=width, band_at=at)
    recordings = noise(2000, 1600)
    plain, frames = FEATURES(recordings)
    masked, _ = augmented(recordings, FEATURES, Augment(time_mask=50, frequency_mask=4), seeded())
    valid = inside(frames, plain.shape[1])
    gone = (masked == 0) & (plain != 0)  # (batch, frames, 60)
    assert torch.equal(masked[~gone], plain[~gone])
    for row, count in enumerate(frames):
        steps = gone[row, :count].all(1).nonzero().flatten().tolist()
        bands = gone[row, :count].all(0).nonzero().flatten().tolist()
        assert len(steps) == int(width * 6)
        assert len(bands) == 3 * int(width * 5)
        third = len(bands) // 3
        assert [band - 20 for band in bands[third : 2 * third]] == bands[:third]  # slopes go with their band
        for some in (steps, bands[:third]):
            assert not some or some == list(range(some[0], some[0] + len(some)))  # one gap
    assert not (gone & ~valid).any()


def test_a_mask_never_covers_more_than_half():
    values, frames = augmented(noise(600), FEATURES, Augment(time_mask=1000, frequency_mask=64), seeded(1))
    assert (values[0, : frames[0]] != 0).any()


def gaps(values, plain, count):
    """Lengths of the gaps of one recording, in time and in its bands."""
    gone = (values == 0) & (plain != 0)  # (frames, 60)
    for axis in (1, 0):
        here = gone[:count].all(axis)[: (count if axis else 20)].int().tolist()
        yield [len(run) for run in "".join(map(str, here)).split("0") if run]


@given(st.lists(st.integers(600, 8000), min_size=1, max_size=4), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_all_masks_together_never_cover_more_than_half(lengths, masks, seed):
    recordings = noise(*lengths, seed=seed)
    plain, frames = FEATURES(recordings)
    by = Augment(time_mask=1000, frequency_mask=64, masks=masks)
    values, same = augmented(recordings, FEATURES, by, seeded(seed))
    assert torch.equal(frames, same)
    for row, count in enumerate(frames):
        in_time, in_bands = gaps(values[row], plain[row], int(count))
        assert sum(in_time) <= count // 2
        assert sum(in_bands) <= 10
        assert max(len(in_time), len(in_bands)) <= masks


def test_several_masks_are_several_gaps_and_the_first_is_that_of_one():
    recordings = noise(*[8000] * 50)
    plain, frames = FEATURES(recordings)
    few, many = (
        augmented(recordings, FEATURES, Augment(time_mask=50, frequency_mask=3, masks=masks), seeded(2))[0]
        for masks in (1, 3)
    )
    assert not (many[few == 0] != 0).any()
    found = [list(gaps(many[row], plain[row], int(frames[row]))) for row in range(50)]
    for axis in (0, 1):
        assert max(len(each[axis]) for each in found) == 3


def test_masks_that_mask_nothing_are_refused():
    with pytest.raises(ValueError, match="'masks' counts gaps, of which there are none; set 'time_mask' or"):
        Augment(noise=0.1, masks=2)
