"""One long text, or one that comes in parts: which files those are."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare.stream import read
from kassandra.params.inputs.text import StreamPrepare
from kassandra.params.sections.kind import Source


def stream(raw):
    return read(raw, Source(path="mine"), StreamPrepare())


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


def test_not_utf_8(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"caf\xe9 " * 900)
    with pytest.raises(KassandraError, match=r"mine.txt: byte 3 is not UTF-8; `iconv -f LATIN1 -t UTF-8` converts"):
        stream(tmp_path)


@pytest.mark.parametrize("names", [[], ["a", "b"], ["train", "test"], ["train", "valid", "test", "more"]], ids=str)
def test_other_files(tmp_path, names):
    write(tmp_path, **dict.fromkeys(names, "text" * 999))
    found = [f"{name}.txt" for name in sorted(names)]
    text = f"source.path: expected one text, or a folder with train.txt, valid.txt and test.txt; found {found}"
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
        stream(tmp_path)
