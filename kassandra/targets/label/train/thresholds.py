"""Above which probability a label is given: chosen on validation, of each label or of all at once."""

import numpy as np
from numpy.typing import NDArray

FEW = 20  # examples of validation with a label, below which it has no threshold of its own

Numbers = NDArray[np.float64]


def thresholds(probabilities: Numbers, targets: NDArray[np.bool_]) -> Numbers:
    """(labels,) in (0, 1): the one with the largest F1 of the label on validation (Lipton et al. 2014); of a label that
    fewer than FEW examples have there, which would follow chance, the one with the largest micro F1 of all labels.

    Args:
        probabilities, targets: (examples, labels) of validation.

    >>> thresholds(np.array([[0.9], [0.6], [0.4], [0.1]]), np.array([[True], [True], [True], [False]])).round(3)
    array([0.25])
    """
    shared = best(probabilities.ravel(), targets.ravel())
    own = zip(probabilities.T, targets.T, strict=True)
    return np.array([best(each, held) if held.sum() >= FEW else shared for each, held in own])


def best(probabilities: Numbers, targets: NDArray[np.bool_]) -> float:
    """The threshold with the largest F1, half way between two probabilities; 0.5 where nothing has the label.

    Args:
        probabilities, targets: (n,).

    >>> best(np.array([0.75, 0.25, 0.125]), np.array([True, False, False]))
    0.5
    """
    if not targets.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    sorted_ = probabilities[order]
    given, right = np.arange(1, len(order) + 1), targets[order].cumsum()
    ends = np.flatnonzero(np.diff(sorted_, append=-np.inf))  # equal probabilities are given together
    f1 = 2 * right[ends] / (given[ends] + targets.sum())
    end = int(ends[int(f1.argmax())])
    below = sorted_[end + 1] if end + 1 < len(sorted_) else 0.0
    return float((sorted_[end] + below) / 2)
