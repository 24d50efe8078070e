"""Scores of tags, their baselines, and how spans are shown."""

import numpy as np

from kassandra.contracts.spans import Span
from kassandra.judging.score import value_of
from kassandra.targets.tags.baseline.stage import micro_f1, of_symbols
from kassandra.targets.tags.evaluate.figures import MOST, confusions
from kassandra.targets.tags.evaluate.scores import SCORES, predictions, types_of
from kassandra.targets.tags.evaluate.stage import NOTHING, mistakes, per_type, places
from kassandra.targets.tags.evaluate.tagged_text import html, stretches

OBSERVED = [["B-a", "I-a", "O"], ["O", "B-b"], ["O", "O"]]
PREDICTED = [["B-a", "O", "O"], ["O", "B-b"], ["B-a", "O"]]


def values(table):
    return {score.name: value_of(score, table) for score in SCORES}


def test_by_hand():
    table = predictions(["x", "y", "z"], OBSERVED, PREDICTED, True, np.array([1.0, 2.0, 3.0]), np.array([3, 2, 1]))
    scored = values(table)
    assert scored["precision"] == 1 / 3
    assert scored["recall"] == 1 / 2
    assert scored["f1"] == 2 / 5 == micro_f1(PREDICTED, OBSERVED)
    assert scored["macro_f1"] == (0 + 1) / 2
    assert scored["accuracy"] == 5 / 7
    assert scored["exact"] == 1 / 3
    assert scored["loss"] == 1
    assert types_of(table) == ["a", "b"]
    assert per_type(table, 0)["examples"].tolist() == [1, 1]
    assert mistakes(table)["example"].tolist() == ["z", "x"]
    pairs = places(table, True)
    assert sorted(pairs) == sorted([("a", NOTHING), (NOTHING, "a"), ("b", "b"), (NOTHING, "a")])
    matrix, names = confusions(pairs, NOTHING)
    assert names == ["a", "b", NOTHING]
    assert matrix.tolist() == [[0, 0, 1], [0, 1, 0], [2, 0, 0]]


def test_plain_tags_have_no_spans():
    table = predictions(["x"], [["run", "run", "sit"]], [["run", "sit", "sit"]], False)
    scored = values(table)
    assert np.isnan(scored["f1"])
    assert scored["accuracy"] == 2 / 3
    assert scored["macro_f1"] == 2 / 3


def test_of_many_types_those_with_mistakes_are_shown():
    pairs = [(f"t{number:02d}", f"t{number:02d}") for number in range(2 * MOST)] + [("t03", "t04")] * 3
    matrix, names = confusions(pairs, NOTHING)
    assert len(names) == MOST
    assert {"t03", "t04"} <= set(names)
    assert matrix.sum() - np.trace(matrix) == 3


def test_the_most_frequent_tag_of_a_word():
    known = [["the", "rome"], ["rome", "the"], ["rome"]]
    tags = [["O", "B-a"], ["B-a", "O"], ["O"]]
    assert of_symbols(known, tags, [["rome", "the", "oslo"]]) == [["B-a", "O", "O"]]


def test_as_shown():
    assert stretches(["O", "B-a", "I-a", "B-a"], True) == [Span(0, 1, ""), Span(1, 3, "a"), Span(3, 4, "a")]
    assert stretches(["x", "x", "y"], False) == [Span(0, 2, "x"), Span(2, 3, "y")]
    page = html(["<i>", "to"], ["B-a", "O"], True, ["a"], ["O", "O"])
    assert "&lt;i&gt;" in page
    assert 'class="wrong"' in page
