"""`kassandra params`: the keys of params.yaml, from the sections that check them."""

import difflib
import json
import re
import shutil
import textwrap
import types
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kassandra.cli.recipes import PARAMS, read_file
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import Section, explained, sections_in
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import Seed, kinds, pipeline_of, read_pipeline, readers

TYPES = {int: "whole number", float: "number", bool: "true or false", str: "text", types.NoneType: "null"}
SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


class Key(NamedTuple):
    path: str  # train.distort.shift
    limits: str  # its type, range and default
    meaning: str  # what its section says of it


Keys = dict[tuple[str, str], list[Key]]  # by input and target


def show(of: str | None) -> None:
    """Print an overview, the keys of a pipeline, or a key (all keys of a section) wherever there is one of that name.

    Args:
        of: name of a pipeline of params.yaml; a key, with its section or without.

    Raises:
        KassandraError: there is no such pipeline and no such key, or the pipeline's values are refused.
    """
    pipelines = read_file(PARAMS, "").tree.get("pipelines") if PARAMS.exists() else None
    if isinstance(pipelines, dict) and of in pipelines:
        _of_pipeline(str(of), read_pipeline(str(of))[0])
        return
    pairs = [(input, target) for target in kinds("targets") for input in readers(target)]
    keys = {pair: [*keys_of(Seed), *keys_of(pipeline_of(*pair))] for pair in pairs}
    paths = list(dict.fromkeys(key.path for each in keys.values() for key in each))
    if of is None:
        _overview(keys, paths)
    elif matching := [path for path in paths if f".{of}." in f".{path}."]:
        for path in matching:  # once for each of its meanings
            having = {pair: key for pair, each in keys.items() for key in each if key.path == path}
            for key in dict.fromkeys(having.values()):
                _key(f"{path} ({_where([pair for pair in having if having[pair] == key], keys)})", key)
    else:
        near = difflib.get_close_matches(of, {path.rpartition(".")[2] for path in paths} | {*(pipelines or ())}, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise KassandraError(
            f"params: no key and no pipeline is called {of!r}{hint}; `kassandra params` lists all keys"
        )


def keys_of(section: type[Section], above: str = "") -> Iterator[Key]:
    """Every key below a section, those of nested sections after its own."""
    nested = {name: next(sections_in(field.annotation), None) for name, field in section.model_fields.items()}
    for name, field in section.model_fields.items():
        optional = not nested[name] or type(None) in get_args(field.annotation)
        if optional and not (issubclass(section, Pipeline) and name in ("input", "target")):
            default = "required" if field.default is PydanticUndefined else f"default {_value(field.default)}"
            yield Key(f"{above}{name}", f"{limits(field)}; {default}", meaning(section, name))
    for name, inner in nested.items():
        if inner:
            yield from keys_of(inner, f"{above}{name}.")


def limits(field: FieldInfo) -> str:
    """The type and range of a field: `number, ≥ 0, < 1`, or its choices."""
    within = [part for choice in get_args(field.annotation) for part in getattr(choice, "__metadata__", ())]
    ends = [f"{sign} {getattr(part, name):.10g}" for part in (*field.metadata, *within)
            for name, sign in SIGNS.items() if getattr(part, name, None) is not None]  # fmt: skip
    return ", ".join([_type(field.annotation), *ends])


def _type(annotation: Any) -> str:
    parts, origin = get_args(annotation), get_origin(annotation)
    if origin is Annotated:
        return _type(parts[0])
    if origin is Literal:
        return f"one of {', '.join(str(part).lower() if isinstance(part, bool) else str(part) for part in parts)}"
    if origin is list:
        return f"list of {_type(parts[0]).removeprefix('one of ')}"
    if parts:  # as `int | None`
        return " or ".join(dict.fromkeys(map(_type, parts)))
    return TYPES.get(annotation, "section")


def _value(value: Any) -> str:
    if isinstance(value, Section):
        return "a section"
    return f"{value:.6g}" if isinstance(value, float) else json.dumps(value)  # as YAML writes it, too


def meaning(section: type[Section], name: str) -> str:
    """What the docstring of a section says of a key: from `name: ` or `name, other: ` to the next key or paragraph;
    else each sentence that has the key in backticks; of a key that is a section, that section's first paragraph."""
    keys = "|".join(section.model_fields)
    entries = re.split(rf"(?:^|(?<=[.)] ))((?:(?:{keys})(?:, )?)+): ", explained(section), flags=re.MULTILINE)
    texts = {key: text for names, text in zip(entries[1::2], entries[2::2], strict=True) for key in names.split(", ")}
    if name in texts:
        return " ".join(texts[name].split("\n\n")[0].split())
    if inner := next(sections_in(section.model_fields[name].annotation), None):
        return " ".join(explained(inner).split("\n\n")[0].split())
    sentences = re.split(r"(?<=[.;])\s+", explained(section))
    return " ".join(" ".join(text.split()) for text in sentences if f"`{name}`" in text)


def _overview(keys: Keys, paths: list[str]) -> None:
    """The names of all keys, by the pairs of input and target that have them."""
    _print("`kassandra params NAME` explains the keys of a pipeline of params.yaml, `kassandra params KEY` one key.")
    groups: dict[str, dict[str, list[str]]] = {}
    for path in paths:
        having = [pair for pair, each in keys.items() if any(key.path == path for key in each)]
        section, _, name = path.partition(".")
        groups.setdefault(_where(having, keys), {}).setdefault(section, []).append(name)
    for where, sections in groups.items():
        print()
        _print(where)
        for section, names in sections.items():
            _print(f"{section}: {', '.join(names)}".removesuffix(": "), 2, 4)


def _where(having: list[tuple[str, str]], pairs: Collection[tuple[str, str]]) -> str:
    """Pairs in words: by their input or target alone, where that means the same."""
    if len(having) == len(pairs):
        return "every pipeline"
    for place, side in enumerate(("input", "target")):
        if [pair for pair in pairs if pair[place] == having[0][place]] == having:
            return f"{side}: {having[0][place]}"
    return ", ".join(f"{input} → {target}" for input, target in having)


def _of_pipeline(name: str, pipeline: Pipeline) -> None:
    _print(f"pipelines.{name}: input {pipeline.input}, target {pipeline.target}")
    for key in keys_of(type(pipeline)):
        value: Any = pipeline
        for part in key.path.split("."):
            value = getattr(value, part, None)
        same = f"; default {_value(value)}" in key.limits
        _key(key.path, key if same else key._replace(limits=f"{key.limits}; here {_value(value)}"))


def _key(heading: str, key: Key) -> None:
    _print(f"{heading}: {key.limits}", 0, 4)
    if key.meaning:
        _print(key.meaning, 4, 4)


def _print(text: str, first: int = 0, rest: int = 0) -> None:
    width = max(40, shutil.get_terminal_size().columns)
    print(textwrap.fill(text, width, initial_indent=" " * first, subsequent_indent=" " * rest, break_on_hyphens=False))
