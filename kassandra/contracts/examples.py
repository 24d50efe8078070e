"""Examples with one label each, as an input reads them, and the arrays that it makes of them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.ragged import Ragged

Rows = NDArray[np.intp]  # numbers of examples, in order


@dataclass(frozen=True)
class Examples:
    """Every example that there is, in the order of the files; those that come as test stand after the others.

    unit: what they are, in the plural: images, texts, recordings.
    contents: what a model reads, one of each; the input that reads them also encodes them.
    ids: where each comes from, never its label: file and row, or the name of a file. See `numbered`.
    keys: equal where two examples are the same to a model.
    test: (examples,) which come as test; None where the data come in one piece.
    groups: what each belongs to, such as who speaks, "" where that is unknown; None where there is no such thing.
    classes: the labels in their order; None takes those of train, sorted.
    meta: what meta.json is to keep of the files. message: what was refused in them; empty where nothing was.
    """

    unit: str
    contents: Sequence[Any] | NDArray[Any]
    labels: Sequence[str]
    ids: Sequence[str]
    keys: Sequence[Hashable]
    test: NDArray[np.bool_] | None = None
    groups: Sequence[str] | None = None
    classes: list[str] | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    message: str = ""

    @property
    def one(self) -> str:
        """Of the unit: an image, a text, a recording."""
        return self.unit.removesuffix("s")


class Encoded(NamedTuple):
    """What an input makes of its splits.

    arrays: by split and name. spec: of ModelSpec, how the input looks to a model. meta: what is needed to do the same
    to further inputs. message: what to report of it.
    """

    arrays: dict[str, dict[str, NDArray[Any]]]
    spec: dict[str, int]
    meta: dict[str, Any]
    message: str


def numbered(ids: Iterable[str]) -> list[str]:
    """The ids, of which those that have occurred before say how often.

    >>> numbered(["a", "b", "a", "a (2)", "a"])
    ['a', 'b', 'a (3)', 'a (2)', 'a (4)']
    """
    ids = list(ids)
    taken, times = set(ids), Counter[str]()
    unique = []
    for one in ids:
        times[one] += 1
        name = one
        while times[one] > 1 and (name := f"{one} ({times[one]})") in taken:
            times[one] += 1
        taken.add(name)
        unique.append(name)
    return unique


def example_ids(arrays: Mapping[str, NDArray[Any]], rows: int) -> list[str]:
    """Of a prepared split (its .npz as arrays) with so many examples; the numbers of its rows where it has no ids."""
    if "example" not in arrays:
        return [str(row) for row in range(rows)]
    return Ragged(arrays["example"], arrays["example_offsets"]).texts()
