"""How well the probabilities of a class order examples: the areas under its curves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

Labels = NDArray[np.int64]  # (examples,), each in [0, classes)


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
    """Of each class against the rest, of the second alone if there are two; none where either side has no example.

    Args:
        probabilities: (examples, classes).
    """
    size, curves = probabilities.shape[1], []
    for label in range(size) if size > 2 else [1]:
        positive = targets == label
        if positive.any() and not positive.all():
            scores = probabilities[:, label]
            if size == 2:  # the odds set apart even what rounds to a probability of 1
                with np.errstate(divide="ignore", over="ignore"):
                    scores = np.minimum(scores / probabilities[:, 0], np.finfo(np.float64).max)
            order = np.argsort(-scores, kind="stable")
            ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
            curves.append(Ranking(label, scores, positive, order, ends))
    return curves
