"""A linear model of the features of MiniRocket; it stands beside an encoder that reads series."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.lstm.minirocket import FEATURES, KERNELS, MOST_DILATIONS, RIDGE, MiniRocket, Part, padded, suitable

FOLDS = 5
LARGEST = 20.0  # what scores are multiplied by to become logits
LONGEST = 1 << 20  # steps that a kernel may reach over; more is no model's that was fitted

Series = Sequence[NDArray[np.float32]]  # (steps, features) each
Numbers = NDArray[np.float64]


class RocketRidge(nn.Module):
    """Logits of a series: ridge regression on -1 and 1 for each class, on the features of MiniRocket (Dempster, Schmidt
    & Webb 2021), times a factor that makes probabilities of them.

    Weights are fitted on the train split and have no gradient. Tables have the same size for all data, so that a model
    can be built before its weights are read: 40 KB for each class, and 40 KB with 2.7 KB for each column of the series.

    Args:
        columns: numbers per step. outputs: how many classes.
    """

    dilations: Tensor  # (MOST_DILATIONS,) int64, those in use first; the rest is 0
    counts: Tensor  # (MOST_DILATIONS,) int64, features of each kernel at each dilation
    chosen: Tensor  # (MOST_DILATIONS, kernels, columns) uint8, 1 for each column that is summed
    thresholds: Tensor  # (FEATURES,); the last ones may be of no feature, as those of `weight`
    weight: Tensor  # (FEATURES, outputs)
    bias: Tensor  # (outputs,)

    def __init__(self, columns: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("dilations", torch.zeros(MOST_DILATIONS, dtype=torch.int64))
        self.register_buffer("counts", torch.zeros(MOST_DILATIONS, dtype=torch.int64))
        self.register_buffer("chosen", torch.zeros(MOST_DILATIONS, len(KERNELS), columns, dtype=torch.uint8))
        self.register_buffer("thresholds", torch.zeros(FEATURES))
        self.register_buffer("weight", torch.zeros(FEATURES, outputs))
        self.register_buffer("bias", torch.zeros(outputs))

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch, outputs) of inputs (batch, time, columns); of a row the first `lengths` are read."""
        values = inputs.detach().float().cpu().numpy()
        ends = [values.shape[1]] * len(values) if lengths is None else lengths.tolist()
        return self.logits([row[:end] for row, end in zip(values, ends, strict=True)])

    @torch.no_grad()
    def logits(self, series: Series) -> Tensor:
        """(series, outputs)"""
        weight, bias = (each.double().cpu().numpy() for each in (self.weight, self.bias))
        answers = np.tile(bias, (len(series), 1))
        if (rocket := self._rocket()).parts:  # of a model that was fitted
            shares = rocket.features(series).astype(np.float64)  # (series, features)
            answers += shares @ weight[: shares.shape[1]]
        return torch.from_numpy(answers.astype(np.float32)).to(self.weight.device)

    @torch.no_grad()
    def fit(self, series: Series, labels: NDArray[np.int64], groups: NDArray[np.int64] | None = None) -> Tensor:
        """Fit to series and their labels. Returns (series, outputs), logits of each by a model that was fitted to other
        folds: those of its own would be right for almost every series, and leave an encoder nothing to learn.

        The penalty is chosen by leaving out each series in turn, as the authors do, the factor of the logits by the
        log-loss of the other folds' models, with a chance of 1 in the number of series that a label is wrong: else
        scores that are all right would become logits without end.

        Args:
            groups: (series,) numbers of what is not to be on both sides of a fold; None for no groups.
        """
        from sklearn.linear_model import Ridge, RidgeCV  # here: a trained model needs neither to predict
        from sklearn.preprocessing import StandardScaler
        from threadpoolctl import threadpool_limits

        rocket, outputs = MiniRocket.fit(series, suitable(len(series))), len(self.bias)
        shares = rocket.features(series).astype(
            np.float64
        )  # (series, features), 8 bytes each: at most 160 MB, and copies
        targets = 2 * np.eye(outputs)[labels] - 1  # (series, outputs)
        with threadpool_limits(1):  # the same sums in the same order, however many cores there are
            scaler = StandardScaler().fit(shares)
            whole = RidgeCV(np.asarray(RIDGE)).fit(scaler.transform(shares), targets)
            others = np.empty((len(series), outputs))
            fold = folds(labels, groups)
            for number in np.unique(fold):
                left = fold == number
                scale = StandardScaler().fit(shares[~left])
                one = Ridge(whole.alpha_).fit(scale.transform(shares[~left]), targets[~left])
                others[left] = one.predict(scale.transform(shares[left])).reshape(-1, outputs)
        factor = _factor(others, labels)
        weight = whole.coef_.reshape(outputs, -1) / scaler.scale_  # (outputs, features)
        self._put(rocket)
        self.weight.zero_()
        self.weight[: weight.shape[1]] = torch.from_numpy(factor * weight.T)
        self.bias.copy_(torch.from_numpy(factor * (whole.intercept_ - weight @ scaler.mean_)))
        return torch.from_numpy((factor * others).astype(np.float32)).to(self.weight.device)

    @torch.no_grad()
    def scale(self, factor: float) -> None:
        """Multiply what it answers."""
        self.weight.mul_(factor)
        self.bias.mul_(factor)

    def _put(self, rocket: MiniRocket) -> None:
        for part, place in zip(rocket.parts, _places(len(rocket.parts)), strict=True):
            dilation, kernel = place
            self.dilations[dilation], self.counts[dilation] = part.dilation, len(part.biases)
            self.chosen[dilation, kernel] = 0
            self.chosen[dilation, kernel, torch.from_numpy(part.columns)] = 1
        thresholds = np.concatenate([part.biases for part in rocket.parts])
        self.thresholds[: len(thresholds)] = torch.from_numpy(thresholds)

    def _rocket(self) -> MiniRocket:
        dilations, counts = self.dilations.tolist(), self.counts.tolist()
        chosen, thresholds = self.chosen.cpu().numpy(), self.thresholds.cpu().numpy()
        parts, first = [], 0
        for dilation, kernel in _places(len(KERNELS) * sum(count > 0 for count in counts)):
            biases = thresholds[first : (first := first + counts[dilation])]
            columns = np.flatnonzero(chosen[dilation, kernel])
            parts.append(Part(dilations[dilation], kernel, padded(dilation, kernel), columns, biases))
        return MiniRocket(parts)

    def _load_from_state_dict(self, weights: Any, prefix: str, *rest: Any) -> None:
        """PyTorch's own, which puts what is wrong into the list of errors that it is given."""
        super()._load_from_state_dict(weights, prefix, *rest)
        dilations, counts = self.dilations.tolist(), self.counts.tolist()
        used = sum(count > 0 for count in counts)
        known = all(0 < each <= LONGEST for each in dilations[:used]) and not any(counts[used:])
        if not (known and min(counts) >= 0 and len(KERNELS) * sum(counts) <= FEATURES):
            rest[-1].append(f"{prefix}dilations and {prefix}counts are not those of MiniRocket")


def _places(parts: int) -> list[tuple[int, int]]:
    """The number of the dilation and that of the kernel, of each part."""
    return [divmod(number, len(KERNELS)) for number in range(parts)]


def folds(labels: NDArray[np.int64], groups: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """(series,) the number of the fold of each: whole groups, where there are two or more, and of groups, or series,
    with the same class, about as many in each fold."""
    _, units = np.unique(np.arange(len(labels)) if groups is None else groups, return_inverse=True)
    if units.max(initial=0) < 1:
        units = np.arange(len(labels))
    counts = np.zeros((units.max(initial=0) + 1, labels.max(initial=0) + 1), np.int64)  # (units, classes)
    np.add.at(counts, (units, labels), 1)
    order = np.random.default_rng(0).permutation(len(counts))
    order = order[np.argsort(counts[order].argmax(1), kind="stable")]
    of_units = np.empty(len(counts), np.int64)
    of_units[order] = np.arange(len(counts)) % FOLDS
    return np.asarray(of_units[units])


def _factor(scores: Numbers, labels: NDArray[np.int64]) -> float:
    """By what (series, outputs) scores are multiplied, so that the log-loss is least."""
    from scipy.optimize import minimize_scalar

    logits, targets = torch.from_numpy(scores), torch.from_numpy(labels)
    found = minimize_scalar(
        lambda log: F.cross_entropy(np.exp(log) * logits, targets, label_smoothing=1 / len(labels)).item(),
        bounds=(-np.log(LARGEST), np.log(LARGEST)),
        method="bounded",
    )
    return float(np.exp(found.x))
