"""dvc.yaml against the code: each stage depends on the rooms that its script imports. Nothing is run here."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from kassandra.contracts.yaml import read
from kassandra.params.sections.pipeline import kinds, pipeline_of

ROOT = Path(__file__).parents[2]
STAGES = {name: stage["do"] for name, stage in read(ROOT / "dvc.yaml")["stages"].items()}
PAIRS = {
    name: (section["input"], section["target"]) for name, section in read(ROOT / "params.yaml")["pipelines"].items()
}
# Read by every stage, and yet no dependency of every stage. Both would make a download stale.
# kassandra/__init__.py imports what somebody asks for by name, which no stage does: it cannot change a result.
# stages/__init__.py sets cuBLAS's workspace and matplotlib's backend: that can change what stages with a model make.
# kassandra/before reads model folders of 0.1.0, which no stage makes.
NOT_FOLLOWED = {ROOT / "kassandra" / "__init__.py", *(ROOT / "kassandra" / "before").glob("*.py")}
OURS = ("kassandra", "stages")
WITHOUT_A_MODEL = ("download", "prepare")
SETS_UP = ROOT / "stages" / "__init__.py"
PARAMS = ROOT / "kassandra" / "params"  # imports kassandra.lstm only where an encoder is built


@cache
def tree(file: Path) -> list[ast.AST]:
    """All nodes of a file; none within functions `own`, which read a user's inputs, as no stage does."""
    module = ast.parse(file.read_text())
    for function in [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name == "own"]:
        function.body = []
    return [*ast.walk(module)]


@cache
def imported(script: Path, pair: tuple[str, str]) -> set[Path]:
    """The files of kassandra and stages that a script imports, at its top or in a function, and they in turn."""
    builds = script.stem not in WITHOUT_A_MODEL
    found: set[Path] = set()
    to_read = [script]
    while to_read:
        file = to_read.pop()
        if file not in found | NOT_FOLLOWED:
            found.add(file)
            names = [name for name in modules(file) if builds or not (PARAMS in file.parents and ".lstm" in name)]
            to_read += [path for name in names for path in files(name)]
            to_read += loaded(file, pair)
    return {file for file in found if file.stem != "__init__" or len(tree(file)[0].body) > 1}


@cache
def modules(file: Path) -> list[str]:
    names = []
    for node in tree(file):
        match node:
            case ast.Import():
                names += [alias.name for alias in node.names]
            case ast.ImportFrom():
                assert node.module, f"{file}: line {node.lineno}: a relative import"
                assert node.level == 0, f"{file}: line {node.lineno}: a relative import"
                names += [f"{node.module}.{alias.name}" for alias in node.names]  # `files` leaves out what is no module
    return names


@cache
def files(module: str) -> list[Path]:
    """Of a module and of each package that it lies in; nothing for what is not ours."""
    names = module.split(".")
    paths = [ROOT.joinpath(*names[:length]) for length in range(1, len(names) + 1)] if names[0] in OURS else []
    return [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]


@cache
def loaded(file: Path, pair: tuple[str, str]) -> list[Path]:
    """What `part("inputs", kind, "train", name)` may load for a pair: the folder of its kind."""
    return [*_loaded(file, pair)]


def _loaded(file: Path, pair: tuple[str, str]) -> Iterator[Path]:
    for node in tree(file):
        match node:
            case ast.Call(
                func=ast.Name(id="part" | "part_if_any"),
                args=[ast.Constant(value=side), _, ast.Constant(value=room), *_],
            ):
                kind = dict(zip(("inputs", "targets"), pair, strict=True))[side]
                folder = (ROOT / "kassandra" / side / kind / room).rglob("*.py")
                yield from (path for path in folder if not path.name.startswith("own_"))  # those are of `predict`
    if file == ROOT / "kassandra" / "params" / "sections" / "pipeline.py":
        yield from (ROOT / "kassandra" / "params" / side / f"{kind}.py" for side, kind in
                    zip(("inputs", "targets"), pair, strict=True))  # fmt: skip


def declared(stage: str, pair: tuple[str, str]) -> list[str]:
    deps = (dep.replace("${item.input}", pair[0]).replace("${item.target}", pair[1]) for dep in STAGES[stage]["deps"])
    return [dep for dep in deps if dep.startswith(("kassandra", "stages"))]


def within(files: set[Path], rooms: list[str]) -> dict[str, set[Path]]:
    return {room: {file for file in files if file.is_relative_to(ROOT / room)} for room in rooms}


@pytest.mark.slow
@pytest.mark.parametrize("pair", sorted(set(PAIRS.values())), ids="-".join)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_rooms_that_it_imports(stage, pair):
    needed, rooms = imported(ROOT / "stages" / f"{stage}.py", pair), declared(stage, pair)
    if stage in WITHOUT_A_MODEL:
        needed = needed - {SETS_UP}
    linked = {link.resolve() for room in rooms for link in (ROOT / room).rglob("*.link")}
    covered = within(needed, rooms)
    missing = needed - set().union(*covered.values()) - linked
    own = ("kassandra/inputs/", "kassandra/targets/")  # of the pair itself, whether this stage needs it or not
    idle = [room for room, used in covered.items() if not used and not room.startswith(own)]
    assert {"missing": names(missing), "not needed": idle} == {"missing": [], "not needed": []}


@pytest.mark.slow
@pytest.mark.parametrize("side", ["inputs", "targets"])
def test_a_kind_links_what_it_uses_of_vocabulary(side):
    """See kassandra/vocabulary/__init__.py."""
    for kind in kinds(side):
        folder = ROOT / "kassandra" / side / kind
        used = {
            name for file in folder.rglob("*.py") for name in modules(file) if name.startswith("kassandra.vocabulary")
        }
        needed = {
            file for name in used for file in files(name) if file.stem != "__init__" and "vocabulary" in file.parts
        }
        assert {link.resolve() for link in folder.glob("train/*.link")} == needed, folder


def names(paths: set[Path]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in paths)


@pytest.mark.slow
def test_imports_are_found_wherever_they_stand():
    train, download = (imported(ROOT / "stages" / f"{name}.py", ("images", "label")) for name in ("train", "download"))
    at_the_top, by_name = ROOT / "kassandra/lstm/layers.py", ROOT / "kassandra/inputs/images/train/examples.py"
    assert {at_the_top, by_name} <= train
    assert not {at_the_top, by_name} & download
    assert not [file for file in train if "audio" in file.parts]


WHOLE = "pipelines.${key}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_tracks_exactly_the_sections_that_it_reads(stage):
    sections = set(pipeline_of(*next(iter(PAIRS.values()))).model_fields)
    read_here = set()
    for node in ast.walk(ast.parse((ROOT / "stages" / f"{stage}.py").read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id="params"), attr=name) if name in sections:
                read_here.add(f"pipelines.${{key}}.{name}")
            case ast.Name(id="seed", ctx=ast.Load()):
                read_here.add("seed")
            case ast.Call(args=args) if any(isinstance(arg, ast.Name) and arg.id == "params" for arg in args):
                read_here |= set(STAGES[stage]["params"])  # handed on whole
    tracked = set(STAGES[stage]["params"])
    if WHOLE in tracked:  # of a section that need not be there, DVC would miss the key
        read_here = {name for name in read_here if not name.startswith(f"{WHOLE}.")} | {WHOLE}
    assert sorted(tracked) == sorted(read_here)


def test_every_section_is_tracked():
    tracked = {param.removeprefix(f"{WHOLE}.") for stage in STAGES.values() for param in stage["params"]}
    every = {"seed", *pipeline_of(*next(iter(PAIRS.values()))).model_fields}
    assert tracked - {WHOLE} <= every
    assert WHOLE in tracked  # by evaluate


def test_download_depends_on_the_source_alone():
    assert STAGES["download"]["params"] == ["pipelines.${key}.source"]
    assert not [dep for dep in STAGES["download"]["deps"] if not dep.startswith(("kassandra", "stages"))]


@pytest.mark.parametrize(
    "unseen", ["data/prepared/${key}/test.npz", "data/baselines/${key}.parquet", "data/raw/${key}"]
)
def test_train_cannot_see(unseen):
    assert any(unseen in stage.get("outs", []) for stage in STAGES.values())
    assert not [dep for dep in STAGES["train"]["deps"] if Path(unseen).is_relative_to(dep)]


def test_a_kind_has_every_folder_that_dvc_asks_for():
    """DVC stops where a dependency is not there, at its templates and with its own words."""
    for stage in STAGES.values():
        for dep in stage["deps"]:
            for side in ("inputs", "targets"):
                if (key := f"${{item.{side[:-1]}}}") in dep:
                    assert not [kind for kind in kinds(side) if not (ROOT / dep.replace(key, kind)).exists()], dep


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
        assert set(options) <= {"cache", "x", "y", "template"}


def test_a_stage_is_named_as_its_script():
    assert set(STAGES) == {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert {name: stage["cmd"] for name, stage in STAGES.items()} == {
        name: f"exec python -m stages.{name}" for name in STAGES
    }


def test_both_files_stay_short():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) < 180
    assert len((ROOT / "dvc.lock").read_text().splitlines()) < 3000
