"""A project made with Kassandra 0.1.0, its cache and its experiments, carried over by `kassandra migrate`."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.pipelines]

LAST = "442a12e32866c9bcbf3bde8471c72b8ad5a473a0"  # the last commit of 0.1.0
PARAMS = """\
seed: 0
pipelines:
  digits:
    task: images # of the slice of MNIST
    source: {path: tests/data/mnist}
    prepare: {}
    model: {variant: vanilla, hidden_size: 16}
    train: {epochs: 2, batch_size: 10, learning_rate: 0.005}
  prices:
    task: "forecast"
    source: {path: tests/data/own.csv, time: day, target: level}
    prepare: {window: 8}
    model: {variant: vanilla, hidden_size: 4}
    train: {epochs: 1}
"""
CODE = ("kassandra", "stages", "dvc.yaml", "pyproject.toml", "requirements.lock", "Makefile", ".gitignore")


def kassandra(clone: Clone, *arguments: str, fails: bool = False) -> str:
    return clone.run(sys.executable, "-c", "from kassandra.cli import main; main()", *arguments, fails=fails)


@pytest.fixture(scope="module")
def old(root, tmp_path_factory) -> Clone:
    """Two small pipelines and an experiment, made with the code of 0.1.0 and committed."""
    wanted = (*CODE, ".dvc", ".dvcignore", "tests/data/mnist")
    packed = subprocess.run(["git", "archive", LAST, *wanted], cwd=root, capture_output=True)
    if packed.returncode:
        pytest.skip(f"a shallow clone, without commit {LAST}")
    clone = Clone(tmp_path_factory.mktemp("old") / "kassandra")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(clone.root, filter="data")
    (clone.root / "params.yaml").write_text(PARAMS)
    rows = "".join(f"2020-{1 + day // 28:02}-{1 + day % 28:02},{day % 7 + day / 50}\n" for day in range(330))
    (clone.root / "tests/data/own.csv").write_text("day,level\n" + rows)
    clone.git("init", "--quiet")
    clone.commit()
    clone.dvc("repro")
    clone.commit()
    clone.dvc("exp", "run", "--name", "gru", "-S", "+pipelines.digits.model.cell=gru", "evaluate@digits")
    clone.git("checkout", "--quiet", "--force", "HEAD")
    clone.dvc("checkout", "--quiet")
    return clone


@pytest.fixture(scope="module")
def updated(old, root, tmp_path_factory) -> Clone:
    """The same project with the code of now, before it is migrated."""
    clone = old.copy(tmp_path_factory.mktemp("updated") / "kassandra")
    now = Clone.of_working_tree(root, tmp_path_factory.mktemp("now"), ()).root
    for name in CODE:
        subprocess.run(["rm", "-rf", str(clone.root / name)], check=True)
        subprocess.run(["cp", "-r", str(now / name), str(clone.root / name)], check=True)
    clone.commit()
    return clone


@pytest.fixture(scope="module")
def migrated(updated, tmp_path_factory) -> Clone:
    clone = updated.copy(tmp_path_factory.mktemp("migrated") / "kassandra")
    printed = kassandra(clone, "migrate")
    assert "params.yaml: 2 pipelines rewritten" in printed
    assert "digits: results carried over" in printed
    assert "prices: results carried over" in printed
    clone.commit()
    return clone


def test_what_meets_old_params_names_the_command(updated):
    assert "`kassandra migrate`" in kassandra(updated, "report", "digits")
    assert "`kassandra migrate`" in kassandra(updated, "params", "digits", fails=True)
    done = subprocess.run(["make", "--dry-run", "repro"], cwd=updated.root, capture_output=True, text=True)
    assert "migrate" in done.stdout + done.stderr


def test_params_keep_their_comments(migrated):
    text = (migrated.root / "params.yaml").read_text()
    assert "    input: images # of the slice of MNIST\n    target: label\n" in text
    assert "task" not in text


def test_nothing_runs_again(migrated):
    assert "up to date" in migrated.dvc("status")
    assert migrated.executed(migrated.dvc("repro")) == []


def test_old_results_are_read(migrated):
    assert "accuracy" in kassandra(migrated, "report", "digits")
    assert "rmse" in kassandra(migrated, "report", "prices")
    assert kassandra(migrated, "predict", "data/models/prices", "tests/data/own.csv")


def test_a_new_model_on_old_data_is_compared_example_by_example(migrated, tmp_path):
    clone = migrated.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "hidden_size: 16", "hidden_size: 24")
    assert clone.executed(clone.dvc("repro", "evaluate@digits")) == [
        "pretrain@digits",
        "train@digits",
        "evaluate@digits",
    ]
    compared = json.loads(kassandra(clone, "compare", "HEAD~2", "workspace", "--pipeline", "digits", "--json"))
    assert compared["pipelines"]["digits"]["scores"][0]["paired"]


def test_old_experiments_are_ranked(migrated):
    (board,) = json.loads(kassandra(migrated, "leaderboard", "digits", "--json"))["boards"]  # one question
    assert {row["name"].partition(",")[0] for row in board["rows"]} == {"vanilla"}
    assert {row["params"]["model.cell"] for row in board["rows"] if "model.cell" in row["params"]} == {"gru"}


def test_what_is_not_here_is_not_carried_over(updated, tmp_path):
    clone = updated.copy(tmp_path / "kassandra")
    subprocess.run(["rm", "-rf", ".dvc/cache", "data/models/digits"], cwd=clone.root, check=True)
    printed = kassandra(clone, "migrate")
    assert "digits: not carried over, as data/models/digits is not here; `dvc pull`" in printed
    assert Path(clone.root / "dvc.lock").read_text().count("pipelines.digits.task") > 0


def test_values_that_would_not_be_valid_leave_the_file(updated, tmp_path):
    clone = updated.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "hidden_size: 16", "hiden_size: 16")
    before = (clone.root / "params.yaml").read_text()
    assert "did you mean 'hidden_size'" in kassandra(clone, "migrate", fails=True)
    assert (clone.root / "params.yaml").read_text() == before
