"""One long text, read in parts side by side, window after window.

The state in which one window ends is that in which the next begins, so a model remembers what came before, though
gradients stop there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts import stream
from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import PAD, UNK
from kassandra.params.inputs.text import StreamTrain
from kassandra.vocabulary import streams

EVALUATION_WINDOW = 50  # tokens of a step; scores do not depend on it
VALID_STREAMS = 10  # places read at once, for speed: each begins without having read anything

Ids = NDArray[np.integer]  # (tokens,)
Positions = NDArray[np.int64]  # (streams, time), in the text


class Sequences:
    """See kassandra.training.pair. `rows` are positions in the text."""

    unit = "tokens"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device, self.tokens, self.vocabulary = device, str(meta["tokens"]), list(meta["vocabulary"])

    def read(self, path: Path) -> Ids:
        return map_arrays(path)["ids"]

    def size(self, split: Ids) -> int:
        """Tokens that another one follows."""
        return len(split) - 1

    def steps(self, split: Ids, params: StreamTrain, answers: object = None) -> int:
        return stream.most_windows(len(split), params.batch_size, params.window)

    def shuffled(
        self, split: Ids, params: StreamTrain, generator: torch.Generator, answers: object = None
    ) -> Iterator[Positions]:
        """In the order of the text; what is drawn is where the first window ends, so that windows differ by epoch."""
        first = int(torch.randint(1, params.window + 1, (), generator=generator))
        return stream.windows(len(split), params.batch_size, params.window, first)

    def ordered(self, split: Ids, answers: object = None, at_once: int | None = None) -> Iterator[Positions]:
        """`at_once` places of the text are read side by side; with 1, each token is read after all before it."""
        return stream.windows(len(split), at_once or VALID_STREAMS, EVALUATION_WINDOW, EVALUATION_WINDOW)

    def batch(
        self, split: Ids, rows: Positions, params: object = None, generator: object = None
    ) -> tuple[Tensor, None]:
        return torch.from_numpy(stream.read_at(split, rows, PAD)).to(self.device), None

    def own(self, prompt: str) -> Ids:
        """(tokens,) ids of a user's text, without what is not in the vocabulary.

        Raises:
            KassandraError: nothing is left.
        """
        ids = streams.encode(prompt, self.tokens, self.vocabulary)
        if not (ids != UNK).any():
            example = self.vocabulary[2]
            raise KassandraError(f"prompt: no {self.tokens} of the vocabulary in {prompt!r}; try {example!r}")
        return np.asarray(ids[ids != UNK])
