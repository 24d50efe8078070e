"""Scores of tasks that name one class per example: accuracy, macro precision, recall and F1, loss; per class too."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from kassandra.judging.intervals import bootstrap
from kassandra.judging.score_file import Report

Labels = NDArray[np.int64]  # (examples,), each in [0, classes)


@dataclass(frozen=True)
class ClassReport(Report):
    """The scores are accuracy, precision, recall, f1 (macro: every class weighs the same) and loss (nats).

    per_class: class, examples, precision, recall, f1, and the interval of f1.
    confusion: (classes, classes), row = what it is, column = what the model says.
    """

    per_class: pd.DataFrame
    confusion: NDArray[np.int64]


def report(
    targets: Labels, log_probabilities: NDArray[np.float64], baselines: dict[str, Labels], classes: list[str], seed: int
) -> ClassReport:
    """
    Args:
        targets: what each test example is.
        log_probabilities: (examples, classes), what the model says; its answer is the largest of a row.
        baselines: what each baseline says.
    """
    size, predicted = len(classes), log_probabilities.argmax(1)
    losses = -log_probabilities[np.arange(len(targets)), targets]  # (examples,) nats
    hits = {name: answers == targets for name, answers in {"": predicted, **baselines}.items()}
    cells = targets * size + predicted  # (examples,): the cell of the confusion matrix that an example falls into

    def statistic(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        confusion = np.bincount(cells[rows], minlength=size * size).reshape(size, size)
        by_class = precision_recall_f1(confusion)  # (3, classes)
        rates = [hit[rows].mean() for hit in hits.values()]
        gains = [rates[0] - rate for rate in rates[1:]]
        return np.concatenate([rates, by_class.mean(1), [losses[rows].mean()], gains, by_class[2]])

    rest = iter(bootstrap(len(targets), statistic, seed))
    accuracy, *others = (next(rest) for _ in hits)
    scores = {"accuracy": accuracy, **{name: next(rest) for name in ("precision", "recall", "f1", "loss")}}
    gains = {name: next(rest) for name in baselines}
    precision, recall, f1, examples = precision_recall_fscore_support(
        targets, predicted, labels=range(size), zero_division=0
    )
    intervals = list(rest)
    per_class = pd.DataFrame(
        {
            "class": classes,
            "examples": examples,
            "precision": precision,
            "recall": recall,
            "f1_low": [score.low for score in intervals],
            "f1_high": [score.high for score in intervals],
            "f1": f1,  # last, because `dvc plots` draws the last column of a table
        }
    )
    matrix = confusion_matrix(targets, predicted, labels=range(size))
    by_baseline = dict(zip(baselines, others, strict=True))
    return ClassReport(scores, by_baseline, gains, len(targets), max, per_class, matrix)


def predictions(targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str]) -> pd.DataFrame:
    """One row per example: what it is, what the model says, and the probability of each class."""
    columns = {f"probability_{name}": column for name, column in zip(classes, np.exp(log_probabilities).T, strict=True)}
    table = {"target": targets.astype(np.int64), "predicted": log_probabilities.argmax(1), **columns}
    return pd.DataFrame(table)


def mistakes(targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str]) -> pd.DataFrame:
    """All wrong answers, those that the model was most sure of first: row, is, said, probability."""
    predicted, sure = log_probabilities.argmax(1), np.exp(log_probabilities.max(1))
    wrong = np.flatnonzero(predicted != targets)
    rows = wrong[np.argsort(-sure[wrong], kind="stable")]
    columns = {"row": rows, "is": [classes[label] for label in targets[rows]]}
    columns |= {"said": [classes[label] for label in predicted[rows]], "probability": sure[rows]}
    return pd.DataFrame(columns)


def precision_recall_f1(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """(3, classes) of a confusion matrix; 0 where a class is never said or never there.

    Equal to scikit-learn's, but quick enough for the bootstrap to ask a thousand times.
    """
    right, said, there = np.diag(confusion).astype(float), confusion.sum(0), confusion.sum(1)
    precision, recall = right / np.maximum(said, 1), right / np.maximum(there, 1)
    return np.stack([precision, recall, 2 * right / np.maximum(said + there, 1)])
