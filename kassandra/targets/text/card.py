"""What a model card says of a model that writes a text for what it has read: its task, and how to use it."""

from typing import Any

TASKS = {"text": "translation", "audio": "automatic-speech-recognition"}  # else image-to-text and the like


def task(modality: str) -> str:
    """As Hugging Face names tasks."""
    return TASKS.get(modality, f"{modality}-to-text")


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        'kassandra translate FOLDER "…"',
        'translation, = predictor.translate(["…"])\nprint(translation.text)',
    )
