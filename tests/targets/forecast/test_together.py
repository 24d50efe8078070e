"""What several forecasters say together: the mean of their distributions, by its quantiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from kassandra.contracts.spec import LEVELS
from kassandra.judging.pooling import pooled
from kassandra.targets.forecast.evaluate.predict import Forecast, together

NORMALS = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.3, 3)), min_size=1, max_size=5)


def quantiles(place, spread):
    """(levels, 1, 1, 1) of a normal distribution."""
    return (place + spread * ndtri(LEVELS))[:, None, None, None]


def share_below(at, normals):
    """Of the mixture, below each of `at`."""
    return np.mean([ndtr((at - place) / spread) for place, spread in normals], axis=0)


def of_the_mixture(normals):
    """(levels,) by bisection: where the mean of the distribution functions is that level."""
    low, high = np.full(len(LEVELS), -50.0), np.full(len(LEVELS), 50.0)
    for _ in range(60):
        middle = (low + high) / 2
        below = share_below(middle, normals) < LEVELS
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


@pytest.mark.slow
@settings(max_examples=40)
@given(NORMALS)
def test_of_normals_they_are_those_of_the_mixture(normals):
    got = pooled([quantiles(*each) for each in normals])[:, 0, 0, 0]
    assert (np.diff(got) >= 0).all()
    narrowest = min(spread for _, spread in normals)
    expected = of_the_mixture(normals)
    # Between two levels a distribution counts as even, and what is beyond the outermost as exponential: in shares of
    # the mixture, hundredths.
    assert np.abs(share_below(got, normals) - LEVELS).max() < 0.02
    # Where hardly anything lies, as between two members far apart, a hundredth of a share is a long way.
    dense = expected[4:-2] - expected[2:-4] < 0.6 * narrowest
    assert (np.abs(got - expected)[3:-3][dense] < 0.1 * narrowest + 0.02 * np.ptp(expected)).all()


def test_of_members_that_say_the_same_they_are_theirs():
    one = quantiles(1.0, 2.0)
    np.testing.assert_allclose(pooled([one, one, one]), one, atol=1e-9)
    forecast = Forecast(np.ones((1, 1, 1)), one, None, {"place": np.ones((1, 1, 1))})
    assert together([forecast]) is forecast  # with its distribution in closed form
    joint = together([forecast, forecast])
    assert joint.distribution == {}  # a mixture is none of its kind
    np.testing.assert_allclose(joint.point, forecast.point)


@settings(max_examples=30)
@given(NORMALS, st.floats(-5, 5), st.floats(0.1, 10), st.randoms())
def test_neither_the_order_of_members_nor_a_unit_matters(normals, shift, factor, random):
    members = [quantiles(*each) for each in normals]
    expected = pooled(members)
    shuffled = random.sample(members, len(members))
    np.testing.assert_allclose(pooled(shuffled), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(pooled([shift + factor * each for each in members]), shift + factor * expected,
                               rtol=1e-7, atol=1e-7)  # fmt: skip


@pytest.mark.parametrize("members", [2, 3, 5])
def test_they_lie_between_those_of_the_members(members):
    generator = np.random.default_rng(members)
    each = [np.sort(generator.normal(size=(len(LEVELS), 9, 2, 2)), axis=0) for _ in range(members)]
    got = pooled(each)
    assert (np.diff(got, axis=0) > 0).all()
    assert (got >= np.min(each, axis=0) - 1e-9).all()
    assert (got <= np.max(each, axis=0) + 1e-9).all()


def test_of_equal_quantiles_they_are_numbers_in_order_within_all():
    """Of a model that is sure several may be the same."""
    generator = np.random.default_rng(0)
    each = [np.sort(generator.integers(0, 6, (len(LEVELS), 9, 2, 2)).astype(float), axis=0) for _ in range(3)]
    got = pooled(each)
    assert (np.diff(got, axis=0) >= -1e-12).all()
    assert ((np.min(each) <= got) & (got <= np.max(each))).all()


def test_what_is_sure_is_sure_together():
    """A distribution of one value, where quantiles have no width."""
    np.testing.assert_allclose(pooled([np.full((len(LEVELS), 2, 1, 1), 3.0)] * 2), 3.0)


def test_many_numbers_are_each_by_itself():
    """They are computed some thousand at a time."""
    generator = np.random.default_rng(0)
    members = [np.sort(generator.normal(size=(len(LEVELS), 5000, 1, 1)), axis=0) for _ in range(2)]
    whole = pooled(members)
    for row in (0, 4095, 4096, 4999):
        np.testing.assert_allclose(whole[:, row], pooled([each[:, row : row + 1] for each in members])[:, 0])


def test_members_that_disagree_are_less_sure_together():
    """The pool is wider than each of them, and its point the mean of their points."""
    apart = [Forecast(np.full((1, 1, 1), place), quantiles(place, 1.0), None) for place in (-2.0, 2.0)]
    joint = together(apart)
    assert joint.point.item() == 0
    wide, own = (np.ptp(each.quantiles[[0, -1], 0, 0, 0]) for each in (joint, apart[0]))
    assert wide > 1.8 * own
    assert joint.quantiles[len(LEVELS) // 2].item() == pytest.approx(0, abs=1e-9)


def test_points_alone_have_no_quantiles_together():
    alone = [Forecast(np.full((2, 3, 1), place), None, np.ones((2, 7), np.float32)) for place in (1.0, 4.0)]
    joint = together(alone)
    assert joint.quantiles is None
    np.testing.assert_allclose(joint.point, 2.5)
    np.testing.assert_allclose(joint.attention, 1)
