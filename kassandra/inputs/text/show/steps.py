"""Sentences as their words, for pages of tags."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged


def in_words(test: Path, rows: NDArray[np.intp]) -> list[list[str]]:
    """The words of some rows of a split."""
    arrays = map_arrays(test)
    words = Ragged(arrays["text"], arrays["text_offsets"]).texts()
    ends = list(pairwise(arrays["offsets"].tolist()))
    return [words[ends[row][0] : ends[row][1]] for row in rows.tolist()]
