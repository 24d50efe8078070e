"""What a target offers for export: parts of a model whose inputs and outputs are named tensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Axes = tuple[str | int, ...]  # a name for an axis of any size, a number for one whose size is part of the model
Run = Callable[[str, Arrays], Arrays]  # the outputs of the graph of a name, of its inputs


@dataclass(frozen=True)
class Graph:
    """A part of a model that computes outputs of inputs, without loops that depend on the data.

    name: of its file. module: a torch.nn.Module that takes the inputs in their order and returns the outputs in theirs.
    inputs, outputs: their axes. example: inputs of the sizes that the named axes are to have, drawn from a generator.
    """

    name: str
    module: Any
    inputs: Mapping[str, Axes]
    outputs: Mapping[str, Axes]
    example: Callable[[Mapping[str, int], np.random.Generator], Arrays]


@dataclass(frozen=True)
class Comparison:
    """The same test split by two forms of one model.

    scores: by name, of the first and of the second. largest: the largest difference of two numbers, of what.
    changed: how many answers differ, of how many.
    """

    scores: Mapping[str, tuple[float, float]]
    largest: float | None = None
    of: str = ""
    changed: int | None = None
    examples: int = 0
    notes: tuple[str, ...] = field(default=())


def named(values: Mapping[str, Axes]) -> dict[str, dict[int, str]]:
    """Of each tensor the axes that have names, by place.

    >>> named({"inputs": ("batch", "time", 28)})
    {'inputs': {0: 'batch', 1: 'time'}}
    """
    return {
        name: {place: axis for place, axis in enumerate(axes) if isinstance(axis, str)} for name, axes in values.items()
    }


def sized(axes: Axes, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """
    >>> sized(("batch", "time", 28), {"batch": 2, "time": 7})
    (2, 7, 28)
    """
    return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in axes)
