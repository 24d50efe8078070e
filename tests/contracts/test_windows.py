"""Windows of a split: which rows they show, and after which rows one ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.windows import origins


@pytest.mark.slow
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(2, 5), st.integers(0, 4))
def test_origins_are_all_those_whose_rows_are_usable(usable, window, horizon):
    usable = np.array(usable)
    wanted = [
        row
        for row in range(len(usable))
        if row - window + 1 >= 0 and row + horizon < len(usable) and usable[row - window + 1 : row + horizon + 1].all()
    ]
    assert origins(usable, window, horizon).tolist() == wanted
