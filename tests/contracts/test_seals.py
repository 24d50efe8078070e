"""Formats without a checksum hold one of their content: a flipped bit is reported, and gives no other number."""

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import read_json, read_tensors, sha256, write_json, write_tensors
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.tables import _seal, read_table, write_table

pytestmark = pytest.mark.faults


def test_a_seal_is_of_the_content_and_is_not_read(tmp_path):
    path, value = tmp_path / "a.json", {"größe": [1, 0.1, (2, "∑")], 3: float("nan")}
    write_json(path, value, sealed=True)
    read = read_json(path)
    assert list(read) == ["größe", "3"]
    assert read["größe"] == [1, 0.1, [2, "∑"]]
    good = path.read_text(encoding="utf-8")
    for old, new in (("0.1", "0.3"), ('"3"', '"7"'), ("∑", "Σ"), ("größe", "grösse")):
        path.write_text(good.replace(old, new), encoding="utf-8")
        with pytest.raises(KassandraError, match=r"a.json: damaged \(its content is not what was written\); delete it"):
            read_json(path)


TENSORS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array(3, np.int64),
    "none": np.zeros((0, 2), np.uint8),
}


def test_tensors(tmp_path):
    path = tmp_path / "a.safetensors"
    assert write_tensors(path, TENSORS, why="so") == sha256(path)
    read, printed = read_tensors(path)
    assert printed == {"why": "so"}
    assert {name: (array.dtype, array.tolist()) for name, array in read.items()} == {
        name: (array.dtype, array.tolist()) for name, array in TENSORS.items()
    }
    write_tensors(tmp_path / "b.safetensors", TENSORS)
    write_tensors(tmp_path / "c.safetensors", dict(reversed(TENSORS.items())))
    assert (tmp_path / "b.safetensors").read_bytes() == (tmp_path / "c.safetensors").read_bytes()


def test_any_flipped_bit_of_tensors_is_reported_or_does_no_harm(tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors(path, TENSORS, why="so")
    good, reported = path.read_bytes(), 0
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
        try:
            read, printed = read_tensors(path)
        except KassandraError:
            reported += 1
        else:
            assert printed["why"] == "so"
            assert {name: array.tolist() for name, array in read.items()} == {
                name: array.tolist() for name, array in TENSORS.items()
            }
    assert reported > 0.8 * len(good)


def test_any_flipped_bit_of_a_table_is_reported_or_does_no_harm(tmp_path):
    path = tmp_path / "a.parquet"
    table = pd.DataFrame({"majority class": [0, 1] * 50, "another": ["yes", "no"] * 50, "loss": np.linspace(0, 1, 100)})
    write_table(path, table)
    pd.testing.assert_frame_equal(read_table(path), table)
    good, reported = path.read_bytes(), 0
    for place in range(0, len(good), 3):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
        try:
            read = read_table(path)
        except KassandraError:
            reported += 1
        else:
            pd.testing.assert_frame_equal(read, table)
    assert reported > len(good) / 3 / 4


def test_lists_in_a_table(tmp_path):
    path = tmp_path / "a.parquet"
    table = pd.DataFrame({"counts": [[1, 2], [3], []], "name": ["a", "b", "c"]})
    write_table(path, table)
    assert [list(counts) for counts in read_table(path)["counts"]] == [[1, 2], [3], []]
    seal = _seal(table)
    for counts in ([[1, 2], [4], []], [[1], [2, 3], []], [[1, 2], [3], [0]]):
        assert _seal(table.assign(counts=counts)) != seal


def test_what_has_no_seal_is_read(tmp_path):
    """As models that others have made, or an earlier version."""
    table = pd.DataFrame({"a": [1, 2]})
    table.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.parquet"), table)
    write_json(tmp_path / "a.json", {"a": 1})
    assert read_json(tmp_path / "a.json") == {"a": 1}
    assert "sha256" not in (tmp_path / "a.json").read_text()
