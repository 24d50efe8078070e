"""What an input reads, examples with one label each or pairs of texts, and what it makes of them: arrays, and views."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.ragged import Ragged

Rows = NDArray[np.intp]  # numbers of examples, in order


@dataclass(frozen=True)
class Examples:
    """Every example that there is, in the order of the files; those that come as valid, then as test, stand last.

    unit: what they are, in the plural: images, texts, recordings.
    contents: what a model reads, one of each; the input that reads them also encodes them.
    ids: where each comes from, never its label: file and row, or the name of a file. See `numbered`.
    keys: equal where two examples are the same to a model. near: equal where they are nearly the same; None where that
        is not looked for. nearly: what such are alike in.
    test: (examples,) which come as test; None where the data come without such a split.
    valid: (examples,) which come as validation, and stand between train and test; None as for test.
    groups: what each belongs to, such as who speaks, "" where that is unknown; None where there is no such thing.
    together: whether all of a group stay in one split where splits are drawn; else each split has some of each group.
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
    valid: NDArray[np.bool_] | None = None
    near: Sequence[Hashable] | None = None
    nearly: str = "the same letters and digits"
    together: bool = False

    @property
    def one(self) -> str:
        """Of the unit: an image, a text, a recording; series are the same in both numbers."""
        return self.unit if self.unit == "series" else self.unit.removesuffix("s")


class Encoded(NamedTuple):
    """What an input makes of its splits.

    arrays: by split and name. spec: of ModelSpec, how the input looks to a model. meta: what is needed to do the same
    to further inputs. message: what to report of it.
    """

    arrays: dict[str, dict[str, NDArray[Any]]]
    spec: dict[str, int]
    meta: dict[str, Any]
    message: str


class View(NamedTuple):
    """What a linear model sees of examples: where an input and a target meet that need no PyTorch.

    name: of the baseline, as evaluation shows it. options: of the linear model.
    known, unknown: (examples, features) arrays or sparse matrices: examples to fit to, and examples to predict.
    counts: whether features are counts of things that an example holds; a target may then weigh each by how much more
        frequent it is inside of a class than outside.
    features: what the features are, so that a target can name its own model of them; "" where another view has them.
    penalties: strengths of the L2 penalty, among which one is chosen by cross-validation of the known examples; without
        any, `options` say it. groups: (known,) numbers of what must not be on both sides of it; None for no groups.
    squares: whether the linear model is fitted by least squares (ridge), as is usual for thousands of random features.
    rows: numbers of the known examples that `known` are, in order: a sample, where all are too many; None for all.
    """

    name: str
    known: Any
    unknown: Any
    options: dict[str, Any]
    counts: bool = False
    features: str = ""
    penalties: Sequence[float] = ()
    groups: NDArray[np.int64] | None = None
    squares: bool = False
    rows: Rows | None = None

    def of_known(self, answers: NDArray[Any]) -> NDArray[Any]:
        """Those of `known`, of the answers of all known examples."""
        return answers if self.rows is None else answers[self.rows]


class Neighbours(NamedTuple):
    """What the nearest neighbour among known examples is found by; an input's baseline may offer some beside views.

    rows: numbers of the known examples that are compared with; all of them, or a sample. settings: of the distance, the
        simplest first; one is chosen by leaving out each known example in turn.
    among: of a setting, the distances (rows, rows). to: of a setting, (unknown, rows).
    """

    name: str
    rows: Rows
    settings: Sequence[Any]
    among: Callable[[Any], NDArray[np.floating]]
    to: Callable[[Any], NDArray[np.floating]]


class Pair(NamedTuple):
    """A sentence and its translation; neither is empty."""

    source: str
    target: str


class Pairs(NamedTuple):
    """parts: pairs, each with its id (file and line), in the order of the files: train, test and maybe valid; or all.

    languages: of the sources, and of the targets. dropped: lines of all parts that are not in them, by reason.
    message: about those, and where the first of them are.
    """

    languages: tuple[str, str]
    parts: dict[str, dict[Pair, str]]
    dropped: Counter[str]
    message: str


@dataclass(frozen=True)
class Captioned:
    """What an input reads for a target that writes a text for each example, where the examples are no texts themselves.

    A target that reads `captions` asks an input for modules of that name. `inputs/<kind>/prepare/captions.py` has
    `read(raw, source, params)`, which gives this, and `encode(examples, rows, params, seed)`, as the reading `examples`
    has; `inputs/<kind>/baseline/captions.py` has `views`, by which the nearest examples are found; the `Sequences` of
    `inputs/<kind>/train/captions.py` (training.pair) finds in each split the array `input`: of each text the number of
    the example that it is of. `inputs/<kind>/show/captions.py` draws, `inputs/<kind>/show/own_captions.py` reads a
    user's files for `kassandra caption`.

    examples: their `labels` are what splits are drawn evenly by, "" everywhere where nothing is known.
    texts: of each example one or more, as they are written.
    language: of the texts, by its code; "" where that is unknown.
    """

    examples: Examples
    texts: Sequence[Sequence[str]]
    language: str = ""


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
