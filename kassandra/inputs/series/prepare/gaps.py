"""Tables of series whose missing values stay missing, for targets that fill them in."""

from pathlib import Path
from typing import Any

from kassandra.contracts.windows import Tables
from kassandra.inputs.series.prepare import table
from kassandra.params.inputs.series import TableSource


def read(raw: Path, source: TableSource, params: Any, to_learn: bool = True) -> Tables:
    """Every series of data/raw/<name>, or of one file; what is missing is NaN among the inputs and values.

    Args:
        params: see GapsPrepare. to_learn: whether a target that never changes is refused.

    Raises:
        KassandraError: a table cannot be read as it is described, or this data set holds prices.
    """
    return table.read(raw, source, params, to_learn=to_learn)
