"""From a model and the test split to scores with intervals, tables and pictures; one file per task type."""

import importlib
from typing import Any


def load(task: str) -> Any:
    """The module of a task that params.yaml has already checked; it defines `evaluate`."""
    return importlib.import_module(f"kassandra.evaluation.{task}")
