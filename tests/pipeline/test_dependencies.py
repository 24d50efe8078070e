"""dvc.yaml against the code: each stage depends on exactly what it reads. Nothing is run here."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kassandra.params.pipeline import TASKS as KNOWN_TASKS
from kassandra.params.pipeline import pipeline_of

ROOT = Path(__file__).parents[2]
STAGES = {name: stage["do"] for name, stage in YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"].items()}
TASKS = {
    name: section["task"]
    for name, section in YAML(typ="safe").load((ROOT / "params.yaml").read_text())["pipelines"].items()
}
OURS = "kassandra."
# Read by every stage, and yet no dependency of every stage. Both would make a download stale.
# kassandra/__init__.py imports what somebody asks for by name, which no stage does: it cannot change a result.
# stages/__init__.py sets cuBLAS's workspace and matplotlib's backend: that can change what stages with a model make.
NOT_FOLLOWED = {ROOT / "kassandra" / "__init__.py"}
SETS_UP = {ROOT / "stages" / "__init__.py"}
WITH_A_MODEL = ("baseline", "train", "evaluate")  # of the baselines, one of translations


@cache
def imported(script: Path, task: str) -> set[Path]:
    """The files of kassandra and stages that a script imports, at its top or in a function, and they in turn."""
    found: set[Path] = set()
    to_read = [script]
    while to_read:
        file = to_read.pop()
        if file not in found | NOT_FOLLOWED:
            found.add(file)
            to_read += [path for name in modules(file, task) for path in files(name)]
    return found - {file for file in found if not file.read_text().strip()}  # an empty __init__.py does nothing


def modules(file: Path, task: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                assert module, f"{file}: line {node.lineno}: a relative import"
                assert level == 0, f"{file}: line {node.lineno}: a relative import"
                yield from (f"{module}.{alias.name}" for alias in names)  # `files` leaves out what is no module
            case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), _]) if prefix.startswith(OURS):
                yield prefix + task  # import_module(f"kassandra.tasks.{task}")


def files(module: str) -> Iterator[Path]:
    """Of a module and of each package that it lies in; nothing for what is not ours."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        path = ROOT.joinpath(*parts[:length])
        yield from (file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file())


def declared(stage: str, key: str) -> list[str]:
    filled = (dep.replace("${key}", key).replace("${item.task}", TASKS[key]) for dep in STAGES[stage]["deps"])
    return [dep for dep in filled if "$" not in dep]


def declared_code(stage: str, key: str) -> set[Path]:
    code = [ROOT / dep for dep in declared(stage, key) if dep.startswith(("kassandra", "stages"))]
    found = {file for path in code for file in (path.rglob("*.py") if path.is_dir() else [path])}
    return {file for file in found if not file.exists() or file.read_text().strip()}


def names(paths: set[Path]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in paths)


@pytest.mark.parametrize("key", TASKS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_code_that_it_imports(stage, key):
    needed, given = imported(ROOT / "stages" / f"{stage}.py", TASKS[key]), declared_code(stage, key)
    if stage not in WITH_A_MODEL:
        needed = needed - SETS_UP
    # dvc.yaml cannot say that a room which several tasks share is of no concern to the others.
    by_any = {file for task in KNOWN_TASKS for file in imported(ROOT / "stages" / f"{stage}.py", task)}
    assert {"missing": names(needed - given), "not needed": names(given - by_any)} == {"missing": [], "not needed": []}


def test_imports_are_found_wherever_they_stand():
    train, download = (imported(ROOT / "stages" / f"{name}.py", "images") for name in ("train", "download"))
    at_the_top, through_load = ROOT / "kassandra/lstm/vanilla.py", ROOT / "kassandra/tasks/images.py"
    assert {at_the_top, through_load} <= train
    assert not {at_the_top, through_load} & download
    app = imported(ROOT / "kassandra/cli/app.py", "images")
    assert ROOT / "kassandra/cli/report.py" in app  # in a function


def test_the_catalogue_is_a_dependency_of_download_alone():
    # It is read, not imported, so the closure above cannot know of it.
    catalogue = "kassandra/sources/catalogue.yaml"
    assert (ROOT / catalogue).is_file()
    using = [stage for stage, do in STAGES.items() if any(Path(catalogue).is_relative_to(dep) for dep in do["deps"])]
    assert using == ["download"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_tracks_exactly_the_sections_that_it_reads(stage):
    sections = {name for task in KNOWN_TASKS for name in pipeline_of(task).model_fields}
    read = set()
    for node in ast.walk(ast.parse((ROOT / "stages" / f"{stage}.py").read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id="params"), attr=name) if name in sections:
                read.add(f"pipelines.${{key}}.{name}")
            case ast.Name(id="seed", ctx=ast.Load()):
                read.add("seed")
    assert sorted(STAGES[stage]["params"]) == sorted(read)


def test_every_section_is_tracked():
    tracked = {param.removeprefix("pipelines.${key}.") for stage in STAGES.values() for param in stage["params"]}
    assert tracked == {"seed"} | {name for task in KNOWN_TASKS for name in pipeline_of(task).model_fields}


def test_download_depends_on_the_source_alone():
    assert STAGES["download"]["params"] == ["pipelines.${key}.source"]
    assert not [dep for dep in STAGES["download"]["deps"] if not dep.startswith(("kassandra", "stages"))]


@pytest.mark.parametrize(
    "unseen", ["data/prepared/${key}/test.npz", "data/baselines/${key}.parquet", "data/raw/${key}"]
)
def test_train_cannot_see(unseen):
    assert any(unseen in stage.get("outs", []) for stage in STAGES.values())
    assert not [dep for dep in STAGES["train"]["deps"] if Path(unseen).is_relative_to(dep)]


@pytest.mark.parametrize("stage", STAGES)
def test_the_run_cache_stays_on(stage):
    """DVC remembers no run of a stage with `always_changed`, or with an out that is `persist` or `cache: false`."""
    do = STAGES[stage]
    assert set(do) <= {"desc", "cmd", "deps", "params", "outs", "metrics", "plots"}
    assert all(isinstance(out, str) and out.startswith("data/") for out in do["outs"])


@pytest.mark.parametrize("kind", ["metrics", "plots"])
def test_what_git_keeps_is_not_in_the_cache(kind):
    kept = [entry for stage in STAGES.values() for entry in stage.get(kind, [])]
    assert kept
    for entry in kept:
        ((path, options),) = entry.items()
        assert path.startswith("metrics/${key}/")
        assert options["cache"] is False
        assert set(options) <= {"cache", "x", "y"}


def test_a_stage_is_named_as_its_script():
    assert set(STAGES) == {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__", "script"}
    assert {name: stage["cmd"] for name, stage in STAGES.items()} == {
        name: f"exec python -m stages.{name} ${{key}}" for name in STAGES
    }
