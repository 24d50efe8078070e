"""One long text: parts that follow on each other, tokens that give it back, a vocabulary of train alone."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import PAD, UNK
from kassandra.vocabulary.streams import END, SHORTEST, encode, fit, piece, read, split_up

TEXTS = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(["to ", "be\n", " ", "\n", "<unk>", "\t", "or"])).map("".join)
)
few = settings(max_examples=30)


def write(folder, **texts):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_the_parts_of_one_text(shakespeare):
    """Test follows on train, as in use; what stands before it is for choosing."""
    text = (shakespeare / "input.txt").read_text()
    splits = read(shakespeare, 0.05, 0.1)
    assert list(splits) == ["train", "valid", "test"]
    assert splits["valid"] + splits["train"] + splits["test"] == text
    assert [len(split) for split in splits.values()] == [17_100, 900, 2_000]


@pytest.mark.parametrize("folder", ["", "wiki/text"])
def test_a_text_that_comes_in_splits(tmp_path, folder):
    texts = {name: f"{name} is what this is.\n" * 9 for name in ("test", "train", "valid")}
    write(tmp_path / folder, **texts)
    (tmp_path / ".hidden").write_text("nothing")
    assert read(tmp_path, 0.05, 0.1) == texts
    assert list(read(tmp_path, 0.05, 0.1)) == ["train", "valid", "test"]


def test_a_byte_order_mark_and_ends_of_lines_are_no_characters(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"\xef\xbb\xbf" + "Öl\r\n".encode() * 1000)
    assert set("".join(read(tmp_path, 0.1, 0.1).values())) == {"Ö", "l", "\n"}


def test_not_utf_8(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"caf\xe9 " * 900)
    with pytest.raises(KassandraError, match=r"mine.txt: byte 3 is not UTF-8; `iconv -f LATIN1 -t UTF-8` converts"):
        read(tmp_path, 0.1, 0.1)


@pytest.mark.parametrize("names", [[], ["a", "b"], ["train", "test"], ["train", "valid", "test", "more"]], ids=str)
def test_other_files(tmp_path, names):
    write(tmp_path, **dict.fromkeys(names, "text" * 999))
    found = [f"{name}.txt" for name in sorted(names)]
    text = f"source.path: expected one text, or a folder with train.txt, valid.txt and test.txt; found {found}"
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
        read(tmp_path, 0.1, 0.1)


def test_too_short(tmp_path):
    write(tmp_path, mine="x" * 1000)
    assert len(read(tmp_path, 0.2, 0.1)["test"]) == SHORTEST
    with pytest.raises(KassandraError, match=rf"^{tmp_path}: valid has 90 characters; at least 100 are needed$"):
        read(tmp_path, 0.1, 0.1)
    write(tmp_path, mine="")
    with pytest.raises(KassandraError, match=r": train has 0 characters; at least 100 are needed$"):
        read(tmp_path, 0.1, 0.1)


@few
@given(TEXTS)
def test_characters_are_the_text(text):
    assert "".join(piece(token, "characters") for token in split_up(text, "characters")) == text


@few
@given(TEXTS)
def test_words_are_what_stands_between_spaces(text):
    words = split_up(text, "words")
    assert [word for word in words if word != END] == text.split()
    assert words.count(END) == text.count("\n")
    assert "".join(piece(token, "words") for token in words).split() == text.split()
    lines = [line.split() for line in text.split("\n")]
    assert "".join(piece(token, "words") for token in words).split("\n") == [
        "".join(f" {word}" for word in line) for line in lines
    ]


@few
@given(TEXTS, st.sampled_from(["characters", "words"]), st.one_of(st.none(), st.integers(4, 9)))
def test_a_vocabulary_is_ranked_and_of_train_alone(text, tokens, size):
    vocabulary, counted = fit(text, tokens, size), Counter(split_up(text, tokens))
    assert vocabulary[:2] == ["<pad>", "<unk>"]
    assert len(vocabulary) == len(set(vocabulary))
    kept = vocabulary[2:]
    counts = [counted[token] for token in kept]
    assert counts == sorted(counts, reverse=True)
    assert 0 not in counts
    known = set(counted) - {"<unk>", "<pad>"}
    if size is None:
        assert set(kept) == known
    else:
        assert len(kept) == min(size - 2, len(known))
        assert not known - set(kept) or max(counted[token] for token in known - set(kept)) <= min(counts)


@few
@given(TEXTS, st.sampled_from(["characters", "words"]))
def test_what_is_encoded_comes_back(text, tokens):
    vocabulary = fit(text, tokens, None)
    ids = encode(text, tokens, vocabulary)
    assert [vocabulary[number] for number in ids] == split_up(text, tokens)
    assert PAD not in ids


def test_what_train_has_not_seen_is_unknown():
    vocabulary = fit("to be or not to be", "words", 4)
    assert vocabulary == ["<pad>", "<unk>", "be", "to"]
    assert encode("to be is <unk>", "words", vocabulary).tolist() == [3, 2, UNK, UNK]
    assert encode("oöt", "characters", fit("toto", "characters", None)).tolist() == [2, UNK, 3]
