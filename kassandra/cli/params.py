"""`kassandra params`: the sections of params.yaml, from the models that check them."""

import inspect
import json
import types
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.console import Console

from kassandra.params.pipeline import TASKS, Seed, pipeline_of
from kassandra.params.section import Section, explained, sections_in


def show() -> None:
    console = Console(highlight=False, soft_wrap=True)
    _show(console, "", Seed)
    for task in TASKS:
        pipeline = pipeline_of(task)
        console.print(f"\n[bold]pipelines.<name>[/] with task: {task}\n{inspect.getdoc(pipeline)}")
        for name, field in pipeline.model_fields.items():
            if section := next(sections_in(field.annotation), None):
                _show(console, name, section)


def _show(console: Console, path: str, section: type[Section]) -> None:
    if path:
        console.print(f"\n[bold]{path}:[/]")
    console.print(explained(section), markup=False)
    within = {name: next(sections_in(field.annotation), None) for name, field in section.model_fields.items()}
    for name, field in section.model_fields.items():
        if not within[name]:
            required = field.default is PydanticUndefined
            default = "required" if required else f"default {json.dumps(field.default)}"  # as YAML writes it, too
            console.print(f"  [cyan]{name}[/]: {_range(field)}; {default}")
    for name, nested in within.items():  # last, as what stands below its heading is taken for its own
        if nested:
            _show(console, f"{path}.{name}", nested)


def _range(field: FieldInfo) -> str:
    """`number, ≥ 0, < 1`, or the choices."""
    kinds = {int: "whole number", float: "number", bool: "true or false", str: "text", types.NoneType: "null"}
    inner = [part for part in (field.annotation, *get_args(field.annotation)) if part in kinds]
    names = [kinds[part] for part in inner] or ["one of " + ", ".join(map(str, get_args(field.annotation)))]
    limits = [f"{sign} {limit:.10g}" for part in _metadata(field) for sign, limit in _limits(part)]
    return " or ".join(dict.fromkeys(names)) + "".join(f", {limit}" for limit in limits)


def _metadata(field: FieldInfo) -> list[Any]:
    nested = [part for choice in get_args(field.annotation) for part in getattr(choice, "__metadata__", ())]
    return [*field.metadata, *nested]


def _limits(part: Any) -> list[tuple[str, float]]:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    return [(sign, getattr(part, name)) for name, sign in signs.items() if getattr(part, name, None) is not None]
