"""Texts as token ids: what a vocabulary holds, and which piece of a text each token stands for."""

import functools
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import PAD, UNK
from kassandra.inputs.text.prepare.examples import read
from kassandra.params.inputs.text import ExamplesPrepare, ExamplesSource
from kassandra.vocabulary.tokens import display, encode, fit, load, normal_form, pieces, shortened

KINDS = ("words", "bpe", pytest.param("unigram", marks=pytest.mark.slow))  # slow: it takes a second to be trained
KEEPS = ("start", "end", "ends")
STRANGE = [
    "ﬁne ½ Ⅷ",
    "don't  film’s",
    "<br />Good<br>",
    " \t ",
    "",
    "日本語だよ",
    "👩‍👩‍👧 e\u0301t\u00e9",
    "a\0b",
    "..?!",
    "İ",
]
TEXTS = st.one_of(
    st.sampled_from(STRANGE),
    st.text(max_size=30),
    st.lists(st.sampled_from(["good", "a ", " Film", ", ", "x<br>"])).map("".join),
)
few = settings(max_examples=20)


@pytest.fixture(scope="module")
def texts(books):
    return read(books, ExamplesSource(dataset="books"), ExamplesPrepare()).contents


@functools.cache
def fitted(kind, texts):
    return fit(kind, texts, 400, 1, True)


@pytest.fixture(scope="module")
def tokenizer(texts):
    return lambda kind: fitted(kind, tuple(texts))


@few
@given(TEXTS, st.booleans())
def test_a_normal_form_is_what_tokens_are_looked_for_in(text, lowercase):
    tokenizer = fit("words", ["a film"], 16, 1, lowercase)
    assert tokenizer.normalizer.normalize_str(text) == normal_form(text, lowercase)


def vocabulary(tokenizer):
    return [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_ids_are_those_of_padding_and_of_the_unknown(tokenizer, kind):
    names = vocabulary(tokenizer(kind))
    assert (names[PAD], names[UNK]) == ("<pad>", "<unk>")
    assert len(names) == len(set(names)) <= 400


@pytest.mark.parametrize("kind", KINDS)
def test_fitted_twice_it_has_the_same_bytes(tokenizer, texts, kind):
    content = tokenizer(kind).to_str()
    assert fit(kind, list(texts), 400, 1, True).to_str() == content
    again = load(content)
    assert again.to_str() == content
    assert encode(again, texts[:9]).flat.tolist() == encode(tokenizer(kind), texts[:9]).flat.tolist()


def test_words_are_ranked_by_how_frequent_they_are(texts):
    counted: dict[str, int] = {}
    for word in re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", " ".join(texts).lower()):
        counted[word] = counted.get(word, 0) + 1
    tokenizer = fit("words", texts, 10_000, 3, True)
    counts = [counted[name] for name in vocabulary(tokenizer)[2:]]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 3  # min_frequency
    assert len(counts) == sum(count >= 3 for count in counted.values())
    assert (
        vocabulary(fit("words", texts, 50, 3, True))[2:] == vocabulary(tokenizer)[2:50]
    )  # vocab_size, special ones in


def test_what_a_word_is():
    tokenizer = fit("words", ["Don't say film's, or “good”<br /><br />It is 8/10!"], 99, 1, True)
    output = encode(tokenizer, ["don't FILM'S “good”<br />it, 8"]).flat
    assert [tokenizer.id_to_token(int(one)) for one in output] == ["don't", "film's", "“", "good", "”", "it", ",", "8"]
    assert not {"br", "<", "/>"} & set(vocabulary(tokenizer))


def test_lowercase_or_not():
    both = {lower: vocabulary(fit("words", ["Good good Good"], 99, 1, lower))[2:] for lower in (True, False)}
    assert both == {True: ["good"], False: ["Good", "good"]}


def test_min_frequency_of_pairs(texts):
    """Letters are always there; of the pairs only those that are frequent."""
    rare, frequent = (fit("bpe", texts[:20], 5000, least, True).get_vocab_size() for least in (2, 10))
    assert frequent < rare / 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_which_nothing_is_left_becomes_one_unknown(tokenizer, kind):
    got = encode(tokenizer(kind), ["", "good", " \t", "<br />"])
    assert got.lengths.min() == 1
    assert got.flat[0] == UNK
    assert (got.flat.dtype, len(got.lengths)) == (np.int32, 4)
    assert (got.flat != PAD).all()


def test_only_unknown_words(tokenizer):
    assert encode(tokenizer("words"), ["qzx, wvvq", "\t"]).flat.tolist()[::2] == [UNK, UNK]


@pytest.mark.parametrize("kind", KINDS)
def test_many_texts_are_encoded_as_one_by_one(tokenizer, texts, kind, monkeypatch):
    monkeypatch.setattr("kassandra.vocabulary.tokens.AT_ONCE", 7)
    together = encode(tokenizer(kind), texts[:20])
    alone = [encode(tokenizer(kind), [text]).flat.tolist() for text in texts[:20]]
    assert together.flat.tolist() == [number for ids in alone for number in ids]
    assert together.lengths.tolist() == [*map(len, alone)]


@few
@given(st.lists(st.lists(st.integers(0, 99), max_size=12), max_size=5), st.integers(2, 9), st.sampled_from(KEEPS))
@example([[1, 2, 3, 4, 5, 6]], 5, "ends")
def test_shortened(rows, longest, keep):
    made = shortened(Ragged.of(rows, np.int32), longest, keep)
    assert made.flat.dtype == np.int32
    for row, start, end in zip(rows, made.offsets[:-1], made.offsets[1:], strict=True):
        left = made.flat[start:end].tolist()
        if len(row) <= longest:
            assert left == row
            continue
        first = {"start": longest, "end": 0, "ends": (longest + 1) // 2}[keep]
        assert left == row[:first] + row[len(row) - (longest - first) :]
        assert len(left) == longest


@pytest.mark.parametrize("kind", KINDS)
@few
@given(text=TEXTS, longest=st.integers(2, 9), keep=st.sampled_from(KEEPS))
@example(text="good film, a good good film of two good halves", longest=5, keep="ends")
def test_pieces_are_the_text_and_their_numbers_those_of_the_tokens(tokenizer, kind, text, longest, keep):
    some = tokenizer(kind)
    parts, token_of = pieces(some, text, longest, keep)
    assert "".join(parts) == text
    assert len(parts) == len(token_of)
    numbers = [number for number in token_of if number is not None]
    assert numbers == sorted(set(numbers))
    ids = shortened(encode(some, [text]), longest, keep).flat
    assert not numbers or numbers[-1] < len(ids)
    if kind == "words":
        spans = len(some.encode(text, add_special_tokens=False).ids)
        if text.isascii():
            assert len(numbers) == min(spans, longest)
        # Each numbered piece alone is the token of that number.
        for piece, number in zip(parts, token_of, strict=True):
            if number is not None and piece.isascii():
                assert encode(some, [piece]).flat.tolist() == [ids[number]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", KEEPS)
def test_pieces_of_real_texts(tokenizer, texts, kind, keep):
    some = tokenizer(kind)
    ids = shortened(encode(some, texts), 50, keep)
    for row, text in enumerate(texts[::6]):
        parts, token_of = pieces(some, text, 50, keep)
        assert "".join(parts) == text
        own = ids.flat[ids.offsets[row * 6] : ids.offsets[row * 6 + 1]]
        for piece, number in zip(parts, token_of, strict=True):
            if number is not None and own[number] != UNK:
                token = some.id_to_token(int(own[number]))  # of bpe and unigram with the space before it
                assert piece.lower().strip() == token.strip("▁")


@pytest.mark.parametrize("content", ["", "{}", "nonsense", '{"model": 3}'])
def test_a_tokenizer_that_is_none(content):
    with pytest.raises(KassandraError, match=r"^the tokenizer in meta.json is damaged \(.*`dvc repro` restores it; "):
        load(content)


def test_display():
    assert display("good<br /><br/>or <B>bad</B>") == "good  or <B>bad</B>"
    assert display("a < b") == "a < b"
