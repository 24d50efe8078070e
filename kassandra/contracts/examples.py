"""The ids of examples: where each comes from and which occurrence it is, never its label; unique within a split."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from kassandra.contracts.ragged import Ragged


def example_ids(arrays: Mapping[str, NDArray[Any]], rows: int) -> list[str]:
    """Of a prepared split (its .npz as arrays) with so many examples; the numbers of its rows where it has no ids."""
    if "example" not in arrays:
        return [str(row) for row in range(rows)]
    return Ragged(arrays["example"], arrays["example_offsets"]).texts()
