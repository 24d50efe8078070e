"""The bootstrap: seeded, as wide as it should be, and paired."""

import numpy as np
import pytest

from kassandra.evaluation.intervals import LEVEL, Score, bootstrap


def mean_of(values):
    return lambda rows: values[rows].mean()


def test_seeded():
    values = np.random.default_rng(0).random(50)
    one, again, other = (bootstrap(50, mean_of(values), seed)[0] for seed in (0, 0, 1))
    assert one == again != other
    assert one.value == again.value == other.value == values.mean()
    assert one.low < one.value < one.high


def test_the_global_state_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    bootstrap(5, mean_of(np.arange(5.0)), 0)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "examples"), [(0.8, 80)])
def test_covers_the_truth_nineteen_times_in_twenty(rate, examples):
    generator, trials = np.random.default_rng(0), 250
    covered = 0
    for trial in range(trials):
        values = (generator.random(examples) < rate).astype(float)
        (score,) = bootstrap(examples, mean_of(values), trial, replicates=200)
        covered += score.low <= rate <= score.high
    assert covered / trials == pytest.approx(LEVEL, abs=0.035)


def test_as_wide_as_theory_says():
    """Of a mean of n values, ±1.96 s/√n."""
    values = np.random.default_rng(0).normal(size=400)
    (score,) = bootstrap(400, mean_of(values), 0)
    half = 1.96 * values.std() / 20
    assert (score.low, score.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 10)


def test_what_never_varies_has_no_width():
    assert bootstrap(10, mean_of(np.ones(10)), 0) == [Score(1.0, 1.0, 1.0)]


def test_differences_are_paired():
    """Two models that err on the same examples differ by far less than each of them varies."""
    generator = np.random.default_rng(0)
    hard = generator.random(500) < 0.2
    one, other = ~hard, ~(hard | (generator.random(500) < 0.02))
    scores = bootstrap(500, lambda rows: np.array([one[rows].mean(), other[rows].mean(), one[rows].mean() - other[rows].mean()]), 0)  # fmt: skip # noqa: E501
    first, second, difference = (score.high - score.low for score in scores)
    assert difference < 0.5 * min(first, second)
    assert scores[2].low > 0  # so small a difference is seen
    assert scores[2].value == scores[0].value - scores[1].value


def test_a_score_as_text():
    assert str(Score(0.98765, 0.98, 1)) == "0.9877 [0.9800, 1.0000]"
