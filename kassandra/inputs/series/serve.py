"""What `kassandra serve` takes of series. A function named after a reading gives names and inputs of what is sent as
JSON, as `read` of show/own_<reading>.py does of files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.inputs.series.show.steps import as_texts

Values = NDArray[Any]  # (steps, columns), NaN where one is missing; whether they are numbers `Sequences.own` looks


def examples(inputs: list[Any]) -> tuple[list[str], list[Values]]:
    """Series, each a list of steps of a number per column, null where one is missing; named by their place.

    Raises:
        TypeError, ValueError: one is something else.
    """
    return [str(number) for number in range(len(inputs))], list(map(_values, inputs))


def steps(inputs: list[Any]) -> tuple[list[list[str]], list[Values]]:
    """As `examples`, with their steps as texts for names."""
    values = list(map(_values, inputs))
    return [as_texts(one.astype(np.float64)) for one in values], values


def _values(one: Any) -> Values:
    return np.array([[np.nan if value is None else value for value in row] for row in one], ndmin=2)
