"""What the page of `kassandra explore` has to know of series: rows are pasted, those of a window or all."""

from typing import Any


def reader(meta: dict[str, Any]) -> dict[str, Any]:
    if "columns" in meta:
        keys = ("columns", "normalise", "missing", "pool", "mean", "std", "masked")
        return {"reader": "series", "steps": meta["spec"].get("steps") or None, **{key: meta[key] for key in keys}}
    scales = {"mean": meta["input_mean"][0], "std": meta["input_std"][0]}
    return {
        "reader": "table",
        "inputs": meta["inputs"],
        "window": meta["window"],
        "series": meta["series"][0],
        **scales,
    }
