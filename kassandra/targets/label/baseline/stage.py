"""Baselines of classification: the majority class, and logistic regression on what a linear model sees of the input."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, read_arrays, read_json
from kassandra.contracts.examples import View

SMOOTHING = 1.0  # added to the count of each feature in each class

Labels = NDArray[np.int64]  # (examples,)
Numbers = NDArray[np.float64]  # (examples, classes)


class Views(Protocol):
    """The input's baseline module."""

    def views(self, known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]: ...


def predictions(seen: Views, prepared: Path, seed: int) -> pd.DataFrame:
    """One row per example of test; per baseline one column of predicted labels, and one of the probability of each
    class, `<name> @<label>`. The majority class has those of the classes in train and valid.

    Fitted on train and valid, as there is nothing that they choose on valid; not tuned.
    """
    train, valid, test = (read_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    labels = np.concatenate([train["labels"], valid["labels"]])
    shares = np.bincount(labels, minlength=int(labels.max()) + 1) / len(labels)
    probabilities = {"majority class": np.tile(shares, (len(test["labels"]), 1))}  # (examples, classes) each
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        for view in seen.views([train, valid], test, read_json(prepared / "meta.json")):
            fit = _naive_bayes_weighted if view.counts else _logistic
            probabilities[view.name] = fit(view, labels, seed)
    columns = {name: each.argmax(1) for name, each in probabilities.items()}
    for name, each in probabilities.items():
        columns |= {f"{name} @{label}": column for label, column in enumerate(each.T)}
    return pd.DataFrame(columns)


def _logistic(view: View, labels: Labels, seed: int) -> Numbers:
    model = LogisticRegression(random_state=seed, **view.options).fit(view.known, labels)
    probabilities = np.zeros((view.unknown.shape[0], int(labels.max()) + 1))
    probabilities[:, model.classes_] = model.predict_proba(view.unknown)
    return probabilities


def _naive_bayes_weighted(view: View, labels: Labels, seed: int) -> Numbers:
    """Wang & Manning (2012), eq. 2, with logistic regression in place of the SVM: presence of each feature times the
    logarithm of how many times more frequent it is inside a class than outside; one model for each class, whose
    probabilities are divided by their sum.
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
    probabilities = expit(np.stack(scores, axis=1))  # (examples, classes)
    return np.asarray(probabilities / np.maximum(probabilities.sum(1, keepdims=True), np.finfo(np.float64).tiny))
