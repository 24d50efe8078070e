"""Tables of numbers that were predicted as distributions: their columns, and what scores and pictures are made of.

A table has the columns `observed` and `point`, those of QUANTILES where there are quantiles, and those of DISTRIBUTION
where the distribution is one in closed form.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.spec import LEVELS
from kassandra.contracts.tables import Columns
from kassandra.judging import crps
from kassandra.judging.intervals import Estimate
from kassandra.judging.score import Numbers, Score, per_row

NOMINAL = [round(1 - 2 * level, 2) for level in LEVELS if level < 0.5]  # of central intervals: 0.9, 0.8, … 0.1
QUANTILES = [f"quantile_{level}" for level in LEVELS]
DISTRIBUTION = ("place", "spread", "freedom")  # of one in closed form
BLOCK = 1 << 14  # rows of which the CRPS is computed at a time, as each takes some kilobytes
NARROW, WIDE = 0.85, 0.95  # share inside of the central 90% from which intervals are reported as wrong


def predictions(asked: pd.DataFrame, outputs: Any) -> pd.DataFrame:
    """The rows of `asked`, with what a model predicts of each: the `point` of `outputs`, its `quantiles` (LEVELS, rows)
    or None, and the parameters of its `distribution`, a dict."""
    columns = {"point": outputs.point}
    if outputs.quantiles is not None:
        columns |= dict(zip(QUANTILES, outputs.quantiles, strict=True))
    return asked.assign(**columns, **outputs.distribution)


def of_baselines(asked: pd.DataFrame, baselines: Columns) -> dict[str, pd.DataFrame]:
    """The same of each baseline: of its points a column by its name, of its quantiles one `<name> @<level>` each."""
    tables = {}
    for name in (str(name) for name in baselines if " @" not in str(name)):
        each = [baselines[f"{name} @{level}"] for level in LEVELS]
        tables[name] = asked.assign(point=baselines[name], **dict(zip(QUANTILES, each, strict=True)))
    return tables


def caution(coverage_90: Estimate | None, what: str) -> list[str]:
    """Of intervals that hold far more or fewer of the numbers of test, which `what` names, than 90%; else nothing."""
    if coverage_90 is None or NARROW <= coverage_90.value <= WIDE:
        return []
    wrong = "too narrow" if coverage_90.value < NARROW else "too wide"
    return [f"The intervals of 90% are {wrong}: {coverage_90.value:.0%} of the {what} of test lie inside."]


def quantile_losses(table: pd.DataFrame, scale: Any = 1.0) -> Numbers:
    """(rows,) the mean over LEVELS (Koenker & Bassett 1978), of errors divided by `scale`."""
    losses = np.zeros(len(table))
    for level, name in zip(LEVELS, QUANTILES, strict=True):
        over = ((table["observed"] - table[name]) / scale).to_numpy()
        losses += np.maximum(level * over, (level - 1) * over) / len(LEVELS)
    return losses


def crps_of(table: pd.DataFrame) -> Numbers | None:
    """(rows,) in the unit of what was observed; None of points alone. See kassandra.judging.crps."""
    observed = table["observed"].to_numpy(np.float64)
    if "spread" in table:  # a distribution in closed form
        place, spread = (table[name].to_numpy(np.float64) for name in ("place", "spread"))
        free = [table["freedom"].to_numpy(np.float64)] if "freedom" in table else []
        each = crps.student(observed, place, spread, *free) if free else crps.gaussian(observed, place, spread)
    elif set(QUANTILES) <= set(table):
        each, numbers = np.empty(len(table)), table[QUANTILES]
        for first in range(0, len(table), BLOCK):
            rows = slice(first, first + BLOCK)
            each[rows] = crps.quantiles(observed[rows], np.sort(numbers.iloc[rows].to_numpy(np.float64)), LEVELS)
    else:
        return None
    return each


def inside(table: pd.DataFrame, place: int) -> NDArray[np.bool_]:
    """(rows,) whether what was observed lies in the central interval of NOMINAL[place]."""
    low, high = (table[name] for name in (QUANTILES[place], QUANTILES[-1 - place]))
    return ((low <= table["observed"]) & (table["observed"] <= high)).to_numpy()


def covered(share: float) -> Callable[[pd.DataFrame], Numbers | None]:
    """Sums of the share of what was observed inside the central interval of so much."""
    place = NOMINAL.index(share)
    return lambda table: per_row(inside(table, place)) if set(QUANTILES) <= set(table) else None


def _shares(each: Callable[[pd.DataFrame], list[Any]]) -> Callable[[pd.DataFrame], Numbers | None]:
    return lambda table: np.stack([*each(table), np.ones(len(table))], 1) if set(QUANTILES) <= set(table) else None


# For pictures: of each central interval, of each quantile.
INSIDE = Score("inside", None, value=lambda sums: sums[..., :-1] / sums[..., -1:],
               sums=_shares(lambda table: [inside(table, place) for place in range(len(NOMINAL))]))  # fmt: skip
BELOW = Score("below", None, value=lambda sums: sums[..., :-1] / sums[..., -1:],
              sums=_shares(lambda table: [table["observed"] <= table[name] for name in QUANTILES]))  # fmt: skip
