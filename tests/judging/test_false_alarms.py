"""By simulation, as in benchmarks/false_alarms.py but less of it: equal models seldom seem to differ, others do."""

import pytest

from benchmarks.false_alarms import CASES, rates

pytestmark = [pytest.mark.slow, pytest.mark.statistics]

NOT_USED = "rectangular"
CHEAP = [case for case in CASES if not case.what.startswith(("2,000", "a text of 100,000"))]


@pytest.mark.parametrize("case", CHEAP, ids=lambda case: case.what)
def test_equal_models_seem_to_differ_in_one_of_twenty_cases(case):
    for score, found in rates(case, 150, 0.0).items():
        assert NOT_USED in score or found["low"] <= 0.06, score


@pytest.mark.parametrize("case", CHEAP, ids=lambda case: case.what)
def test_a_worse_model_is_found(case):
    first = next(iter(rates(case, 20, 3 * case.worse).values()))
    assert first["rate"] >= 0.7
