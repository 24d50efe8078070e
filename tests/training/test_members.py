"""Members side by side: how long they take in all (what they train is in tests/faults/test_members.py)."""

import pytest

from kassandra.training.members import makespan


@pytest.mark.parametrize(
    ("processes", "expected"),
    [(1, 60.0), (2, 40.0), (3, 20.0), (8, 20.0)],
)
def test_three_members_of_twenty_seconds(processes, expected):
    assert makespan([20.0, 20.0, 20.0], processes) == expected


def test_the_next_member_begins_where_a_process_is_free_first():
    assert makespan([30.0, 10.0, 10.0], 2) == 30.0
