"""From waveforms to what a model reads, log-mel bands of each frame, normalised recording by recording; and what is
done to those of train: other beginnings, speeds, noises and throats, and gaps, all drawn on the CPU.

A recording alone gives what it gives in a batch: frames lie inside it as a whole, so none sees what is behind its end,
and whatever is summed is summed over its own frames.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from kassandra.inputs.audio.train.mel import RANGE, SILENT, MelScale, hertz
from kassandra.params.inputs.audio import Augment

SMALLEST = 1e-2  # standard deviation, of what hardly changes: it is not blown up to that of the rest
REACH = 2  # frames to either side that a slope is fitted to
BEND = 0.6  # of the highest frequency: above it, a stretched scale is bent so that it ends where it did
WAVES = 3  # cosines over the bands, of half a period, a whole one, and one and a half
DRAWS = 9 + WAVES  # numbers drawn for each recording; see `augmented`


class Waveforms(NamedTuple):
    """samples: (batch, samples) whatever their loudness, anything behind a recording's end.

    lengths: (batch,) int64 samples of each, at least those of one frame.
    """

    samples: Tensor
    lengths: Tensor


class Features:
    """Of a MelScale, on a device. Computed in double precision, as differences of logarithms eat digits.

    deltas: whether each band's slope and the slope's slope follow the bands.
    by_band: whether each band is normalised by itself; see `normalised`.
    """

    def __init__(self, scale: MelScale, deltas: bool, device: torch.device, by_band: bool = False) -> None:
        self.scale, self.deltas, self.by_band = scale, deltas, by_band
        self.window = torch.tensor(scale.window, device=device)  # (frame_length,) float64
        self.filters = torch.tensor(scale.filters, device=device)  # (frequencies, bands) float64

    @property
    def size(self) -> int:
        """Numbers per frame."""
        return self.scale.bands * (3 if self.deltas else 1)

    def frames(self, lengths: Tensor) -> Tensor:
        """(batch,) how many frames recordings of so many samples have; see MelScale.frames."""
        return 1 + (lengths - self.scale.frame_length).div(self.scale.hop_length, rounding_mode="floor")

    def log_energies(self, recordings: Waveforms) -> Tensor:
        """(batch, frames, bands) as MelScale.log_energies, and any numbers behind a recording's last frame."""
        frames = recordings.samples.double().unfold(1, self.scale.frame_length, self.scale.hop_length)
        spectrum = torch.fft.rfft(frames * self.window, self.scale.fft_size)  # (batch, frames, frequencies)
        energies = (spectrum.real**2 + spectrum.imag**2) @ self.filters  # (batch, frames, bands)
        valid = inside(self.frames(recordings.lengths), energies.shape[1])  # (batch, frames, 1)
        loudest = energies.where(valid, 0).amax((1, 2), keepdim=True).clamp(min=SILENT)  # (batch, 1, 1)
        logs: Tensor = (energies / loudest + RANGE).log()
        return logs

    def normalised(self, values: Tensor, frames: Tensor) -> Tensor:
        """`values` (batch, frames, bands) as what is read (batch, frames, size), 0 behind each recording's last frame.

        The bands of a recording have mean 0 and standard deviation 1 together, so have their slopes. Band by band is
        usual (Viikki & Laurila 1998), and what `by_band` does: in a single word, how loud a band is on the whole tells
        more of the word than of the voice; in several, more of the voice and the microphone. `frames`: (batch,) how
        many each recording has.
        """
        parts = [_standardised(values, frames, self.by_band)]
        if self.deltas:
            for _ in range(2):
                parts.append(_standardised(slope(parts[-1], frames), frames, self.by_band))
        return torch.cat(parts, dim=2).float()

    def __call__(self, recordings: Waveforms) -> tuple[Tensor, Tensor]:
        """(batch, frames, size) float32 and (batch,) how many of the frames are each recording's."""
        frames = self.frames(recordings.lengths)
        return self.normalised(self.log_energies(recordings), frames), frames


def _standardised(values: Tensor, frames: Tensor, by_band: bool) -> Tensor:
    valid = inside(frames, values.shape[1])  # (batch, frames, 1)
    over = (1,) if by_band else (1, 2)
    count = frames.view(-1, 1, 1) * (1 if by_band else values.shape[2])
    values = values.where(valid, 0)
    values = (values - values.sum(over, keepdim=True) / count).where(valid, 0)  # (batch, frames, bands)
    return values / (values.square().sum(over, keepdim=True) / count).sqrt().clamp(min=SMALLEST)


def inside(lengths: Tensor, time: int) -> Tensor:
    """(batch, time, 1) whether a step is one of its row's."""
    return (torch.arange(time, device=lengths.device) < lengths.unsqueeze(1)).unsqueeze(2)


def slope(values: Tensor, frames: Tensor) -> Tensor:
    """(batch, frames, bands) per frame, fitted to two frames on either side (The HTK Book 3.4, eq. 5.16).

    Before a recording's first frame and behind its last stand copies of these.
    """
    step = torch.arange(values.shape[1], device=values.device)  # (time,)
    last = (frames - 1).unsqueeze(1)  # (batch, 1)
    total = torch.zeros_like(values)
    for reach in range(1, REACH + 1):
        before, after = ((step + sign * reach).clamp(min=0).minimum(last) for sign in (-1, 1))  # (batch, time) each
        ahead, behind = (values.gather(1, at.unsqueeze(2).expand_as(values)) for at in (after, before))
        total += reach * (ahead - behind)
    return total / (2 * sum(reach**2 for reach in range(1, REACH + 1)))


def augmented(
    recordings: Waveforms, features: Features, by: Augment, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """As `features(recordings)`, each recording changed by its own random amounts."""
    size, device = len(recordings.lengths), recordings.samples.device
    draws = torch.rand(DRAWS, size, generator=generator).to(device)
    shift, speed, tempo, pitch = draws[:4] * 2 - 1  # each (batch,) in [-1, 1)
    loudness = draws[4]  # (batch,) in [0, 1)
    waves = draws[9:].T * 2 - 1  # (batch, WAVES) in [-1, 1)
    if by.speed or by.shift:
        offset = (shift * by.shift * features.scale.sample_rate / 1000).round()
        recordings = played(recordings, 1 + speed * by.speed, offset, features.scale.frame_length)
    if by.noise:
        recordings = noisy(recordings, loudness * by.noise, generator)
    values, frames = features.log_energies(recordings), features.frames(recordings.lengths)
    if by.tempo:
        values, frames = spoken(values, frames, 1 + tempo * by.tempo)
    if by.pitch:
        values = pitched(values, features, 1 + pitch * by.pitch)
    if by.colour:
        values = coloured(values, waves * by.colour)
    values, drawn = features.normalised(values, frames), draws[5:9]
    for number in range(by.masks if by.time_mask or by.frequency_mask else 0):
        drawn = drawn if number == 0 else torch.rand(4, size, generator=generator).to(device)
        values = masked(values, frames, features, by, drawn)
    return values, frames


def masked(values: Tensor, frames: Tensor, features: Features, by: Augment, drawn: Tensor) -> Tensor:
    """`values` (batch, frames, size) with one gap in time and one in the bands, 0 in both (Park et al. 2019).

    Args:
        drawn: (4, batch) in [0, 1): width and place of the gap in time, and of that in the bands. All `by.masks` gaps
            together cover at most half.
    """
    time_width, time_at, band_width, band_at = drawn
    if by.time_mask:
        width = (time_width * (by.time_mask / features.scale.hop + 1)).floor().minimum(frames // (2 * by.masks))
        values = values.masked_fill(_gap(width, time_at, frames, values.shape[1]).unsqueeze(2), 0)
    if by.frequency_mask:
        bands = features.scale.bands
        width = (band_width * (by.frequency_mask + 1)).floor().clamp(max=bands // (2 * by.masks))
        gap = _gap(width, band_at, torch.full_like(frames, bands), bands)  # (batch, bands)
        values = values.masked_fill(gap.repeat(1, features.size // bands).unsqueeze(1), 0)
    return values


def played(recordings: Waveforms, speed: Tensor, offset: Tensor, shortest: int) -> Waveforms:
    """Each at its own speed, and begun later, or earlier in silence (Ko et al. 2015, section 2).

    Args:
        speed: (batch,) > 0; at 2, a recording is half as long and an octave higher.
        offset: (batch,) whole samples of silence before the recording, below 0 samples that are cut off from it.
        shortest: samples that each recording keeps, whatever is cut off.
    """
    samples, lengths = recordings
    offset = offset.maximum(shortest - (lengths / speed).floor()).to(torch.int64)
    played_lengths = (lengths / speed).floor().to(torch.int64) + offset  # (batch,) ≥ shortest
    step = torch.arange(int(played_lengths.max()), device=samples.device)  # (time,)
    at = (step - offset.unsqueeze(1)) * speed.unsqueeze(1)  # (batch, time): where in the recording
    left = at.floor().to(torch.int64)
    last = (lengths - 1).unsqueeze(1)  # (batch, 1)
    before, after = (samples.gather(1, (left + side).clamp(min=0).minimum(last)) for side in (0, 1))  # (batch, time)
    return Waveforms(torch.lerp(before, after, at - left).where(at >= 0, 0), played_lengths)


def noisy(recordings: Waveforms, loudness: Tensor, generator: torch.Generator) -> Waveforms:
    """White noise over each, its root mean square the share `loudness` (batch,) of the recording's."""
    samples, lengths = recordings
    valid = inside(lengths, samples.shape[1]).squeeze(2)  # (batch, samples)
    energy = samples.double().square().where(valid, 0).sum(1) / lengths  # (batch,)
    noise = torch.randn(samples.shape, generator=generator).to(samples.device)  # (batch, samples)
    return Waveforms(samples + noise * (loudness * energy.sqrt().float()).unsqueeze(1), lengths)


def spoken(values: Tensor, frames: Tensor, tempo: Tensor) -> tuple[Tensor, Tensor]:
    """`values` (batch, frames, bands) at another tempo (batch,) > 0, at 2 twice as fast, and how many frames are left.

    Between two frames is what lies between their log-energies.
    """
    left = (frames / tempo).round().clamp(min=1).to(torch.int64)  # (batch,)
    step = torch.arange(int(left.max()), device=values.device)  # (time,)
    at = (step * tempo.unsqueeze(1)).minimum((frames - 1).unsqueeze(1)).to(values)  # (batch, time)
    before = at.floor()
    sides = [before, (before + 1).minimum((frames - 1).unsqueeze(1))]
    places = (side.to(torch.int64).unsqueeze(2).expand(-1, -1, values.shape[2]) for side in sides)
    one, other = (values.gather(1, place) for place in places)  # (batch, time, bands) each
    return torch.lerp(one, other, (at - before).unsqueeze(2)), left


def pitched(values: Tensor, features: Features, stretch: Tensor) -> Tensor:
    """`values` (batch, frames, bands) with frequencies multiplied by `stretch` (batch,): another throat.

    Vocal tract length perturbation (Jaitly & Hinton 2013, section 3), as an interpolation between bands.
    """
    scale = features.scale
    top, middles = scale.sample_rate / 2, scale.edges[1:-1]
    hz = torch.tensor(hertz(middles), device=values.device)  # (bands,) float64
    bend = BEND * top * stretch.clamp(max=1) / stretch  # (batch,)
    slope = (top - bend * stretch) / (top - bend)  # (batch,)
    above = top - slope.unsqueeze(1) * (top - hz)  # (batch, bands)
    # (batch, bands): the frequency that each band now reads
    stretched = torch.where(hz <= bend.unsqueeze(1), hz * stretch.unsqueeze(1), above)
    mels = 2595 * torch.log10(1 + stretched / 700)  # as mel.mel
    at = ((mels - middles[0]) / (middles[1] - middles[0])).clamp(0, scale.bands - 1).to(values)  # (batch, bands)
    left = at.floor().clamp(max=scale.bands - 2)
    index = left.to(torch.int64).unsqueeze(1).expand_as(values)  # (batch, frames, bands)
    return torch.lerp(values.gather(2, index), values.gather(2, index + 1), (at - left).unsqueeze(1))


def coloured(values: Tensor, decibels: Tensor) -> Tensor:
    """`values` (batch, frames, bands) of log-energies, `decibels` (batch, WAVES) of cosines added to each frame."""
    bands = values.shape[2]
    phase = torch.pi * (torch.arange(bands, device=values.device) + 0.5) / bands  # (bands,)
    wave = torch.arange(1, WAVES + 1, device=values.device).unsqueeze(1)  # (WAVES, 1)
    added = decibels.to(values) @ torch.cos(wave * phase).to(values)  # (batch, bands) dB
    return values + (added * (math.log(10) / 10)).unsqueeze(1)


def _gap(width: Tensor, place: Tensor, size: Tensor, time: int) -> Tensor:
    """(batch, time) whether a step is blanked: `width` of the first `size`, at `place` in [0, 1) (Park et al. 2019)."""
    start = (place * (size - width + 1)).floor().unsqueeze(1)
    step = torch.arange(time, device=width.device)
    return (step >= start) & (step < start + width.unsqueeze(1))
