"""Whose code decides what is learned. Imports no PyTorch: a search names its code by this too."""

from pathlib import Path

LIBRARY = Path(__file__).parents[1]  # wherever the training runs


def code(input: str, target: str) -> list[Path]:
    """The files that a training of this pair runs; a checkpoint is continued by the same code only."""
    kinds = (f"inputs/{input}/train", f"targets/{target}/train")
    rooms = [LIBRARY / room for room in ("contracts", "params", "lstm", "training", *kinds)]
    return sorted(path for room in rooms for path in room.rglob("*.*") if path.suffix in (".py", ".link"))
