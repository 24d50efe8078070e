"""Uncommitted changes, which DVC takes out of the working tree as an experiment begins, are not lost with a search."""

import re
import subprocess

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.experiments import trial
from kassandra.experiments.trial import HELD, check_work


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """In a repository with a change that is not committed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trial, "BACK", 0)
    for command in ("init --quiet", "config user.name a", "config user.email a@b"):
        subprocess.run(["git", *command.split()], check=True)
    (tmp_path / "params.yaml").write_text("epochs: 3\n")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "--quiet", "--message", "first"], check=True)
    (tmp_path / "params.yaml").write_text("epochs: 4\n")
    return tmp_path / "params.yaml"


def held():
    return trial._git("for-each-ref", HELD)


def test_what_a_killed_search_has_left_is_reported_and_comes_back(edited):
    trial._take_hold()
    edited.write_text("")  # as DVC may leave it
    with pytest.raises(KassandraError, match="a search was killed while DVC had your uncommitted changes") as error:
        check_work()
    for command in re.findall("`(git [^`]+)`", str(error.value)):
        subprocess.run(command, shell=True, check=True, capture_output=True)
    assert edited.read_text() == "epochs: 4\n"
    check_work()
    assert not held()


def test_where_all_is_back_nothing_is_printed(edited):
    trial._take_hold()
    assert held()
    assert edited.read_text() == "epochs: 4\n"
    check_work()
    assert not held()


def test_where_all_is_committed_nothing_is_kept(edited):
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "second"], check=True)
    trial._take_hold()
    assert not held()
    trial._let_go()  # of nothing
    check_work()
