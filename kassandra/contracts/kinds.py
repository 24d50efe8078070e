"""Where the parts of a kind are found: by its name, and in no list."""

import importlib
from types import ModuleType
from typing import Literal


def part(side: Literal["inputs", "targets"], kind: str, room: str, name: str) -> ModuleType:
    """The module kassandra.<side>.<kind>.<room>.<name>, such as what an input's `prepare` has for a reading."""
    return importlib.import_module(f"kassandra.{side}.{kind}.{room}.{name}")
