"""params.yaml: read, checked, and refused with one sentence per mistake before any work starts."""

import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from kassandra.contracts import yaml
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import Section, check, shown, unknown
from kassandra.params.sections.kind import Pipeline, Sections

LARGEST = 500_000  # bytes of a params file: of more than a thousand pipelines
# Of a pipeline: of its folders too. A dot would part keys of params for DVC, a space its overrides (`-S`).
NAME = re.compile(r"[^\W_][\w-]*")


def kinds(side: Literal["inputs", "targets"]) -> list[str]:
    """The kinds of inputs, or of targets, that there are: one module each in the folder of that name."""
    return sorted(path.stem for path in (Path(__file__).parents[1] / side).glob("[a-z]*.py"))


def reads(target: str) -> tuple[str, ...]:
    """What a target asks of an input, any of them: `examples`, `stream`, `pairs`, `table`, or your own."""
    return tuple(_module("targets", target).READS)


def readers(target: str) -> list[str]:
    """The inputs that offer what a target reads."""
    return [name for name in kinds("inputs") if _offered(name, target)]


def reading(input: str, target: str) -> str:
    """How this input is read for this target: the first of what the target reads that the input offers.

    Raises:
        KassandraError: it offers none.
    """
    if offered := _offered(input, target):
        return offered[0]
    why = f"input {input!r} does not go with target {target!r}, which reads {' or '.join(reads(target))}"
    raise KassandraError(f"{why}; inputs that do are {readers(target)}")


def _offered(input: str, target: str) -> list[str]:
    return [wanted for wanted in reads(target) if hasattr(_module("inputs", input), wanted)]


@cache
def pipeline_of(input: str, target: str) -> type[Pipeline]:
    """The sections of a pair: each has the keys of its input and of its target.

    Raises:
        KassandraError: this input does not offer what the target reads.
    """
    of_target: Sections = _module("targets", target).sections
    of_input: Sections = getattr(_module("inputs", input), reading(input, target))
    create: Any = create_model  # whose types know no class that is made at run time
    composed: type[Pipeline] = create(
        "Pipeline",
        __base__=_checks(of_input.pipeline, of_target.pipeline),
        __doc__=f"input: {input}, target: {target}",
        input=(Literal[input], ...),
        target=(Literal[target], ...),
        source=(of_input.source, ...),
        prepare=(_both("Prepare", of_input.prepare, of_target.prepare), ...),
        model=(_both("Model", of_target.model, of_input.model), ...),
        train=(_both("Train", of_target.train, of_input.train), ...),
        evaluate=(of_target.evaluate, Field(default_factory=of_target.evaluate)),
    )
    return composed


def _checks(of_input: type[Pipeline], of_target: type[Pipeline]) -> tuple[type[Pipeline], ...]:
    """Those of both kinds."""
    return tuple(each for each in (of_input, of_target) if each is not Pipeline) or (Pipeline,)


def _both(name: str, first: type[Section], second: type[Section]) -> type[Section]:
    """A section with the keys of both; where both have one, that of the first."""
    if issubclass(first, second):
        return first
    if issubclass(second, first):
        return second
    return type(name, (first, second), {"__doc__": None, "__module__": __name__})


def _module(side: str, kind: str) -> ModuleType:
    return importlib.import_module(f"kassandra.params.{side}.{kind}")


class Seed(Section):
    """What stands beside `pipelines:`.

    seed: every random draw of every stage follows from it.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


def read_pipeline(name: str, path: Path = Path("params.yaml")) -> tuple[Pipeline, int]:
    """The checked section `pipelines.<name>` of a params file, and its seed.

    Raises:
        KassandraError: the file cannot be read, has no such pipeline, or a value is unknown, of the wrong type, out of
            range or unused by its variant; all mistakes are listed, one line each.
    """
    tree = yaml.read(path, "run this in the root of the repository", LARGEST, for_dvc=True)
    if not isinstance(tree, dict):
        raise KassandraError(f"{path}: expected the keys 'seed' and 'pipelines', got {shown(tree)}")
    if stray := [key for key in tree if key not in ("seed", "pipelines")]:
        raise KassandraError(unknown(str(path), "key", stray[0], ["seed", "pipelines"]))
    seed = check(Seed, {key: tree[key] for key in ("seed",) if key in tree}, "").seed
    pipelines = tree.get("pipelines")
    if not isinstance(pipelines, dict):
        raise KassandraError(f"{path}: 'pipelines' must hold one section per pipeline, got {shown(pipelines)}")
    if not NAME.fullmatch(name):
        advice = "use letters, digits, _ and -, and begin with a letter or a digit"
        raise KassandraError(
            f"{path}: {shown(name)} cannot be the name of a pipeline, as files are named after it; {advice}"
        )
    if name not in pipelines:
        raise KassandraError(unknown(str(path), "pipeline", name, pipelines))
    section, where = pipelines[name], f"pipelines.{name}"
    return check(_kind_of(section, where), section, where), seed


def _kind_of(section: Any, where: str) -> type[Pipeline]:
    """The sections of the pair that `input` and `target` name."""
    if isinstance(section, dict) and "task" in section:
        advice = "`kassandra migrate` rewrites params.yaml"
        raise KassandraError(f"{where}: 'task' is of Kassandra 0.1.0, and is 'input' and 'target' now; {advice}")
    for key in ("input", "target"):
        known = kinds("inputs" if key == "input" else "targets")
        if not isinstance(section, dict) or key not in section:
            raise KassandraError(f"{where}: key {key!r} is missing; {key}s are {known}")
        if not isinstance(section[key], str) or section[key] not in known:
            raise KassandraError(unknown(f"{where}.{key}", key, section[key], known))
    try:
        return pipeline_of(section["input"], section["target"])
    except KassandraError as error:
        raise KassandraError(f"{where}: {error}") from None
