"""One long text: tokens that give it back, a vocabulary of train alone."""

import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.contracts.spec import PAD, UNK
from kassandra.vocabulary import streams
from kassandra.vocabulary.streams import END, encode, fit, piece, split_up

TEXTS = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(["to ", "be\n", " ", "\n", "<unk>", "\t", "or"])).map("".join)
)
few = settings(max_examples=30)


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


@few
@given(TEXTS, st.sampled_from(["characters", "words"]), st.integers(0, 9))
def test_what_is_held_together_changes_nothing(text, tokens, at_once):
    expected = fit(text, tokens, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "AT_ONCE", at_once)
        assert "".join(streams.parts(text)) == text
        assert fit(text, tokens, None) == expected
        assert encode(text, tokens, expected).tolist() == [expected.index(token) for token in split_up(text, tokens)]


@pytest.mark.slow
def test_a_long_text_is_not_held_token_by_token():
    text = "all work and no play " * 200_000  # 4 MB
    tracemalloc.start()
    try:
        encode(text, "characters", fit(text, "characters", None))
        assert tracemalloc.get_traced_memory()[1] < 8 * len(text)  # those of a part, of which a token takes 20 bytes
    finally:
        tracemalloc.stop()
