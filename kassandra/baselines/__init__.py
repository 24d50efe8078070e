"""What stands beside every score: models without an LSTM, fitted on train, asked about test. One file per task type."""

import importlib
from typing import Any


def load(task: str) -> Any:
    """The module of a task that params.yaml has already checked; it defines `predictions(prepared, seed)`."""
    rooms = {
        "images": "inputs.images.baseline.examples",
        "sentiment": "inputs.text.baseline.examples",
        "speech": "inputs.audio.baseline.examples",
        "language": "targets.next.baseline.ngrams",
        "forecast": "targets.forecast.baseline.forecasts",
        "translation": "targets.text.baseline.nearest",
    }
    return importlib.import_module(f"kassandra.{rooms[task]}")
