"""The bootstrap: seeded, as wide as it should be, and paired."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.judging.intervals import LEVEL, Score, block_bootstrap, block_length, bootstrap


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
    assert Score(0.5, -0.25, 0.75).text("+") == "+0.5000 [-0.2500, +0.7500]"
    assert str(Score(1.0, 1.0, 1.0)) == "1.0000 [1.0000, 1.0000]"


@given(st.floats(-1e3, 1e3), st.floats(1e-9, 1))
def test_a_score_as_text_shows_how_wide_its_interval_is(low, width):
    score = Score(low + width / 2, low, low + width)
    _, first, second = (float(number.strip("[],")) for number in score.text().split())
    assert second - first == pytest.approx(score.high - score.low, rel=0.11)


def mean(sums):
    return {"mean": sums["value"] / sums["count"]}


def by_date(values):
    return {"value": np.asarray(values, float), "count": np.ones(len(values))}


def moving(size, generator, over=5):
    """Noise averaged over `over` dates: what errors of forecasts as many steps ahead are like."""
    return np.convolve(generator.normal(size=size + over - 1), np.ones(over) / over, "valid")


@pytest.mark.slow
@given(st.integers(1, 30), st.data())
def test_every_resample_of_blocks_has_as_many_dates(dates, data):
    """Of whatever length blocks are; and all dates are drawn alike often, the first and the last too."""
    length = data.draw(st.integers(1, dates))
    found = block_bootstrap({"value": np.eye(dates)}, lambda sums: {"drawn": sums["value"], "all": sums["value"].sum(1)}, length, 0)  # fmt: skip # noqa: E501
    assert found["all"].tolist() == [dates] * 3
    assert found["drawn"].shape == (dates, 3)
    assert (found["drawn"][:, 0] == 1).all()


def test_blocks_hold_what_follows_on_each_other():
    """Dates of a block are drawn together: the first with the last but not with those between."""
    pairs = {"value": np.eye(12)}
    kept = []
    block_bootstrap(pairs, lambda sums: (kept.append(sums["value"]), {"x": sums["value"]})[1], 4, 0)
    drawn = kept[-1]  # (replicates, dates)
    assert drawn.shape == (1000, 12)
    np.testing.assert_allclose(drawn.mean(0), 1, atol=0.15)
    together = np.corrcoef(drawn.T)
    assert together[0, 1] > 0.5
    assert together[0, 11] > 0.5
    assert together[0, 6] < 0.1


def test_blocks_of_one_date_are_the_plain_bootstrap():
    values = np.random.default_rng(0).normal(size=400)
    found = block_bootstrap(by_date(values), mean, 1, 0)["mean"]
    half = 1.96 * values.std() / 20
    assert found == pytest.approx([values.mean(), values.mean() - half, values.mean() + half], abs=half / 10)


@pytest.mark.slow
def test_blocks_cover_the_truth_where_dates_hang_together():
    generator, trials, covered = np.random.default_rng(0), 400, {1: 0, block_length(1000, 5): 0}
    for trial in range(trials):
        sums = by_date(moving(1000, generator))
        for length in covered:
            _, low, high = block_bootstrap(sums, mean, length, trial, 200)["mean"]
            covered[length] += low <= 0 <= high
    single, blocks = (count / trials for count in covered.values())
    assert single < 0.75  # as if dates had nothing to do with each other
    assert blocks > 0.88  # 0.92 of many trials


def test_what_a_resample_leaves_undefined_counts_as_the_score():
    rare = {"value": np.eye(10)[0], "count": np.eye(10)[0]}

    def ratio(sums):
        with np.errstate(invalid="ignore"):
            return {"ratio": sums["value"] / sums["count"]}

    assert block_bootstrap(rare, ratio, 1, 0)["ratio"].tolist() == [1, 1, 1]


def test_blocks_are_seeded():
    sums = by_date(np.random.default_rng(0).random(50))
    one, again, other = (block_bootstrap(sums, mean, 5, seed)["mean"].tolist() for seed in (0, 0, 1))
    assert one == again != other
