"""How many of 100 intervals of 95% of a kind cover in simulations, to be said beside an interval that covers less.

The numbers are of `python -m benchmarks.coverage` (benchmarks/results/coverage.csv): of the hardest case of a kind.
Of fewer units than were simulated, it is that of the fewest that were.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["share", "macro", "calibration", "mean", "corpus", "errors", "persistent errors", "clustered errors"]
ENOUGH = 0.93  # what covers less is said
LAGS = 10  # dates over which errors or their sizes hang together
# By kind: from so many units on (examples, dates, or of a macro average examples of the rarest class), how many cover.
TABLE: dict[Kind, dict[int, float]] = {
    "share": {1: 0.86, 50: 0.93},
    "macro": {1: 0.58, 4: 0.80, 20: 0.89, 100: 0.93},
    "calibration": {1: 0.82, 400: 0.85, 2000: 0.88},
    "mean": {1: 0.85, 200: 0.90, 1000: 0.93},
    "corpus": {1: 0.93},
    "errors": {1: 0.93},
    "persistent errors": {1: 0.88, 200: 0.90, 500: 0.92, 2000: 0.93},
    "clustered errors": {1: 0.73, 2000: 0.84},
}


def covers(kind: Kind, units: int) -> float:
    """The share of intervals that cover, in [0, 1].

    Args:
        units: ≥ 1, of the test split; see TABLE.

    >>> covers("clustered errors", 500), covers("errors", 500)
    (0.73, 0.93)
    """
    return TABLE[kind][max(least for least in TABLE[kind] if least <= max(units, 1))]


def caution(name: str, kind: Kind, units: int) -> str:
    """A sentence to stand beside the interval of a score; empty where such intervals cover.

    >>> caution("rmse", "clustered errors", 500)
    'rmse: in simulations, intervals like this one cover in 73 of 100 cases, not in 95.'
    >>> caution("accuracy", "share", 10_000)
    ''
    """
    share = covers(kind, units)
    if share >= ENOUGH:
        return ""
    return f"{name}: in simulations, intervals like this one cover in {100 * share:.0f} of 100 cases, not in 95."


def of_errors(errors: NDArray[Any]) -> Kind:
    """Which kind errors of forecasts are of: (dates,) in the order of time.

    Of Gaussian errors the autocorrelation of squares is the square of that of the errors. Where it is larger, over the
    first 10 lags together and by more than two standard errors, calm and stormy times take turns, as in GARCH
    (Bollerslev 1986). Errors are persistent from an autocorrelation of .8 on at lag 1.
    """
    series = np.asarray(errors, np.float64)
    plain, squared = _autocorrelations(series), _autocorrelations((series - series.mean()) ** 2)
    if not len(plain):
        return "errors"
    if float((squared - plain**2).sum()) > 2 * np.sqrt(len(plain) / len(series)):
        return "clustered errors"
    return "persistent errors" if plain[0] >= 0.8 else "errors"


def _autocorrelations(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """(lags,) at lags 1 to 10; none of a series that is shorter than twice that, or never varies."""
    around = series - series.mean()
    total = float(around @ around)
    if len(series) < 2 * LAGS or total <= 1e-24 * float(series @ series):
        return np.empty(0)
    return np.array([around[lag:] @ around[:-lag] for lag in range(1, LAGS + 1)]) / total
