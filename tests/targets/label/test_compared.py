"""Classifiers: scores recomputed from what is stored are those that were reported, of each of the two."""

import pytest

from kassandra.comparison.revisions import Predicted
from kassandra.targets.label.evaluate.compared import compared, differ

pytestmark = pytest.mark.slow


def told(answer):
    result, table = answer
    return Predicted(None, "x", table, {score["score"]: score["value"] for score in result["intervals"]})


@pytest.mark.parametrize("classes", [2, 3])
def test_every_score_is_recomputed(answers, classes):
    a, b = told(answers(0.8, classes=classes)), told(answers(0.9, classes=classes, own=2))
    found = compared(a, b, 300)
    assert set(found) == set(a.stored) - {"average_precision"}
    for score, (one, other, difference) in found.items():
        assert (one, other) == pytest.approx((a.stored[score], b.stored[score]), abs=1e-6)
        assert difference.value == pytest.approx(other - one)
        assert (difference.low > 0 or difference.high < 0) == (difference.p < 0.05)
    assert found["accuracy"][2].test == "McNemar's test, exact"
    assert found["accuracy"][2].low > 0


def test_pairs_see_what_single_intervals_do_not(answers):
    (result, table), b = answers(0.80, 1000), told(answers(0.815, 1000, own=2))
    difference = compared(told((result, table)), b, 100)["accuracy"][2]
    headline = result["intervals"][0]
    assert difference.low > 0
    assert headline["low"] < b.stored["accuracy"] < headline["high"]


def test_other_examples_are_not_compared(answers):
    a = answers(0.8)[1]
    assert differ(a, answers(0.9, own=2)[1]) == ""
    assert differ(a, answers(0.8, examples=299)[1]) == "300 test examples at A, 299 at B"
    assert differ(a, answers(0.8, classes=3)[1]) == "other classes"
    assert differ(a, answers(0.8, seed=1)[1]) == "test examples of other classes"
