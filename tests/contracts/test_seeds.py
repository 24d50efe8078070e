"""Seeds of members: a prefix of one list, and their rows in a table."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.seeds import by_seed, member_seeds


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40))
def test_the_first_seeds_are_the_same_however_many_there_are(seed, few, many):
    few, many = sorted((few, many))
    seeds = member_seeds(seed, many)
    assert member_seeds(seed, few) == seeds[:few]
    assert len(seeds) == many
    assert all(0 <= each < 2**32 for each in seeds)


def test_seeds_of_members_and_of_other_bases_are_different():
    """Nor is a member's seed the base, which draws the splits."""
    every = [each for base in range(100) for each in member_seeds(base, 10)]
    assert len(set(every)) == len(every)
    assert not set(every) & set(range(100))


def test_rows_of_each_member_in_the_order_they_stand():
    table = pd.DataFrame({"seed": [7, 2, 7, 2], "x": [1, 2, 3, 4]})
    first, second = by_seed(table)
    assert (first["x"].tolist(), second["x"].tolist()) == ([1, 3], [2, 4])
    assert [*first.index, *first] == [0, 1, "x"]
    (alone,) = by_seed(table[["x"]])  # of before there were members
    assert alone["x"].tolist() == [1, 2, 3, 4]
