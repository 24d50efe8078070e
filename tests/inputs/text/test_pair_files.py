"""Pairs of sentences as files have them: what is kept, what is refused, and where it is reported."""

import gzip
import re
import unicodedata
from pathlib import Path

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Pair
from kassandra.inputs.text.prepare.pairs import REASONS, aligned, columns, content_of


@pytest.fixture
def read(tmp_path):
    """Lines of bytes or text as the columns of a file."""

    def read(*lines, max_ratio=4.0):
        content = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        return columns(content, tmp_path / "mine.tsv", max_ratio)

    return read


@pytest.fixture
def beside(tmp_path):
    """Lines as two files that go line by line."""

    def beside(german, english, max_ratio=4.0):
        for name, content in (("x.de", german), ("x.en", english)):
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return aligned(tmp_path / "x.de", tmp_path / "x.en", max_ratio)

    return beside


def refused(call, text):
    with pytest.raises(KassandraError, match=f"^{text}$"):
        call()


def test_columns_are_parted_by_the_first_tab_and_end_at_the_second(read):
    done = read("Hi.\tSalut !\tCC-BY (CM)\t9", "A, \"b\"; c\tUn, 'b' ; c", "", " \t ", "Go.\tVa !\r")
    assert done.pairs == {
        Pair("Hi.", "Salut !"): "mine.tsv:1", Pair('A, "b"; c', "Un, 'b' ; c"): "mine.tsv:2",
        Pair("Go.", "Va !"): "mine.tsv:5",
    }  # fmt: skip
    assert (done.refused, done.message) == ([], "")


def test_the_mark_of_utf_8_is_no_part_of_the_first_sentence(read):
    assert read(b"\xef\xbb\xbfHi.\tSalut !").pairs == {Pair("Hi.", "Salut !"): "mine.tsv:1"}


def test_a_line_ends_at_its_line_feed_alone(beside):
    """Other characters that Unicode counts as ends of lines stand within sentences, and would shift what follows."""
    done = beside("a\u2028b\x0bc\n\x85d\n", "one\ntwo\u2029three")
    assert list(done.pairs) == [Pair("a b c", "one"), Pair("d", "two three")]


def seen(text):
    return any(unicodedata.category(sign)[0] not in "CZ" for sign in text)


@given(st.text(st.characters(exclude_characters="\n\t\0", exclude_categories=["Cs"]), min_size=1).filter(seen))
def test_a_sentence_is_kept_but_for_white_space_and_normal_form(text):
    _, pair = columns(f"one\tun\n{text}\t{text}\n".encode(), Path("mine.tsv"), 4.0).pairs
    assert pair.source == pair.target == " ".join(pair.source.split())
    assert unicodedata.is_normalized("NFC", pair.source)
    bare = "".join(text.split())
    assert unicodedata.normalize("NFD", "".join(pair.source.split())) == unicodedata.normalize("NFD", bare)


@pytest.mark.parametrize("space", ["\u202f", "\u00a0", "\u2009", "  "])
def test_scores_take_all_white_space_for_the_same(space):
    """So that references with plain spaces are scored as those with the spaces of their writers."""
    text = "« Où vas-tu ? » dit-il ; 10 000 fois !"
    for hypothesis in (text, "Où vas-tu ? dit-il, cent fois !"):
        for score in (sacrebleu.corpus_bleu, sacrebleu.corpus_chrf):
            one, other = (score([hypothesis], [[reference]]) for reference in (text, text.replace(" ", space)))
            assert one.score == other.score


def test_each_reason_is_reported_with_its_lines(read):
    good = [f"Sentence {number}.\tPhrase {number}." for number in range(9)]
    lines = [
        *good,
        b"caf\xe9\tx",
        "a\0b\tx",
        "\tx",
        "x\t \u200b\u00a0",
        "a\t" + "b" * 22,
        good[3],
        good[3] + "\tby someone",
    ]
    done = read(*lines)
    assert len(done.pairs) == 9
    assert [(one.line, one.reason) for one in done.refused] == [
        (10, "not UTF-8"), (11, "NUL character"), (12, "empty"), (13, "empty"), (14, "one side much longer"),
        (15, "repeated"), (16, "repeated"),
    ]  # fmt: skip
    assert {one.reason for one in done.refused} == set(REASONS)
    assert done.message.endswith(
        "mine.tsv: 7 of 16 rows refused: 2 × empty (lines 12, 13); 2 × repeated (lines 15, 16); "
        "1 × not UTF-8 (line 10); 1 × NUL character (line 11); 1 × one side much longer (line 14)"
    )


def test_of_pairs_only_the_whole_repeated_is_refused(read):
    assert len(read("Hi.\tSalut !", "Hi.\tSalut.", "Hi!\tSalut !").pairs) == 3
    spaces = read("Hi.\tSalut !", "Hi.\tSalut\u202f!")
    assert [one.reason for one in spaces.refused] == ["repeated"]  # once cleaned, it is the same


@pytest.mark.parametrize(
    ("short", "long", "good"),
    [(20, 79, True), (20, 80, False), (19, 39, True), (1, 21, True), (1, 22, False), (5, 25, True), (6, 27, False)],
)
def test_one_side_much_longer(read, short, long, good):
    """Of sides shorter than 20 characters, the difference has to be more than 20."""
    for pair in (("a" * short, "b" * long), ("a" * long, "b" * short)):
        done = read("\t".join(pair), "Hi.\tSalut !")
        assert len(done.pairs) == 1 + good


def test_max_ratio(read):
    long = "a" * 30 + "\t" + "b" * 50
    assert [len(read(long, "Hi.\tSalut !", max_ratio=ratio).pairs) for ratio in (1.6, 1.7)] == [1, 2]


def test_mistakes_in_columns(read):
    refused(
        lambda: read("Hi.\tSalut !", "", "Go.,Va !"),
        ".*mine.tsv: line 3: no tab in 'Go.,Va !'; a line is a sentence, a tab, and the sentence in the other language",
    )
    refused(lambda: read("a" * 99), rf".*: line 1: no tab in '{'a' * 60}…'; .*")
    refused(
        lambda: read("12\tHi.\t345\tSalut !", "13\tGo.\t346\tVa !"),
        ".*mine.tsv: the first column holds numbers; `cut -f` takes the two columns with sentences",
    )
    refused(lambda: read("id\ten\tfr", "12\tHi.\tSalut !", "13\tGo.\tVa !"), ".*: the first column holds numbers; .*")
    assert len(read("12\t12", "13\tthirteen").pairs) == 2  # two columns: these are the sentences
    assert len(read("7\tsept\tby someone", "Hi.\tSalut !\tby someone").pairs) == 2
    refused(
        lambda: read("English\tFrench\tAttribution", "Hi.\tSalut !\tby someone"),
        r".*: line 1: \['English', 'French'\] are names of columns, not a pair; delete that line",
    )
    assert len(read("Hi.\tSalut !", "English\tFrench").pairs) == 2  # not in the first line
    refused(
        lambda: read(b"Hi.\tSalut !\rGo.\tVa !\r"), ".*: lines end in carriage returns alone; convert it, as by `tr .*`"
    )
    refused(lambda: read(b""), ".*mine.tsv: there is nothing in it")
    refused(lambda: read("a\t", "\tb"), r".*: 2 of 2 rows refused: 2 × empty \(lines 1, 2\); no line is good")
    refused(lambda: read("Hi.\tSalut".encode("utf-16")), ".*mine.tsv: UTF-16, not UTF-8; convert it, as by `iconv .*`")
    latin = [f"{number}\tcafé".encode("latin-1") for number in range(3)]
    refused(lambda: read(*latin, "a\tb"), ".*: 3 of 4 lines are not UTF-8; convert them, as by `iconv -f LATIN1 .*`")
    assert len(read(*latin, "a\tb", "c\td", "e\tf").pairs) == 3


def test_files_that_go_line_by_line(beside, tmp_path):
    done = beside("eins\n\nzwei\tdrei\n", "one\ntwo\nthree\n")
    assert done.pairs == {Pair("eins", "one"): "x.de:1", Pair("zwei drei", "three"): "x.de:3"}
    assert done.message == f"{tmp_path}/x.de and x.en: 1 of 3 rows refused: 1 × empty (line 2)"


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_last_line_need_not_end(beside, end):
    assert len(beside(f"eins\nzwei{end}", "one\ntwo\n").pairs) == 2


def test_unequal_numbers_of_lines(beside, tmp_path):
    text = re.escape(f"{tmp_path}/x.de: 3 lines, but x.en has 2; they must go line by line")
    refused(lambda: beside("a\nb\nc\n", "a\nb\n"), text)
    refused(lambda: beside("a\nb\n\n", "a\nb\n"), text)
    refused(lambda: beside("a", "b".encode("utf-16")), ".*x.en: UTF-16, not UTF-8; .*")


def test_packed_or_not(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"content")
    (tmp_path / "a.GZ").write_bytes(gzip.compress(b"content"))
    assert content_of(tmp_path / "a.txt") == content_of(tmp_path / "a.GZ") == b"content"
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"content" * 99)[:-12])
    refused(lambda: content_of(tmp_path / "b.gz"), ".*b.gz: cannot be read: .*")
    (tmp_path / "c.gz").write_bytes(b"content")
    refused(lambda: content_of(tmp_path / "c.gz"), ".*c.gz: cannot be read: Not a gzipped file.*")
    refused(lambda: content_of(tmp_path / "none"), ".*none: no such file; .*")
