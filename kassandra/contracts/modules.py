"""Modules that are found by the name of a kind."""

import importlib
from types import ModuleType


def optional(name: str) -> ModuleType | None:
    """The module of this full name; None where there is none, or no package that it could lie in."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
