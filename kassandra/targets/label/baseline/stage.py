"""Baselines of classification: the majority class, linear models of what they see of the input, nearest neighbours."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, map_arrays, read_json
from kassandra.contracts.examples import Neighbours, View
from kassandra.targets.label.baseline import many_labels
from kassandra.targets.label.baseline.ratio import log_ratio

FOLDS = 5
TINY = 1e-12  # probability, of which the logarithm is taken

Labels = NDArray[np.int64]  # (examples,)
Numbers = NDArray[np.float64]  # (examples, classes)


class Views(Protocol):
    """The input's baseline module. It may have `neighbours`, of the same arguments: a list of Neighbours."""

    def views(self, known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]: ...


def predictions(seen: Views, prepared: Path, seed: int) -> pd.DataFrame:
    """One row per example of test; per baseline one column of predicted labels, and one of the probability of each
    class, `<name> @<label>`. The majority class has those of the classes in train and valid.

    Fitted on train and valid, as there is nothing that they choose on valid alone: what an input leaves open is chosen
    by cross-validation of both. Ridge and nearest neighbours predict classes without probabilities. Of examples with
    any number of labels see many_labels.
    """
    if read_json(prepared / "meta.json").get("labels") == "many":
        return many_labels.predictions(seen, prepared, seed)
    train, valid, test = (map_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    labels = np.concatenate([train["labels"], valid["labels"]])
    shares = np.bincount(labels, minlength=int(labels.max()) + 1) / len(labels)
    probabilities = {"majority class": np.tile(shares, (len(test["labels"]), 1))}  # (examples, classes) each
    classes = dict[str, Labels]()  # (examples,) each, of baselines without probabilities
    given = [train, valid], test, read_json(prepared / "meta.json")
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        for view in seen.views(*given):
            if view.squares:
                classes[view.name] = _ridge(view, labels)
                continue
            fit = _naive_bayes_weighted if view.counts else _logistic
            probabilities[view.name] = fit(view, labels, seed)
        for near in seen.neighbours(*given) if hasattr(seen, "neighbours") else []:
            classes[near.name] = nearest(near, labels)
    columns = {name: each.argmax(1) for name, each in probabilities.items()} | classes
    for name, each in probabilities.items():
        columns |= {f"{name} @{label}": column for label, column in enumerate(each.T)}
    return pd.DataFrame(columns)


def _logistic(view: View, labels: Labels, seed: int) -> Numbers:
    options = view.options | ({"C": 1 / _penalty(view, labels, seed)} if view.penalties else {})
    model = LogisticRegression(random_state=seed, **options).fit(view.known, view.of_known(labels))
    probabilities = np.zeros((view.unknown.shape[0], int(labels.max()) + 1))
    probabilities[:, model.classes_] = model.predict_proba(view.unknown)
    return probabilities


def _penalty(view: View, labels: Labels, seed: int) -> float:
    """The one with the least log-loss in cross-validation; the middle one where a class is too small for that."""
    labels, number = view.of_known(labels), int(labels.max()) + 1
    largest = int(np.bincount(labels)[labels].min()) if view.groups is None else len(np.unique(view.groups))
    if (folds := min(FOLDS, largest)) < 2:
        return float(view.penalties[len(view.penalties) // 2])
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    if view.groups is not None:
        split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    losses = np.zeros(len(view.penalties))
    for fitted, judged in split.split(view.known, labels, view.groups):
        for place, penalty in enumerate(view.penalties):
            model = LogisticRegression(random_state=seed, **view.options, C=1 / penalty)
            if len(np.unique(labels[fitted])) < 2:
                continue
            probabilities = np.full((len(judged), number), TINY)
            model.fit(view.known[fitted], labels[fitted])
            probabilities[:, model.classes_] = np.maximum(model.predict_proba(view.known[judged]), TINY)
            losses[place] -= np.log(probabilities[np.arange(len(judged)), labels[judged]]).sum()
    return float(view.penalties[int(losses.argmin())])


def _ridge(view: View, labels: Labels) -> Labels:
    """Least squares on -1 and 1 for each class, its penalty chosen by leaving out each example in turn, as MiniRocket
    does (Dempster et al. 2021)."""
    model = RidgeClassifierCV(alphas=np.asarray(view.penalties)).fit(view.known, view.of_known(labels))
    return np.asarray(model.predict(view.unknown), np.int64)


def nearest(near: Neighbours, labels: Labels) -> Labels:
    """(unknown,) the class of the nearest known example, by the setting with which most of these have the class of the
    nearest other one."""
    known, right = labels[near.rows], []
    for setting in near.settings if len(near.settings) > 1 else []:
        distances = np.array(near.among(setting), np.float64)
        np.fill_diagonal(distances, np.inf)
        right.append(int((known[distances.argmin(1)] == known).sum()))
    setting = near.settings[int(np.argmax(right)) if right else 0]
    return np.asarray(known[near.to(setting).argmin(1)])


def _naive_bayes_weighted(view: View, labels: Labels, seed: int) -> Numbers:
    """Wang & Manning (2012), eq. 2, with logistic regression in place of the SVM: presence of each feature times the
    logarithm of how many times more frequent it is inside a class than outside; one model for each class, whose
    probabilities are divided by their sum.
    """
    known, unknown = view.known.sign(), view.unknown.sign()
    scores = []
    for label in range(int(labels.max()) + 1):
        inside = view.of_known(labels) == label
        ratio = log_ratio(known, inside)  # (features,)
        model = LogisticRegression(random_state=seed, **view.options)
        model.fit(known.multiply(ratio).tocsr(), inside)
        scores.append(model.decision_function(unknown.multiply(ratio).tocsr()))  # (examples,)
    probabilities = expit(np.stack(scores, axis=1))  # (examples, classes)
    return np.asarray(probabilities / np.maximum(probabilities.sum(1, keepdims=True), np.finfo(np.float64).tiny))
