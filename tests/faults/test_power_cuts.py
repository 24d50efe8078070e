"""After a power cut a file is the old one or the new one: what has a name is on the disk, before the old one goes."""

import os
from pathlib import Path

import numpy as np
import pytest

from kassandra.contracts import artifacts, tables
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


def test_a_copy_is_on_the_disk_before_it_is_named(order, tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("1.txt", "2.txt"):
        (tmp_path / "mine" / name).write_text(name)
    copy_own(tmp_path / "mine", tmp_path / "raw" / "a")
    copied = {("disk", path.stat().st_ino) for path in (tmp_path / "raw" / "a").iterdir()}
    named = order.index(("name", (tmp_path / "raw" / "a").stat().st_ino))
    assert copied <= set(order[:named])
    assert order[-1] == ("disk", (tmp_path / "raw").stat().st_ino)


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
