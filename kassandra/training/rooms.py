"""Whose code decides what is learned. Imports no PyTorch: a search names its code by this too."""

from pathlib import Path


def code(input: str, target: str) -> list[Path]:
    """The files that a training of this pair runs; a checkpoint is continued by the same code only."""
    rooms = (
        *("contracts", "params", "vocabulary", "lstm", "training"),
        *(f"inputs/{input}/train", f"targets/{target}/train"),
    )
    return sorted(path for room in rooms for path in Path("kassandra", room).rglob("*.*"))
