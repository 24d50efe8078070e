"""What a model card says of a model that fills gaps: how to use it. The hub has no task of this name."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face would name it; see forecast/card.py."""
    return f"{modality}-imputation"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        "kassandra predict FOLDER table.csv > filled.csv",
        'for series in predictor.predict("table.csv"):\n    print(series.columns)  # values, status, lower, upper',
    )
