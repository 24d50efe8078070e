"""The linear map of the window: ridge regression from all that the LSTM reads to all that it forecasts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from kassandra.contracts.windows import SMALLEST, Split, centre_and_scale, normalised, seen

ALPHAS = [10.0**power for power in range(-2, 9)]  # from hardly any shrinkage to hardly more than the mean
HELD = 0.25  # share of the times of train, the last ones, that decide between these
CHUNK = 1024  # windows in memory at once
LARGEST = 4000  # numbers of a window that are read; of longer windows only the last rows are

Numbers = NDArray[np.float64]


class Sums(NamedTuple):
    """Over windows x and what follows them y: how many there are, Σx (inputs,), Σy (outputs,), Σxxᵀ, Σxyᵀ, Σ|y|²."""

    size: int
    x: Numbers
    y: Numbers
    xx: Numbers
    xy: Numbers
    yy: float

    def plus(self, other: "Sums") -> "Sums":
        pairs: Any = zip(self, other, strict=True)
        return Sums(*(one + more for one, more in pairs))

    def around(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, float]:
        """The last three, of x and y less these."""
        xx = self.xx - np.outer(self.x, x) - np.outer(x, self.x) + self.size * np.outer(x, x)
        xy = self.xy - np.outer(self.x, y) - np.outer(x, self.y) + self.size * np.outer(x, y)
        return xx, xy, self.yy - 2 * float(self.y @ y) + self.size * float(y @ y)


class Ridge(NamedTuple):
    """y = ȳ + (x - x̄) weights; the mean is not shrunk. weights: (inputs, outputs)."""

    x: Numbers
    y: Numbers
    weights: Numbers

    def squared_error(self, sums: Sums) -> float:
        """Summed over the windows of `sums`."""
        xx, xy, yy = sums.around(self.x, self.y)
        return yy - 2 * float((self.weights * xy).sum()) + float((self.weights * (xx @ self.weights)).sum())


def ridge(sums: Sums, alpha: float) -> Ridge:
    """Hoerl & Kennard (1970): argmin Σ|y - ȳ - (x - x̄) W|² + alpha |W|²."""
    x, y = sums.x / sums.size, sums.y / sums.size
    xx, xy, _ = sums.around(x, y)
    xx[np.diag_indices_from(xx)] += alpha
    return Ridge(x, y, cho_solve(cho_factor(xx), xy))


def linear_map(splits: Sequence[Split], meta: dict[str, Any]) -> list[Numbers]:
    """(origins, horizon, targets) of each of train, valid and test, as Zeng et al. (2023), but reading all columns.

    One map for all series, as the LSTM is one. How much it is shrunk (alpha, one for all outputs) is chosen on the last
    quarter of train's times by a map of those before them, no horizon of which reaches into it; where train is too
    short for that, it is shrunk to the mean. Then the map is fitted on train and valid.
    """
    train, valid, _ = splits
    times = np.unique(train.times[train.origins])
    cut = times[int(len(times) * (1 - HELD))]
    before = train.times[train.origins + meta["horizon"]] < cut  # (origins,)
    held = train.times[train.origins] >= cut
    some = [train._replace(origins=train.origins[places]) for places in (before, held, ~before & ~held)]
    parts = [add_up(part, meta) for part in some]
    alpha = ALPHAS[-1]
    if parts[0].size:
        alpha = min(ALPHAS, key=lambda alpha: ridge(parts[0], alpha).squared_error(parts[1]))
    fitted = ridge(parts[0].plus(parts[1]).plus(parts[2]).plus(add_up(valid, meta)), alpha)
    return [_restored(fitted, split, meta) for split in splits]


def add_up(split: Split, meta: dict[str, Any]) -> Sums:
    """Of all windows of a split; memory holds a few of them at a time."""
    inputs, outputs = _rows_read(split, meta) * split.inputs.shape[1], meta["horizon"] * split.values.shape[1]
    total = Sums(0, np.zeros(inputs), np.zeros(outputs), np.zeros((inputs, inputs)), np.zeros((inputs, outputs)), 0.0)
    for part in _chunks(split):
        x = windows(part, meta)
        mean, std = _standard(part, meta)
        y = ((normalised(part, meta) - mean) / std).reshape(len(x), -1)  # (windows, horizon · targets)
        total = total.plus(Sums(len(x), x.sum(0), y.sum(0), x.T @ x, x.T @ y, float((y * y).sum())))
    return total


def windows(split: Split, meta: dict[str, Any]) -> Numbers:
    """(origins, rows · features) what each window shows, its targets as `normalise` says, as the LSTM reads them."""
    shown = split.inputs[seen(split, meta["window"])].astype(np.float64)  # (origins, window, features)
    own = meta["target_inputs"]
    if meta["normalise"] == "last":
        shown[:, :, own] -= shown[:, -1:, own]
    elif meta["normalise"] == "window":
        targets = shown[:, :, own]  # (origins, window, targets)
        spread = targets.std(1, keepdims=True) + SMALLEST
        shown[:, :, own] = (targets - targets.mean(1, keepdims=True)) / spread
    return shown[:, -_rows_read(split, meta) :].reshape(len(shown), -1)


def _rows_read(split: Split, meta: dict[str, Any]) -> int:
    return int(min(meta["window"], max(1, LARGEST // split.inputs.shape[1])))


def _restored(fitted: Ridge, split: Split, meta: dict[str, Any]) -> Numbers:
    answers = [np.empty((0, meta["horizon"], split.values.shape[1]))]
    for part in _chunks(split):
        mean, std = _standard(part, meta)
        centre, scale = centre_and_scale(part, meta)  # (windows, 1, targets) each
        standard = fitted.y + (windows(part, meta) - fitted.x) @ fitted.weights  # (windows, horizon · targets)
        answers.append((standard.reshape(mean.shape) * std + mean) * scale + centre)
    return np.concatenate(answers)


def _standard(split: Split, meta: dict[str, Any]) -> tuple[Numbers, Numbers]:
    """(origins, horizon, targets) each: mean and deviation of what is forecast of each series, fitted on train."""
    return np.array(meta["target_mean"])[split.series], np.array(meta["target_std"])[split.series]


def _chunks(split: Split) -> list[Split]:
    starts = range(0, len(split.origins), CHUNK)
    return [split._replace(origins=split.origins[start : start + CHUNK]) for start in starts]
