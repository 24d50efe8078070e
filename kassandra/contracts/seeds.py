"""Seeds of members, and their rows in a table of predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def member_seeds(seed: int, count: int) -> list[int]:
    """Of each member, from the seed of params.yaml: the first ones are the same however many there are.

    >>> member_seeds(0, 2) == member_seeds(0, 3)[:2]
    True
    """
    return [int(each) for each in np.random.SeedSequence(seed).generate_state(count)]


def by_seed(table: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each member, in the same order of examples; all of them where there is no column `seed`."""
    if "seed" not in table:
        return [table]
    seeds = table["seed"]
    return [table[seeds == seed].drop(columns="seed").reset_index(drop=True) for seed in seeds.unique()]
