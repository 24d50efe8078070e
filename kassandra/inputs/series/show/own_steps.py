"""Recordings of a user's, read for `kassandra predict` of tags."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.steps import read_file
from kassandra.inputs.series.show.own_examples import OF_LABELS
from kassandra.inputs.series.show.steps import as_texts
from kassandra.params.inputs.series import ExamplesSource, StepsPrepare

NAME = "recording"
OPTIONS: set[str] = set()


def read(given: list[str], meta: dict[str, Any]) -> tuple[list[list[str]], list[NDArray[np.float64]]]:
    """Tables as that of train, in pieces as long as those of train: their steps as texts, and (steps, columns) each.

    Raises:
        KassandraError: there is none, or one cannot be read.
    """
    if not given:
        raise KassandraError("predict: give a table as that of train, or several")
    keys = {key: value for key, value in meta["source"].items() if key not in OF_LABELS}
    pieces = list[NDArray[np.float64]]()
    for one in given:
        if not Path(one).is_file():
            raise KassandraError(f"{one}: no such file")
        source = ExamplesSource.model_validate({**keys, "path": one})
        read_one = read_file(Path(one), source, StepsPrepare(window=meta["window"]), to_learn=False)
        pieces += [piece.values for piece in read_one.series]
    return [as_texts(piece) for piece in pieces], pieces
