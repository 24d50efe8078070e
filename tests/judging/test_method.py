"""Verdicts on recipes: intervals and p of one mind, the same from both sides, and about seeds and examples together."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from kassandra.judging.dependence import swayed
from kassandra.judging.estimate import estimate
from kassandra.judging.intervals import wilson
from kassandra.judging.method import compare_methods, difference, mean_over_seeds
from kassandra.judging.paired import ALPHA, compare
from kassandra.judging.resampling import Dates, Rows, Stretches
from kassandra.judging.score import Score, Share, Unsummed, per_row, ratio


class Middle(Unsummed):
    """The mean, as if it were no function of sums."""

    def of(self, table):
        return lambda times: times @ table["x"].to_numpy() / times.sum()


MEAN = Score("mean", "higher", sums=lambda table: per_row(table["x"]))
RIGHT = Share("right", "higher", largest=1, sums=lambda table: per_row(table["x"] > 0))
ROOT = Score("root", "lower", sums=lambda table: per_row(table["x"] ** 2), value=lambda sums: np.sqrt(ratio(sums)))
MIDDLE = Middle("middle", "higher")
SCORES = [MEAN, RIGHT, ROOT, MIDDLE]
ORDERED = [MEAN, ROOT]
CASES = [(SCORES, Rows()), (ORDERED, Dates()), (ORDERED, Stretches(20, 5))]
BY_CASE = pytest.mark.parametrize(("scores", "resampling"), CASES, ids=["rows", "dates", "stretches"])


def recipe(seed, shift=0.0, members=3, rows=120, seeds=0.05):
    """Tables of members: a level of the seed, examples that all recipes share, and noise of each."""
    shared, generator = np.random.default_rng(0).normal(1, 1, rows), np.random.default_rng(seed)
    levels = shift + generator.normal(0, seeds, members)
    asked = {"origin": [f"{row:04}" for row in range(rows)], "step": 1}
    return [pd.DataFrame({**asked, "x": level + shared + generator.normal(0, 0.3, rows)}) for level in levels]


@pytest.mark.slow
@BY_CASE
def test_interval_and_p_agree_and_sides_may_be_swapped(scores, resampling):
    decided = set()
    for seed, shift in ((1, 0.0), (2, 0.05), (3, 0.15), (4, 0.6)):
        a, b = recipe(seed), recipe(seed + 10, shift)
        there, back = compare_methods(scores, a, b, resampling), compare_methods(scores, b, a, resampling)
        assert list(there) == [score.name for score in scores]
        for name, (one, other, found) in there.items():
            assert found.value == pytest.approx(other - one)
            assert found.low <= found.value <= found.high
            assert (found.low > 0 or found.high < 0) == (found.p < ALPHA)
            decided.add(found.p < ALPHA)
            assert back[name].difference[:4] == pytest.approx((-found.value, -found.high, -found.low, found.p))
    assert decided == {True, False}


@pytest.mark.slow
@BY_CASE
def test_the_order_of_members_and_of_rows_does_not_matter(scores, resampling):
    a, b = recipe(1), recipe(2, 0.1, members=4)
    found = compare_methods(scores, a, b, resampling)
    for name, again in compare_methods(scores, a[::-1], [b[2], b[0], b[3], b[1]], resampling).items():
        assert again.difference[:4] == pytest.approx(found[name].difference[:4])
    if isinstance(resampling, Rows):
        order = np.random.default_rng(5).permutation(len(a[0]))
        mixed = [[table.iloc[order].reset_index(drop=True) for table in side] for side in (a, b)]
        for name, again in compare_methods(scores, *mixed, resampling).items():
            close = 0.1 if name == "middle" else 1e-9  # resamples are drawn by row
            assert again.difference[:3] == pytest.approx(found[name].difference[:3], rel=close), name


@BY_CASE
def test_a_unit_does_not_matter(scores, resampling):
    a, b = recipe(1), recipe(2, 0.1)
    large = [[table.assign(x=1000 * table["x"]) for table in side] for side in (a, b)]
    found, again = (compare_methods(scores, *sides, resampling) for sides in ((a, b), large))
    for name, each in found.items():
        factor = 1 if name == "right" else 1000
        assert again[name].difference.p == pytest.approx(each.difference.p, rel=1e-6)
        assert again[name].difference.high == pytest.approx(factor * each.difference.high, rel=1e-6)


@pytest.mark.slow
@BY_CASE
def test_of_one_member_a_side_it_is_the_test_of_examples(scores, resampling):
    a, b = recipe(1, members=1), recipe(2, 0.05, members=1)
    known = compare(scores, a[0], b[0], resampling)
    for score in scores:
        found, other = difference(score, a, b, resampling).difference, known[score.name].difference
        assert found.value == pytest.approx(other.value)
        if score is not RIGHT:  # that is exact and of counts
            assert (found.low, found.high) == pytest.approx((other.low, other.high), rel=0.15, abs=0.01)
        same = difference(score, 3 * a, 3 * b, resampling).difference  # no seed makes a difference
        assert same[:4] == pytest.approx(found[:4])


def test_it_is_welchs_test_where_examples_are_alike():
    values = [[0.70, 0.72, 0.71], [0.74, 0.73, 0.77, 0.75]]
    a, b = ([pd.DataFrame({"x": [value] * 50}) for value in side] for side in values)
    found, known = difference(MEAN, a, b, Rows()).difference, ttest_ind(values[1], values[0], equal_var=False)
    ends = known.confidence_interval()
    assert (found.p, found.low, found.high) == pytest.approx((known.pvalue, ends.low, ends.high))


def test_the_interaction_is_not_counted_twice_and_examples_are_the_least():
    a, b = recipe(1, seeds=0.0), recipe(2, seeds=0.0)
    narrow, wide = (difference(MEAN, a, b, Rows(), paired=paired).difference for paired in (True, False))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)  # shared examples do not cancel
    alike = [table.assign(x=table["x"] - table["x"].mean()) for table in a + b]  # no difference over seeds at all
    found = difference(MEAN, alike[:3], alike[3:], Rows()).difference
    weights = np.repeat([-1 / 3, 1 / 3], 3)
    error = np.sqrt(weights @ swayed(MEAN, alike, Rows()).covariance @ weights)
    assert found.high == pytest.approx(1.98 * error, rel=0.01)


def test_fewer_than_three_members_give_no_verdict():
    assert compare_methods([MEAN], recipe(1, members=2), recipe(2), Rows()) is None
    assert compare_methods([MEAN], recipe(1), recipe(2, members=2), Rows()) is None
    absent = Score("absent", "higher")
    assert compare_methods([absent], recipe(1), recipe(2), Rows()) == {}


def test_equal_members_are_no_evidence():
    a = [pd.DataFrame({"x": [1.0] * 9})] * 3
    assert difference(MEAN, a, a, Rows()).difference[:4] == (0, 0, 0, 1)
    better = [table + 1 for table in a]
    assert difference(MEAN, a, better, Rows()).difference[:4] == (1, 1, 1, 0)


def test_members_of_other_examples_are_refused():
    with pytest.raises(ValueError, match=r"tables of the same examples are needed, not \[120, 90\]"):
        swayed(MEAN, [*recipe(1, members=1), *recipe(1, members=1, rows=90)], Rows())


@BY_CASE
def test_a_mean_over_seeds_has_an_interval_of_seeds_and_examples(scores, resampling):
    for score in scores:
        few, many = (
            mean_over_seeds([score], recipe(1, seeds=seeds), resampling, 0)[score.name] for seeds in (0.0, 0.5)
        )
        assert few.low < few.value < few.high
        assert score is RIGHT or many.high - many.low > few.high - few.low
        one = recipe(1, members=1)
        assert mean_over_seeds([score], one, resampling, 0)[score.name] == estimate(score, one[0], resampling, 0)
        copies = mean_over_seeds([score], 3 * one, resampling, 0)[score.name]
        assert copies == pytest.approx(estimate(score, one[0], resampling, 0))


def test_estimates_of_one_model_stay_within_the_scale():
    table = recipe(1, members=1)[0]
    right = estimate(RIGHT, table, Rows(), 0)
    low, high = wilson(np.array([(table["x"] > 0).sum()]), np.array([len(table)]))
    assert (right.low, right.high) == (low[0], high[0])
    shares = Score("shares", "higher", largest=1, sums=lambda table: per_row(table["x"] > 0))
    inside = estimate(shares, table, Rows(), 0)
    assert 0 < inside.low < inside.value < inside.high < 1
    assert estimate(shares, table.assign(x=1.0), Rows(), 0) == (1, pytest.approx(120 / 123.84, rel=1e-3), 1)
    root = estimate(ROOT, table, Dates(), 0)
    assert root.high / root.value == pytest.approx(root.value / root.low)  # the same on the scale of logarithms
    assert estimate(Score("absent", "higher"), table, Rows(), 0) is None
