"""How `kassandra predict` reads inputs of a kind that has no reader of its own: each argument is the path of a file."""

from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError

NAME = "input"
OPTIONS: set[str] = set()


def read(given: list[str], _meta: dict[str, Any]) -> tuple[list[str], list[Path]]:
    """Names, and paths, which `Sequences.own` of the input reads.

    Raises:
        KassandraError: there are none, or one does not exist.
    """
    if not given:
        raise KassandraError("predict: give one file or several")
    paths = [Path(path) for path in given]
    for path in paths:
        if not path.exists():
            raise KassandraError(f"{path}: no such file")
    return given, paths
