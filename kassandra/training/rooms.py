"""Whose code decides what is learned. Imports no PyTorch: a search names its code by this too."""

from pathlib import Path


def code(input: str, target: str) -> list[Path]:
    """The files that a training of this pair runs; a checkpoint is continued by the same code only."""
    kinds = (f"inputs/{input}/train", f"targets/{target}/train")
    files = [
        path
        for room in ("contracts", "params", "lstm", "training", *kinds)
        for path in Path("kassandra", room).rglob("*.*")
    ]
    return sorted(path for path in files if path.suffix in (".py", ".link"))
