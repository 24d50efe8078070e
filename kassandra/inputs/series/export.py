"""What whoever runs an exported model of series has to know of its inputs: how windows and whole series are scaled."""

from typing import Any

from kassandra.contracts.windows import SMALLEST


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded: windows of a table, and series that are all equally long, are not."""
    return not meta["spec"].get("steps")


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    windows = ("inputs", "window", "series", "normalise", "target_inputs", "input_mean", "input_std")
    whole = ("columns", "missing", "pool", "mean", "std", "masked")  # of series with an answer each
    keys = (*windows, *whole)
    return {key: meta[key] for key in keys if key in meta} | {"smallest": SMALLEST}


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name."""
    return {}


# Of a .npy: the last rows (window, inputs) of the first series, its columns in the order of about["inputs"].
PYTHON = {
    "table": """
window = np.load(sys.argv[1]).astype(np.float64)[-about["window"] :]
window = (window - about["input_mean"][0]) / about["input_std"][0]
own = about["target_inputs"]
if about["normalise"] == "last":
    window[:, own] -= window[-1:, own]
elif about["normalise"] == "window":
    window[:, own] = (window[:, own] - window[:, own].mean(0)) / (window[:, own].std(0) + about["smallest"])
feeds = {"inputs": window[None].astype(np.float32)}
"""
}

JAVASCRIPT: dict[str, str] = {}
