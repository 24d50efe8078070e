"""Texts that are to be written: their pieces give them back, character by character."""

import functools
import re
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import BOS, BOUNDS, EOS, PAD, SPECIAL, UNK
from kassandra.vocabulary.tokens import decode, encode, fit, load

KINDS = ("bpe", pytest.param("unigram", marks=pytest.mark.slow))  # slow: it takes a second to be trained
few = settings(max_examples=100)


@pytest.fixture(scope="module")
def texts(tatoeba):
    """Both languages, cleaned as when they are read."""
    with zipfile.ZipFile(tatoeba / "fra-eng.zip") as archive:
        lines = archive.read("fra.txt").decode().splitlines()
    return tuple(" ".join(side.split()) for line in lines for side in line.split("\t")[:2])


@functools.cache
def fitted(kind, texts, lowercase=False):
    return fit(kind, texts, 300, 2, lowercase, written=True)


def written(tokenizer, text):
    return [tokenizer.id_to_token(int(number)) for number in encode(tokenizer, [text]).flat]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_ids(texts, kind):
    tokenizer = fitted(kind, texts)
    names = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    assert [names[number] for number in (PAD, UNK, BOS, EOS)] == SPECIAL + BOUNDS == names[:4]
    assert len(set(names)) == len(names) == 300


@pytest.mark.parametrize("kind", KINDS)
def test_fitted_twice_it_has_the_same_bytes(texts, kind):
    content = fitted(kind, texts).to_str()
    assert fit(kind, list(texts), 300, 2, False, written=True).to_str() == content
    again = load(content)
    assert again.to_str() == content
    assert encode(again, list(texts)).flat.tolist() == encode(fitted(kind, texts), list(texts)).flat.tolist()
    assert decode(again, range(4, 30)) == decode(fitted(kind, texts), range(4, 30))


@pytest.mark.parametrize("kind", KINDS)
def test_real_sentences_come_back(texts, kind):
    tokenizer, lower = fitted(kind, texts), fitted(kind, texts, True)
    for text in texts:
        assert decode(tokenizer, encode(tokenizer, [text]).flat) == text
        assert decode(lower, encode(lower, [text]).flat) == text.lower()


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data())
@example(data=None)
@pytest.mark.slow
def test_any_sentence_of_known_characters_comes_back(texts, kind, data):
    tokenizer, known = fitted(kind, texts), sorted(set("".join(texts)))
    text = "-a -- 'a' l'' ' - a-b -" if data is None else data.draw(st.text(st.sampled_from(known), max_size=30))
    ids = encode(tokenizer, [text]).flat
    assert UNK not in ids or not text.strip()
    assert decode(tokenizer, ids) == " ".join(text.split())


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_is_a_piece_of_its_own_with_or_without_a_space(texts, kind):
    tokenizer = fitted(kind, texts)
    vocabulary = [tokenizer.id_to_token(number) for number in range(4, tokenizer.get_vocab_size())]
    assert {"?", ".", "!"} | ({"▁?"} if kind == "bpe" else set()) <= set(vocabulary)
    for piece in vocabulary:
        assert re.fullmatch(r"▁?([^\w▁]|[\w'’-]*)", piece)  # one mark, or a part of a word
    assert written(tokenizer, "a man.")[-1] == "."
    assert decode(tokenizer, encode(tokenizer, ["man. man ."]).flat) == "man. man ."


def test_an_apostrophe_or_hyphen_between_letters_is_part_of_the_word():
    tokenizer = fit("bpe", ["l'ami d’une peut-être 'tis dogs' (a-) -b - x"] * 9, 99, 2, False, written=True)
    assert written(tokenizer, "l'ami d’une peut-être") == ["▁l'ami", "▁d’une", "▁peut-être"]
    assert written(tokenizer, "'tis dogs' (a-) -b - x") == [
        "▁'",
        "tis",
        "▁dogs",
        "'",
        "▁(",
        "a",
        "-",
        ")",
        "▁-",
        "b",
        "▁-",
        "▁x",
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPECIAL + BOUNDS)
def test_the_name_of_a_special_token_is_a_text_like_any_other(texts, kind, name):
    tokenizer = fit(kind, [*texts, f"{name} a{name}b"], 350, 1, False, written=True)
    ids = encode(tokenizer, [f"{name} x{name}y {name}{name}"]).flat
    assert not {PAD, UNK, BOS, EOS} & set(ids.tolist())
    assert decode(tokenizer, ids) == f"{name} x{name}y {name}{name}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_unknown_or_special_is_not_written(texts, kind):
    """PITFALLS 13."""
    tokenizer = fitted(kind, texts)
    ids = encode(tokenizer, ["I 日本 can"]).flat.tolist()
    assert UNK in ids
    assert decode(tokenizer, [BOS, *ids, EOS, PAD, PAD]) == "I can"
    assert decode(tokenizer, []) == decode(tokenizer, [EOS]) == decode(tokenizer, [UNK]) == ""


def test_what_is_changed_in_a_text():
    """Compatible characters are not, as what is written would then differ from every reference."""
    tokenizer = fit("bpe", ["½ ﬁn … x² e\u0301 \u202f ! ▁ _ <b>"] * 3, 99, 1, False, written=True)
    back = decode(tokenizer, encode(tokenizer, ["  ½ ﬁn…\u00a0\u202fx² e\u0301\t▁<b> "]).flat)
    assert back == "½ ﬁn… x² é _<b>"


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_too_small_a_vocabulary(texts, kind):
    text = "^prepare.vocab_size: 40 is too small for the different characters of train$"
    with pytest.raises(KassandraError, match=text):
        fit(kind, texts, 40, 2, False, written=True)


def test_an_error_of_the_texts_is_not_taken_for_one_of_the_vocabulary():
    def texts():
        yield "one"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        fit("bpe", texts(), 40, 2, False, written=True)
