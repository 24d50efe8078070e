"""What a model card says of a language model: its task, and how to use it."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names tasks."""
    return f"{modality}-generation"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        'kassandra generate FOLDER --prompt "…" --seed 0',
        'print("".join(predictor.write("…", length=200, temperature=0.8, seed=0)))',
    )
