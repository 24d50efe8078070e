"""What the page of `kassandra explore` has to know of series: the rows of a window are pasted."""

from typing import Any

from kassandra.contracts.errors import KassandraError


def reader(meta: dict[str, Any]) -> dict[str, Any]:
    """
    Raises:
        KassandraError: series are read as a whole, which the page cannot do yet.
    """
    if "window" not in meta:
        raise KassandraError("explore: the page reads windows of a table, not whole series, yet")
    scales = {"mean": meta["input_mean"][0], "std": meta["input_std"][0]}
    return {
        "reader": "table",
        "inputs": meta["inputs"],
        "window": meta["window"],
        "series": meta["series"][0],
        **scales,
    }
