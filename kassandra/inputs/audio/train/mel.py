"""The mel scale: short frames of a recording, and how loud each is in bands as wide as the ear tells them apart.

Here without PyTorch, in double precision, one recording at a time; `features.py` does the same for batches.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

LOWEST = 20.0  # Hz, where bands begin; below that nobody hears a tone
RANGE = 1e-4  # of the energy of a recording's loudest band and frame: fainter (40 dB) drowns in the room's noise
SILENT = 1e-300  # energy; frames without any give RANGE, and not nothing divided by nothing


@overload
def mel(hz: float) -> float: ...
@overload
def mel(hz: NDArray[np.float64]) -> NDArray[np.float64]: ...
def mel(hz: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Of a frequency ≥ 0 (O'Shaughnessy 1987; The HTK Book 3.4, eq. 5.13).

    >>> print(f"{mel(1000.0):.1f}")
    1000.0
    """
    return 2595 * np.log10(1 + hz / 700)


def hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `mel`."""
    return np.asarray(700 * (10 ** (mels / 2595) - 1))


@dataclass(frozen=True)
class MelScale:
    """How recordings are cut into frames, and these into bands.

    sample_rate: Hz. bands: ≥ 1, evenly spaced in mel from 20 Hz to half the sample rate.
    frame, hop: milliseconds that a frame lasts, and from the beginning of one to that of the next.
    """

    sample_rate: int
    bands: int
    frame: float
    hop: float

    @classmethod
    def of(cls, meta: dict[str, Any]) -> "MelScale":
        """That of prepared recordings; `meta` is their meta.json."""
        return cls(int(meta["sample_rate"]), int(meta["mels"]), float(meta["frame"]), float(meta["hop"]))

    @cached_property
    def frame_length(self) -> int:
        """Samples of a frame."""
        return max(2, round(self.sample_rate * self.frame / 1000))

    @cached_property
    def hop_length(self) -> int:
        """Samples from the beginning of a frame to that of the next."""
        return max(1, round(self.sample_rate * self.hop / 1000))

    @cached_property
    def window(self) -> NDArray[np.float64]:
        """(frame_length,) what a frame is multiplied by: Hann's, periodic."""
        return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.frame_length) / self.frame_length))

    @cached_property
    def edges(self) -> NDArray[np.float64]:
        """(bands + 2,) mels: band b rises from edge b to edge b + 1 and falls to edge b + 2."""
        return np.linspace(mel(LOWEST), mel(self.sample_rate / 2), self.bands + 2)

    @cached_property
    def fft_size(self) -> int:
        """Samples that a frame is filled up to with zeros, a power of two: so many that every band has a frequency."""
        size = 1 << (self.frame_length - 1).bit_length()
        while not self._filters(size).any(0).all():
            size *= 2
        return size

    @cached_property
    def filters(self) -> NDArray[np.float64]:
        """(fft_size // 2 + 1, bands) the share in [0, 1] of each frequency's energy that a band takes.

        Triangles in mel, neighbours crossing at one half (The HTK Book 3.4, section 5.6, figure 5.3).
        """
        return self._filters(self.fft_size)

    def _filters(self, size: int) -> NDArray[np.float64]:
        mels = mel(np.linspace(0, self.sample_rate / 2, size // 2 + 1))[:, None]  # (frequencies, 1)
        low, middle, high = self.edges[:-2], self.edges[1:-1], self.edges[2:]  # (bands,) each
        rising, falling = (mels - low) / (middle - low), (high - mels) / (high - middle)  # (frequencies, bands)
        return np.asarray(np.minimum(rising, falling).clip(0))

    def frames(self, samples: int) -> int:
        """Frames that lie in a recording as a whole; what is left over at its end is not heard."""
        return max(0, 1 + (samples - self.frame_length) // self.hop_length)

    def log_energies(self, waveform: NDArray[np.floating]) -> NDArray[np.float64]:
        """(frames, bands) natural logarithm of each band's energy as a share of the loudest one's, plus RANGE.

        Args:
            waveform: (samples,), at least one frame.
        """
        frames = np.lib.stride_tricks.sliding_window_view(waveform.astype(np.float64), self.frame_length)
        spectrum = np.fft.rfft(frames[:: self.hop_length] * self.window, self.fft_size)  # (frames, frequencies)
        energies = (spectrum.real**2 + spectrum.imag**2) @ self.filters  # (frames, bands)
        return np.asarray(np.log(energies / max(energies.max(), SILENT) + RANGE))
