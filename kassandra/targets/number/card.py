"""What a model card says of a model of numbers: how to use it. The hub has no task of this name."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names tasks; a regression of texts goes there under classification, others are named plainly."""
    return "text-classification" if modality == "text" else f"{modality}-regression"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        "kassandra predict FOLDER INPUT    # files; of texts also the texts themselves",
        "prediction, = predictor.predict(inputs)  # see its docstring\nprint(prediction.number, prediction.intervals)",
    )
