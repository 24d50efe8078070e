"""Classes of unequal size, and probabilities that mean what they say: `train.class_weights`, `calibrate`."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.lstm.batch import Batch

RANGE = np.log(20.0)  # a temperature is between 1/20 and 20


def weights_of_classes(counts: Sequence[int]) -> Tensor:
    """(classes,) n / (k · n_c) for n examples in k classes, n_c in class c: each class weighs the same in all, and the
    mean over examples is 1 (King & Zeng 2001, section 4). A class without examples weighs 0.

    >>> weights_of_classes([30, 10])
    tensor([0.6667, 2.0000])
    """
    number = np.array(counts, np.float64)  # (classes,)
    weights = np.divide(number.sum(), (number > 0).sum() * number, out=np.zeros_like(number), where=number > 0)
    return torch.tensor(weights, dtype=torch.float32)


class Balanced:
    """Rows drawn so that each class is as likely as any other, with replacement.

    labels: (rows,) class of each row.
    """

    def __init__(self, labels: NDArray[np.int64]) -> None:
        self.order = np.argsort(labels, kind="stable")  # rows by class
        _, self.begins, self.sizes = np.unique(labels[self.order], return_index=True, return_counts=True)

    def draw(self, rows: int, generator: torch.Generator) -> NDArray[np.intp]:
        """(rows,) numbers of rows."""
        chosen = torch.randint(len(self.sizes), (rows,), generator=generator).numpy()
        within = torch.rand(rows, dtype=torch.float64, generator=generator).numpy()
        numbers = self.begins[chosen] + (within * self.sizes[chosen]).astype(np.intp)  # in the order by class
        return np.asarray(self.order[numbers], np.intp)


@torch.no_grad()
def calibrate(model: Any, batches: Iterable[tuple[Any, Batch]]) -> float:
    """Divide the logits by the temperature with which their log-loss on validation is least (Guo et al. 2017, section
    4.2), by dividing the weights of the last layer: no class changes its place. Returns the temperature.
    """
    model.eval()
    outputs = [(model(batch.inputs, batch.lengths, batch.beside).double(), batch.targets) for _, batch in batches]
    logits, targets = (torch.cat(each).cpu() for each in zip(*outputs, strict=True))  # (rows, classes), (rows,)
    from scipy.optimize import minimize_scalar  # here: a trained model needs no SciPy to predict

    fitted = minimize_scalar(
        lambda log: F.cross_entropy(logits / np.exp(log), targets).item(), bounds=(-RANGE, RANGE), method="bounded"
    )
    temperature = float(np.exp(fitted.x))
    for weight in model.linear.parameters():
        weight.div_(temperature)
    if model.beside is not None:
        model.beside.scale(1 / temperature)
    return temperature
