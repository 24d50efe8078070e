"""What a linear model sees of recordings: how one sounds on the whole."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from sklearn.preprocessing import StandardScaler

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.train.mel import MelScale

COEFFICIENTS = 13  # of the cepstrum, as is usual since Davis & Mermelstein (1980)


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to fit to, and of the `unknown` one, to predict."""
    scale = MelScale.of(meta)
    cepstra = np.concatenate([_mean_and_deviation(split, scale) for split in known])
    scaler = StandardScaler().fit(cepstra)
    seen, unseen = (scaler.transform(some) for some in (cepstra, _mean_and_deviation(unknown, scale)))
    features = "MFCC means and deviations"
    return [View(f"{features} + logistic regression", seen, unseen, {"max_iter": 1000}, features=features)]


def _mean_and_deviation(split: Arrays, scale: MelScale) -> NDArray[np.float64]:
    """(recordings, 26): mean and standard deviation over the frames of each mel-frequency cepstral coefficient."""
    waveforms = Ragged(split["waveforms"], split["offsets"])
    rows = []
    for row in range(len(waveforms.lengths)):
        energies = scale.log_energies(waveforms.flat[waveforms.offsets[row] : waveforms.offsets[row + 1]])
        cepstrum = dct(energies, norm="ortho", axis=1)[:, :COEFFICIENTS]  # (frames, coefficients)
        rows.append(np.concatenate([cepstrum.mean(0), cepstrum.std(0)]))
    return np.stack(rows)
