"""Baselines of recordings: the majority class, and logistic regression on how a recording sounds on the whole."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.fft import dct
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.train.mel import MelScale

COEFFICIENTS = 13  # of the cepstrum, as is usual since Davis & Mermelstein (1980)


def predictions(prepared: Path, seed: int) -> pd.DataFrame:
    """One column of predicted labels per baseline, one row per recording of test.

    Fitted on train and valid, as there is nothing that they choose on valid; not tuned.
    """
    train, valid, test = (read_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    scale = MelScale.of(read_json(prepared / "meta.json"))
    labels = np.concatenate([train["labels"], valid["labels"]])  # (recordings,)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=seed))
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        model.fit(np.concatenate([_sounds(split, scale) for split in (train, valid)]), labels)
        return pd.DataFrame(
            {
                "majority class": np.full(len(test["labels"]), np.bincount(labels).argmax()),
                "MFCC means and deviations + logistic regression": model.predict(_sounds(test, scale)),
            }
        )


def _sounds(split: dict[str, NDArray[Any]], scale: MelScale) -> NDArray[np.float64]:
    """(recordings, 26): mean and standard deviation over the frames of each mel-frequency cepstral coefficient."""
    waveforms = Ragged(split["waveforms"], split["offsets"])
    found = []
    for row in range(len(waveforms.lengths)):
        energies = scale.log_energies(waveforms.flat[waveforms.offsets[row] : waveforms.offsets[row + 1]])
        cepstrum = dct(energies, norm="ortho", axis=1)[:, :COEFFICIENTS]  # (frames, coefficients)
        found.append(np.concatenate([cepstrum.mean(0), cepstrum.std(0)]))
    return np.stack(found)
