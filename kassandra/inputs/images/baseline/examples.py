"""Baselines of image classification: the majority class, and logistic regression on pixels."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import read_arrays


def predictions(prepared: Path, seed: int) -> pd.DataFrame:
    """One column of predicted labels per baseline, one row per test image.

    Fitted on train and valid, as there is nothing that they choose on valid; not tuned.
    """
    train, valid, test = (read_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    images, labels = (np.concatenate([train[name], valid[name]]) for name in ("images", "labels"))
    # In double precision: where arrays lie in memory decides the last bits of sums; in single ones it changed answers.
    pixels, unseen = (some.reshape(len(some), -1) / 255.0 for some in (images, test["images"]))  # float64
    models = {
        "majority class": DummyClassifier(strategy="most_frequent"),
        "logistic regression on pixels": LogisticRegression(tol=1e-3, max_iter=500, random_state=seed),
    }
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        return pd.DataFrame({name: model.fit(pixels, labels).predict(unseen) for name, model in models.items()})
