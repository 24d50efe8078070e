"""Pairs in three splits: none says anything about another, and what is drawn depends on seed and sentences alone."""

import random
from collections import Counter
from pathlib import Path

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Pair, Pairs
from kassandra.contracts.splits import WHOLE
from kassandra.inputs.text.prepare.pairs import read
from kassandra.params.inputs.text import PairsPrepare, PairsSource
from kassandra.targets.text.prepare.pair_splits import (
    EVALUATED,
    LONG_TARGET,
    NEAR_TEST,
    NEAR_VALID,
    Sentence,
    near,
    normal_form,
    split,
)

RAW, ID = Path("raw"), "mine.tsv:1"
NONE = {NEAR_TEST: 0, NEAR_VALID: 0}


def made(shares=(0.1, 0.2), limit=None, seed=0, **parts):
    """Splits of data in one piece (`all`) or of several parts. shares: of valid and of test."""
    ids = {name: dict.fromkeys(part, ID) for name, part in parts.items()}
    return split(RAW, Pairs(("en", "fr"), ids, Counter(), ""), *shares, limit, seed)


def pairs(number, start=0, target="phrase"):
    return [Pair(f"sentence {n}", f"{target} {n}") for n in range(start, start + number)]


@pytest.fixture(scope="module")
def everything(tatoeba):
    return list(read(tatoeba, PairsSource(dataset="tatoeba"), PairsPrepare()).parts[WHOLE])


@pytest.mark.parametrize("seed", range(5))
def test_no_split_says_anything_about_a_later_one(everything, seed):
    """PITFALLS 10."""
    done = made(all=everything, seed=seed)
    names = ("train", "valid", "test")
    sources = {name: {normal_form(one.source) for one in getattr(done, name)} for name in names}
    targets = {name: {normal_form(text) for one in getattr(done, name) for text in one.references} for name in names}
    for one, other in (("train", "valid"), ("train", "test"), ("valid", "test")):
        assert not near(sources[one], sources[other])
        assert not {form for form in targets[one] & targets[other] if len(form) >= LONG_TARGET}
    assert done.dropped[NEAR_TEST] + done.dropped[NEAR_VALID] > 0
    kept = sum(len(one.references) for name in names for one in getattr(done, name))
    assert kept + sum(done.dropped.values()) == len(everything)


def test_a_source_of_test_has_all_its_translations_and_train_has_a_row_for_each(everything):
    done = made(all=everything)
    translations: dict[str, set[str]] = {}
    for source, target in everything:
        translations.setdefault(source, set()).add(target)
    for one in done.test:
        assert set(one.references) == translations[one.source]
        assert len(one.references) == len(translations[one.source])
    assert len({one.source for one in done.test}) == len(done.test)
    assert max(len(one.references) for one in done.test) > 2
    assert {len(one.references) for one in done.train} == {1}
    assert len({one.source for one in done.train}) < len(done.train)


def test_spelling_and_marks_do_not_part_a_sentence():
    some = [Pair(text, f"{text} {n}") for n in range(40) for text in (f"Run {n}!", f"run {n}.", f"“RUN” {n}")]
    done = made(all=some, shares=(0.25, 0.25))
    assert [len(done.train), len(done.valid), len(done.test)] == [60, 30, 30]
    groups = [{normal_form(one.source) for one in part} for part in done[:3]]
    assert [len(group) for group in groups] == [20, 10, 10]
    assert dict(done.dropped) == NONE


def test_the_order_of_the_file_does_not_matter(everything):
    shuffled = list(everything)
    random.Random(0).shuffle(shuffled)
    assert shuffled != everything
    assert made(all=shuffled) == made(all=everything)
    assert made(all=shuffled, limit=100) == made(all=everything, limit=100)


def test_another_seed_draws_others(everything):
    one, other = (made(all=everything, seed=seed) for seed in (0, 1))
    assert {row.source for row in one.test} != {row.source for row in other.test}
    assert [row.source for row in one.train] != sorted(row.source for row in one.train)


def test_more_data_hardly_move_a_sentence():
    """So that a data set that has grown is not tested on what an earlier model was trained on."""
    few, many = made(all=pairs(1000)), made(all=pairs(1100))
    moved = {one.source for one in few.train} & {one.source for part in (many.valid, many.test) for one in part}
    assert len(moved) < 50  # drawn anew, it would be 200


def test_shares_are_of_the_different_sentences():
    some = pairs(50) + [Pair("sentence 7", f"another {n}") for n in range(100)]
    done = made(all=some)
    counts = {name: len({one.source for one in getattr(done, name)}) for name in ("train", "valid", "test")}
    assert counts == {"train": 35, "valid": 5, "test": 10}


def test_splits_that_come_with_the_data_are_kept_in_their_order():
    parts = {"train": pairs(30), "valid": pairs(9, 100), "test": pairs(9, 200)[::-1]}
    done = made(**parts)
    assert [one.source for one in done.test] == [pair.source for pair in parts["test"]]
    assert [one.source for one in done.valid] == [pair.source for pair in parts["valid"]]
    assert sorted((one.source, *one.references) for one in done.train) == sorted(parts["train"])
    assert dict(done.dropped) == NONE


def test_valid_is_drawn_from_train_where_there_is_none():
    done = made(train=pairs(30), test=pairs(10, 100), shares=(0.2, None))
    assert [len(part) for part in done[:3]] == [24, 6, 10]
    assert {one.source for one in (*done.train, *done.valid)} == {pair.source for pair in pairs(30)}
    again = made(train=pairs(30), test=pairs(50, 100, "other"), shares=(0.2, None))
    assert (again.train, again.valid) == (done.train, done.valid)


def test_what_is_known_of_test_leaves_valid_and_train_and_what_is_known_of_valid_leaves_train():
    long = "and so we went on to the town by the sea"
    test = [Pair(f"One {long}", "un"), Pair("Where?", "Où est-il donc, messieurs ?"), Pair("Who?", "Qui ?")]
    valid = [Pair("Who", "x"), Pair("a valid one", "y"), Pair("b valid one", "Maintenant ou bien jamais !")]
    train = [
        Pair(f"On {long}!", "1"),  # nearly a source of test
        Pair("WHERE", "2"),  # the same source as in test
        Pair("Where is he?", "Où est-il donc messieurs"),  # the same translation as in test
        Pair("A valid one", "3"),  # the same source as in valid
        Pair("now", "maintenant ou bien jamais"),  # the same translation as in valid
        Pair("What?", "Qui ?"),  # a translation too short to say much
        Pair(f"Two {long}", "5"),  # three letters of 33 differ: as near as can be
        Pair(f"Seven {long}", "6"),  # five do
    ]
    done = made(train=train, valid=valid, test=test)
    assert sorted(one.source for one in done.train) == [f"Seven {long}", "What?"]
    assert [one.source for one in done.valid] == ["a valid one", "b valid one"]
    assert len(done.test) == 3
    assert dict(done.dropped) == {NEAR_TEST: 1 + 4, NEAR_VALID: 2}


@pytest.mark.slow
def test_limit_takes_some_pairs_of_train_and_a_thousand_sentences_of_the_others():
    parts = {"train": pairs(3000), "valid": pairs(1500, 5000), "test": pairs(1500, 8000)}
    whole, some, fewer = (made(**parts, limit=limit) for limit in (None, 500, 200))
    assert [len(part) for part in some[:3]] == [500, EVALUATED, EVALUATED]
    assert some.train == whole.train[:500]
    assert fewer.train == whole.train[:200]
    assert [one for one in whole.test if one in some.test] == some.test  # in their order
    assert some.test != whole.test[:EVALUATED]  # and not the first
    assert fewer.test == some.test
    assert made(**parts, limit=10_000).train == whole.train


def test_what_a_sentence_is():
    some = [Pair("Hi.", "Salut !"), Pair("Go.", "Va !"), Pair("Hi.", "Salut.")]
    done = made(train=pairs(9), valid=pairs(9, 20), test=some)
    assert done.test == [Sentence("Hi.", ["Salut !", "Salut."], ID), Sentence("Go.", ["Va !"], ID)]


def test_mistakes():
    with pytest.raises(
        KassandraError, match=r"^raw: 0.2 and 0.1 of 4 different sentences leave nothing for some split; "
    ):
        made(all=pairs(4))
    with pytest.raises(
        KassandraError, match=r"^raw: 0.6 and 0.4 of 50 different sentences leave nothing for some split; "
    ):
        made(all=pairs(50), shares=(0.4, 0.6))
    with pytest.raises(
        KassandraError, match=r"^raw: 0.01 of 20 different sentences leave nothing for some split; change "
    ):
        made(train=pairs(20), test=pairs(3, 50), shares=(0.01, None))
    text = "^raw: every pair of train is nearly one of test, so none is left$"
    with pytest.raises(KassandraError, match=text):
        made(train=pairs(20), valid=pairs(5, 50), test=pairs(30))
