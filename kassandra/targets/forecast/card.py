"""What a model card says of a model of the next values: its task, and how to use it."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names tasks."""
    return f"{modality}-forecasting"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        "kassandra predict FOLDER table.csv",
        'forecast = predictor.predict("table.csv")\nprint(forecast.point)  # (series, steps, targets)',
    )
