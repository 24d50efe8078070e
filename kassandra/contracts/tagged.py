"""Sequences with an answer at each step: what an input reads of them, and what models without an LSTM see of them.

A target that reads `steps` asks an input for modules of that name. `inputs/<kind>/prepare/steps.py` has `read(raw,
source, params)`, which gives Tagged, and `encode(examples, rows, params, seed)`, as the reading `examples` has: no step
may be left out or joined with another, as each has an answer. `inputs/<kind>/baseline/steps.py` has
`seen(split, meta)`, which gives Seen; `inputs/<kind>/train/steps.py` the class `Sequences` (training.pair);
`inputs/<kind>/show/steps.py` has `in_words(test, rows)`, the steps of some sequences as texts, and
`inputs/<kind>/show/own_steps.py` reads a user's files for `kassandra predict`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from kassandra.contracts.examples import Examples


@dataclass(frozen=True)
class Tagged:
    """
    examples: the sequences, each with at least one step. Their `labels` are what splits are drawn evenly by (the kind
        of a request), "" everywhere where nothing is known.
    tags: of each sequence one per step, none of them empty.
    steps: what a step is, in the plural: words, rows.
    """

    examples: Examples
    tags: Sequence[Sequence[str]]
    steps: str


class Seen(NamedTuple):
    """What models without an LSTM see of the sequences of a split; what an input does not have, is None.

    symbols: of each step something that comes again, as a word does: how often it had which tag can be counted.
    features: of each step the names of what holds there (this word, its suffix, the word before).
    numbers: of each sequence (steps, numbers).
    """

    symbols: Sequence[Sequence[str]] | None = None
    features: Sequence[Sequence[Sequence[str]]] | None = None
    numbers: Sequence[NDArray[Any]] | None = None
