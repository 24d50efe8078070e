"""The bootstrap: seeded, as wide as it should be, and paired."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.judging.intervals import LEVEL, Estimate, block_length, percentiles
from kassandra.judging.resampling import Dates, Stretches, Units


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "examples"), [(0.8, 80)])
def test_covers_nineteen_times_in_twenty(rate, examples):
    generator, trials = np.random.default_rng(0), 250
    covered = 0
    for trial in range(trials):
        score = mean_of(generator.random(examples) < rate, None, trial, 200)
        covered += score.low <= rate <= score.high
    assert covered / trials == pytest.approx(LEVEL, abs=0.035)


def test_what_never_varies_has_no_width():
    assert mean_of(np.ones(10), None) == Estimate(1.0, 1.0, 1.0)


def test_a_score_as_text():
    assert str(Estimate(0.98765, 0.98, 1)) == "0.9877 [0.9800, 1.0000]"
    assert Estimate(0.5, -0.25, 0.75).text("+") == "+0.5000 [-0.2500, +0.7500]"
    assert str(Estimate(1.0, 1.0, 1.0)) == "1.0000 [1.0000, 1.0000]"


@given(st.floats(-1e3, 1e3), st.floats(1e-9, 1))
def test_a_score_as_text_shows_how_wide_its_interval_is(low, width):
    score = Estimate(low + width / 2, low, low + width)
    _, first, second = (float(number.strip("[],")) for number in score.text().split())
    assert second - first == pytest.approx(score.high - score.low, rel=0.11)


def moving(size, generator, over=5):
    """Noise averaged over `over` dates: what errors of forecasts as many steps ahead are like."""
    return np.convolve(generator.normal(size=size + over - 1), np.ones(over) / over, "valid")


def mean_of(values, block, seed=0, replicates=1000):
    values = np.asarray(values, float)
    drawn = Units(len(values), block=block).resampled(values[:, None], seed, replicates)[:, 0] / len(values)
    return percentiles(values.mean(), drawn)


@given(st.integers(1, 30), st.data())
@pytest.mark.slow
def test_every_resample_of_blocks_has_as_many_dates(dates, data):
    """Of whatever length blocks are; and all dates are drawn alike often, the first and the last too."""
    length = data.draw(st.integers(1, dates))
    drawn = np.array(list(Units(dates, block=length).draws(0, 300)))  # (replicates, dates)
    assert (drawn.sum(1) == dates).all()
    assert drawn.mean(0) == pytest.approx(np.ones(dates), abs=0.6)


def test_blocks_hold_what_follows_on_each_other():
    """Dates of a block are drawn together: the first with the last but not with those between."""
    drawn = np.array(list(Units(12, block=4).draws(0, 1000)))
    np.testing.assert_allclose(drawn.mean(0), 1, atol=0.15)
    together = np.corrcoef(drawn.T)
    assert together[0, 1] > 0.5
    assert together[0, 11] > 0.5
    assert together[0, 6] < 0.1


@pytest.mark.parametrize("block", [None, 1])
def test_units_by_themselves_are_the_plain_bootstrap(block):
    values = np.random.default_rng(0).normal(size=400)
    half = 1.96 * values.std() / 20
    expected = [values.mean(), values.mean() - half, values.mean() + half]
    assert list(mean_of(values, block)) == pytest.approx(expected, abs=half / 10)


@pytest.mark.statistics
@pytest.mark.slow
def test_blocks_cover_where_dates_hang_together():
    generator, trials, covered = np.random.default_rng(0), 400, {1: 0, block_length(1000, 5): 0}
    for trial in range(trials):
        values = moving(1000, generator)
        for length in covered:
            _, low, high = mean_of(values, length, trial, 200)
            covered[length] += low <= 0 <= high
    single, blocks = (count / trials for count in covered.values())
    assert single < 0.75  # as if dates had nothing to do with each other
    assert blocks > 0.88  # 0.92 of many trials


def test_what_a_resample_leaves_undefined_counts_as_the_score():
    assert percentiles(1.0, np.array([np.nan, 1.0, np.nan])) == (1, 1, 1)


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_of_a_unit_are_added_up(sparse):
    from scipy.sparse import csr_array

    rows, units = np.arange(14.0).reshape(7, 2), Units(3, np.array([0, 0, 2, 1, 2, 2, 0]))
    sums = units.sums(csr_array(rows) if sparse else rows)
    assert (sums.toarray() if sparse else sums).tolist() == [[14, 17], [6, 7], [22, 25]]


def test_a_text_is_cut_into_stretches_and_forecasts_into_dates():
    table = pd.DataFrame({"origin": ["b", "a", "b", "a"], "step": [1, 2, 2, 1]})
    units = Dates().units(table)
    assert (units.count, units.of.tolist(), units.horizon) == (2, [1, 0, 1, 0], 2)
    tokens = pd.DataFrame(index=range(1003))
    cut = [len(part) for part in np.array_split(np.arange(1003), 200)]
    assert np.bincount(Stretches().units(tokens).of).tolist() == cut
    assert Stretches().ordered(tokens).count == 10


def test_draws_are_seeded_and_leave_the_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    values = np.random.default_rng(0).random(50)
    one, again, other = (mean_of(values, 5, seed) for seed in (0, 0, 1))
    assert one == again != other
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
