"""Commands work in every folder of a project: they run in its root, and paths are meant from where you are."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import typer

PROJECT = ("dvc.yaml", "params.yaml")


class Commands(typer.Typer):
    """Whose commands enter the root of the project that they are called in, where there is one."""

    def command(self, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
        register = super().command(*arguments, **options)

        def registered(function: Any) -> Any:
            register(_in_the_root(function))
            return function

        return registered


def _in_the_root(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def called(**given: Any) -> Any:
        here = Path.cwd()
        root = next(
            (folder for folder in (here, *here.parents) if all((folder / name).is_file() for name in PROJECT)), here
        )
        if root != here:
            os.chdir(root)
            given = {key: _from(here, value) for key, value in given.items()}
        return function(**given)

    return called


def _from(here: Path, value: Any) -> Any:
    """A path, or a text that names a file there, as the root has it. What is only in the root keeps its name."""
    if isinstance(value, list):
        return [_from(here, each) for each in value]
    if isinstance(value, Path):
        there = here / value.expanduser()
        return value if value.exists() and not there.exists() else Path(os.path.relpath(there))
    if isinstance(value, str) and ("." in value or "/" in value) and os.path.isfile(here / value[:4096]):  # noqa: PTH113
        return os.path.relpath(here / value)
    return value
