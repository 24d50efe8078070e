"""Baselines where examples have any number of labels: the most frequent set of them, one-vs-rest linear models, the
labels of the nearest neighbour."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import map_arrays, read_json
from kassandra.contracts.examples import View
from kassandra.targets.label.baseline.ratio import log_ratio
from kassandra.targets.label.train.thresholds import thresholds

TINY = 1e-12  # probability, of which the logarithm is taken

Flags = NDArray[np.bool_]  # (examples, labels)
Numbers = NDArray[np.float64]  # (examples, labels)


def predictions(seen: Any, prepared: Path, seed: int) -> pd.DataFrame:
    """One row per example of test; per baseline a column of the numbers of the labels that it gives, as `0 3`, and one
    of the probability of each label, `<name> @<label>`.

    Probabilities are those of a model of each label by itself. It is fitted on train; the thresholds, and of penalties
    the best one, are chosen on valid, as the LSTM's thresholds are; then it is fitted again on both. The most frequent
    set is that of train and valid. Ridge and nearest neighbours give labels without probabilities.
    """
    from kassandra.targets.label.baseline.stage import nearest  # here: that module chooses between both kinds

    train, valid, test = (map_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    parts = train["labels"] == 1, valid["labels"] == 1
    labels = np.concatenate(parts)  # (examples, labels)
    sets, numbers, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    size = len(test["labels"])
    given = {"most frequent set of labels": np.tile(sets[counts.argmax()], (size, 1))}
    probabilities = {"most frequent set of labels": np.tile(labels.mean(0), (size, 1))}
    how = [train, valid], test, read_json(prepared / "meta.json")
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        for view in seen.views(*how):
            if view.squares:
                ridge = RidgeClassifierCV(alphas=np.asarray(view.penalties)).fit(view.known, view.of_known(labels))
                given[view.name] = np.asarray(ridge.predict(view.unknown), bool)
                continue
            probabilities[view.name], chosen = _one_against_rest(view, parts, seed)
            given[view.name] = probabilities[view.name] >= chosen
        for near in seen.neighbours(*how) if hasattr(seen, "neighbours") else []:
            given[near.name] = sets[nearest(near, numbers.ravel())]
    columns: dict[str, Any] = {name: [" ".join(map(str, np.flatnonzero(row))) for row in each]
                               for name, each in given.items()}  # fmt: skip
    for name, each in probabilities.items():
        columns |= {f"{name} @{label}": column for label, column in enumerate(each.T)}
    return pd.DataFrame(columns)


def _one_against_rest(view: View, parts: tuple[Flags, Flags], seed: int) -> tuple[Numbers, Numbers]:
    """Probabilities of the unknown examples, and (labels,) the thresholds."""
    train, valid = parts
    known = view.known.tocsr() if hasattr(view.known, "tocsr") else view.known
    numbers = np.arange(len(train) + len(valid)) if view.rows is None else view.rows
    of_train, both = numbers < len(train), view.of_known(np.concatenate(parts))
    held = both[~of_train]
    penalties: list[float | None] = [*view.penalties] or [None]
    tried = [_fitted(view, penalty, known[of_train], both[of_train], known[~of_train], seed) for penalty in penalties]
    losses = [-np.log(np.maximum(np.where(held, each, 1 - each), TINY)).sum() for each in tried]
    best = int(np.argmin(losses))
    return _fitted(view, penalties[best], known, both, view.unknown, seed), thresholds(tried[best], held)


def _fitted(view: View, penalty: float | None, known: Any, labels: Flags, unknown: Any, seed: int) -> Numbers:
    """Of each label by itself; of one that all known examples have, or none, its share."""
    options = view.options | ({"C": 1 / penalty} if penalty else {})
    probabilities = np.tile(labels.mean(0), (unknown.shape[0], 1))
    for place, inside in enumerate(labels.T):
        if not inside.any() or inside.all():
            continue
        seen, asked = known, unknown
        if view.counts:
            ratio = log_ratio(known.sign(), inside)
            seen, asked = known.sign().multiply(ratio).tocsr(), unknown.sign().multiply(ratio).tocsr()
        model = LogisticRegression(random_state=seed, **options).fit(seen, inside)
        probabilities[:, place] = model.predict_proba(asked)[:, 1]
    return probabilities
