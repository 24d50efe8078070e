"""What a model card says of a classifier: its task, and how to use it."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names tasks."""
    return f"{modality}-classification"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    show = (
        "prediction.labels, prediction.probabilities" if predictor.many else "prediction.label, prediction.probability"
    )
    return (
        "kassandra predict FOLDER INPUT    # files; of texts also the texts themselves",
        "prediction, = predictor.predict(inputs)  # see its docstring\n" + f"print({show})",
    )
