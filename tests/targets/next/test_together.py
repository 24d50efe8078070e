"""What several language models say together: the mean of the probabilities of each token."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kassandra.targets.next.evaluate.predict import together


@given(st.integers(1, 6), st.integers(0, 10**6))
def test_losses_are_of_the_mean_of_probabilities(members, seed):
    losses = np.random.default_rng(seed).gamma(2, 2, (members, 30))
    expected = -np.log(np.exp(-losses).mean(0))
    np.testing.assert_allclose(together(list(losses)), expected, rtol=1e-9)
    # A mean of probabilities loses no more than the mean of losses (Jensen 1906), and no less than the best.
    assert (together(list(losses)) <= losses.mean(0) + 1e-9).all()
    assert (together(list(losses)) >= losses.min(0) - 1e-9).all()


def test_of_one_they_are_its_own_and_no_loss_is_too_large():
    one = np.array([0.5, 3.0, 2000.0])
    assert together([one]) is one
    np.testing.assert_allclose(together([one, one]), one)
