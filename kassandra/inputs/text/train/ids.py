"""Rows of token ids in batches of about equal lengths: what texts with an answer and texts with a text share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged, batches_by_length, shuffled_batches
from kassandra.params.inputs.text import ExamplesTrain, PairsTrain

Rows = NDArray[np.intp]
Lengths = NDArray[np.int64]
Train = ExamplesTrain | PairsTrain


class TokenRows:
    """`Sequences` (see kassandra.training.pair) but for the tokenizer.

    A batch is padded to the longest of its rows, of the input or of the answer, whichever is longer.
    """

    device: torch.device
    arrays: tuple[str, str]  # of a prepared split: ids, offsets
    at_once: int  # tokens of a batch of evaluation; scores do not depend on it, the speed does
    ends: int = 0  # tokens that each row has beyond its own: 1 where it ends with </s>

    def read(self, path: Path) -> Ragged:
        arrays = map_arrays(path)
        return Ragged(*(arrays[name] for name in self.arrays))

    def size(self, split: Ragged) -> int:
        return len(split.lengths)

    def steps(self, split: Ragged, params: Train, answers: Lengths | None = None) -> int:
        lengths = self._longer(split, answers)
        return sum(1 for _ in shuffled_batches(lengths, params.batch_tokens, np.random.default_rng(0)))

    def shuffled(
        self, split: Ragged, params: Train, generator: torch.Generator, answers: Lengths | None = None
    ) -> Iterator[Rows]:
        order = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        return shuffled_batches(self._longer(split, answers), params.batch_tokens, order)

    def ordered(self, split: Ragged, answers: Lengths | None = None, at_once: int | None = None) -> Iterator[Rows]:
        """`at_once`: tokens of a batch."""
        return iter(batches_by_length(self._longer(split, answers), at_once or self.at_once))

    def batch(
        self, split: Ragged, rows: Rows, params: object = None, generator: object = None
    ) -> tuple[Tensor, Tensor]:
        padded = split.ended(rows) if self.ends else split.padded(rows)
        ids, lengths = (torch.from_numpy(array).to(self.device) for array in padded)
        return ids, lengths

    def _longer(self, split: Ragged, answers: Lengths | None) -> Lengths:
        lengths = split.lengths + self.ends
        return lengths if answers is None else np.maximum(lengths, answers)


def checked(texts: Any) -> list[str]:
    """A user's texts; a single one is taken for a list of one.

    Raises:
        KassandraError: they are no texts, or one holds nothing.
    """
    given = [texts] if isinstance(texts, str) else list(texts)
    for number, text in enumerate(given, 1):
        if not isinstance(text, str) or not text.strip():
            raise KassandraError(f"text {number}: expected some words, got {text!r}")
    return given
