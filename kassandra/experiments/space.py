"""What a search may choose from: recipes/search/<pipeline>.yaml, checked, and a choice put into a pipeline's params."""

import copy
import json
import re
from pathlib import Path
from typing import Any, Self

import optuna
from pydantic import Field, model_validator

from kassandra.contracts import yaml
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import Section, check, unknown, value_of
from kassandra.judging.score import scores_of
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import pipeline_of, read_pipeline

Value = str | bool | int | float | None
SECTIONS = ("model", "train", "prepare")  # `input`, `target` and `source` say what is asked, and are not to be chosen


class Range(Section):
    """What a key may be: one of `choices`, or a number from `low` to `high`, both included.

    log: whether numbers are spread evenly by their logarithm. step: only low, low + step, …
    Whole numbers are drawn where low, high and step are whole.
    when: key → values; the key is chosen only where those chosen for (or written in params.yaml under) the others are
        among these. It must stand below the keys that it names.
    """

    choices: list[Value] | None = Field(None, min_length=1)
    low: float | int | None = None
    high: float | int | None = None
    log: bool = False
    step: float | int | None = Field(None, gt=0)
    when: dict[str, list[Value]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def one_kind(self) -> Self:
        numbers = (self.low, self.high)
        if self.choices is not None:
            if any(number is not None for number in numbers) or self.log or self.step is not None:
                raise ValueError("'choices' stand alone: no 'low', 'high', 'log' or 'step' beside them")
        elif None in numbers:
            raise ValueError("give 'choices', or both 'low' and 'high'")
        elif self.low >= self.high:  # type: ignore[operator]
            raise ValueError(f"'low' must be below 'high', got {self.low} and {self.high}")
        elif self.log and (self.low <= 0 or self.step is not None):  # type: ignore[operator]
            raise ValueError("'log' needs a 'low' above 0 and no 'step'")
        return self

    @property
    def whole(self) -> bool:
        return all(not isinstance(number, float) for number in (self.low, self.high, self.step))


class Space(Section):
    """score: of validation, a column of history.csv.
    space: dotted key under the pipeline → what it may be.
    """

    score: str = Field("valid_loss", pattern="^valid_[a-z0-9_]+$")
    space: dict[str, Range] = Field(min_length=1)

    @model_validator(mode="after")
    def keys_of_a_section(self) -> Self:
        seen: list[str] = []
        for key, each in self.space.items():
            section, _, rest = key.partition(".")
            if section not in SECTIONS or not rest:
                raise ValueError(
                    f"{key!r} is no key of a search; write it as 'model.hidden_size', of one of {SECTIONS}"
                )
            if late := [other for other in each.when if other in self.space and other not in seen]:
                raise ValueError(f"{key!r} depends on {late[0]!r}, which must stand above it")
            seen.append(key)
        return self


def read(path: Path, name: str) -> Space:
    """
    Raises:
        KassandraError: there is no such file, it is not YAML, or no such space; one line per mistake.
    """
    known = sorted(str(each) for each in Path("recipes/search").glob("*.yaml"))
    tree = yaml.read(path, f"write one (`kassandra search --help` shows how), or give one of {known} by --space")
    space = check(Space, tree, str(path))
    known_sections = type(read_pipeline(name)[0]).model_fields
    for key in space.space:
        section, first, *_ = key.split(".")
        kind: Any = known_sections[section].annotation
        if first not in kind.model_fields:
            raise KassandraError(unknown(f"{path}: space.{section}", "key", first, kind.model_fields))
    return space


def larger_is_better(score: str, target: str) -> bool:
    """Of a column of history.csv: what the target's Score of that name says.

    Raises:
        KassandraError: the target has no such score, or neither more nor less of it is better.
    """
    module = scores_of(target)
    better = {each.name: each.better for each in (module.SCORES if module else ())} | {"loss": "lower"}
    name = score.removeprefix("valid_")
    if better.get(name) is None:
        known = [f"valid_{each}" for each, way in better.items() if way]
        raise KassandraError(unknown("score", "score of a search", score, known))
    return bool(better[name] == "higher")


def sections(name: str, path: Path = Path("params.yaml")) -> dict[str, Any]:
    """The pipeline as it is written in params.yaml, which has been checked."""
    written: dict[str, Any] = yaml.read(path)["pipelines"][name]
    return written


def draw(space: Space, trial: optuna.Trial, written: dict[str, Any]) -> dict[str, Value]:
    """A value for each key of the space that is to be chosen."""
    chosen: dict[str, Value] = {}
    for key, each in space.space.items():
        beside = {other: chosen.get(other, value_of(written, other)) for other in each.when}
        if any(beside[other] not in values for other, values in each.when.items()):
            continue
        if each.choices is not None:
            chosen[key] = trial.suggest_categorical(key, each.choices)
        elif each.whole:
            low, high, step = int(each.low or 0), int(each.high or 0), int(each.step or 1)
            chosen[key] = trial.suggest_int(key, low, high, step=step, log=each.log)
        else:
            low_, high_ = float(each.low or 0), float(each.high or 0)
            chosen[key] = trial.suggest_float(key, low_, high_, step=each.step, log=each.log)
    return chosen


def without(written: dict[str, Any], space: Space) -> dict[str, Any]:
    """What params.yaml has beside the keys that every trial sets."""
    rest = copy.deepcopy(written)
    for key, each in space.space.items():
        *parents, last = key.split(".")
        section = value_of(rest, ".".join(parents))
        if not each.when and isinstance(section, dict):
            section.pop(last, None)
    return rest


def checked(name: str, written: dict[str, Any], chosen: dict[str, Value]) -> Pipeline:
    """The pipeline with the values that were chosen.

    Raises:
        KassandraError: they do not go together; as `read_pipeline` says it.
    """
    changed = copy.deepcopy(written)
    for key, value in chosen.items():
        *parents, last = key.split(".")
        section = changed
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
    return check(pipeline_of(changed["input"], changed["target"]), changed, f"pipelines.{name}")


def overrides(name: str, chosen: dict[str, Value]) -> list[str]:
    """For `dvc exp run`: `++` sets a key whether params.yaml has it or not.

    >>> overrides("mnist", {"train.learning_rate": 1e-05, "model.readout": "last"})
    ['-S', '++pipelines.mnist.train.learning_rate=1e-05', '-S', '++pipelines.mnist.model.readout=last']
    """
    return [part for key, value in chosen.items() for part in ("-S", f"++pipelines.{name}.{key}={_written(value)}")]


def _written(value: Value) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return value if re.fullmatch(r"[A-Za-z][\w-]*", value) else "'" + value.replace("'", r"\'") + "'"
