"""The test of Diebold and Mariano: by hand, by simulation, and of whatever comes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kassandra.judging.dependence import cosines
from kassandra.judging.paired import in_order
from kassandra.targets.forecast.evaluate.scores import diebold_mariano


def test_the_p_of_report_is_that_of_compare():
    for horizon in (1, 5):
        differences = np.random.default_rng(horizon).normal(0.2, 1, 50)
        statistic, p = diebold_mariano(differences, horizon)
        assert p == in_order(differences.mean(), differences, horizon, "").p
        assert p == pytest.approx(2 * stats.t.sf(abs(statistic), len(cosines(50, horizon))))


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=40), st.integers(1, 6))
def test_diebold_mariano_of_whatever_comes(differences, horizon):
    done = diebold_mariano(np.array(differences), horizon)
    if len(differences) <= horizon:
        assert done is None
        return
    assert np.isfinite(done).all()
    assert 0 <= done[1] <= 1
    assert diebold_mariano(-np.array(differences), horizon) == pytest.approx((-done[0], done[1]))


@pytest.mark.slow
@pytest.mark.parametrize(("horizon", "dates"), [(1, 60), (5, 100), (5, 400), (12, 400)])
def test_equal_forecasts_rarely_seem_different(horizon, dates):
    """At the 5% level: errors of overlapping forecasts, which share most of what they did not know."""
    generator, trials, rejected = np.random.default_rng(0), 1000, 0
    for _ in range(trials):
        noise = generator.normal(size=(3, dates + horizon - 1))
        shared, one, other = (np.convolve(row, np.ones(horizon), "valid") for row in noise)
        rejected += diebold_mariano((shared + one) ** 2 - (shared + other) ** 2, horizon)[1] < 0.05
    assert 0.02 < rejected / trials < 0.09


def test_unequal_forecasts_are_distinguished():
    generator, rejected = np.random.default_rng(0), 0
    for _ in range(100):
        noise = np.stack([np.convolve(row, np.ones(5), "valid") for row in generator.normal(size=(2, 404))])
        rejected += diebold_mariano(1.4 * noise[1] ** 2 - noise[0] ** 2, 5)[1] < 0.05
    assert rejected > 30
