"""From a model and the test split to scores with intervals, tables and pictures; one file per task type."""

import importlib
from typing import Any


def load(task: str) -> Any:
    """The module of a task that params.yaml has already checked; it defines `evaluate`."""
    rooms = {
        "images": "inputs.images.show.examples",
        "sentiment": "inputs.text.show.examples",
        "speech": "inputs.audio.show.examples",
        "language": "targets.next.evaluate.report",
        "forecast": "targets.forecast.evaluate.report",
        "translation": "targets.text.evaluate.report",
    }
    return importlib.import_module(f"kassandra.{rooms[task]}")
