"""Files that stages hand to each other: whole or not at all, the same bytes, never a pickle."""

import errno
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kassandra.contracts.artifacts import (
    missing,
    no_model,
    read_arrays,
    read_json,
    read_tensors,
    sha256,
    whole,
    write_arrays,
    write_json,
)
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.tables import read_table, write_table

ARRAYS = {
    "images": np.arange(60, dtype=np.uint8).reshape(3, 5, 4),
    "labels": np.array([2, 0, 1], dtype=np.int64),
    "none": np.zeros((0, 7), dtype=np.float32),
}
READERS = {
    "a.json": read_json,
    "a.npz": read_arrays,
    "a.safetensors": read_tensors,
    "a.csv": read_table,
    "a.parquet": read_table,
}


def test_whole_replaces_at_the_end(tmp_path):
    path = tmp_path / "new folder" / "file"
    with whole(path) as partial:
        partial.write_text("first")
        assert not path.exists()
    with whole(path) as partial:
        partial.write_text("second")
        assert path.read_text() == "first"
        assert partial.parent == path.parent  # so that renaming it copies nothing
    assert path.read_text() == "second"
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_whoever_reads_the_old_file_reads_it_to_its_end(tmp_path):
    path = tmp_path / "file"
    path.write_text("old, every line of it")
    with path.open("rb", buffering=0) as reading:
        assert reading.read(3) == b"old"
        with whole(path) as partial:
            partial.write_text("new")
        assert reading.read() == b", every line of it"


@pytest.mark.faults
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_whole_leaves_the_old_file(tmp_path, failure):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(failure), whole(path) as partial:  # noqa: PT012
        partial.write_text("hal")
        raise failure
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.faults
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EFBIG])
def test_what_cannot_be_written_is_reported_and_the_old_file_stays(tmp_path, number):
    path = tmp_path / "file"
    path.write_text("old")
    sentence = (
        rf"file: cannot be written \({os.strerror(number)}\); make room or grant the rights .* nothing .* is lost$"
    )
    with pytest.raises(KassandraError, match=sentence), whole(path) as partial:  # noqa: PT012
        partial.write_text("hal")
        raise OSError(number, os.strerror(number))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.faults
def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KassandraError, match=r"a\.json: cannot be written \(File exists\)"):
        write_json(tmp_path / "file" / "a.json", {})


@pytest.mark.faults
def test_what_the_killed_left_goes_and_what_the_living_write_stays(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "file [1].json"
    left, living, other = (tmp_path / f".{name}.part" for name in (
        f"{path.name}.{ended.pid}", f"{path.name}.{os.getppid()}", f"other.json.{ended.pid}"
    ))  # fmt: skip
    for partial in (left, living, other):
        partial.write_text("hal")
    write_json(path, {})
    assert sorted(tmp_path.iterdir()) == sorted([path, living, other])


@pytest.mark.faults
def test_writers_leave_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", {"good": 1})
    write_arrays(tmp_path / "a.npz", **ARRAYS)
    write_table(tmp_path / "a.csv", [{"good": 1}])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"good": 2, "bad": object()})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        write_arrays(tmp_path / "a.npz", good=np.zeros(3), bad=np.array([{}, None]))
    with pytest.raises(ValueError):
        write_table(tmp_path / "a.csv", {"unequal": [1], "lengths": [1, 2]})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_json(tmp_path):
    value = {"größe": [1, 2.5, None, True, "∑"], "deep": {"er": {}}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "größe" in text
    assert text.endswith("}\n")


def test_arrays(tmp_path):
    write_arrays(tmp_path / "a.npz", **ARRAYS)
    read = read_arrays(tmp_path / "a.npz")
    assert list(read) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_equal_arrays_have_equal_bytes(tmp_path, monkeypatch):
    write_arrays(tmp_path / "a.npz", **ARRAYS)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1e8)  # three years later
    write_arrays(tmp_path / "b.npz", **{name: array.copy() for name, array in ARRAYS.items()})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    write_arrays(tmp_path / "b.npz", **ARRAYS | {"labels": np.array([2, 0, 3])})
    assert (tmp_path / "a.npz").read_bytes() != (tmp_path / "b.npz").read_bytes()


class Trap:
    """Unpickling it makes the file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))


@pytest.mark.faults
def test_pickles_are_never_loaded(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.savez(file, labels=np.arange(3), trap=np.array([Trap(tmp_path / "sprung")]))
    with pytest.raises(KassandraError, match=r"a.npz: damaged \(trap.npy holds objects\)"):
        read_arrays(tmp_path / "a.npz")
    np.array([Trap(tmp_path / "sprung")]).dump(tmp_path / "b.npz")
    with pytest.raises(KassandraError, match=r"b.npz: damaged"):
        read_arrays(tmp_path / "b.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.faults
@pytest.mark.parametrize("name", READERS)
def test_missing(tmp_path, name):
    text = rf"{name}: no such file; `dvc repro` makes it, `dvc pull` fetches it where a remote is set up$"
    with pytest.raises(KassandraError, match=text):
        READERS[name](tmp_path / name)
    with pytest.raises(KassandraError, match=text):
        READERS[name](tmp_path / "no folder" / name)


DAMAGED = [(name, content) for name in READERS for content in (b"", b"\xff\xfe\0", b"PK\3\4 nonsense")]
DAMAGED.remove(("a.csv", b"PK\3\4 nonsense"))  # any line of text is a table without rows


@pytest.mark.faults
@pytest.mark.parametrize(("name", "content"), DAMAGED)
def test_damaged(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        KassandraError, match=rf"{name}: damaged \(.*\); delete it, then `dvc checkout` or `dvc repro` re"
    ):
        READERS[name](tmp_path / name)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["a.json", "a.npz", "a.csv"])
def test_a_folder_is_no_file(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(KassandraError, match=rf"{name}: damaged \(.*Is a directory"):
        READERS[name](tmp_path / name)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["a.json", "a.npz", "a.parquet"])
def test_cut_short_anywhere(tmp_path, name):
    path = tmp_path / name
    if name == "a.json":
        write_json(path, {"some": ["thing"]})
    elif name == "a.npz":
        write_arrays(path, **ARRAYS)
    else:
        write_table(path, [{"target": 1}, {"target": 2}])
    good = path.read_bytes()
    for end in range(0, len(good) - 1, max(1, len(good) // 40)):
        path.write_bytes(good[:end])
        with pytest.raises(KassandraError, match="damaged"):
            READERS[name](path)


@pytest.mark.faults
def test_a_flipped_byte_is_noticed_or_does_no_harm(tmp_path):
    path = tmp_path / "a.npz"
    write_arrays(path, **ARRAYS)
    good, refusals = path.read_bytes(), 0
    for place in range(0, len(good), 11):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :])
        try:
            read = read_arrays(path)
        except KassandraError:
            refusals += 1
        else:
            for name in set(ARRAYS) & set(read):
                np.testing.assert_array_equal(read[name], ARRAYS[name])
    assert refusals > len(good) / 11 / 2


@pytest.mark.faults
def test_an_array_alone_is_not_what_is_asked_for(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(KassandraError, match=r"a.npz: damaged"):
        read_arrays(tmp_path / "a.npz")


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"kassandra")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"kassandra").hexdigest()


REMOTE = "['remote \"s\"']\n    url = /elsewhere\n"
LOCKED = "stages:\n  train@mine:\n    outs:\n    - path: data/models/a\n"


@pytest.mark.parametrize(
    ("path", "config", "sentence"),
    [
        ("data/models/a/x", REMOTE, " here; `dvc pull evaluate@a` fetches it, or `dvc repro evaluate@a` makes it"),
        ("data/models/a/x", "", " here; `dvc checkout` restores it from DVC's cache, `dvc repro evaluate@a` makes it"),
        ("data/baselines/a.parquet", REMOTE, ", as it was never made; `make repro NAME=a` makes it"),
        ("metrics/a/test.json", "", "; `make repro NAME=a` makes it, or `git checkout` restores it"),
    ],
)  # fmt: skip
def test_what_brings_a_file_that_is_missing(path, config, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text(config)
    (tmp_path / "dvc.lock").write_text(LOCKED)
    assert str(missing(Path(path))) == f"{path}: no such file{sentence}"
    assert str(no_model(Path("data/models/a"))) == str(missing(Path("data/models/a/model.json")))
    assert str(no_model(Path("data/models/b"))).startswith(
        "data/models/b: no such folder; give one that training wrote"
    )
