"""Whether one's own data are still what was copied."""

import os

import pytest

from kassandra.sources.folder import copy_own, has_changed


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "mine"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.txt").write_text("one")
    return folder


def test_a_fresh_copy_has_not_changed(own, tmp_path):
    copy_own(own, tmp_path / "raw")
    assert not has_changed(own, tmp_path / "raw")


@pytest.mark.parametrize("change", ["edit", "add", "delete"])
def test_every_change_is_seen(own, tmp_path, change):
    copy_own(own, tmp_path / "raw")
    if change == "edit":
        (own / "a" / "1.txt").write_text("One")  # same length
    elif change == "add":
        (own / "a" / "2.txt").write_text("two")
    else:
        (own / "a" / "1.txt").unlink()
        (own / "b.txt").write_text("b")
    assert has_changed(own, tmp_path / "raw")


def test_a_single_file(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("1")
    copy_own(file, tmp_path / "raw")
    assert not has_changed(file, tmp_path / "raw")
    file.write_text("2")
    assert has_changed(file, tmp_path / "raw")


def test_what_was_compared_is_read_again_only_if_size_or_time_changed(own, tmp_path, monkeypatch):
    copy_own(own, tmp_path / "raw")
    seen = tmp_path / "seen.json"
    assert not has_changed(own, tmp_path / "raw", seen)
    with monkeypatch.context() as patched:
        patched.setattr("filecmp.cmp", None)  # nothing is read
        assert not has_changed(own, tmp_path / "raw", seen)
    os.utime(own / "a" / "1.txt", (1, 1))
    assert not has_changed(own, tmp_path / "raw", seen)  # another time, the same content
    (own / "a" / "1.txt").write_text("One")
    assert has_changed(own, tmp_path / "raw", seen)
    (tmp_path / "raw" / "a" / "1.txt").write_text("One")
    assert not has_changed(own, tmp_path / "raw", seen)
