"""Tables that stages hand to each other: .csv where git keeps them, .parquet where DVC does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from kassandra.contracts.artifacts import damaged, missing, whole


def write_table(path: Path, rows: pd.DataFrame | Sequence[dict[str, Any]]) -> None:
    """CSV keeps six significant digits, parquet every bit."""
    table = pd.DataFrame(rows)
    with whole(path) as partial:
        if path.suffix == ".csv":
            table.to_csv(partial, index=False, float_format="%.6g", lineterminator="\n")
        else:
            table.to_parquet(partial, engine="pyarrow", index=False, write_page_checksum=True)


def read_table(path: Path) -> pd.DataFrame:
    """
    Raises:
        KassandraError: there is no such file, or it is damaged.
    """
    try:
        if path.suffix == ".csv":
            return pd.read_csv(path)
        return pd.read_parquet(path, engine="pyarrow", page_checksum_verification=True)
    except FileNotFoundError:
        raise missing(path) from None
    except (ValueError, OSError, KeyError, TypeError, NotImplementedError) as error:  # of pandas and of pyarrow
        raise damaged(path, error) from None
