"""Arrays that stay on disk: the same as when they are read, and a damaged file is reported."""

import io
import zipfile

import numpy as np
import pytest

from kassandra.contracts.artifacts import map_arrays, read_arrays, write_arrays
from kassandra.contracts.errors import KassandraError

ARRAYS = {
    "ids": np.arange(60, dtype=np.int32).reshape(3, 5, 4),
    "offsets": np.array([2, 0, 1], dtype=np.int64),
    "text": np.frombuffer("größe".encode(), np.uint8),
    "none": np.zeros((0, 7), dtype=np.float32),
    "one": np.array(3.5),
}
DAMAGED = (
    r"a.npz: damaged \(.*\); delete it, then `dvc checkout` or `dvc repro` restores it; should it come back damaged, "
)


@pytest.fixture
def path(tmp_path):
    write_arrays(tmp_path / "a.npz", **ARRAYS)
    return tmp_path / "a.npz"


def test_the_same_as_read(path):
    mapped, read = map_arrays(path), read_arrays(path)
    assert list(mapped) == list(read) == list(ARRAYS)
    for name, array in read.items():
        assert (mapped[name].dtype, mapped[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(mapped[name], array)


def test_they_stay_on_disk_and_are_not_written_to(path):
    arrays = map_arrays(path)
    assert {name for name, array in arrays.items() if isinstance(array, np.memmap)} == set(ARRAYS) - {"none"}
    before = path.read_bytes()
    with pytest.raises(ValueError, match="read-only"):
        arrays["ids"][0] = 1
    del arrays
    assert path.read_bytes() == before


def test_large_names_and_sizes(tmp_path):
    """The header of a member is as long as it likes to be."""
    arrays = {"n" * length: np.arange(length, dtype=np.uint8) for length in (1, 50, 200)}
    write_arrays(tmp_path / "b.npz", **arrays)
    for name, array in map_arrays(tmp_path / "b.npz").items():
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.faults
def test_missing(tmp_path):
    with pytest.raises(KassandraError, match=r"none.npz: no such file; `dvc repro` makes it"):
        map_arrays(tmp_path / "none.npz")


@pytest.mark.faults
def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.npz").mkdir()
    with pytest.raises(KassandraError, match=r"a.npz: damaged \(.*Is a directory"):
        map_arrays(tmp_path / "a.npz")


@pytest.mark.faults
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0", b"PK\3\4 nonsense", b"\x93NUMPY nonsense"], ids=str)
def test_damaged(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(KassandraError, match=DAMAGED):
        map_arrays(tmp_path / "a.npz")


@pytest.mark.faults
def test_cut_short_anywhere(path):
    good = path.read_bytes()
    for end in range(0, len(good) - 1, max(1, len(good) // 40)):
        path.write_bytes(good[:end])
        with pytest.raises(KassandraError, match=DAMAGED):
            map_arrays(path)


@pytest.mark.faults
@pytest.mark.parametrize("write", [np.savez_compressed, np.savez], ids=["compressed", "objects"])
def test_what_cannot_be_mapped(tmp_path, write):
    with (tmp_path / "a.npz").open("wb") as file:
        write(file, ids=np.arange(3) if write is np.savez_compressed else np.array([{}, None]))
    with pytest.raises(KassandraError, match=r"a.npz: damaged \(ids.npy (is compressed|holds objects)\)"):
        map_arrays(tmp_path / "a.npz")


def test_by_columns(tmp_path):
    columns = np.asfortranarray(np.arange(6).reshape(2, 3))
    write_arrays(tmp_path / "a.npz", ids=columns)
    np.testing.assert_array_equal(map_arrays(tmp_path / "a.npz")["ids"], columns)


@pytest.mark.faults
def test_an_array_that_is_not_there(path):
    with pytest.raises(KassandraError, match=r"a.npz: damaged \(it holds no array 'labels'\)"):
        read_arrays(path)["labels"]


@pytest.mark.faults
def test_what_is_no_array(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as members:
        members.writestr("data.pkl", b"anything")
    with pytest.raises(KassandraError, match=DAMAGED):
        read_arrays(tmp_path / "a.npz")


def test_another_version_of_the_format(tmp_path):
    content = io.BytesIO()
    np.lib.format.write_array(content, np.arange(3), version=(2, 0))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as members:
        members.writestr("ids.npy", content.getvalue())
    with pytest.raises(KassandraError, match=DAMAGED):
        map_arrays(tmp_path / "a.npz")


@pytest.mark.faults
@pytest.mark.parametrize("flip", [0x20, *(pytest.param(flip, marks=pytest.mark.slow) for flip in (0x01, 0x55, 0xFF))])
def test_a_flipped_byte_is_reported_or_does_no_harm(path, flip):
    good, reported = path.read_bytes(), 0
    for place in range(flip % 13, len(good), 13):
        path.write_bytes(good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :])
        try:
            found = map_arrays(path)
        except KassandraError:
            reported += 1
        else:
            for name in set(ARRAYS) & set(found):
                np.testing.assert_array_equal(found[name], ARRAYS[name])
    assert reported > 10
