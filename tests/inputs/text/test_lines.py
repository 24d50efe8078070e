"""Texts of the command line or of standard input: what is no UTF-8 is reported by its line."""

import io

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.show.own_pairs import texts


@pytest.fixture
def piped(monkeypatch):
    """Puts bytes on standard input, in a locale that is not UTF-8."""

    def piped(content):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))

    return piped


def test_given_or_piped(piped):
    piped("\ufeffÀ toi.\r\n\n  Là.  ".encode())  # the mark of some editors is no part of the first text
    assert list(texts([])) == ["À toi.", "", "Là."]
    assert list(texts([" a ", ""])) == ["a", ""]


@pytest.mark.parametrize(
    ("content", "printed"),
    [
        (b"Hi.\n\nCaf\xe9.\n", "line 3: not UTF-8; convert it, as by `iconv -f LATIN1 -t UTF-8`"),
        ("Hi.".encode("utf-16"), "line 1: UTF-16, not UTF-8; convert it, as by `iconv -f UTF-16 -t UTF-8`"),
        ("Hi.\n".encode("utf-16-le"), "line 1: a NUL character, as in UTF-16 without a mark; convert it, .*"),
        (b"Hi.\n" + b"x" * 99, "line 2: 99 characters, more than 50; give it in parts, a line each"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_reported_by_its_line(piped, content, printed):
    piped(content)
    with pytest.raises(KassandraError, match=f"^{printed}$"):
        list(texts([], longest=50))


def test_what_is_given_is_reported_by_its_number():
    with pytest.raises(KassandraError, match=r"^text 2: not UTF-8; "):
        list(texts(["Hi.", b"Caf\xe9".decode("utf-8", "surrogateescape")]))
