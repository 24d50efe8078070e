"""Baselines of classification: the majority class, and logistic regression on what a linear model sees of the input."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, read_arrays, read_json
from kassandra.contracts.examples import View

SMOOTHING = 1.0  # added to the count of each feature in each class

Labels = NDArray[np.int64]  # (examples,)


class Views(Protocol):
    """The input's baseline module."""

    def views(self, known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]: ...


def predictions(seen: Views, prepared: Path, seed: int) -> pd.DataFrame:
    """One column of predicted labels per baseline, one row per example of test.

    Fitted on train and valid, as there is nothing that they choose on valid; not tuned.
    """
    train, valid, test = (read_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    labels = np.concatenate([train["labels"], valid["labels"]])
    predicted = {"majority class": np.full(len(test["labels"]), np.bincount(labels).argmax())}
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        for view in seen.views([train, valid], test, read_json(prepared / "meta.json")):
            fit = _naive_bayes_weighted if view.counts else _logistic
            predicted[view.name] = fit(view, labels, seed)
    return pd.DataFrame(predicted)


def _logistic(view: View, labels: Labels, seed: int) -> Labels:
    model = LogisticRegression(random_state=seed, **view.options)
    return np.asarray(model.fit(view.known, labels).predict(view.unknown))


def _naive_bayes_weighted(view: View, labels: Labels, seed: int) -> Labels:
    """Wang & Manning (2012), eq. 2, with logistic regression in place of the SVM: presence of each feature times the
    logarithm of how many times more frequent it is inside a class than outside; one model for each class.
    """
    known, unknown = view.known.sign(), view.unknown.sign()
    scores = []
    for label in range(int(labels.max()) + 1):
        inside = labels == label
        p = SMOOTHING + np.asarray(known[inside].sum(0)).ravel()  # (features,)
        q = SMOOTHING + np.asarray(known[~inside].sum(0)).ravel()  # (features,)
        ratio = np.log((p / p.sum()) / (q / q.sum()))  # (features,)
        model = LogisticRegression(random_state=seed, **view.options)
        model.fit(known.multiply(ratio).tocsr(), inside)
        scores.append(model.decision_function(unknown.multiply(ratio).tocsr()))  # (examples,)
    return np.asarray(np.stack(scores, axis=1).argmax(1))
