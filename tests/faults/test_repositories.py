"""A project in a folder of a repository, as a submodule or a worktree; locks that a power cut left; `dvc gc`; odd names
of revisions; commands in other folders."""

import json
import os
from pathlib import Path

import pytest

from kassandra.cli.place import Commands
from kassandra.comparison.revisions import Absent, sides
from kassandra.contracts.errors import KassandraError
from tests.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.faults]

SCORES = Path("metrics/small/test.json")
DATA = Path("data/small")


def reads_both_sides(root):
    """As `kassandra compare` does: the working tree, and what git and DVC's cache have of the last commit."""
    with sides("HEAD", "workspace", root=root) as (commit, here):
        assert commit.read(SCORES) == here.read(SCORES) == (root / SCORES).read_bytes()
        assert commit.open(DATA) == (root / DATA).read_bytes()


def test_a_worktree_and_a_submodule(toy, tmp_path):
    toy.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    outer = Clone(tmp_path / "outer")
    outer.root.mkdir()
    outer.git("init", "--quiet")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(toy.root), "inner")
    for root in (tmp_path / "tree", outer.root / "inner"):
        clone = Clone(root, toy.variables)
        clone.take_cache_of(toy)
        clone.dvc("checkout", "--quiet")
        reads_both_sides(root)


def test_a_folder_of_a_larger_repository(toy, tmp_path):
    outer = Clone(tmp_path / "outer")
    root = outer.root / "some" / "project"
    root.mkdir(parents=True)
    outer.git("init", "--quiet")
    inner = Clone(root)
    inner.dvc("init", "--quiet", "--subdir")
    for name in ("dvc.yaml", "dvc.lock", "params.yaml", ".gitignore"):
        (root / name).write_bytes((toy.root / name).read_bytes())
    inner.take_cache_of(toy)
    inner.dvc("repro", "--quiet")
    outer.commit()
    reads_both_sides(root)


def test_locks_that_a_power_cut_left(toy):
    lock = toy.root / ".dvc" / "tmp" / "rwlock"
    lock.write_text("")
    toy.edit("params.yaml", "rate: 2", "rate: 3")
    assert "Unable to read RWLock-file '.dvc/tmp/rwlock'" in toy.dvc("repro", fails=True)
    of_another = {"write": {str(toy.root / DATA): {"pid": os.getpid(), "cmd": "dvc repro"}}}
    lock.write_text(json.dumps(of_another))  # after a restart another process has its id
    assert ".dvc/tmp/rwlock" in toy.dvc("repro", fails=True)
    lock.unlink()  # as docs/everyday.md says
    assert toy.executed(toy.dvc("repro")) == ["train@small", "evaluate@small"]


def test_dvc_gc(toy):
    toy.edit("params.yaml", "rate: 2", "rate: 3")
    toy.dvc("repro", "--quiet")
    toy.commit()
    toy.dvc("gc", "--workspace", "--force", "--quiet")
    assert toy.executed(toy.dvc("repro")) == []
    reads_both_sides(toy.root)
    with sides("HEAD~1", root=toy.root) as (before,):
        assert json.loads(json.dumps(before.read(SCORES).decode()))
        with pytest.raises(Absent, match=r"^data/small of HEAD~1 is not in DVC's cache and no remote is set up"):
            before.open(DATA)


@pytest.mark.parametrize(
    "revision",
    [
        "x" * 5000,
        "-x",
        "--help",
        "a b",
        "..",
        "HEAD:params.yaml",
        "HEAD^{tree}",
        "@{-9}",
        "\x1b[2J",
        "é",
        "a\nb",
        "$(x)",
        "*",
    ],
    ids=lambda revision: ascii(revision)[:12],
)
def test_no_revision(revision, toy_once):
    with pytest.raises(KassandraError, match="no such revision") as error, sides(revision, root=toy_once):
        pass
    assert len(str(error.value)) < 600


@pytest.fixture(scope="module")
def toy_once(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("toy") / "kassandra")
    clone.root.mkdir()
    (clone.root / "params.yaml").write_text("a: 1\n")
    clone.git("init", "--quiet")
    clone.dvc("init", "--quiet")
    clone.commit()
    return clone.root


@pytest.fixture
def called(tmp_path, monkeypatch):
    """Calls a command in a folder of a project; what it was given, and in which folder it ran."""
    for name in ("dvc.yaml", "params.yaml", "docs/mine.csv", "data/models/a/model.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def called(folder, *arguments):
        kept = []
        app = Commands()

        @app.command()
        def predict(model: Path, inputs: list[str]) -> None:
            kept.append((Path.cwd().relative_to(tmp_path).as_posix(), model.as_posix(), inputs))

        monkeypatch.chdir(tmp_path / folder)
        app(arguments, standalone_mode=False)
        return kept[0]

    return called


@pytest.mark.parametrize(
    ("folder", "arguments", "given"),
    [
        (".", ("data/models/a", "docs/mine.csv"), ("data/models/a", ["docs/mine.csv"])),
        ("docs", ("../data/models/a", "mine.csv"), ("data/models/a", ["docs/mine.csv"])),
        ("docs", ("data/models/a", "A film. Not good."), ("data/models/a", ["A film. Not good."])),
        ("data/models", ("a", "../../docs/mine.csv"), ("data/models/a", ["docs/mine.csv"])),
        ("data/models", ("nowhere", "x" * 10_000 + "./"), ("data/models/nowhere", ["x" * 10_000 + "./"])),
    ],
)
def test_commands_in_other_folders(folder, arguments, given, called):
    assert called(folder, *arguments) == (".", *given)
