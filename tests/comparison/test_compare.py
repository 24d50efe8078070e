"""Verdicts: paired where both predictions are there, else by both intervals, and never of what cannot be compared."""

import json

import numpy as np
import pandas as pd
import pytest

from kassandra.comparison.compare import compare
from kassandra.contracts.errors import KassandraError
from kassandra.judging.intervals import Z
from tests.sides import DIGITS, stored

WIDER = {"digits": {"task": "images", "model": {"variant": "vanilla", "hidden_size": 9}, "train": {"epochs": 1}}}


@pytest.fixture
def classifiers(side, answers):
    """A side whose classifier is right about this often; other keywords as those of `answers`."""

    def classifiers(label, share, pipelines=DIGITS, predictions=True, **how):
        result, table = answers(share, **how)
        return side(label, pipelines, {"digits": result}, {"digits": table} if predictions else {})

    return classifiers


@pytest.mark.slow
def test_a_verdict_is_that_of_the_headline(classifiers):
    (found,) = compare(classifiers("A", 0.8), classifiers("B", 0.9, WIDER, own=2), []).pipelines
    assert (found.verdict, found.headline.score, found.headline.paired) == ("better", "accuracy", True)
    assert found.params == {"pipelines.digits.model.hidden_size": (8, 9)}
    assert [note.partition(":")[0] for note in found.notes] == [
        "average_precision could not be compared example by example"
    ]
    verdicts = {row.score: row.verdict for row in found.rows}
    assert verdicts["f1"] == "better"
    (back,) = compare(classifiers("B", 0.9, own=2), classifiers("A", 0.8), []).pipelines
    assert back.verdict == "worse"
    assert back.headline.difference.value == -found.headline.difference.value


@pytest.mark.slow
def test_the_same_results_are_identical_with_or_without_predictions(classifiers):
    found = compare(classifiers("A", 0.8, predictions=False), classifiers("B", 0.8, WIDER), [])
    (pipeline,) = found.pipelines
    assert {row.verdict for row in pipeline.rows} == {"identical"}
    assert found.worse == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"predictions": False}, "data/predictions/digits/test.parquet of B is not in DVC's cache"),
        ({"seed": 1}, "the test examples are not the same: paired on 0 of 600 examples: 300 only at A, 300 only at B"),
    ],
)
def test_without_pairs_intervals_are_compared_and_the_reason_is_stated(classifiers, how, reason):
    a, b = classifiers("A", 0.8), classifiers("B", 0.9, own=2, **how)
    (found,) = compare(a, b, []).pipelines
    assert reason in found.notes[0]
    assert found.notes[0].startswith("No score could be compared example by example")
    row, (one, other) = found.headline, (side.results("digits")["intervals"][0] for side in (a, b))
    assert not row.paired
    error = np.hypot(*[(each["high"] - each["low"]) / 2 for each in (one, other)]) / Z
    assert (row.difference.high - row.difference.low) / 2 == pytest.approx(Z * error)
    assert (row.difference.low > 0) == (row.difference.p < 0.05) == (row.verdict == "better")


@pytest.mark.slow
def test_examples_that_only_one_side_has_are_left_out(side, answers):
    (result, table), (other, more) = answers(0.8), answers(0.9, own=2)
    more = more.iloc[::-1][:290].copy()
    more.iloc[:5, more.columns.get_loc("target")] ^= 1  # another answer: not the same question
    a = side("A", DIGITS, {"digits": result}, {"digits": table})
    b = side("B", DIGITS, {"digits": other}, {"digits": more})
    (found,) = compare(a, b, []).pipelines
    note = "Paired on 285 of 300 examples: 10 only at A, 5 with another answer. Differences are of these."
    assert note in found.notes
    right = [each["target"] == each["predicted"] for each in (table[15:], more[5:])]
    assert (found.headline.a, found.headline.b) == pytest.approx([each.mean() for each in right])
    assert found.headline.paired


@pytest.mark.slow
def test_tables_of_before_are_paired_by_row(side, answers):
    sides = []
    for label, (result, table) in {"A": answers(0.8), "B": answers(0.9, own=2)}.items():
        old = {"examples": 300, "intervals": [{key: each[key] for key in ("score", "value", "low", "high")}
                                              for each in result["intervals"]]}  # fmt: skip
        before = label == "A"
        sides.append(side(label, DIGITS, {"digits": old if before else result},
                          {"digits": table.drop(columns="example") if before else table}))  # fmt: skip
    (found,) = compare(*sides, []).pipelines
    assert (found.verdict, found.headline.paired) == ("better", True)


@pytest.mark.parametrize(
    ("task", "score", "more"),
    [("images", "accuracy", "better"), ("images", "loss", "worse"), ("forecast", "rmse", "worse"),
     ("translation", "bleu", "better"), ("forecast", "coverage_90", "differs"), ("images", "unheard of", "differs")],
)  # fmt: skip
def test_more_is_better_or_worse_as_the_score_says(side, task, score, more):
    def at(label, value):
        return side(label, {"x": {"task": task}}, {"x": stored(**{score: (value, 0.1)})}, {})

    (found,) = compare(at("A", 1), at("B", 2), []).pipelines
    assert found.verdict == more
    (close,) = compare(at("A", 1), at("B", 1.1), []).pipelines
    assert close.verdict == "no evidence"


def test_what_test_json_says_of_a_score_is_believed(side):
    """Of a target that is not known here any more."""
    results = [stored(count_error=(value, 0.1)) for value in (1, 2)]
    for result in results:
        result["intervals"][0] |= {"better": "lower", "unit": "pulses", "decimals": 2}
    sides = [side(at, {"x": {"target": "count"}}, {"x": result}, {}) for at, result in zip("AB", results, strict=True)]
    (found,) = compare(*sides, []).pipelines
    assert (found.verdict, found.headline.better) == ("worse", "lower")
    assert "no target 'count' is known here" in found.notes[0]


def test_scores_without_width_and_yet_other_values():
    from kassandra.comparison.compare import _row_of_models
    from kassandra.comparison.pairing import Paired

    printed = {"score": "accuracy", "better": "higher"}
    one, other = ({**printed, "value": value, "low": value, "high": value} for value in (1.0, 0.9))
    assert _row_of_models(one, other, Paired({}, "")).verdict == "worse"
    assert _row_of_models(one, one, Paired({}, "")).verdict == "identical"


def language(side, label, tokens, loss, count):
    pipelines = {"plays": {"task": "language", "source": {"dataset": "x"}, "prepare": {"tokens": tokens}}}
    scores = {
        "loss": (loss, 0.01),
        "perplexity": (np.exp(loss), 0.1),
        "bits_per_character": (loss / tokens.count("a"), 0.01),
    }
    table = pd.DataFrame({"target": np.arange(count), "log_probability": -np.full(count, loss)})
    return side(label, pipelines, {"plays": stored(**scores)}, {"plays": table})


def test_losses_of_words_and_of_characters_are_not_compared(side):
    """Bits per character are."""
    (found,) = compare(language(side, "A", "characters", 1.5, 90), language(side, "B", "wards", 5.0, 20), []).pipelines
    assert [row.verdict for row in found.rows] == ["not comparable", "not comparable", "worse"]
    assert "prepare.tokens changed" in found.notes[0]
    assert found.headline.difference is None


def test_another_task_is_not_compared(side):
    a = side("A", {"x": {"task": "images"}}, {"x": stored(accuracy=(0.9, 0.1), loss=(1, 0.1))}, {})
    b = side("B", {"x": {"task": "language"}}, {"x": stored(loss=(2, 0.1))}, {})
    (found,) = compare(a, b, []).pipelines
    assert (found.verdict, found.headline.a, found.headline.b) == ("not comparable", None, 2)
    assert "the headline was accuracy and is loss" in found.notes[0]


def test_bleu_of_other_signatures_is_not_compared(side):
    pipelines, sides = {"x": {"task": "translation"}}, []
    for label, tokenizer in (("A", "13a"), ("B", "char")):
        result = stored(bleu=(30, 1), chrf=(50, 1)) | {"signatures": [f"bleu: BLEU|tok:{tokenizer}", "chrf: chrF2|x"]}
        result["intervals"][0]["value"] += len(sides)
        sides.append(side(label, pipelines, {"x": result}, {}))
    (found,) = compare(*sides, []).pipelines
    assert [row.verdict for row in found.rows] == ["not comparable", "no evidence"]


def test_what_only_one_side_has(side):
    result = {"digits": stored(accuracy=(0.9, 0.1))}
    a = side("A", {**DIGITS, "old": {"task": "images"}, "both": {"task": "images"}}, result, {}, seed=1)
    b = side("B", {**DIGITS, "new": {"task": "images"}, "both": {"task": "images"}}, result, {}, seed=2)
    found = compare(a, b, [])
    assert (found.added, found.removed, found.seed) == (("new",), ("old",), (1, 2))
    assert found.unfinished == {"both": "A and B"}
    assert [pipeline.name for pipeline in found.pipelines] == ["digits"]
    assert compare(a, b, ["digits"]).added == ()


@pytest.mark.parametrize(
    ("pipelines", "results", "names", "error"),
    [
        ({}, {}, [], r"B: has no pipelines: params.yaml is missing there, or has no section 'pipelines'"),
        (DIGITS, {}, [], r"B: no results: git has no metrics/<pipeline>/test.json there"),
        (DIGITS, {}, ["digits"], r"B: no results of digits"),
        (DIGITS, {}, ["digts"], r"unknown pipeline 'digts'; known pipelines are \['digits'\] \(did you mean"),
    ],
)  # fmt: skip
def test_mistakes(side, pipelines, results, names, error):
    a = side("A", DIGITS, {"digits": stored(accuracy=(0.9, 0.1))}, {})
    with pytest.raises(KassandraError, match=error):
        compare(a, side("B", pipelines, results, {}), names)


@pytest.mark.parametrize("content", ["[1]", '{"intervals": [], "examples": 3}', "{}", '{"intervals": {}}'])
def test_scores_that_are_none_are_reported(side, content):
    a, b = (side(at, DIGITS, {"digits": json.loads(content)}, {}) for at in "AB")
    with pytest.raises(
        KassandraError, match=r"metrics/digits/test.json at A is damaged \(no scores under 'intervals'\)"
    ):
        compare(a, b, [])


def test_a_pipeline_of_one_side_only_may_be_asked_for(side):
    results = {name: stored(accuracy=(0.9, 0.1)) for name in ("digits", "new")}
    a, b = side("A", DIGITS, results, {}), side("B", {**DIGITS, "new": {"task": "images"}}, results, {})
    assert (compare(a, b, ["new"]).added, compare(b, a, ["new"]).removed) == (("new",), ("new",))


def test_a_damaged_file_is_named(side):
    a = side("A", DIGITS, {"digits": stored(accuracy=(0.9, 0.1))}, {})
    broken = side("B", DIGITS, {"digits": {}}, {})
    original = broken.read
    object.__setattr__(broken, "read", lambda path: b"{" if path.suffix == ".json" else original(path))
    with pytest.raises(KassandraError, match=r"metrics/digits/test\.json at B is damaged"):
        compare(a, broken, [])
