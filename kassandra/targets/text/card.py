"""What a model card says of a model that writes a text for what it has read: its task, and how to use it."""

from typing import Any

from kassandra.targets.text.train.target import are_captions

TASKS = {"text": "translation", "audio": "automatic-speech-recognition"}  # else image-to-text and the like


def task(modality: str) -> str:
    """As Hugging Face names tasks."""
    return TASKS.get(modality, f"{modality}-to-text")


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    if are_captions(predictor.meta):
        how = "# images: (n, height, width) or (n, height, width, 3), uint8, of the size that the model reads"
        lines = f"{how}\nfor caption in predictor.caption(images):\n    print(caption.text)"
        return "kassandra caption FOLDER photo.jpg", lines
    return (
        'kassandra translate FOLDER "…"',
        'translation, = predictor.translate(["…"])\nprint(translation.text)',
    )
