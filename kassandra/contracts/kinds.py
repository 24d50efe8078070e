"""Where the parts of a kind are found: by its name, and in no list."""

import importlib
from types import ModuleType
from typing import Literal

Side = Literal["inputs", "targets"]


def part(side: Side, kind: str, room: str, name: str = "") -> ModuleType:
    """The module kassandra.<side>.<kind>.<room>.<name>, such as what an input's `prepare` has for a reading."""
    return importlib.import_module(".".join(filter(None, ["kassandra", side, kind, room, name])))


def part_if_any(side: Side, kind: str, room: str, name: str = "") -> ModuleType | None:
    """As `part`; None where the kind has no such module."""
    try:
        return part(side, kind, room, name)
    except ModuleNotFoundError as error:
        wanted = ".".join(filter(None, ["kassandra", side, kind, room, name]))
        if f"{wanted}.".startswith(f"{error.name}."):  # it, or a package that it would lie in
            return None
        raise
