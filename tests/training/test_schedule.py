from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.params.sections.kind import Train
from kassandra.training.loop import Schedule, factor

SCHEDULES = get_args(Schedule)
STEPS, WARMUP = st.integers(1, 200), st.floats(0, 0.99)


def curve(schedule, steps, warmup=0.3):
    return [factor(schedule, step, steps, warmup) for step in range(steps)]


def test_every_schedule_of_the_params():
    assert get_args(Train.model_fields["schedule"].annotation) == SCHEDULES


@pytest.mark.parametrize("schedule", SCHEDULES)
@settings(max_examples=40)
@given(steps=STEPS, warmup=WARMUP)
def test_every_step_learns_and_none_beyond_the_peak(schedule, steps, warmup):
    assert all(0 < share <= 1 for share in curve(schedule, steps, warmup))


@pytest.mark.parametrize("schedule", ["triangular", "one-cycle"])
@settings(max_examples=40)
@given(steps=STEPS, warmup=WARMUP)
def test_up_to_one_peak_and_down(schedule, steps, warmup):
    shares = curve(schedule, steps, warmup)
    peak = shares.index(max(shares))
    assert abs(peak - warmup * steps) <= 1
    assert all(before < after for before, after in pairwise(shares[: peak + 1]))
    assert all(before > after for before, after in pairwise(shares[peak:]))


@pytest.mark.parametrize("schedule", ["triangular", "one-cycle", "cosine"])
@pytest.mark.parametrize("warmup", [0, 0.1, 0.3, 0.9])
def test_peak_reached_and_ended_near_zero(schedule, warmup):
    shares = curve(schedule, 1000, warmup)
    assert max(shares) > 0.99
    assert shares[-1] < 0.011


def test_constant():
    assert set(curve("constant", 50)) == {1.0}


def test_known_values():
    assert curve("triangular", 10, 0.3) == pytest.approx([1 / 4, 2 / 4, 3 / 4, *(k / 7 for k in range(7, 0, -1))])
    assert curve("triangular", 4, 0) == pytest.approx([1, 3 / 4, 2 / 4, 1 / 4])
    assert curve("cosine", 4) == pytest.approx([1, 0.5 + 0.5**0.5 / 2, 0.5, 0.5 - 0.5**0.5 / 2])
    assert factor("one-cycle", 0, 10**6) == pytest.approx(1 / 25, rel=1e-3)


@settings(max_examples=40)
@given(steps=STEPS, warmup=WARMUP)
def test_cosine_only_falls(steps, warmup):
    shares = curve("cosine", steps, warmup)
    assert shares[0] == 1
    assert all(before > after for before, after in pairwise(shares))
