"""Classes named per example (images, texts, recordings): the scores of two models on the same examples."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.comparison.revisions import Predicted
from kassandra.judging.paired import REPLICATES, Difference, Numbers, Statistic, bootstrap, mcnemar
from kassandra.targets.label.evaluate.calibration import BINS, equal_mass
from kassandra.targets.label.evaluate.classification import precision_recall_f1
from kassandra.targets.label.evaluate.curves import Ranking

WORK = 50_000_000  # examples × resamples, and as much again for each curve: a few seconds; past that, fewer resamples
FEWEST = 200
PREFIX = "probability_"
COLUMNS = ["target", "predicted"]
SCORES = ("precision", "recall", "f1", "loss", "calibration_error", "roc_auc")
NOT_PAIRED = {
    "average_precision": "of equals, its paired bootstrap would tell 8 in 100 apart"
}  # of 300 simulated examples


def differ(a: pd.DataFrame, b: pd.DataFrame) -> str:
    """Why two tables of predictions are not of the same examples; empty if they are."""
    if len(a) != len(b):
        return f"{len(a):,} test examples at A, {len(b):,} at B"
    if list(_probabilities(a)) != list(_probabilities(b)):
        return "other classes"
    return "" if (a["target"] == b["target"]).all() else "test examples of other classes"


def compared(a: Predicted, b: Predicted, replicates: int = REPLICATES) -> dict[str, tuple[float, float, Difference]]:
    """A's and B's value of each score that is known here and stored at both, and the difference."""
    right = [(side.table["target"] == side.table["predicted"]).to_numpy() for side in (a, b)]
    found = {"accuracy": (float(right[0].mean()), float(right[1].mean()), mcnemar(*right))}
    there = [name for name in SCORES if name in a.stored and name in b.stored]
    scorers = [_scorer(side.table, there) for side in (a, b)]
    examples, curves = len(a.table), len(_rankings(a.table)) * ("roc_auc" in there)
    replicates = max(FEWEST, min(replicates, WORK // (examples * (1 + curves))))
    differences = bootstrap(examples, lambda times: np.stack([score(times) for score in scorers]), replicates)
    values = [score(np.ones(examples, np.int64)) for score in scorers]
    return found | {
        name: (float(one), float(other), difference)
        for name, one, other, difference in zip(there, *values, differences, strict=True)
    }


def _scorer(table: pd.DataFrame, wanted: list[str]) -> Statistic:
    """Of how many times each example was drawn, (examples,): the scores `wanted`, as kassandra.evaluation has them."""
    targets, probabilities = table["target"].to_numpy(), _probabilities(table).to_numpy()
    size, predicted = probabilities.shape[1], table["predicted"].to_numpy()
    cells = targets * size + predicted
    chosen = np.maximum(probabilities[np.arange(len(table)), targets], np.finfo(np.float64).smallest_subnormal)
    losses, confidence = -np.log(chosen), probabilities.max(1)
    bin_of, gap = equal_mass(confidence, BINS), (predicted == targets) - confidence
    rankings = _rankings(table) if "roc_auc" in wanted else []

    def scores(times: NDArray[np.int64]) -> Numbers:
        confusion = np.bincount(cells, times, size * size).reshape(size, size)
        found = dict(zip(("precision", "recall", "f1"), precision_recall_f1(confusion).mean(1), strict=True))
        found["loss"] = times @ losses / len(losses)
        if "calibration_error" in wanted:
            found["calibration_error"] = np.abs(np.bincount(bin_of, gap * times)).sum() / len(losses)
        if rankings:
            found["roc_auc"] = float(np.mean([ranking.areas(times)[0] for ranking in rankings]))
        return np.array([found[name] for name in wanted])

    return scores


def _probabilities(table: pd.DataFrame) -> pd.DataFrame:
    """(examples, classes)"""
    return table[[name for name in table if str(name).startswith(PREFIX)]]


def _rankings(table: pd.DataFrame) -> list[Ranking]:
    """As in curves: of each class against the rest, of the second alone if there are two."""
    targets, probabilities = table["target"].to_numpy(), _probabilities(table).to_numpy()
    size, rankings = probabilities.shape[1], []
    for label in range(size) if size > 2 else [1]:
        positive = targets == label
        if positive.any() and not positive.all():
            scores = probabilities[:, label]
            if size == 2:  # the odds tell apart even what rounds to a probability of 1
                with np.errstate(divide="ignore"):
                    scores = scores / probabilities[:, 0]
            order = np.argsort(-scores, kind="stable")
            ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
            rankings.append(Ranking(label, scores, positive, order, ends))
    return rankings
