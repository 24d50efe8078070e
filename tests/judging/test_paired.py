"""Paired tests: intervals and p of one mind, exact where they can be, and seldom wrong."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from kassandra.judging.paired import ALPHA, compare, in_order, mcnemar
from kassandra.judging.resampling import Rows
from kassandra.judging.score import Score, per_row

SIZES = st.integers(2, 60)


def agrees(found):
    """The interval holds the difference, and 0 exactly where p is not below 0.05."""
    assert 0 <= found.p <= 1
    assert found.low <= found.value <= found.high
    assert (found.low > 0 or found.high < 0) == (found.p < ALPHA)
    return True


def right(gained, lost, both, neither):
    a = np.repeat([False, True, True, False], [gained, lost, both, neither])
    return a, np.repeat([True, False, True, False], [gained, lost, both, neither])


@given(*[st.integers(0, 40)] * 3, st.integers(1, 40))
@pytest.mark.slow
def test_mcnemar_of_whatever_comes(gained, lost, both, neither):
    a, b = right(gained, lost, both, neither)
    found, mirrored = mcnemar(a, b), mcnemar(b, a)
    assert agrees(found)
    assert found.value == pytest.approx(b.mean() - a.mean())
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx((-found.value, -found.high, -found.low))
    assert -1 <= found.low <= found.high <= 1


def test_mcnemar_counts_only_what_the_two_differ_on():
    few, many = mcnemar(*right(9, 2, 50, 50)), mcnemar(*right(9, 2, 5000, 50))
    assert few.p == many.p == binomtest(9, 11).pvalue
    assert few.high > many.high > 0


def test_models_that_never_differ_are_no_evidence_either_way():
    found = mcnemar(*right(0, 0, 96, 4))
    assert (found.value, found.p) == (0, 1)
    assert -0.05 < found.low < 0 < found.high < 0.05  # of other examples they may differ on some


@pytest.mark.statistics
@pytest.mark.slow
@pytest.mark.parametrize(("gains", "losses", "examples"), [(0.05, 0.05, 300), (0.2, 0.05, 100), (0.01, 0.003, 2000)])
def test_mcnemars_interval_covers_the_truth(gains, losses, examples):
    generator, trials = np.random.default_rng(0), 600
    covered = 0
    for _ in range(trials):
        kind = generator.choice(3, examples, p=[gains, losses, 1 - gains - losses])
        found = mcnemar(kind != 0, kind != 1)
        covered += found.low <= gains - losses <= found.high
    assert covered / trials > 0.93


def bootstrap(a, b, replicates):
    """Of the means of two rows of numbers."""
    score = Score("mean", "higher", sums=lambda table: per_row(table["x"]))
    return compare([score], pd.DataFrame({"x": a}), pd.DataFrame({"x": b}), Rows(), replicates)["mean"].difference


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=30), st.booleans())
def test_the_bootstrap_of_any_numbers(pairs, rounded):
    a, b = np.array(pairs).T.round() if rounded else np.array(pairs).T  # whole numbers tie
    found = bootstrap(a, b, 199)
    assert agrees(found)
    assert found.value == pytest.approx(b.mean() - a.mean(), abs=1e-12)


def test_the_bootstrap_of_means_is_the_paired_test_of_student():
    generator = np.random.default_rng(0)
    a = generator.normal(size=25)
    b = a + generator.normal(0.3, 0.5, 25)
    found = bootstrap(a, b, 20_000)
    half = 2.0639 * (b - a).std(ddof=1) / 5  # Student's t of 24 degrees of freedom
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=half / 30)
    same, again = (bootstrap(a, b, 50) for _ in range(2))
    assert same == again  # seeded


def test_the_bootstrap_is_paired():
    a = np.random.default_rng(0).normal(size=200)
    found = bootstrap(a, a + 0.01, 200)
    assert found.high - found.low < 1e-9
    assert found.p == pytest.approx(1 / 201)
    assert bootstrap(a, a, 200)[:4] == (0, 0, 0, 1)


@pytest.mark.slow
@given(st.lists(st.integers(-9000, 9000), min_size=2, max_size=60), st.integers(1, 9))
def test_in_order_of_whatever_comes(thousandths, horizon):
    differences = np.array(thousandths) / 1000
    found = in_order(float(differences.mean()), differences, horizon, "test")
    assert agrees(found)
    shifted = in_order(float(differences.mean()), differences + 7, horizon, "test")  # a constant is of no concern
    assert shifted[:4] == pytest.approx(found[:4], rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("dates", "horizon", "freedom", "student"),
    [(4, 1, 1, 12.7062), (40, 1, 5, 2.5706), (40, 10, 2, 4.3027), (40, 30, 1, 12.7062)],
)
def test_in_order_by_hand(dates, horizon, freedom, student):
    """So many cosines: 0.4 · dates^(2/3), of 4 dates 1 and of 40 dates 5; of 40 dates and 10 steps 40 / 20."""
    differences = np.random.default_rng(0).normal(1, 1, dates)
    places = (np.arange(dates) + 0.5) / dates
    waves = [np.sqrt(2 / dates) * (np.cos(np.pi * n * places) @ differences) for n in range(1, freedom + 1)]
    found = in_order(1.5, differences, horizon, "test")
    reach = student * np.sqrt(np.mean(np.square(waves)) / dates)  # Student's t of that many degrees of freedom
    assert (found.low, found.high) == pytest.approx((1.5 - reach, 1.5 + reach), rel=1e-5)


def test_dependent_examples_hold_less_information():
    generator = np.random.default_rng(0)
    loose = generator.normal(size=2000)
    bound = np.convolve(loose, np.ones(12) / np.sqrt(12), "same")
    width = [found.high - found.low for found in (in_order(0.0, series, 12, "test") for series in (loose, bound))]
    assert width[1] == pytest.approx(np.sqrt(12) * width[0], rel=0.4)
