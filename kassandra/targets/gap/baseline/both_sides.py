"""Ridge regression on both sides of a gap: the edges, how far they are, the seasons before and after, the calendar."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from kassandra.targets.gap.baseline.around import Around

ALPHAS = [10.0**power for power in range(-4, 6)]  # of features that have deviation 1
REACHES = (2.0, 8.0, 32.0)  # rows over which what an edge says fades, and what lies near differs from what lies far

Numbers = NDArray[np.float64]


class BothSides(NamedTuple):
    """of_train, of_valid, of_test: (cells,) of each, in deviations. message: what was chosen."""

    message: str
    of_train: Numbers
    of_valid: Numbers
    of_test: Numbers


NAME = "ridge on both sides"


def fitted(train: Around, valid: Around, test: Around) -> BothSides:
    """A ridge for each target (Hoerl & Kennard 1970), of its distance from the line between the edges of a gap. Its
    strength has the least squared error on valid of those fitted on train; then it is fitted on both."""
    answers = [each.line.copy() for each in (train, valid, test)]
    said = list[str]()
    for target in np.unique(train.target).tolist():
        known = [each.of_target(target) for each in (train, valid, test)]
        read = [features(each) for each in known]
        wanted = [each.observed - each.line for each in known[:2]]
        errors = {
            alpha: float(np.square(wanted[1] - _ridge(read[0], wanted[0], alpha, read[1])[0]).mean())
            for alpha in ALPHAS
        }
        alpha = min(errors, key=lambda alpha: errors[alpha])
        said.append(f"{alpha:g} (rmse there {np.sqrt(errors[alpha]):.4g} deviations of train)")
        both = np.concatenate(read[:2]), np.concatenate(wanted)
        for answer, whole, filled in zip(answers, (train, valid, test), _ridge(*both, alpha, *read), strict=True):
            answer[whole.target == target] += filled
    return BothSides(f"{NAME}: strength chosen on valid: {', '.join(said)}", *answers)


def features(at: Around) -> Numbers:
    """(cells, numbers) which distances from the line depend on linearly."""
    near = np.minimum(np.where(at.since < 0, at.until, at.since), np.where(at.until < 0, at.since, at.until))
    fades = [np.exp(-(near - 1) / reach) for reach in REACHES]
    missing = np.isnan(at.seasons)
    away = np.where(missing, 0, at.seasons - at.line[:, None, None]).reshape(len(near), -1)
    unusual = np.where(missing, 0, at.seasons - at.season_means).reshape(len(near), -1)
    usual = (at.mean - at.line)[:, None]
    edges = list[Numbers]()
    for distance, value, mean in (
        (at.since, at.before, at.edge_means[:, 0]),
        (at.until, at.after, at.edge_means[:, 1]),
    ):
        there = distance >= 0
        for reach in REACHES:
            fade = np.where(there, np.exp(-(distance - 1) / reach), 0)
            edges += [fade * (value - mean), fade * (value - at.line)]
        edges.append(np.where(there, value - mean, 0))
    plain = np.hstack([away, unusual, usual, at.others])
    parts = [plain, *(fade[:, None] * plain for fade in fades), np.stack([*edges, *fades], 1)]
    return np.hstack([*parts, missing.reshape(len(near), -1).astype(np.float64)])


def _ridge(known: Numbers, wanted: Numbers, alpha: float, *asked: Numbers) -> list[Numbers]:
    """Predictions of each of `asked`; features are standardised, those that never vary are left out."""
    mean, std = known.mean(0), known.std(0)
    used = std > 1e-9
    x = (known[:, used] - mean[used]) / std[used]
    middle = wanted.mean()
    squares = x.T @ x
    squares[np.diag_indices_from(squares)] += alpha
    weights = cho_solve(cho_factor(squares), x.T @ (wanted - middle))
    return [middle + ((each[:, used] - mean[used]) / std[used]) @ weights for each in asked]
