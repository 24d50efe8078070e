"""Experiments of DVC with odd names: each command shows them as they are, or says a sentence; no shell reads one."""

import os
import subprocess

import pytest

from kassandra.contracts.printed import visible
from kassandra.experiments.trial import can_be_named
from tests.cases.harness import command

pytestmark = [pytest.mark.slow, pytest.mark.faults]

SHELL = "$(touch${IFS}sprung)"  # which git takes as a name
ALLOWED = [
    SHELL, "`touch${IFS}sprung`", ";touch${IFS}sprung", "|sprung", "a&&b", "-x", "--help", "--", "-rf", "'",
    '"', "a'b\"c",
    "a.b", "forest.csv", "HEAD", "workspace", "{}", "{0}", "%s", "#1", "!", "=1+1", "@",
    "<script>", "<b>x", "é", "猫", "👩‍👩‍👧", "\u202eabc", "\x9b2Jx", "x" * 200,
]  # fmt: skip
REFUSED = [
    "a b",
    "a/b",
    "../x",
    "a:b",
    "a~1",
    "a^",
    "a?",
    "a*",
    "[a]",
    "a\\b",
    "x.lock",
    ".x",
    "a\nb",
    "\x1b[2J",
    "x" * 300,
]


@pytest.fixture(scope="module")
def recorded(undisturbed, tmp_path_factory):
    """A clone with an experiment, run by DVC, whose name is a command of the shell; and its commit."""
    clone = undisturbed("images-label").copy(tmp_path_factory.mktemp("experiments") / "kassandra")
    changed = "++pipelines.small.evaluate.headline=f1"
    output = clone.dvc("exp", "run", f"--name={SHELL}", "-S", changed, "evaluate@small")
    assert clone.executed(output) == ["evaluate@small"]
    clone.git("reset", "--hard", "--quiet")
    clone.dvc("checkout", "--quiet")
    return clone, clone.git("rev-parse", "HEAD").strip(), clone.git("rev-parse", reference(clone, SHELL)).strip()


def reference(clone, name):
    base = clone.git("rev-parse", "HEAD").strip()
    return f"refs/exps/{base[:2]}/{base[2:]}/{name}"


@pytest.fixture
def kassandra(recorded, monkeypatch, capsys):
    """Calls a command in the clone, in this process; its exit status and what it printed."""
    clone, _, _ = recorded
    monkeypatch.chdir(clone.root)
    for key, value in clone.environment.items():
        monkeypatch.setenv(key, value)

    def kassandra(*arguments):
        status, output = command(monkeypatch, capsys, *arguments)
        assert "defect" not in output
        assert "Traceback" not in output
        assert not (clone.root / "sprung").exists()
        return status, output

    return kassandra


@pytest.mark.parametrize("name", ALLOWED, ids=lambda name: ascii(name)[:20])
def test_what_git_and_dvc_allow(name, recorded, kassandra, tmp_path):
    clone, _, commit = recorded
    before, own = reference(clone, SHELL), reference(clone, name)
    clone.git("update-ref", "-d", before)
    clone.git("update-ref", own, commit)
    try:
        status, output = kassandra("experiments")
        assert status == 0
        assert visible(name)[:20] in output  # a long one is broken
        status, output = kassandra("leaderboard", "--output", tmp_path / "page.md")
        assert status == 0, output
        assert "<b>" not in (tmp_path / "page.md").read_text()
        for form, *sides in (
            ("--json", "HEAD", name),
            ("--markdown", name, "HEAD"),
            ("--pipeline=small", "HEAD", name),
        ):
            status, output = kassandra("compare", form, "--", *sides)
            assert (status == 0) == (name != "forest.csv"), output
            assert visible(output) == output
    finally:
        clone.git("update-ref", "-d", own)
        clone.git("update-ref", before, commit)


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name)[:20])
def test_what_they_do_not_allow(name, kassandra):
    status, output = kassandra("compare", "--", "HEAD", name)
    assert status == 1
    assert "no such revision" in output
    assert len(output) < 1000
    assert visible(output) == output


@pytest.mark.parametrize("name", ["a b", "a/b", "..", "x" * 300])
def test_dvc_itself_refuses_them_in_a_sentence(name, recorded):
    clone, _, _ = recorded
    output = clone.dvc("exp", "run", f"--name={name}", "evaluate@small", fails=True)
    assert "ERROR: " in output
    assert clone.git("status", "--porcelain") == ""


@pytest.mark.parametrize("name", [*ALLOWED, *REFUSED], ids=lambda name: ascii(name)[:20])
def test_a_study_is_called_only_what_can_be_copied_into_a_shell(name):
    if can_be_named(name):
        assert subprocess.run(["sh", "-c", f"printf %s {name}-0"], capture_output=True, text=True).stdout == f"{name}-0"
    else:
        assert not name.isalnum() or len(name) > 200


def test_data_that_have_changed_outside_are_named_by_each_command(recorded, kassandra):
    clone, _, _ = recorded
    path = clone.root / "tests/data/mnist/t10k-labels-idx1-ubyte.gz"
    before = path.read_bytes()
    path.write_bytes(before + b"\0")
    try:
        for command in (
            ("report", "small"),
            ("check", "small"),
            ("compare", "HEAD"),
            ("experiments",),
            ("leaderboard",),
        ):
            assert "tests/data/mnist has changed since it was read" in kassandra(*command)[1], command
    finally:
        path.write_bytes(before)


def test_references_that_are_no_experiments(recorded, kassandra):
    """As `git push` of a stranger may leave them in a repository."""
    clone, _, commit = recorded
    odd = [f"{reference(clone, 'a')}/b", "refs/exps/zz/x/y", "refs/exps/1", reference(clone, "\udcff")]
    for name in odd:
        subprocess.run(["git", "update-ref", os.fsencode(name), commit], cwd=clone.root, check=True)
    try:
        for arguments in (("experiments",), ("leaderboard",), ("compare", "HEAD", SHELL)):
            kassandra(*arguments)
    finally:
        for name in odd:
            subprocess.run(["git", "update-ref", "-d", os.fsencode(name)], cwd=clone.root, check=True)
