"""What several classifiers answer together: the mean of their probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.targets.label.evaluate.predict import Outputs, together


def outputs(seed, rows=7, classes=4, scale=3.0, attention=False):
    generator = np.random.default_rng(seed)
    logits = scale * generator.normal(size=(rows, classes))
    weights = [generator.dirichlet(np.ones(2 + row)) for row in range(rows)] if attention else None
    return Outputs(logits - np.log(np.exp(logits).sum(1, keepdims=True)), weights)


@pytest.mark.slow
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.floats(0.1, 20))
def test_it_is_the_mean_of_probabilities(seeds, scale):
    members = [outputs(seed, scale=scale) for seed in seeds]
    expected = np.mean([np.exp(each.log_probabilities) for each in members], axis=0)
    np.testing.assert_allclose(np.exp(together(members).log_probabilities), expected, rtol=1e-9)
    np.testing.assert_allclose(together(members[::-1]).log_probabilities, together(members).log_probabilities)


def test_a_probability_too_small_for_a_number_is_kept():
    members = [Outputs(np.array([[-2000.0, 0.0]]), None), Outputs(np.array([[-1000.0, 0.0]]), None)]
    assert together(members).log_probabilities[0, 0] == pytest.approx(-1000 - np.log(2))


def test_of_one_it_is_its_own_to_the_bit_and_of_equals_theirs():
    one = outputs(0, attention=True)
    assert together([one]) is one
    same = together([one] * 3)
    np.testing.assert_allclose(same.log_probabilities, one.log_probabilities, atol=1e-12)
    for mean, own in zip(same.attention, one.attention, strict=True):
        np.testing.assert_allclose(mean, own)


def test_attention_is_the_mean_of_that_of_each():
    members = [outputs(seed, attention=True) for seed in range(3)]
    joint = together(members).attention
    assert [len(row) for row in joint] == [2 + row for row in range(7)]
    for row, mean in enumerate(joint):
        np.testing.assert_allclose(mean, np.mean([each.attention[row] for each in members], axis=0))
        assert mean.sum() == pytest.approx(1)
