"""What a nearest neighbour sees of recordings with transcripts: how one sounds on the whole, and how it goes on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from sklearn.preprocessing import StandardScaler

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.baseline.examples import COEFFICIENTS
from kassandra.inputs.audio.train.mel import MelScale

PARTS = 24  # of a recording, equally long, of which the mean is taken


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to look among, and of the `unknown` one."""
    scale = MelScale.of(meta)
    seen = np.concatenate([_course(split, scale) for split in known])
    scaler = StandardScaler().fit(seen)
    return [View("MFCC over time", scaler.transform(seen), scaler.transform(_course(unknown, scale)), {})]


def _course(split: Arrays, scale: MelScale) -> NDArray[np.float64]:
    """(recordings, 24 · 13 + 1): mean cepstrum of each part, and the logarithm of the length. Fewer than 13 bands
    have as many coefficients."""
    waveforms, rows = Ragged(split["waveforms"], split["offsets"]), []
    for begin, end in zip(waveforms.offsets[:-1], waveforms.offsets[1:], strict=True):
        energies = scale.log_energies(waveforms.flat[begin:end])
        cepstrum = dct(energies, norm="ortho", axis=1)[:, :COEFFICIENTS]  # (frames, coefficients)
        places = np.linspace(0, len(cepstrum), PARTS + 1)
        sums = np.concatenate([np.zeros((1, cepstrum.shape[1])), cepstrum.cumsum(0)])
        at = np.stack([np.interp(places, np.arange(len(sums)), column) for column in sums.T], 1)  # between two frames
        rows.append(np.append(np.diff(at, axis=0) / np.diff(places)[:, None], np.log(len(cepstrum))))
    return np.stack(rows)
