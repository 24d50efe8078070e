"""The scripts that DVC runs: what they check before any work, and what they read and write."""

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from kassandra.contracts.artifacts import read_arrays, read_json, sha256, write_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.seeds import member_seeds
from kassandra.training.rooms import code

NAMES = ["download", "prepare", "baseline", "pretrain", "train", "evaluate"]


@pytest.fixture
def stages(root, monkeypatch):
    """The package, imported as DVC's commands do it: from the root of the repository."""
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return importlib.import_module("stages")


@pytest.fixture
def project(tmp_path):
    """A pyproject.toml and a lock, both small."""

    def project(dependencies, lock):
        lines = "".join(f'  "{dependency}", # why\n' for dependency in dependencies)
        (tmp_path / "pyproject.toml").write_text(f"[project]\ndependencies = [\n  # a remark\n{lines}]\n")
        (tmp_path / "requirements.lock").write_text(lock)
        return tmp_path / "pyproject.toml", tmp_path / "requirements.lock"

    return project


@pytest.fixture
def installed(monkeypatch):
    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    versions = {"torch": "2.13.0+cu130", "numpy": "2.4.0", "ruamel.yaml": "0.18.1"}
    monkeypatch.setattr(metadata, "version", version)
    return versions


LOCK = """\
numpy==2.4.0 ; python_full_version >= '3.12' \\
    --hash=sha256:00
numpy==2.3.0 ; python_full_version < '3.12' \\
    --hash=sha256:01
ruamel-yaml==0.18.1 \\
    --hash=sha256:02
torch==2.13.0 \\
    --hash=sha256:03
"""
DEPENDENCIES = ["numpy>=2.2", "ruamel.yaml>=0.18", "torch"]


def test_all_there(stages, project, installed, capsys):
    stages.check_packages(*project(DEPENDENCIES, LOCK))
    installed["numpy"] = "2.3.0"  # what the lock has for another Python will do as well
    stages.check_packages(*project(DEPENDENCIES, LOCK))
    assert capsys.readouterr() == ("", "")


def test_a_missing_package(stages, project, installed):
    del installed["torch"]
    how = "run `make setup`, then `. .venv/bin/activate`; or `make repro`, which does both."
    text = f"{sys.executable} lacks 'torch', one of the packages in requirements.lock: {how}"
    with pytest.raises(SystemExit, match=f"^{re.escape(text)}$"):
        stages.check_packages(*project(DEPENDENCIES, LOCK))


def test_another_version_may_run_and_is_reported(stages, project, installed, capsys):
    installed |= {"torch": "2.12.0+cpu", "numpy": "2.2.0"}
    stages.check_packages(*project(DEPENDENCIES, LOCK))
    assert capsys.readouterr().err.splitlines() == [
        "numpy is 2.2.0, locked is 2.3.0 or 2.4.0: results may differ",
        "torch is 2.12.0, locked is 2.13.0: results may differ",
    ]


def test_a_lock_that_is_behind(stages, project, installed):
    installed["Some_Thing"] = "1"
    with pytest.raises(
        SystemExit, match=r"^requirements.lock lacks 'Some_Thing', a dependency in pyproject.toml: run `ma"
    ):
        stages.check_packages(*project([*DEPENDENCIES, "Some_Thing>=1"], LOCK))
    stages.check_packages(*project([*DEPENDENCIES, "Some_Thing>=1"], LOCK + "some-thing==1\n"))


def test_a_python_that_is_too_old(stages, project, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    monkeypatch.setattr(sys, "version", "3.10.1 (main)")
    with pytest.raises(
        SystemExit, match=r"^Kassandra needs Python 3\.11 or newer, and this is 3\.10\.1: run `make setup`"
    ):
        stages.check_packages(*project(DEPENDENCIES, LOCK))


def test_the_committed_lock_has_every_direct_dependency(root):
    """And a version of it that pyproject.toml allows, with its hash."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lock = (root / "requirements.lock").read_text()
    locked = re.findall(r"^([\w.-]+)==([^ ;\\]+)[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)
    everything = [
        *project["dependencies"],
        *(name for names in project["optional-dependencies"].values() for name in names),
    ]
    for requirement in map(Requirement, everything):
        versions = [version for name, version in locked if name == canonicalize_name(requirement.name)]
        assert versions, requirement
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_what_is_set_before_pytorch_is_imported(root):
    """stages/__init__.py imports nothing that imports it."""
    tree = ast.parse((root / "stages" / "__init__.py").read_text())
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert "OMP_WAIT_POLICY" in (root / "stages" / "__init__.py").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_each_opens_with_its_arrow_and_is_short(root, name):
    text = (root / "stages" / f"{name}.py").read_text()
    assert "→" in ast.get_docstring(ast.parse(text)).splitlines()[0]
    assert len(text.splitlines()) <= 55


def test_no_script_but_those_of_dvc_yaml(root):
    stages = YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"]
    assert list(stages) == NAMES
    assert {path.stem for path in (root / "stages").glob("*.py")} - {"__init__"} == set(NAMES)


def test_training_does_not_depend_on_test(root):
    """PITFALLS 7: test arrays are a file of their own, and no stage before evaluation reads it but the baselines."""
    stages = YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"]
    reads = {name: [dep for dep in stage["do"]["deps"] if dep.startswith("data/")] for name, stage in stages.items()}
    assert {name for name, deps in reads.items() if any("test" in dep for dep in deps)} == {"baseline", "evaluate"}
    assert not any(dep.rstrip("/") == "data/prepared/${key}" for deps in reads.values() for dep in deps)


PARAMS = """\
seed: 3
pipelines:
  mine:
    input: images
    target: label
    source: {path: %s}
    prepare: {}
    model: {variant: vanilla, hidden_size: 5, dropout: 0.1}
    train: {seeds: 1, epochs: 2, batch_size: 50, learning_rate: 0.02, threads: 1, device: cpu}
"""


@pytest.fixture
def run(stages, raw, tmp_path, monkeypatch):
    """Runs a stage in a folder that has params.yaml, and data only as far as stages have made them."""
    import torch

    (tmp_path / "params.yaml").write_text(PARAMS % raw)
    (tmp_path / "code.py").write_text("1")
    monkeypatch.setattr(importlib.import_module("kassandra.training.member"), "code", lambda *_: [tmp_path / "code.py"])
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    yield lambda name: importlib.import_module(f"stages.{name}").main("mine")
    torch.set_deterministic_debug_mode("default")
    torch.set_num_threads(threads)


def contents(*folders):
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_from_raw_files_to_a_model_without_a_look_at_test(run, tmp_path, capsys):
    for name in ("download", "prepare", "pretrain"):
        run(name)
    data = tmp_path / "data"
    assert sorted(path.name for path in (data / "prepared" / "mine").iterdir()) == [
        "meta.json", "test.npz", "train.npz", "valid.npz",
    ]  # fmt: skip
    test = data / "prepared" / "mine" / "test.npz"
    arrays = read_arrays(test)
    test.unlink()
    run("train")
    first = contents(data / "models", tmp_path / "metrics")
    assert {path.name for path in first} == {"weights.safetensors", "model.json", "meta.json", "history.csv"}
    assert not list(tmp_path.glob(".checkpoints/*"))  # removed on success
    assert "Kept the weights of epoch 2 of 2" in capsys.readouterr().out
    write_arrays(test, images=arrays["images"], labels=arrays["labels"][::-1])  # garbage is not looked at either
    run("train")
    assert contents(data / "models", tmp_path / "metrics") == first
    costs = data / "costs" / "mine" / f"{sha256(data / 'models' / 'mine' / 'weights.safetensors')}.json"
    assert set(read_json(costs)) == {"seconds", "cpu_seconds"}


@pytest.mark.slow
def test_a_member_is_the_same_however_many_there_are(run, tmp_path, monkeypatch, capsys):
    """One after another, in this process; side by side, in tests/faults/test_members.py."""
    monkeypatch.setattr(importlib.import_module("stages.train"), "at_once", lambda *_: 1)
    for name in ("download", "prepare", "pretrain"):
        run(name)
    params, folder = tmp_path / "params.yaml", tmp_path / "data" / "models" / "mine"
    history, made = tmp_path / "metrics" / "mine" / "history.csv", {}
    for seeds in (1, 2, 3):
        params.write_text(params.read_text().replace(f"seeds: {seeds - 1 or 1}", f"seeds: {seeds}"))
        run("train")
        names = ["weights"] if seeds == 1 else [f"weights-{number}" for number in range(seeds)]
        made[seeds] = [(folder / f"{name}.safetensors").read_bytes() for name in names]
        rows = history.read_text().splitlines()
        assert rows[0].startswith("member,epoch,")
        assert [row.split(",")[0] for row in rows[1:]] == [str(number) for number in range(seeds) for _ in range(2)]
        assert read_json(folder / "model.json")["seeds"] == member_seeds(3, seeds)
        printed = capsys.readouterr().out
        assert ("Member 0: kept the weights of epoch 2 of 2" in printed) == (seeds > 1)
        assert not list(tmp_path.glob(".checkpoints/*"))
    assert made[1] == made[3][:1]
    assert made[2] == made[3][:2]
    assert len(set(made[3])) == 3


@pytest.mark.faults
@pytest.mark.slow
def test_an_interrupted_stage_goes_on(run, tmp_path, monkeypatch, capsys):
    """Killed after the first epoch, the stage ends with the same files."""
    from kassandra.training.checkpoint import Checkpoint

    for name in ("download", "prepare", "pretrain", "train"):
        run(name)
    expected = contents(tmp_path / "data" / "models", tmp_path / "metrics")
    save = Checkpoint.save

    def killed(*args):
        save(*args)
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "save", killed)
        with pytest.raises(SystemExit):
            run("train")
    assert len(list(tmp_path.glob(".checkpoints/mine-*/checkpoint.safetensors"))) == 1
    capsys.readouterr()
    run("train")
    assert "Continuing after epoch 1 of 2" in capsys.readouterr().out
    assert contents(tmp_path / "data" / "models", tmp_path / "metrics") == expected
    # Other params or other code are another training, which nothing of this one is used for.
    changes = [("params.yaml", "0.02", "0.03"), ("code.py", "1", "2"), ("params.yaml", "seed: 3", "seed: 4")]
    for name, old, new in changes:
        with monkeypatch.context() as patched:
            patched.setattr(Checkpoint, "save", killed)
            with pytest.raises(SystemExit):
                run("train")
        (tmp_path / name).write_text((tmp_path / name).read_text().replace(old, new))
        run("train")
        assert "Continuing" not in capsys.readouterr().out


@pytest.mark.parametrize("pair", [("images", "label"), ("text", "label"), ("series", "forecast"), ("text", "text")])
def test_a_checkpoint_is_of_the_code_that_training_imports(pair, root, monkeypatch):
    """That is what dvc.yaml says, which tests/pipeline/test_dependencies.py holds against the imports."""
    monkeypatch.chdir(root)
    stages = YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"]
    kinds = dict(zip(("${item.input}", "${item.target}"), pair, strict=True))
    rooms = {dep for stage in ("pretrain", "train") for dep in stages[stage]["do"]["deps"] if dep.startswith("kass")}
    rooms = {re.sub(r"\$\{.*?\}", lambda found: kinds[found[0]], room) for room in rooms - {"kassandra/before"}}
    files = {path for room in rooms for path in [Path(room), *Path(room).rglob("*.*")]}
    assert set(code(*pair)) >= {path.absolute() for path in files if path.suffix in (".py", ".link")}


def test_mistakes_are_reported_before_any_work(run, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(path.read_text().replace("epochs: 2", "epoch: 2"))
    for name in NAMES:
        with pytest.raises(
            KassandraError, match=r"^pipelines.mine.train: unknown key 'epoch'; .* \(did you mean 'epochs'"
        ):
            run(name)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["code.py", "params.yaml"]


@pytest.mark.faults
def test_a_sentence_instead_of_a_traceback(stages, monkeypatch):
    script = importlib.import_module("stages")

    def stage(name):
        raise KassandraError(f"{name}: no")

    monkeypatch.setattr(sys, "argv", ["train", "mine"])
    with pytest.raises(SystemExit, match=r"^Error: mine: no$"):
        script.run(stage, "what it does")
    monkeypatch.setattr(sys, "argv", ["train"])
    with pytest.raises(SystemExit, match="2"):
        script.run(stage, "what it does")


@pytest.mark.slow
def test_stages_and_commands_start_where_windows_lacks_something(root, tmp_path):
    """With neither file locks nor groups of processes; a file is copied byte by byte there."""
    (tmp_path / "a").write_bytes(b"content")
    code = f"""
import importlib, os, pkgutil, signal, sys
from pathlib import Path
sys.modules["fcntl"] = None
del os.killpg, os.sched_getaffinity, signal.SIGKILL
for name in {NAMES}:
    importlib.import_module("stages." + name)
import kassandra.cli
for module in pkgutil.walk_packages(kassandra.cli.__path__, "kassandra.cli."):
    importlib.import_module(module.name)
from kassandra.sources.folder import copy
os.chdir({str(tmp_path)!r})
copy(Path("a"), Path("b"))
from kassandra.experiments.trial import turn
try:
    turn().__enter__()
except Exception as error:
    print(error)
"""
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "search: Windows lacks what keeps trials apart; run it in WSL\n"
    assert (tmp_path / "b").read_bytes() == b"content"
