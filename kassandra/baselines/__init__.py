"""What stands beside every score: models without an LSTM, fitted on train, asked about test. One file per task type."""

import importlib
from typing import Any


def load(task: str) -> Any:
    """The module of a task that params.yaml has already checked; it defines `predictions(prepared, seed)`."""
    return importlib.import_module(f"kassandra.baselines.{task}")
