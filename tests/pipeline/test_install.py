"""The distribution: a wheel and an sdist that build, and predict in an environment with little else than PyTorch."""

import importlib.metadata as metadata
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.sharing]
SCRIPT = """
import sys, kassandra, kassandra.cli
print(kassandra.__version__)
heavy = {"pandas", "scipy", "sklearn", "matplotlib", "dvc", "requests", "statsmodels", "pyarrow"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist and the wheel, built from a copy, without a network."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "kassandra", copy / "kassandra", ignore=shutil.ignore_patterns("__pycache__"))
    run("uv", "build", "--offline", "--no-build-isolation", "--quiet", "--out-dir", out, cwd=copy)
    return {path.suffix: path for path in out.iterdir() if path.suffix in (".whl", ".gz")}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """An environment with the wheel and what it requires, which is linked from the one that tests run in."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    run("uv", "venv", "--offline", "--quiet", "--python", sys.executable, folder)
    run("uv", "pip", "install", "--offline", "--quiet", "--no-deps", "--python", folder / "bin/python", built[".whl"])
    site = next((folder / "lib").glob("python*/site-packages"))
    for name in closure(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]):
        link(metadata.distribution(name), site)
    return folder


def run(*command, **options):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, env=environment, **options
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def closure(requirements):
    """The names of all that is required, directly or not, on this machine."""
    names, waiting = set(), [Requirement(each) for each in requirements]
    while waiting:
        each = waiting.pop()
        if each.name in names or (each.marker and not each.marker.evaluate({"extra": ""})):
            continue
        names.add(each.name)
        waiting += [Requirement(line) for line in metadata.requires(each.name) or []]
        # As of `cuda-toolkit[cudart]`, whose extras bring packages of their own.
        for extra in each.extras:
            wanted = [Requirement(line) for line in metadata.requires(each.name) or []]
            waiting += [one for one in wanted if one.marker and one.marker.evaluate({"extra": extra})]
    return names


def link(distribution, site):
    for file in distribution.files or []:
        top = Path(file.parts[0])
        if file.parts[0] == "..":
            continue
        source, target = Path(distribution.locate_file(top)), site / top
        if source.is_dir() and top.name in ("nvidia", "cuda"):  # a folder that several distributions share
            source, target = Path(distribution.locate_file(Path(*file.parts[:2]))), site / Path(*file.parts[:2])
            target.parent.mkdir(exist_ok=True)
        if source.exists() and not target.exists() and top.name != "__pycache__":
            target.symlink_to(source)


def test_both_build_under_a_name_that_is_ours(built):
    assert built[".whl"].name.startswith("kassandra_lstm-")
    assert built[".gz"].name.startswith("kassandra_lstm-")


def test_it_predicts_where_there_is_little_but_pytorch(installed, trained_reader, tmp_path):
    python = installed / "bin/python"
    assert run(python, "-c", SCRIPT, cwd=tmp_path).strip()
    kassandra = installed / "bin/kassandra"
    (line,) = run(
        kassandra, "predict", trained_reader, "A wonderful book, I loved it!", "--json", cwd=tmp_path
    ).splitlines()
    assert json.loads(line)["label"] in ("negative", "positive")
    assert run(kassandra, "--version", cwd=tmp_path).startswith("kassandra 0")


def test_a_missing_extra_is_named(installed, tmp_path):
    done = subprocess.run(
        [installed / "bin/kassandra", "compare"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "`pip install 'kassandra-lstm[pipeline]'` installs it; so does `make setup` in a clone" in done.stderr
    assert "Traceback" not in done.stderr
