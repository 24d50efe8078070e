"""What a model card says of a recogniser: its task, and how to use it."""

from typing import Any


def task(modality: str) -> str:
    """As Hugging Face names that of recordings."""
    return "automatic-speech-recognition" if modality == "audio" else f"{modality}-transcription"


def use(predictor: Any) -> tuple[str, str]:
    """A command, and lines of Python."""
    return (
        "kassandra predict FOLDER recording.wav",
        "transcript, = predictor.transcribe(waveform)  # at predictor.meta['sample_rate'] Hz\nprint(transcript.text)",
    )
