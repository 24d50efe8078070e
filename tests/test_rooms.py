"""The shape of the house: imports go one way, files are short, and nothing is pickled."""

import ast
import doctest
import importlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(path for room in ("kassandra", "stages", "benchmarks") for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# What each room may import of the others: contracts ← params, sources, vocabulary, lstm, judging ← inputs, targets ←
# training ← inference ← comparison, experiments ← cli. `detection` is below inputs and targets, whose `detect` use it;
# `notebook` and `trying` call the stages. `before` reads what 0.1.0 wrote, and goes at 1.0.
BASE = {"contracts", "params"}
MAY_IMPORT = {
    "contracts": set(),
    "lstm": {"contracts"},
    "params": {"contracts", "lstm"},  # a variant's encoder, imported where it is built
    "sources": BASE,
    "vocabulary": BASE,
    "judging": BASE,
    "before": BASE | {"judging"},
    "detection": BASE | {"sources"},
    "inputs": BASE | {"sources", "vocabulary", "lstm", "judging", "detection"},
    "targets": BASE | {"sources", "vocabulary", "lstm", "judging", "detection"},
}
MAY_IMPORT["training"] = {*MAY_IMPORT, "before"} - {"sources", "vocabulary", "judging", "detection"}
MAY_IMPORT["inference"] = MAY_IMPORT["training"] | {"training"}
MAY_IMPORT["export"] = MAY_IMPORT["serving"] = set(MAY_IMPORT) - {"export", "serving"}
MAY_IMPORT["notebook"] = {"contracts", "inference"}
MAY_IMPORT["trying"] = BASE | {"training", "notebook"}
MAY_IMPORT["comparison"] = MAY_IMPORT["experiments"] = set(MAY_IMPORT) - {"comparison", "experiments"}
MAY_IMPORT["cli"] = set(MAY_IMPORT) - {"cli"}
MAY_IMPORT[""] = {"contracts", "inference", "notebook"}  # kassandra/__init__.py
HEAVY = {"torch", "torchvision"}
WITHOUT_PYTORCH = (
    "contracts",
    "params",
    "sources",
    "vocabulary",
    "judging",
    "before",
    "detection",
    "prepare",
    "baseline",
    "detect",
)
LONGEST = 60  # lines of a function


class Facts(NamedTuple):
    """Of one file. No syntax tree is kept: of all files they are millions of objects, which slow down every other test.

    imported: the full name of each module, or of each thing in one, and the function in whose body it is imported.
    long: functions past `LONGEST` lines. swallowed: lines where all is caught, neither raised again nor explained.
    """

    imported: list[tuple[str, str]]
    long: list[str]
    swallowed: list[int]
    documented: bool


@cache
def facts(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports, long, swallowed, todo = [], [], [], [(tree, "")]
    for node, function in todo:  # which grows
        if isinstance(node, ast.FunctionDef):
            function = function or node.name
            long += [node.name] if (node.end_lineno or 0) - node.lineno >= LONGEST else []
        elif isinstance(node, ast.Import):
            imports += [(alias.name, function) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            imports += [(f"{node.module}.{alias.name}", function) for alias in node.names]
        elif isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], ast.Raise):
            caught = ast.unparse(node.type) if node.type else ""
            ends = "explained(error)" in ast.unparse(node.body[-1])
            swallowed += [node.lineno] if caught in ("", "Exception", "BaseException") and not ends else []
        if not isinstance(node, ast.expr):  # no statement is inside an expression
            todo += [(child, function) for child in ast.iter_child_nodes(node)]
    return Facts(imports, long, swallowed, not tree.body or bool(ast.get_docstring(tree)))


def imported(path, but_in=""):
    """Args:
    but_in: a function whose body is left out.
    """
    return [name for name, function in facts(path).imported if not but_in or function != but_in]


def parts(path):
    return path.relative_to(ROOT / "kassandra").with_suffix("").parts


def room(path):
    return "" if parts(path) == ("__init__",) else parts(path)[0]


def by_room(path):
    return path.relative_to(ROOT).as_posix()


LIBRARY = [path for path in CODE if path.is_relative_to(ROOT / "kassandra")]


def test_every_room_has_its_rule():
    assert {room(path) for path in LIBRARY} == set(MAY_IMPORT)


@pytest.mark.slow
def test_imports_go_one_way():
    wrong = set()
    for path in LIBRARY:
        for name in imported(path):
            top, _, rest = name.partition(".")
            upward = top == "kassandra" and rest.split(".")[0] not in MAY_IMPORT[room(path)] | {room(path)}
            if upward or top in ("stages", "benchmarks", "tests"):
                wrong.add((by_room(path), name))
    assert not wrong


def test_the_rules_have_no_circle():
    left = dict(MAY_IMPORT)
    while left:
        free = {name for name, others in left.items() if not others & set(left)}
        assert free, left
        left = {name: others for name, others in left.items() if name not in free}


# Modules of the stages that need no PyTorch.
LIGHT_FILES = [path for path in LIBRARY if {room(path), *parts(path)[2:3]} & set(WITHOUT_PYTORCH)]
LIGHT = [".".join(("kassandra", *parts(path))).removesuffix(".__init__") for path in LIGHT_FILES]
KINDS = [path for path in LIBRARY if room(path) in ("inputs", "targets") and len(parts(path)) > 2]


def reads_a_users_inputs(path):
    """Modules `own_…` of show/, which no stage uses."""
    return parts(path)[2:3] == ("show",) and parts(path)[-1].startswith("own_")


# What is done with the answers of a trained model, which no stage does, and what of its kind that may use.
OF_ANSWERS = {"show": ("evaluate",), "export": ("evaluate",), "serve": ("show", "evaluate"), "explore": ("export",)}


@pytest.mark.slow
def test_a_kind_knows_no_other():
    """Of inputs and targets, a module imports its own kind alone; and of that its own folder, and `train`.

    An answer is shown, exported and served by what `evaluate` makes of it. A user's inputs are read as `prepare` reads
    them, in modules `own_…` and functions `own`; no stage comes there.
    """
    wrong = []
    for path in KINDS:
        side, kind, stage, *_ = (*parts(path), "")
        may = {stage, "train", *OF_ANSWERS.get(stage, ())}
        may |= {"prepare"} if reads_a_users_inputs(path) else set()
        for name in imported(path, but_in="own"):
            _, *where = name.split(".")
            if where and where[0] in ("inputs", "targets") and not (where[:2] == [side, kind] and where[2] in may):
                wrong.append((by_room(path), name))
    assert not wrong


@pytest.mark.slow
def test_no_pytorch_where_there_is_no_model():
    assert not {path for path in LIGHT_FILES for name in imported(path) if name.partition(".")[0] in HEAVY}


def test_a_function_fits_on_a_screen():
    """Its branches are counted by ruff (PLR0912)."""
    assert not [f"{by_room(path)}: {name}" for path in LIBRARY for name in facts(path).long]


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (f"[importlib.import_module(name) for name in {LIGHT}]", HEAVY),
        ("import kassandra.cli", {*HEAVY, "numpy", "pydantic"}),
        ("import kassandra.cli.predict, kassandra.inputs.images.show.own_examples, kassandra.targets.label.show",
         {"torchvision", "sklearn", "pandas", "matplotlib"}),
        ("import torch; from kassandra.lstm.embedding import Embedding\nwith torch.device('meta'): Embedding(9, 2)",
         {"torch._dynamo"}),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_what_an_import_loads(code, absent):
    """In a process of its own: the stages without a model, and `kassandra --help`, wait for no PyTorch, and
    `kassandra predict` for nothing else."""
    command = f"import importlib, pathlib, sys; {code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not absent & set(done.stdout.split())


def test_names_say_what_is_inside():
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "tools"}
    assert not [path for path in CODE + TESTS for part in path.with_suffix("").parts if part in vague]


def test_every_module_says_what_it_is():
    assert not [by_room(path) for path in CODE if not facts(path).documented]


def test_no_pickles():
    pickling = {"pickle", "joblib", "dill", "shelve", "marshal"}
    # Weights of others come as files of PyTorch; with `weights_only` it makes tensors of them and runs nothing.
    calls = re.compile(r"torch\.(load\((?!.*weights_only=True)|save\()|allow_pickle=True|read_pickle|to_pickle")
    for path in CODE:
        if "benchmarks" not in path.parts:
            assert not pickling & {name.partition(".")[0] for name in imported(path)}, path
            assert not calls.search(path.read_text(encoding="utf-8")), path


def test_no_error_is_swallowed_unseen():
    """Whoever catches anything at all raises it again, or ends with the sentence that explains it."""
    assert not [f"{by_room(path)}:{line}" for path in CODE for line in facts(path).swallowed]


def test_no_address_of_a_package_index_and_no_path_of_a_machine():
    """What lies where is the business of the machine; see kassandra/sources for how an index is found."""
    hosts = re.compile(r"pypi\.org|pythonhosted\.org|index-url\s*=|(?<![\w.])/(home|root|Users)/\w")
    files = [
        *CODE,
        *TESTS,
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
        ROOT / "requirements.lock",
        ROOT / ".ci" / "run",
    ]
    assert not [
        by_room(path) for path in files if path != Path(__file__) and hosts.search(path.read_text(encoding="utf-8"))
    ]


EXAMPLES = [path for path in LIBRARY if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=by_room)
def test_examples_in_docstrings(path):
    name = by_room(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
