"""From waveforms to what a model reads: log-mel bands of each frame, normalised recording by recording.

A recording alone gives what it gives in a batch: frames lie inside it as a whole, so none sees what is behind its end,
and whatever is summed is summed over its own frames.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from kassandra.inputs.audio.train.mel import RANGE, SILENT, MelScale

SMALLEST = 1e-2  # standard deviation, of what hardly changes: it is not blown up to that of the rest
REACH = 2  # frames to either side that a slope is fitted to


class Waveforms(NamedTuple):
    """samples: (batch, samples) whatever their loudness, anything behind a recording's end.

    lengths: (batch,) int64 samples of each, at least those of one frame.
    """

    samples: Tensor
    lengths: Tensor


class Features:
    """Of a MelScale, on a device. Computed in double precision, as differences of logarithms eat digits.

    deltas: whether each band's slope and the slope's slope follow the bands.
    """

    def __init__(self, scale: MelScale, deltas: bool, device: torch.device) -> None:
        self.scale, self.deltas = scale, deltas
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

        The bands of a recording have mean 0 and standard deviation 1 together, so have their slopes. Not band by band,
        as is usual (Viikki & Laurila 1998): in a single word, how loud a band is on the whole tells more of the
        word than of the voice.

        Args:
            frames: (batch,) how many each recording has.
        """
        parts = [_standardised(values, frames)]
        if self.deltas:
            for _ in range(2):
                parts.append(_standardised(slope(parts[-1], frames), frames))
        return torch.cat(parts, dim=2).float()

    def __call__(self, recordings: Waveforms) -> tuple[Tensor, Tensor]:
        """(batch, frames, size) float32 and (batch,) how many of the frames are each recording's."""
        frames = self.frames(recordings.lengths)
        return self.normalised(self.log_energies(recordings), frames), frames


def _standardised(values: Tensor, frames: Tensor) -> Tensor:
    valid = inside(frames, values.shape[1])  # (batch, frames, 1)
    count = frames.view(-1, 1, 1) * values.shape[2]
    values = values.where(valid, 0)
    values = (values - values.sum((1, 2), keepdim=True) / count).where(valid, 0)  # (batch, frames, bands)
    return values / (values.square().sum((1, 2), keepdim=True) / count).sqrt().clamp(min=SMALLEST)


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
