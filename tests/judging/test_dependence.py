"""What is reckoned in another way where there are many dates is the same."""

import numpy as np
import pytest
from scipy import sparse

from kassandra.judging import dependence
from kassandra.judging.resampling import Units


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("shape", [(300,), (300, 2), (7, 1), (2,)])
def test_along_cosines_whether_or_not_there_is_room_for_their_matrix(shape, horizon, monkeypatch):
    series = np.random.default_rng(0).normal(size=shape)
    expected = dependence.cosines(len(series), horizon) @ series
    np.testing.assert_array_equal(dependence.along_cosines(series, horizon), expected)
    monkeypatch.setattr(dependence, "LARGEST", 0)
    np.testing.assert_allclose(dependence.along_cosines(series, horizon), expected, atol=1e-12)
    assert len(expected) == dependence.number_of_cosines(len(series), horizon)


@pytest.mark.parametrize("block", [None, 5])
def test_resampled_in_parts_as_in_one(block):
    generator = np.random.default_rng(0)
    one, other = generator.normal(size=(40, 3)), generator.integers(0, 2, (40, 4)).astype(float)
    units = Units(40, block=block)
    parts = units.of_parts([sparse.csr_array(one), sparse.csr_array(other)], 1, 50)
    joined = units.resampled(sparse.hstack([sparse.csr_array(one), sparse.csr_array(other)], "csr"), 1, 50)
    np.testing.assert_array_equal(parts, joined)
