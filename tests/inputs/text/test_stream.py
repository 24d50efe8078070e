"""One long text, or one that comes in parts: which files those are."""

import gzip

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare.stream import read
from kassandra.params.inputs.text import StreamPrepare
from kassandra.params.sections.table_file import OwnFile


def stream(raw, **how):
    return read(raw, OwnFile(path="mine", **how), StreamPrepare()).parts


def write(folder, **texts):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("folder", ["", "wiki/text"])
def test_a_text_that_comes_in_splits(tmp_path, folder):
    texts = {name: f"{name} is what this is.\n" * 9 for name in ("test", "train", "valid")}
    write(tmp_path / folder, **texts)
    (tmp_path / ".hidden").write_text("nothing")
    assert stream(tmp_path) == texts
    assert list(stream(tmp_path)) == ["train", "valid", "test"]


def test_a_byte_order_mark_and_ends_of_lines_are_no_characters(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"\xef\xbb\xbf" + "Öl\r\n".encode() * 1000)
    assert set("".join(stream(tmp_path).values())) == {"Ö", "l", "\n"}


def test_another_encoding_is_said(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"caf\xe9 " * 900)
    with pytest.raises(KassandraError, match=r"mine.txt: byte 3 is not UTF-8; say its encoding, perhaps .*: latin-1`$"):
        stream(tmp_path)
    assert stream(tmp_path, encoding="latin-1") == {"all": "café " * 900}
    (tmp_path / "mine.txt").write_bytes(b"\x93quoted\x94 " * 900)
    with pytest.raises(KassandraError, match=r"perhaps `source.encoding: cp1252`$"):
        stream(tmp_path)
    (tmp_path / "mine.txt").write_bytes("text".encode("utf-16"))
    with pytest.raises(KassandraError, match=r"UTF-16, not UTF-8; say `source.encoding: utf-16`$"):
        stream(tmp_path)
    assert stream(tmp_path, encoding="utf-16") == {"all": "text"}
    (tmp_path / "mine.txt").write_bytes("text".encode("utf-16-le"))
    with pytest.raises(KassandraError, match=r"a NUL character, which no text has"):
        stream(tmp_path)


def test_the_texts_of_a_folder_follow_each_other(tmp_path):
    write(tmp_path / "books", **{"chapter 10": "ten", "chapter 2": "two\n", "README": "about"})
    (tmp_path / "books" / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._chapter 2.txt").write_bytes(b"\0")
    done = read(tmp_path, OwnFile(path="mine"), StreamPrepare())
    assert done.parts == {"all": "two\n\nten"}
    assert f"{tmp_path}: 2 texts, one after another: books/chapter 2.txt, books/chapter 10.txt" in done.message
    assert done.meta["left_out"] == {
        "files in folders that begin with _": 1, "files that are no texts": 1, "files about the texts": 1,
    }  # fmt: skip


@pytest.mark.parametrize("names", [["train/a", "train/b", "val/a"], ["train", "dev"]], ids=str)
def test_some_splits_by_folder_or_by_name(tmp_path, names):
    for name in names:
        write((tmp_path / name).parent, **{name.rpartition("/")[2]: name})
    (tmp_path / "notes.md").write_text("left out")
    done = read(tmp_path, OwnFile(path="mine"), StreamPrepare())
    train = "\n".join(name for name in names if name.startswith("train"))
    assert done.parts == {"train": train, "valid": names[-1]}
    assert done.meta["left_out"] == {"texts beside train, valid and test": 1}


def test_packed_by_gzip(tmp_path):
    (tmp_path / "mine.txt.gz").write_bytes(gzip.compress("Öl\r\n".encode() * 10))
    assert stream(tmp_path) == {"all": "Öl\n" * 10}
    (tmp_path / "mine.txt.gz").write_bytes(gzip.compress(b"text" * 10)[:-9])
    with pytest.raises(KassandraError, match=r"mine.txt.gz: cannot be read: "):
        stream(tmp_path)


def test_no_text(tmp_path):
    with pytest.raises(KassandraError, match=r"^source.path: expected a text, or a folder of texts"):
        stream(tmp_path)
    for name in ("a.jpg", "b.csv"):
        (tmp_path / name).write_bytes(b"none")
    with pytest.raises(KassandraError, match=r"or a folder of texts \(.txt\); found a.jpg, b.csv$"):
        stream(tmp_path)


def test_a_text_that_cannot_be_read_is_left_out_of_many(tmp_path):
    write(tmp_path, **{f"{number:03}": f"text {number}" for number in range(99)})
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9")
    done = read(tmp_path, OwnFile(path="mine"), StreamPrepare())
    assert done.parts["all"].count("text") == 99
    assert done.meta["texts"] == {"all": 99}
    assert done.meta["skipped"]["files"] == 1
    assert "1 of 100 texts (1.0%) cannot be used" in done.message
    (tmp_path / "000.txt").unlink()
    with pytest.raises(KassandraError, match=r"^1 of 99 texts \(1.0%\) cannot be used: .*bad.txt: byte 3 is not UTF-8"):
        stream(tmp_path)
