"""What a model card says of a model of numbers: its task, and how to use it."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names tasks; it has none for the number of a text, an image or a recording."""
    return "tabular-regression" if modality == "tabular" else f"{modality}-regression"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        "kassandra predict FOLDER INPUT    # files; of texts also the texts themselves",
        "prediction, = predictor.predict(inputs)  # see its docstring\nprint(prediction.number, prediction.intervals)",
    )
