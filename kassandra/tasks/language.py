"""A text and what comes next in it, character by character or word by word."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import UNK
from kassandra.params.tasks.language import LanguageTrain
from kassandra.tasks import Batch
from kassandra.vocabulary import streams

EVALUATION_WINDOW = 50  # tokens of a step; scores do not depend on it
VALID_STREAMS = 10  # places read at once, for speed: each begins without having read anything


class Split(NamedTuple):
    ids: Tensor  # (tokens,) int64


class Task:
    """See kassandra.tasks.Task.

    The text is cut into `batch_size` parts that are read side by side, window after window: the state in which one
    window ends is that in which the next begins, so the model knows what came before, though gradients stop there.
    """

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.unit, self.vocabulary = str(meta["tokens"]), list(meta["vocabulary"])
        self.state: Any = None  # of the training that is going on, between two of its windows

    def read(self, split: Path) -> Split:
        return Split(torch.from_numpy(read_arrays(split)["ids"].astype(np.int64)).to(self.device))

    def size(self, split: Split) -> int:
        return len(split.ids) - 1

    def steps(self, split: Split, params: LanguageTrain) -> int:
        length = math.ceil(self.size(split) / params.batch_size)  # of a part
        return 1 + math.ceil((length - 1) / params.window)  # if the first window is the shortest; never more

    def train_batches(self, split: Split, params: LanguageTrain, generator: torch.Generator) -> Iterator[Batch]:
        """In the order of the text; what is drawn is where the first window ends, so that windows differ by epoch."""
        self.state = None
        first = int(torch.randint(1, params.window + 1, (), generator=generator))
        yield from windows(split.ids, params.batch_size, params.window, first)

    def loss(self, model: Any, batch: Batch, params: LanguageTrain) -> tuple[Tensor, int]:
        read = model(batch.inputs, self.state)
        self.state = [one.detached() for one in read.state]
        there = batch.targets >= 0  # (batch, time): the last window of a part may be shorter
        count = int(there.sum())
        total = model.losses(read.outputs[there], batch.targets[there]).sum()
        if params.activation_regularisation:
            total = total + params.activation_regularisation * count * read.outputs.float().pow(2).mean()
        if params.temporal_regularisation and read.raw.shape[1] > 1:
            change = read.raw[:, 1:].float() - read.raw[:, :-1].float()  # (batch, time - 1, size)
            total = total + params.temporal_regularisation * count * change.pow(2).mean()
        return total, count

    def scores(self, model: Any, split: Split) -> dict[str, float]:
        return {"loss": self.losses(model, split, VALID_STREAMS).mean().item()}

    def losses(self, model: Any, split: Split, streams: int = 1) -> Tensor:
        """(tokens - 1,) nats of each token but the first, in the order of the text, with the state carried along."""
        state, parts = None, []
        for batch in windows(split.ids, streams, EVALUATION_WINDOW, EVALUATION_WINDOW):
            read = model(batch.inputs, state)
            state = read.state
            size = read.outputs.shape[2]
            losses = model.losses(read.outputs.reshape(-1, size), batch.targets.clamp(min=0).reshape(-1))
            parts.append(losses.view(batch.targets.shape).double().cpu())  # (streams, time)
        return torch.cat(parts, dim=1).reshape(-1)[: self.size(split)]

    @property
    def start(self) -> str:
        """A prompt where none is given: the end of a line, or in a text without lines the likeliest token."""
        return "\n" if "\n" in self.vocabulary else self.vocabulary[2]

    def own_input(self, prompt: str) -> Tensor:
        """(tokens,) ids of a prompt, of which what is not in the vocabulary is left out.

        Raises:
            KassandraError: nothing is left.
        """
        ids = streams.encode(prompt, self.unit, self.vocabulary)
        if not (ids != UNK).any():
            raise KassandraError(f"prompt: no {self.unit} of the vocabulary in {prompt!r}; try {self.vocabulary[2]!r}")
        return torch.from_numpy(ids[ids != UNK].astype(np.int64))

    def piece(self, token: int) -> str:
        """What to print for a token that was written."""
        return streams.piece(self.vocabulary[token], self.unit)


def windows(ids: Tensor, streams: int, window: int, first: int) -> Iterator[Batch]:
    """`ids` (tokens,) in `streams` parts of equal length, of which each batch holds the next `window` tokens, and the
    first batch `first`; targets are the tokens one place on, and -1 where the last part has ended.

    >>> [(batch.inputs.tolist(), batch.targets.tolist()) for batch in windows(torch.arange(6), 2, 2, 2)]
    [([[0, 1], [3, 4]], [[1, 2], [4, 5]]), ([[2], [0]], [[3], [-1]])]
    """
    length = math.ceil((len(ids) - 1) / streams)  # of a part
    inputs, targets = ids.new_zeros(streams * length), ids.new_full((streams * length,), -1)
    inputs[: len(ids) - 1], targets[: len(ids) - 1] = ids[:-1], ids[1:]
    inputs, targets = inputs.view(streams, length), targets.view(streams, length)
    ends = [*range(min(first, length), length, window), length]
    for start, end in zip([0, *ends], ends, strict=False):
        yield Batch(inputs[:, start:end], None, targets[:, start:end])
