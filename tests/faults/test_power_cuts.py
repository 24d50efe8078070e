"""After a power cut a file is the old one or the new one: what has a name is on the disk, before the old one goes."""

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from kassandra.contracts import artifacts, tables
from kassandra.sources.catalogue import Content, Dataset
from kassandra.sources.fetch import fetch_dataset
from kassandra.sources.folder import copy_own

pytestmark = pytest.mark.faults

WRITERS = {
    "json": lambda path: artifacts.write_json(path, {"a": 1}),
    "arrays": lambda path: artifacts.write_arrays(path, a=np.arange(3)),
    "tensors": lambda path: artifacts.write_tensors(path, {"a": np.arange(3.0)}),
    "csv": lambda path: tables.write_table(path.with_suffix(".csv"), [{"a": 1}]),
    "parquet": lambda path: tables.write_table(path.with_suffix(".parquet"), [{"a": 1}]),
}


@pytest.fixture
def order(monkeypatch):
    """What was put on the disk, and what was renamed, by inode, in order."""
    order, fsync, rename = [], os.fsync, os.rename
    replace = os.replace

    def synced(opened):
        order.append(("disk", os.fstat(opened).st_ino))
        fsync(opened)

    def renaming(how):
        def renamed(source, target, **more):
            order.append(("name", Path(source).stat().st_ino))
            how(source, target, **more)

        return renamed

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renaming(rename))
    monkeypatch.setattr(os, "replace", renaming(replace))
    return order


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_is_on_the_disk_before_it_is_named_and_its_name_after(kind, order, tmp_path):
    WRITERS[kind](tmp_path / "a")
    (path,) = tmp_path.iterdir()
    file = path.stat().st_ino
    assert order == [("disk", file), ("name", file), ("disk", tmp_path.stat().st_ino)]


def folder_of_mine(tmp_path, goal):
    (tmp_path / "mine").mkdir()
    for name in ("1.txt", "2.txt"):
        (tmp_path / "mine" / name).write_text(name)
    copy_own(tmp_path / "mine", goal)


def archive_of_mine(tmp_path, goal):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for name in ("1.txt", "a/2.txt"):
            archive.writestr(name, name)
    copy_own(tmp_path / "mine.zip", goal)


def data_set(tmp_path, goal):
    bodies = {name: name.encode() for name in ("1.txt", "2.txt")}
    files = [Content(name=name, bytes=5, sha256=hashlib.sha256(body).hexdigest()) for name, body in bodies.items()]
    (tmp_path / "toy").mkdir()
    for name, body in bodies.items():
        (tmp_path / "toy" / name).write_bytes(body)
    entry = Dataset(description="made up", licence="nobody's", files=files)
    fetch_dataset("toy", goal, catalogue={"toy": entry})


@pytest.mark.parametrize("bring", [folder_of_mine, archive_of_mine, data_set])
def test_raw_data_are_on_the_disk_before_they_are_named(bring, order, tmp_path, monkeypatch):
    monkeypatch.setenv("KASSANDRA_MIRROR", str(tmp_path))
    goal = tmp_path / "raw" / "a"
    bring(tmp_path, goal)
    copied = {("disk", path.stat().st_ino) for path in goal.rglob("*") if path.is_file()}
    assert len(copied) >= 2
    assert copied <= set(order[: order.index(("name", goal.stat().st_ino))])
    assert order[-1] == ("disk", goal.parent.stat().st_ino)


def test_what_is_empty_after_a_power_cut_is_named(tmp_path):
    """As file systems leave what was named before it was on the disk."""
    for name in ("a.json", "a.npz", "a.safetensors"):
        (tmp_path / name).touch()
    for read, name in (
        (artifacts.read_json, "a.json"),
        (artifacts.read_arrays, "a.npz"),
        (artifacts.read_tensors, "a.safetensors"),
    ):
        with pytest.raises(artifacts.KassandraError, match=rf"{name}: damaged \(.*\); delete it, then `dvc checkout`"):
            read(tmp_path / name)
