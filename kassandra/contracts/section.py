"""A section of params.yaml as a typed, frozen model, and the errors when values do not fit it."""

import difflib
import inspect
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from kassandra.contracts.errors import KassandraError

LARGEST = 2**53  # of whole numbers: beyond it doubles, which other readers of YAML and JSON make of them, skip some


class _Shown(reprlib.Repr):
    """repr() that stays short, whatever stands in a params file: lists of lists of lists, numbers of 10,000 digits."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxother = 3, 80
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 20

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if abs(x) < 10**40 else f"a whole number of {x.bit_length():,} bits"

    def repr_str(self, x: str, level: int) -> str:
        return repr(x if len(x) <= 200 else f"{x[:200]}…")


shown = _Shown().repr


class Section(BaseModel):
    """Base of every section: unknown keys, wrong types and non-finite numbers are errors; values never change."""

    # strict: "3" is not 3 and true is not 1, though an int is accepted where a float is asked for.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def no_number_is_endless(cls, value: Any) -> Any:
        """Whatever counts is counted with in 64 bits somewhere, and a double has no more than 1,024 of them."""
        if isinstance(value, int) and abs(value) > LARGEST:
            raise ValueError(f"{shown(value)} is beyond any use; expected at most {LARGEST} in size")
        return value


M = TypeVar("M", bound=BaseModel)


def explained(kind: type[BaseModel]) -> str:
    """What each key means: the docstring of the section below those of the sections that it narrows."""
    kinds = [base for base in reversed(kind.__mro__) if issubclass(base, Section) and base is not Section]
    return "\n\n".join(inspect.cleandoc(base.__doc__) for base in kinds if base.__doc__)


def check(kind: type[M], values: Any, where: str) -> M:
    """`values` as a `kind`, or every mistake in one error.

    Args:
        where: the dotted path of the section, `pipelines.mnist.model`; opens each line of the error.

    Raises:
        KassandraError: one line per mistake: where, what, what instead.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise KassandraError("\n".join(_sentence(kind, problem, where) for problem in error.errors())) from None


def unknown(where: str, what: str, given: object, known: Iterable[object]) -> str:
    """`where: unknown <what> 'given'; known <what>s are [...]`, with the nearest name where one is near."""
    names = sorted(map(str, known))
    name = f"{given:.100}" if isinstance(given, str) else shown(given)
    near = difflib.get_close_matches(name, names, n=1)
    return f"{where}: unknown {what} {name!r}; known {what}s are {names}" + (
        f" (did you mean {near[0]!r}?)" if near else ""
    )


def value_of(tree: Any, key: str) -> Any:
    """Of a dotted key; None where it is not there.

    >>> value_of({"model": {"size": 3}}, "model.size"), value_of({"model": None}, "model.size")
    (3, None)
    """
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _sentence(kind: type[BaseModel], problem: Mapping[str, Any], where: str) -> str:
    *parents, key = (str(part) for part in problem["loc"]) if problem["loc"] else ("",)
    section = ".".join(filter(None, [where, *parents]))
    value = ".".join(filter(None, [section, key]))
    given, limits = problem["input"], problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return unknown(section, "key", key, _keys(kind, parents))
        case "missing":
            return f"{section}: key {key!r} is missing"
        case "literal_error":
            expected = limits["expected"].replace("False", "false").replace("True", "true")  # as YAML has them
            return f"{value}: {shown(given)} is not one of {expected}"
        case "value_error":  # raised by a validator of ours: already a sentence
            return f"{value}: {limits['error']}"
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal" as rule:
            sign = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}[rule]
            return f"{value}: {shown(given)} must be {sign} {next(iter(limits.values()))}"
        case "int_type" | "float_type" | "bool_type" | "string_type" | "finite_number" | "int_from_float" as rule:
            expected = {"int_type": "a whole number", "int_from_float": "a whole number", "bool_type": "true or false"}
            expected |= {"string_type": "text", "float_type": "a number", "finite_number": "a finite number"}
            return f"{value}: expected {expected[rule]}, got {shown(given)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{value}: expected a section with the keys {_keys(kind, [*parents, key])}, got {shown(given)}"
        case _:
            return f"{value}: {problem['msg']}, got {shown(given)}"


def _keys(kind: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that the section at `path` below `kind` knows."""
    for name in path:
        if name in kind.model_fields:  # a position in a list is no key
            kind = next(sections_in(kind.model_fields[name].annotation), kind)
    return sorted(kind.model_fields)


def sections_in(annotation: object) -> Iterator[type[Section]]:
    """The sections that a field holds: alone, or within `… | None` or `list[…]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in get_args(annotation):
        yield from sections_in(part)
