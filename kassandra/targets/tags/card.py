"""What a model card says of a tagger: its task, and how to use it."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names that of texts, and would name others."""
    return "token-classification" if modality == "text" else f"{modality}-step-classification"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        "kassandra predict FOLDER INPUT --json    # sentences, or tables of rows",
        "prediction, = predictor.predict(inputs)  # see its docstring\nprint(prediction.tags, prediction.spans)",
    )
