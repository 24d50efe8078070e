"""What the sections of each kind of input and target refuse: which key goes with which."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.params.sections.pipeline import pipeline_of
from tests.params.pairs import PAIRS, section

SECTIONS = {f"{i}-{t}.{n}": section(i, t, n) for i, t in PAIRS for n in ("source", "prepare", "train")}
TABLE = {"path": "a.csv", "time": "date", "target": "y"}


# Values, and the end of the error.
# fmt: off
MISTAKES = {
    "audio-label.prepare": [
        ({"split": "speaker"},
         ": split 'speaker' needs 'speakers', the names of those in test, and no other split uses it"),
        ({"speakers": ["theo"]},
         ": split 'speaker' needs 'speakers', the names of those in test, and no other split uses it"),
        ({"split": "speaker", "speakers": ["a"], "test_fraction": 0.1},
         ": split 'speaker' does not use 'test_fraction': test is all that its 'speakers' say"),
    ],
    "images-label.source": [
        ({}, ": give either 'dataset' (an entry of the catalogue) or 'path' (your own data)"),
        ({"dataset": "mnist", "path": "x"},
         ": give either 'dataset' (an entry of the catalogue) or 'path' (your own data)"),
        ({"path": ""}, ".path: String should have at least 1 character, got ''"),
    ],
    "images-label.train": [
        ({"schedule": "cosine", "warmup": 0.3},
         ": schedule 'cosine' does not use 'warmup'; 'triangular' and 'one-cycle' do"),
        ({"schedule": "constant", "warmup": 0.3},
         ": schedule 'constant' does not use 'warmup'; 'triangular' and 'one-cycle' do"),
    ],
    "text-label.source": [
        ({"dataset": "imdb", "text": "review"},
         ": 'text' is for your own file; a 'dataset' knows how its files are written"),
        ({"text": "review"}, ": give either 'dataset' (an entry of the catalogue) or 'path' (your own data)"),
    ],
    "text-label.prepare": [
        ({"tokens": "unigram", "min_frequency": 2},
         ": tokens 'unigram' does not use 'min_frequency'; 'words' and 'bpe' do"),
        ({"tokens": "letters"}, ".tokens: 'letters' is not one of 'words', 'bpe', 'unigram' or 'characters'"),
    ],
    "text-next.prepare": [
        ({"vocab_size": 99}, ": tokens 'characters' does not use 'vocab_size': every character of train is kept"),
    ],
    "text-text.prepare": [
        ({"tokens": "unigram", "min_frequency": 5},
         ": tokens 'unigram' does not use 'min_frequency'; 'bpe' does"),
    ],
    "series-forecast.source": [
        ({"dataset": "sp500", "time": "date"},
         ": 'time' is for your own file; a 'dataset' knows how its files are written"),
        (TABLE | {"features": ["y"]},
         ": feature 'y' is named as time, target or series too; targets are read anyway"),
    ],
    "series-forecast.prepare": [
        ({"predict": "return", "normalise": "last"},
         ": predict 'return' does not use 'normalise', as a return is a distance already"),
        ({"train_until": "2016-01-01"}, ": give both 'train_until' and 'valid_until', or neither"),
        ({"test_until": "2016-01-01"}, ": 'test_until' goes with 'train_until' and 'valid_until'"),
        ({"train_until": "2016-01-01", "valid_until": "2017-01-01", "test_fraction": 0.1},
         ": 'test_fraction' is not used where 'train_until' and 'valid_until' say when splits end"),
    ],
}
# fmt: on


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    for values, text in MISTAKES[name]:
        with pytest.raises(KassandraError, match=f"^here{re.escape(text)}$"):
            check(SECTIONS[name], values, "here")


def test_a_default_that_is_not_used_is_no_mistake():
    assert check(section("text", "label", "prepare"), {"tokens": "unigram"}, "here").min_frequency == 2
    assert check(section("text", "next", "prepare"), {"tokens": "words"}, "here").vocab_size is None
    assert check(section("images", "label", "train"), {"schedule": "cosine"}, "here").warmup == 0.3


@pytest.mark.parametrize("frequency", ["h", "15min", "d", "2w", "m", "b"])
def test_frequencies(frequency):
    assert check(section("series", "forecast", "source"), TABLE | {"frequency": frequency}, "").frequency == frequency


@pytest.mark.parametrize("frequency", ["hourly", "0h"])
def test_what_is_no_frequency(frequency):
    with pytest.raises(KassandraError, match=r"^source.frequency: String should match pattern"):
        check(section("series", "forecast", "source"), TABLE | {"frequency": frequency}, "source")


def test_one_column_or_several_are_forecast():
    kind = section("series", "forecast", "source")
    assert check(kind, TABLE, "source").targets == ["y"]
    assert check(kind, TABLE | {"target": ["y", "z"]}, "source").targets == ["y", "z"]


@pytest.mark.parametrize(
    ("source", "prepare", "text"),
    [
        ({"path": "a.csv"}, {}, "name the columns of your table: 'time', and 'target', which is to be forecast"),
        (TABLE, {"predict": "return"}, "predict 'return' does not use 'target'; it reads Date, Open, High, Low, Close"),
    ],
)
def test_columns_are_those_that_are_forecast(source, prepare, text):
    pipeline = {"input": "series", "target": "forecast", "source": source, "prepare": prepare, "train": {}}
    with pytest.raises(KassandraError, match=f"^here: source: {re.escape(text)}"):
        check(pipeline_of("series", "forecast"), pipeline | {"model": {"variant": "vanilla"}}, "here")


@pytest.mark.parametrize("languages", ["de-en", "zh_CN-en"])
def test_a_pair_of_languages(languages):
    assert check(section("text", "text", "source"), {"path": "x", "pair": languages}, "source").pair == languages


@pytest.mark.parametrize("languages", ["de", "de-en-fr", "-en", "de en", "../x-en"])
def test_what_is_no_pair_of_languages(languages):
    with pytest.raises(KassandraError, match=r"^source.pair: "):
        check(section("text", "text", "source"), {"path": "x", "pair": languages}, "source")
