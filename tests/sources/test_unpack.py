"""A user's archives: unpacked to regular files, whatever they say of themselves."""

import io
import json
import tarfile
import zipfile

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.sources import unpack
from kassandra.sources.folder import copy_own, has_changed

FILES = {"shapes/ö ä/1.png": b"one", "shapes/square/2.png": b"two"}


def zipped(path, files, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | more).items():
            archive.writestr(name, content)
    return path


def tarred(path, mode, files, links=()):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return path


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".kassandra.json"
    }


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("ending", [True, False], ids=["ending", "none"])
def test_an_archive_is_read_as_its_folder(tmp_path, kind, ending):
    path = tmp_path / (f"mine.{kind}" if ending else "mine")
    zipped(path, FILES) if kind == "zip" else tarred(path, f"w:{kind[4:]}", FILES)
    copy_own(path, tmp_path / "raw")
    assert tree(tmp_path / "raw") == FILES
    assert not has_changed(path, tmp_path / "raw")
    zipped(path, {"another": b""})
    assert has_changed(path, tmp_path / "raw")


def test_archives_within_it_are_unpacked_too_and_those_within_these_are_not(tmp_path, capsys):
    deepest = zipped(tmp_path / "deepest.zip", FILES).read_bytes()
    inner = zipped(tmp_path / "train.zip", {"train/1.png": b"one", "train/2.png": b"two"}).read_bytes()
    packed = tarred(tmp_path / "102.tar.gz", "w:gz", {"jpg/1.jpg": b"one", "more.zip": deepest}).read_bytes()
    alone = zipped(tmp_path / "labels.csv.zip", {"labels.csv": b"a,b"}).read_bytes()
    whole = {"train.zip": inner, "x/102.tar.gz": packed, "labels.csv.zip": alone, "note.txt": b"hello"}
    copy_own(zipped(tmp_path / "mine.zip", whole), tmp_path / "raw")
    assert tree(tmp_path / "raw") == {
        "train/1.png": b"one", "train/2.png": b"two", "x/102/jpg/1.jpg": b"one", "x/102/more.zip": deepest,
        "labels.csv": b"a,b", "note.txt": b"hello",
    }  # fmt: skip
    assert "archives within it, unpacked too: labels.csv.zip, train.zip, x/102.tar.gz" in capsys.readouterr().out
    assert not has_changed(tmp_path / "mine.zip", tmp_path / "raw")


def test_what_is_no_folder_stays_a_file(tmp_path):
    book = zipped(tmp_path / "mine.xlsx", {"[Content_Types].xml": b"", "xl/workbook.xml": b""})
    arrays = zipped(tmp_path / "mine.npz", {"a.npy": b""})
    (tmp_path / "mine.csv").write_text("a,b\n" * 1000)
    for path in (book, arrays, tmp_path / "mine.csv"):
        assert not unpack.is_archive(path)


@pytest.mark.faults
def test_nothing_leaves_the_folder(tmp_path, capsys):
    bad = {"../evil": b"1", "/evil": b"1", "a/../../evil": b"1", "C:\\evil": b"1"}
    path = tarred(tmp_path / "mine.tar", "w", FILES | bad, links=["passwd"])
    copy_own(path, tmp_path / "data" / "raw")
    assert tree(tmp_path / "data" / "raw") == FILES
    record = json.loads((tmp_path / "data" / "raw" / ".kassandra.json").read_text())
    assert record["left_out"] == {"paths that lead out of the archive": 4, "links or devices in the archive": 1}
    assert "paths that lead out of the archive: 4 left out (../evil, /evil" in capsys.readouterr().out
    assert not list(tmp_path.rglob("*evil*"))
    copy_own(zipped(tmp_path / "mine.zip", FILES | bad), tmp_path / "data" / "raw")
    assert tree(tmp_path / "data" / "raw") == FILES


@pytest.mark.faults
def test_bombs_and_damage(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "LARGEST", 100_000)
    for path in (
        zipped(tmp_path / "bomb.zip", {"zeros": bytes(10_000_000)}),
        tarred(tmp_path / "bomb.tar.gz", "w:gz", {"zeros": bytes(10_000_000)}),
    ):
        with pytest.raises(KassandraError, match=r"unpacks to more than [\d,]+ bytes; unpack it yourself"):
            copy_own(path, tmp_path / "raw")
        assert not (tmp_path / "raw").exists()
    bomb = (tmp_path / "bomb.zip").read_bytes()
    with pytest.raises(KassandraError, match=r"nested.zip, inner.zip in it: unpacks to more than [\d,]+ bytes"):
        copy_own(zipped(tmp_path / "nested.zip", {"inner.zip": bomb}), tmp_path / "raw")
    whole = zipped(tmp_path / "whole.zip", {"noise": b"abc" * 1000}).read_bytes()
    (tmp_path / "flipped.zip").write_bytes(whole[:40] + bytes([whole[40] ^ 255]) + whole[41:])
    with pytest.raises(KassandraError, match=r"^source.path: .*flipped.zip: cannot be unpacked \("):
        copy_own(tmp_path / "flipped.zip", tmp_path / "raw")
    packed = tarred(tmp_path / "whole.tar", "w", {"noise": b"abc" * 10_000}).read_bytes()
    (tmp_path / "cut.tar").write_bytes(packed[:5000])
    with pytest.raises(KassandraError, match=r"cut\.tar"):
        copy_own(tmp_path / "cut.tar", tmp_path / "raw")
    with pytest.raises(KassandraError, match=r"none.zip: this archive holds no files"):
        copy_own(zipped(tmp_path / "none.zip", {}), tmp_path / "raw")
