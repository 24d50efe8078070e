"""Recordings that are nearly the same: louder, cut at other places, or saved again; by their sound over time."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.near import near
from kassandra.contracts.stored import Stored

QUIET = 0.02  # of the loudest sample: what is quieter at either end is no part of what is compared
PARTS, BANDS = 8, 32
ALIKE = 0.998


def alike(waveforms: Iterable[NDArray[np.float32]]) -> list[int]:
    """Of each recording the number of the first that it is nearly the same as; its own where there is none."""
    return near(Stored(_described(waveform) for waveform in waveforms).stacked(), ALIKE)


def _described(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """(PARTS × BANDS,) the square root of the energy in bands of frequency, in equal parts of what can be heard."""
    loud = np.flatnonzero(np.abs(waveform) > QUIET * np.abs(waveform).max(initial=0))
    heard = waveform[loud[0] : loud[-1] + 1] if len(loud) else waveform[:0]
    if len(heard) < 4 * PARTS:
        return np.zeros(PARTS * BANDS, np.float32)
    described = []
    for part in np.array_split(heard, PARTS):
        power = np.abs(np.fft.rfft(part, n=4 * BANDS if len(part) < 4 * BANDS else None)) ** 2
        edges = np.unique(np.geomspace(1, len(power), BANDS + 1).astype(int))
        energy = np.add.reduceat(power, np.minimum(edges[:-1], len(power) - 1))
        described.append(np.pad(np.sqrt(energy), (0, BANDS - len(energy))))
    return np.concatenate(described).astype(np.float32)
