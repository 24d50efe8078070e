"""Baselines of numbers: the mean and the median of train, and ridge regression on what a linear model sees of inputs.

Each predicts a distribution: quantiles at contracts.spec.LEVELS beside its point.
"""

import warnings
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning
from scipy.sparse import issparse
from scipy.special import ndtri
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, map_arrays, read_json
from kassandra.contracts.examples import View
from kassandra.contracts.spec import LEVELS

ALPHAS = 10.0 ** np.arange(-3, 5.5, 0.5)  # of the ridge; the best on validation is taken
LARGEST_LOG = 700.0  # exp of more is infinite

Numbers = NDArray[np.float64]  # (examples,)


class Views(Protocol):
    """The input's baseline module."""

    def views(self, known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]: ...


class Fitted(NamedTuple):
    """point: (examples,) of test, in the unit that is learned. spread: deviation of the errors on validation."""

    point: Numbers
    spread: float
    alpha: float


def predictions(seen: Views | None, prepared: Path, seed: int) -> pd.DataFrame:
    """One row per example of test; per baseline a column of its points, and one of each quantile, `<name> @<level>`.

    Each is fitted on train and valid, after train alone and the errors on valid have chosen the ridge's `alpha` and how
    wide its normal distribution is.
    """
    train, valid, test = (map_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    meta = read_json(prepared / "meta.json")
    known, size = np.concatenate([train["numbers"], valid["numbers"]]), len(test["numbers"])
    at = ndtri(np.array(LEVELS))  # (levels,) of a standard normal distribution
    mean = known.mean() + at * known.std()
    columns = _columns("mean of train", np.full(size, known.mean()), np.tile(mean, (size, 1)))
    columns |= _columns(
        "median of train", np.full(size, np.median(known)), np.tile(np.quantile(known, LEVELS), (size, 1))
    )
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        for name, fitted in ridges(seen, train, valid, test, meta).items():
            quantiles = fitted.point[:, None] + at * fitted.spread  # (examples, levels)
            if meta["log"]:
                quantiles = np.exp(np.minimum(quantiles, LARGEST_LOG))
            columns |= _columns(name, quantiles.mean(1) if meta["log"] else fitted.point, quantiles)
    return pd.DataFrame(columns)


def _columns(name: str, point: Numbers, quantiles: Numbers) -> dict[str, Numbers]:
    return {name: point, **{f"{name} @{level}": column for level, column in zip(LEVELS, quantiles.T, strict=True)}}


def ridges(seen: Views | None, train: Arrays, valid: Arrays, test: Arrays, meta: dict[str, Any]) -> dict[str, Fitted]:
    """By name, of each view that has features of its own."""
    if seen is None:
        return {}
    learned = [np.log(split["numbers"]) if meta["log"] else split["numbers"] for split in (train, valid)]
    both = np.concatenate(learned)
    fitted = {}
    chosen = [view for view in seen.views([train], valid, meta) if view.features]
    final = {view.features: view for view in seen.views([train, valid], test, meta) if view.features}
    for of_train, of_both in ((view, final[view.features]) for view in chosen if view.features in final):
        errors = {alpha: learned[1] - _ridge(of_train, learned[0], alpha) for alpha in ALPHAS.tolist()}
        alpha = min(errors, key=lambda alpha: float(np.square(errors[alpha]).mean()))
        spread = max(float(np.sqrt(np.square(errors[alpha]).mean())), 1e-9 * float(both.std()))
        fitted[f"ridge on {of_train.features}"] = Fitted(_ridge(of_both, both, alpha), spread, alpha)
    return fitted


def _ridge(view: View, numbers: Numbers, alpha: float) -> Numbers:
    """(unknown,) predictions; features that are not sparse are standardised, by those of `known`."""
    known, unknown = view.known, view.unknown
    if issparse(known):
        model = Ridge(alpha, solver="sparse_cg", tol=1e-6, max_iter=1000)
    else:
        scaler, model = StandardScaler().fit(known), Ridge(alpha, solver="svd" if known.shape[1] < 100 else "cholesky")
        known, unknown = scaler.transform(known), scaler.transform(unknown)
    with warnings.catch_warnings():
        # Of penalties that are too small for the features: validation does not choose them.
        warnings.simplefilter("ignore", LinAlgWarning)
        warnings.filterwarnings("ignore", message="Singular matrix")
        return np.asarray(model.fit(known, view.of_known(numbers)).predict(unknown), np.float64)
