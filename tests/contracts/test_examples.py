"""Ids of examples: unique, and as they were where they occur once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.examples import numbered


@given(st.lists(st.sampled_from(["a", "b", "a (2)", "a (3)", "a (2) (2)"]), max_size=12))
@pytest.mark.slow
def test_numbered_ids_are_unique_and_begin_with_what_they_were(ids):
    unique = numbered(ids)
    assert len(set(unique)) == len(unique) == len(ids)
    for number, (one, name) in enumerate(zip(ids, unique, strict=True)):
        assert name == one if one not in ids[:number] else name.startswith(f"{one} (")
