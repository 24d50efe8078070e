"""Whose recordings are used: those of the speakers that params name, or everybody's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown

ANOTHER = "of a speaker that prepare.only_speakers does not name"


def used(raw: Path, speakers: Sequence[str], only: Sequence[str]) -> NDArray[np.bool_]:
    """(recordings,) which are used, by who speaks in each; all of them where `only` is empty.

    Raises:
        KassandraError: nobody is known, or a name of `only` is of none.
    """
    if not only:
        return np.ones(len(speakers), bool)
    known = sorted(set(speakers) - {""})
    if not known:
        raise KassandraError(f"prepare.only_speakers: nothing in {raw} says who speaks; leave it out")
    for name in only:
        if name not in known:
            raise KassandraError(unknown("prepare.only_speakers", "speaker", name, known))
    return np.isin(np.array(speakers), list(only))
