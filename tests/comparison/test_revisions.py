"""Sides read from a real repository: from git, DVC's cache or its remote; the work tree is left as it is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kassandra.comparison.revisions import Absent, sides
from kassandra.contracts.errors import KassandraError

pytestmark = pytest.mark.slow

PARAMS = "seed: {seed}\npipelines:\n  digits:\n    task: images\n    train: {{learning_rate: {rate}}}\n"
DVC_YAML = """\
stages:
  evaluate:
    foreach: ${{pipelines}}
    do:
      cmd: {python} make.py ${{key}}
      deps: [make.py]
      params: ["pipelines.${{key}}.train"]
      outs: ["data/predictions/${{key}}"]
      metrics: [{{"metrics/${{key}}/test.json": {{cache: false}}}}]
"""
MAKE = """\
import json, pathlib, re, sys
import pandas as pd
rate = float(re.search("learning_rate: ([0-9.e-]+)", pathlib.Path("params.yaml").read_text())[1])
folders = [pathlib.Path(kind, sys.argv[1]) for kind in ("data/predictions", "metrics")]
for folder in folders:
    folder.mkdir(parents=True, exist_ok=True)
pd.DataFrame({"target": [0, 1], "rate": [rate, rate]}).to_parquet(folders[0] / "test.parquet")
(folders[1] / "test.json").write_text(json.dumps({"accuracy": rate, "intervals": [{}]}))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a command in a folder, with a home of its own."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\nname = Somebody\nemail = somebody@example.org\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC", "GIT"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = kept | {"HOME": str(home), "PATH": path, "DVC_SITE_CACHE_DIR": str(home / "dvc")}

    def run(folder, *command):
        done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory, run):
    """Two commits with results, the first of them tagged, an experiment on top, and params edited since. Not to be
    written to."""
    folder = tmp_path_factory.mktemp("made") / "repository"
    folder.mkdir()
    (folder / "dvc.yaml").write_text(DVC_YAML.format(python=sys.executable))
    (folder / "make.py").write_text(MAKE)
    (folder / ".gitignore").write_text("/data/\n")
    run(folder, "git", "init", "--quiet", "--initial-branch", "main")
    run(folder, "git", "commit", "--quiet", "--allow-empty", "--message", "Nothing yet")
    run(folder, "dvc", "init", "--quiet")
    run(folder, "dvc", "config", "core.analytics", "false")
    for rate, tag in ((1e-05, "first"), (0.5, "second")):
        (folder / "params.yaml").write_text(PARAMS.format(seed=0, rate=rate))
        run(folder, "dvc", "repro", "--quiet")
        run(folder, "git", "add", "--all")
        run(folder, "git", "commit", "--quiet", "--message", tag)
        run(folder, "git", "tag", tag)
    run(
        folder, "dvc", "exp", "run", "--quiet", "--name", "fuzzy-newt", "-S", "pipelines.digits.train.learning_rate=0.7"
    )
    run(folder, "git", "checkout", "--quiet", ".")
    run(folder, "dvc", "checkout", "--quiet")
    (folder / "params.yaml").write_text(PARAMS.format(seed=1, rate=0.5))
    return folder


def rate(side):
    (value,) = set(side.predictions("digits")["rate"])
    assert value == side.results("digits")["accuracy"] == side.pipelines["digits"]["train"]["learning_rate"]
    return value


def everything(folder, run):
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".dvc" not in path.parts}
    return {path: content for path, content in files.items() if ".git" not in path.parts}, run(folder, "git", "status")


def test_every_kind_of_revision(made, run):
    before = everything(made, run)
    first = run(made, "git", "rev-parse", "first")
    names = ["first", "main", "HEAD~1", first, first[:9], "fuzzy-newt", "workspace"]
    with sides(*names, root=made) as found:
        assert [rate(side) for side in found] == [1e-05, 0.5, 1e-05, 1e-05, 1e-05, 0.7, 0.5]
        assert [side.tree["seed"] for side in found] == [0, 0, 0, 0, 0, 0, 1]
        assert str(found[0]) == f"first ({first[:7]})"
        assert [str(side) for side in found[3:]] == [first[:7], first[:7], str(found[5]), "workspace"]
        assert found[0].made("digits").params == {"pipelines.digits.train": {"learning_rate": 1e-05}}
        assert found[0].made("digits").data.keys() == {"make.py", "data/predictions/digits", "metrics/digits/test.json"}
        assert found[0].made("digit").params == {}  # no such pipeline, though one begins so
        assert found[0].results("digit") is None
    assert everything(made, run) == before


def test_from_below_the_root_too(made):
    with sides("second", root=made / "metrics" / "digits") as (side,):
        assert rate(side) == 0.5


def test_from_the_remote_where_the_cache_is_empty(made, run, tmp_path):
    run(tmp_path, "git", "clone", "--quiet", made, "clone")
    clone = tmp_path / "clone"
    with sides("HEAD~1", "workspace", root=clone) as found:
        for side, label in zip(found, ("HEAD~1", "workspace"), strict=True):
            gone = f"data/predictions/digits/test.parquet of {label} is not in DVC's cache and no remote is set up"
            with pytest.raises(Absent, match=gone):
                side.predictions("digits")
    run(clone, "dvc", "remote", "add", "--default", "store", "../store")
    with sides("HEAD~1", root=clone) as (side,), pytest.raises(Absent, match="nor in the remote 'store'"):
        side.predictions("digits")
    shutil.copytree(made / ".dvc" / "cache" / "files", tmp_path / "store" / "files")  # as `dvc push` does
    before = everything(clone, run)
    with sides("HEAD~1", root=clone) as (side,):
        assert rate(side) == 1e-05
    assert everything(clone, run) == before


@pytest.mark.parametrize("revision", ["secnod", "HEAD~9", "", "--all", "0" * 40])
def test_no_such_revision(made, revision):
    with (
        pytest.raises(KassandraError, match=r"no such revision; give a branch, a tag, a commit"),
        sides(revision, root=made),
    ):
        pass


def test_a_revision_of_before_there_was_dvc(made, run):
    root = run(made, "git", "rev-list", "--max-parents=0", "HEAD")
    with pytest.raises(KassandraError, match="no DVC repository, so no results"), sides(root, root=made):
        pass


def test_no_repository(tmp_path, run):
    with pytest.raises(KassandraError, match="not a repository of DVC"), sides("HEAD", root=tmp_path):
        pass
    run(tmp_path, "dvc", "init", "--quiet", "--no-scm")
    with pytest.raises(KassandraError, match="not a git repository"), sides("HEAD", root=tmp_path):
        pass


def test_without_dvc_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "dvc.repo", None)
    with (
        pytest.raises(KassandraError, match=r"DVC, which is not installed: `pip install 'kassandra-lstm\[pipeline\]'`"),
        sides("HEAD"),
    ):
        pass


def test_what_is_no_table_is_named(made, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(made, copy, symlinks=True)
    with sides("second", root=copy) as (side,):
        object.__setattr__(side, "open", lambda path: b"PAR1 and no more")
        with pytest.raises(KassandraError, match=r"test\.parquet at second .* is damaged"):
            side.predictions("digits")
    assert json.loads((copy / "metrics/digits/test.json").read_text())["accuracy"] == 0.5
    assert isinstance(pd.read_parquet(copy / "data/predictions/digits/test.parquet"), pd.DataFrame)
