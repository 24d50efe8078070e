"""Predictions of models that name one class per example, or any number of labels, and their scores.

A table of one class has it in the columns `target` and `predicted`, by number. One of many labels has a column for each
label in place of these, `target_<label>` and `predicted_<label>`, true or false. Scores are of both, where both have
them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import precision_recall_curve, roc_curve

from kassandra.judging.bins import equal_mass
from kassandra.judging.intervals import Estimate, percentiles
from kassandra.judging.resampling import Rows
from kassandra.judging.score import Numbers, Score, Share, Times, Unsummed, per_row

PREFIX = "probability_"  # of the column of each class
TARGET, PREDICTED = "target_", "predicted_"  # of the column of each label, where an example may have many
BINS = 15  # of confidence
KEYS = ["example"]
RESAMPLING = Rows()

Labels = NDArray[np.int64]  # (examples,), each in [0, classes)
Flags = NDArray[np.bool_]  # (examples, labels)


def predictions(
    examples: list[str], targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str]
) -> pd.DataFrame:
    """One row per example: its id, what it is, what the model predicts, and the probability of each class."""
    columns = {f"{PREFIX}{name}": column for name, column in zip(classes, np.exp(log_probabilities).T, strict=True)}
    table = {"example": examples, "target": targets.astype(np.int64), "predicted": log_probabilities.argmax(1)}
    return pd.DataFrame(table | columns)


def labelled(
    examples: list[str], targets: Flags, predicted: Flags, log_probabilities: NDArray[np.float64], classes: list[str]
) -> pd.DataFrame:
    """The same of many labels: one row per example, and columns for each label."""
    columns: dict[str, Any] = {"example": examples}
    for prefix, values in ((TARGET, targets), (PREDICTED, predicted), (PREFIX, np.exp(log_probabilities))):
        columns |= {f"{prefix}{name}": column for name, column in zip(classes, values.T, strict=True)}
    return pd.DataFrame(columns)


def classes_of(table: pd.DataFrame) -> list[str]:
    return [name.removeprefix(PREFIX) for name in map(str, table) if name.startswith(PREFIX)]


def flags(table: pd.DataFrame, prefix: str) -> Flags | None:
    """(rows, labels) what columns of `prefix` say of each label; None where examples have one class."""
    names = [name for name in map(str, table) if name.startswith(prefix)]
    return table[names].to_numpy(bool) if names else None


def right(table: pd.DataFrame) -> Flags:
    """(rows,) whether the class is right, or all labels are."""
    targets, predicted = flags(table, TARGET), flags(table, PREDICTED)
    if targets is None or predicted is None:
        return (table["target"] == table["predicted"]).to_numpy()
    return np.asarray((targets == predicted).all(1))


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) the name of the class that each example is of, or of all its labels."""
    if (targets := flags(table, TARGET)) is not None:
        names = np.array([name.removeprefix(TARGET) for name in map(str, table) if name.startswith(TARGET)], object)
        return np.array(["; ".join(names[held]) for held in targets], object)
    return np.array(classes_of(table), object)[table["target"]]


def probabilities(table: pd.DataFrame) -> Numbers:
    """(rows, classes)"""
    return table[[f"{PREFIX}{name}" for name in classes_of(table)]].to_numpy(np.float64)


def precision_recall_f1(sums: Numbers) -> Numbers:
    """(…, 3, classes) of (…, 3 * classes): how often each class was right, predicted, observed. 0 where it never is.

    Equal to scikit-learn's, but quick enough for the bootstrap to ask a thousand times.
    """
    right, predicted, observed = np.split(np.asarray(sums, np.float64), 3, axis=-1)
    parts = [right / np.maximum(predicted, 1), right / np.maximum(observed, 1)]
    return np.stack([*parts, 2 * right / np.maximum(predicted + observed, 1)], axis=-2)


def counts(table: pd.DataFrame) -> sparse.csr_array | None:
    """(rows, 3 * classes): see `precision_recall_f1`."""
    held, given = flags(table, TARGET), flags(table, PREDICTED)
    if held is not None and given is not None:
        return sparse.csr_array(np.concatenate([held & given, given, held], axis=1).astype(np.float64))
    size, rows = len(classes_of(table)), np.arange(len(table))
    if not size:
        return None
    target, predicted = table["target"].to_numpy(), table["predicted"].to_numpy()
    right = np.flatnonzero(target == predicted)
    places = np.concatenate([right, rows, rows]), np.concatenate([target[right], size + predicted, 2 * size + target])
    return sparse.csr_array((np.ones(len(places[0])), places), shape=(len(table), 3 * size))


def _together(table: pd.DataFrame) -> Numbers | None:
    """(rows, 3): labels of an example that are right, given, and its own."""
    held, given = flags(table, TARGET), flags(table, PREDICTED)
    if held is None or given is None:
        return None
    return np.stack([(held & given).sum(1), given.sum(1), held.sum(1)], axis=1).astype(np.float64)


def _wrong(table: pd.DataFrame) -> Numbers | None:
    held, given = flags(table, TARGET), flags(table, PREDICTED)
    return None if held is None or given is None else per_row((held != given).mean(1))


def _ranked(table: pd.DataFrame) -> Numbers | None:
    """Of each label of an example, the share of its labels among those that are at least as probable; of one with all
    labels, or none, 1 (Tsoumakas et al. 2010; scikit-learn's label_ranking_average_precision_score)."""
    held = flags(table, TARGET)
    if held is None or not classes_of(table):
        return None
    values = np.ones(len(table))
    for row, (own, each) in enumerate(zip(held, probabilities(table), strict=True)):
        if own.any() and not own.all():
            at_least = each >= each[own][:, None]  # (labels of it, labels)
            values[row] = (at_least[:, own].sum(1) / at_least.sum(1)).mean()
    return per_row(values)


def _macro(which: int) -> Callable[[Numbers], Numbers]:
    """The mean over classes, which all weigh the same."""
    return lambda sums: np.asarray(precision_recall_f1(sums)[..., which, :].mean(-1))


def _nats(table: pd.DataFrame) -> Numbers | None:
    if not classes_of(table):
        return None
    least = np.finfo(np.float64).smallest_subnormal
    if (held := flags(table, TARGET)) is not None:
        each = probabilities(table)
        return per_row(-np.log(np.maximum(np.where(held, each, 1 - each), least)).sum(1))
    chosen = probabilities(table)[np.arange(len(table)), table["target"]]
    return per_row(-np.log(np.maximum(chosen, least)))


def _gaps(table: pd.DataFrame) -> sparse.csr_array | None:
    """(rows, bins + 1): whether an example is right less the confidence, in its bin; and 1 in the last column."""
    if not classes_of(table) or "target" not in table:
        return None
    rows, confidence = np.arange(len(table)), probabilities(table).max(1)
    bin_of = equal_mass(confidence, BINS)
    gap = (table["predicted"] == table["target"]).to_numpy() - confidence
    last = np.full(len(rows), bin_of.max() + 1)
    values, places = np.concatenate([gap, np.ones(len(rows))]), (np.tile(rows, 2), np.concatenate([bin_of, last]))
    return sparse.csr_array((values, places), shape=(len(rows), last[0] + 1))


class CalibrationError(Score):
    """The mean over examples of |accuracy - mean confidence| of the bin that an example lies in; in [0, 1].

    Guo et al. (2017), eq. 3, but with bins of equally many examples (adaptive: Nixon et al. 2019, eq. 3): most answers
    of a trained classifier are sure, and bins of equal width would put all in one. Equal confidences share a bin. Bins
    are those of all examples in every resample.
    """

    def interval(self, table: pd.DataFrame, observed: Numbers, drawn: Numbers) -> Estimate:
        """The basic interval (Davison & Hinkley 1997, eq. 5.6).

        Noise adds to this error and never takes from it: examples err more than their population does, resamples more
        than the examples. Percentiles of resamples would never reach down to the 0 of a calibrated model. The basic
        interval takes that excess off; and it begins at 0 where noise alone (how far the gaps of resamples lie from
        those of the examples) gives errors as large as the one seen. Of simulated test splits of 400 and 2,000 examples
        with errors from 0 to 0.2, it covers in 90 to 98 of 100.
        """
        error = percentiles(self.value(observed), self.value(drawn))
        rows = observed[-1]
        noise = percentiles(0.0, np.abs(drawn[:, :-1] - observed[:-1]).sum(1) / rows)
        low = 0.0 if error.value <= noise.high else max(0.0, 2 * error.value - error.high)
        return Estimate(error.value, min(low, error.value), min(max(2 * error.value - error.low, error.value), 1.0))


class Ranking(NamedTuple):
    """Of one class against the rest: all examples, those most likely of the class first."""

    label: int
    scores: NDArray[np.float64]  # (examples,) in the order of the examples; larger is more likely
    positive: NDArray[np.bool_]  # (examples,) in the order of the examples: whether it is of the class
    order: NDArray[np.intp]  # (examples,) from the largest score to the smallest
    ends: NDArray[np.intp]  # (thresholds,) in `order`, the last place of each run of equal scores

    def areas(self, weights: NDArray[np.int64]) -> tuple[float, float]:
        """The area under the ROC curve and the average precision, `weights[i]` times over of example i.

        scikit-learn's roc_auc_score and average_precision_score, but quick enough to be asked a thousand times. Where
        the weights leave the class or the rest empty, what guessing has: 0.5, and the share of the class.
        """
        times = weights[self.order]
        predicted = times.cumsum()[self.ends]  # (thresholds,): examples with at least this score
        hits = (times * self.positive[self.order]).cumsum()[self.ends]  # (thresholds,): those of the class among them
        positives, negatives = int(hits[-1]), int(predicted[-1] - hits[-1])
        if not positives or not negatives:
            return 0.5, positives / (positives + negatives)
        gained, wrong = np.diff(hits, prepend=0), predicted - hits
        before = wrong - np.diff(wrong, prepend=0) / 2  # of the negatives with an equal score, half count
        precision = hits / np.maximum(predicted, 1)
        area = 1 - float((gained * before).sum()) / (positives * negatives)
        return area, float((gained * precision).sum()) / positives

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The rates of false and of true positives, both rising from 0 to 1."""
        false, true, _ = roc_curve(self.positive, self.scores)
        return false, true

    def precision_recall(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Recall, rising from 0 to 1, and the precision there."""
        precisions, recalls, _ = precision_recall_curve(self.positive, self.scores, drop_intermediate=True)
        return recalls[::-1], precisions[::-1]


def rankings(targets: Labels, probabilities: NDArray[np.float64]) -> list[Ranking]:
    """By `probabilities` (examples, classes), of each class against the rest, of the second alone if there are two;
    none where either side has no example."""
    size, curves = probabilities.shape[1], []
    for label in range(size) if size > 2 else [1]:
        positive = targets == label
        if positive.any() and not positive.all():
            scores = probabilities[:, label]
            if size == 2:  # the odds set apart even what rounds to a probability of 1
                with np.errstate(divide="ignore", over="ignore"):
                    scores = np.minimum(scores / probabilities[:, 0], np.finfo(np.float64).max)
            curves.append(_ranking(label, scores, positive))
    return curves


def rankings_of_labels(targets: Flags, probabilities: NDArray[np.float64]) -> list[Ranking]:
    """The same of many labels, each against its absence."""
    some = np.flatnonzero(targets.any(0) & ~targets.all(0)).tolist()
    return [_ranking(label, probabilities[:, label], targets[:, label]) for label in some]


def _ranking(label: int, scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> Ranking:
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    return Ranking(label, scores, positive, order, ends)


class Area(Unsummed):
    """An area under a curve: of two classes that of the second; of more, the mean over classes of each against the rest
    (macro one-vs-rest). A class that the test split lacks, or that all examples are of, has none and is left out; of
    which a resample has no example, has there what guessing has."""

    def of(self, table: pd.DataFrame) -> Callable[[Times], Any] | None:
        curves = self._curves(table)
        which = AREAS.index(self.name)
        return (lambda times: np.mean([curve.areas(times)[which] for curve in curves])) if curves else None

    def work(self, table: pd.DataFrame) -> int:
        return len(table) * len(self._curves(table))

    def _curves(self, table: pd.DataFrame) -> list[Any]:
        if not classes_of(table):
            return []
        if (held := flags(table, TARGET)) is not None:
            return rankings_of_labels(held, probabilities(table))
        return rankings(table["target"].to_numpy(), probabilities(table))


AREAS = ("roc_auc", "average_precision")
UNPAIRED = "of equal models, its paired bootstrap would call 8 in 100 different"  # of 300 simulated examples
SCORES = [
    Share("accuracy", "higher", "share of examples", largest=1,
          sums=lambda table: per_row(right(table))),
    Score("precision", "higher", "macro", largest=1, sums=counts, value=_macro(0)),
    Score("recall", "higher", "macro", largest=1, sums=counts, value=_macro(1)),
    Score("f1", "higher", "macro", largest=1, sums=counts, value=_macro(2)),
    Score("loss", "lower", "nats per example", sums=_nats),
    Area("roc_auc", "higher", "area", largest=1),
    Area("average_precision", "higher", "area", largest=1, unpaired=UNPAIRED),
    CalibrationError("calibration_error", "lower", "share of examples", largest=1, sums=_gaps,
                     value=lambda sums: np.abs(sums[..., :-1]).sum(-1) / sums[..., -1]),
    Score("micro_f1", "higher", "of all labels", largest=1, sums=_together,
          value=lambda sums: 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)),
    Score("hamming_loss", "lower", "share of labels", largest=1, sums=_wrong),
    Score("ranking_precision", "higher", "mean over examples", largest=1, sums=_ranked),
]  # fmt: skip
BY_CLASS = Score("f1_by_class", "higher", sums=counts, value=lambda sums: precision_recall_f1(sums)[..., 2, :])
