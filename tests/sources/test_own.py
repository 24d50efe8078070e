"""The user's own data, copied."""

import json
import os
import socket

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.sources.folder import copy_own, has_changed


@pytest.fixture
def goal(tmp_path):
    return tmp_path / "data" / "raw" / "toy"


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    (folder / "cats").mkdir(parents=True)
    (folder / "cats" / "1.png").write_bytes(b"cat")
    (folder / "notes.csv").write_bytes(b"a,b")
    return folder


def tree(folder):
    assert all(path.is_dir() or path.is_file() for path in folder.rglob("*"))
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(path, goal, text):
    with pytest.raises(KassandraError, match=text):
        copy_own(path, goal)
    assert not any(other.name.startswith(".") for other in goal.parent.glob("*"))


def test_file(mine, goal, capsys):
    copy_own(mine / "notes.csv", goal)
    assert tree(goal) == {"notes.csv": b"a,b"}
    assert capsys.readouterr().out == f"{mine}/notes.csv: 1 file, 3 bytes, copied to {goal}\n"


def test_folder(mine, goal):
    copy_own(mine, goal)
    assert tree(goal) == {"cats/1.png": b"cat", "notes.csv": b"a,b"}
    assert [path.name for path in goal.parent.iterdir()] == ["toy"]


def test_relative_to_where_one_stands_and_to_home(mine, goal, monkeypatch):
    monkeypatch.chdir(mine.parent)
    copy_own(type(mine)("mine/../mine"), goal)
    assert "notes.csv" in tree(goal)
    monkeypatch.setenv("HOME", str(mine.parent))
    copy_own(type(mine)("~/mine/cats"), goal)
    assert tree(goal) == {"1.png": b"cat"}


def test_what_was_there_is_replaced(mine, goal):
    goal.mkdir(parents=True)
    (goal / "stale.csv").write_bytes(b"old")
    copy_own(mine, goal)
    assert "stale.csv" not in tree(goal)


def test_rights_are_not_copied(mine, goal):
    (mine / "notes.csv").chmod(0o400)
    copy_own(mine, goal)
    (goal / "notes.csv").write_bytes(b"ours")


def test_links_to_files_inside_become_files(mine, goal):
    (mine / "link.csv").symlink_to("notes.csv")
    (mine / "cats" / "link.csv").symlink_to(mine / "notes.csv")
    copy_own(mine, goal)
    assert tree(goal)["link.csv"] == tree(goal)["cats/link.csv"] == b"a,b"


def test_the_path_itself_may_be_a_link(mine, goal):
    (mine.parent / "link.csv").symlink_to(mine / "notes.csv")
    (mine.parent / "link").symlink_to(mine)
    copy_own(mine.parent / "link.csv", goal)
    assert tree(goal) == {"link.csv": b"a,b"}
    copy_own(mine.parent / "link", goal)
    assert set(tree(goal)) == {"cats/1.png", "notes.csv"}


def test_nothing_there(goal, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    text = rf"^source.path: my.csv: no such file or folder \(looked in {tmp_path}\)$"
    refused(type(goal)("my.csv"), goal, text)


def test_empty_folder(tmp_path, goal):
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    refused(tmp_path / "empty", goal, "empty: this folder holds no files")


def record(goal):
    return json.loads((goal / ".kassandra.json").read_text())["left_out"]


def copied(goal):
    return set(tree(goal)) - {".kassandra.json"}


@pytest.mark.faults
def test_links_that_lead_out(mine, goal, tmp_path, capsys):
    (tmp_path / "secret").write_bytes(b"secret")
    (mine / "cats" / "2.png").symlink_to("../../secret")
    # A neighbour whose name begins alike is outside too.
    (tmp_path / "mine2").write_bytes(b"secret")
    (mine / "cats" / "3.png").symlink_to("../../mine2")
    copy_own(mine, goal)
    assert copied(goal) == {"cats/1.png", "notes.csv"}
    why = "links that lead out of the folder (`source.follow_links: true` follows them)"
    assert record(goal) == {why: 2}
    assert f"{why}: 2 left out (cats/2.png, cats/3.png)\n" in capsys.readouterr().out
    assert not has_changed(mine, goal)
    copy_own(mine, goal, follow_links=True)
    assert tree(goal)["cats/2.png"] == b"secret"
    assert not has_changed(mine, goal)


@pytest.mark.faults
def test_broken_links_and_circles(mine, goal, capsys):
    (mine / "gone").symlink_to("nowhere")
    (mine / "self").symlink_to("self")
    copy_own(mine, goal)
    assert copied(goal) == {"cats/1.png", "notes.csv"}
    assert "broken links: 2 left out (gone, self)\n" in capsys.readouterr().out
    refused(mine / "self", goal, "self: cannot be read: ")


@pytest.mark.faults
def test_links_to_folders(mine, goal, tmp_path):
    (tmp_path / "dogs" / "deeper").mkdir(parents=True)
    (tmp_path / "dogs" / "9.png").write_bytes(b"dog")
    (tmp_path / "dogs" / "deeper" / "back").symlink_to(tmp_path / "dogs")
    (mine / "dogs").symlink_to(tmp_path / "dogs")
    (mine / "round").symlink_to(mine)
    copy_own(mine, goal)
    assert copied(goal) == {"cats/1.png", "notes.csv"}
    assert record(goal) == {"links to folders (`source.follow_links: true` follows them)": 2}
    copy_own(mine, goal, follow_links=True)
    assert copied(goal) == {"cats/1.png", "notes.csv", "dogs/9.png"}
    assert record(goal) == {"links to a folder that is read already": 2}


@pytest.mark.faults
def test_a_folder_of_links_alone(mine, goal, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "cats").symlink_to(mine / "cats")
    refused(tmp_path / "links", goal, r"holds no files \(links to folders \(`source.follow_links: true`")
    copy_own(tmp_path / "links", goal, follow_links=True)
    assert copied(goal) == {"cats/1.png"}


def test_things_that_are_no_files(mine, goal, tmp_path, monkeypatch):
    os.mkfifo(mine / "pipe")
    (mine / "empty" / "deeper").mkdir(parents=True)
    refused(mine / "pipe", goal, "pipe: neither a file nor a folder")
    monkeypatch.chdir(mine)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        copy_own(mine, goal)
    assert copied(goal) == {"cats/1.png", "notes.csv"}
    assert record(goal) == {"empty folders": 1, "neither files nor folders": 2}


@pytest.mark.faults
@pytest.mark.parametrize("inside", [".", "toy", "toy/deeper"])
def test_data_that_lie_where_the_copy_goes(goal, inside):
    source = goal / inside if inside != "." else goal
    source.mkdir(parents=True)
    (source / "only-copy.csv").write_bytes(b"mine")
    refused(source, goal, "which is replaced; keep your data elsewhere")
    assert (source / "only-copy.csv").read_bytes() == b"mine"


def test_a_folder_that_holds_the_copy(mine, tmp_path, goal):
    refused(tmp_path, goal, r"holds .*toy, where the copy goes; name the folder of the data alone")


@pytest.mark.faults
def test_failure_half_way_keeps_what_was_there(mine, goal, monkeypatch):
    goal.mkdir(parents=True)
    (goal / "good.csv").write_bytes(b"good")
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    refused(mine, goal, "cannot be made: .*No space left on device")
    assert tree(goal) == {"good.csv": b"good"}


@pytest.mark.faults
def test_what_cannot_be_put_back_is_not_lost(mine, goal, monkeypatch):
    goal.mkdir(parents=True)
    (goal / "good.csv").write_bytes(b"good")
    rename = type(goal).rename

    def refuses(path, target):
        if path.name in ("files", "old"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(type(goal), "rename", refuses)
    with pytest.raises(KassandraError, match="Input/output error"):
        copy_own(mine, goal)
    assert (goal.parent / ".toy.partial" / "old" / "good.csv").read_bytes() == b"good"
    monkeypatch.setattr(type(goal), "rename", rename)
    copy_own(mine, goal)
    assert set(tree(goal)) == {"cats/1.png", "notes.csv"}


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(mine, goal):
    (mine / "cats").chmod(0)
    refused(mine, goal, "cats: cannot be read: Permission denied")
    (mine / "cats").chmod(0o700)
    (mine / "notes.csv").chmod(0)
    refused(mine, goal, "notes.csv: Permission denied")
