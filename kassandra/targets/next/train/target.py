"""The next token of a text, after each of its tokens."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts import stream
from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import AnswersOfRows, Batch
from kassandra.lstm.build import build_reader, require_causal
from kassandra.lstm.language_model import LanguageModel, token_losses, window_loss
from kassandra.params.targets.next import Model, Train
from kassandra.vocabulary import streams

Ids = NDArray[np.integer]  # (tokens,)


def build(spec: ModelSpec, params: Model) -> LanguageModel:
    """A language model, its weights drawn from PyTorch's global generator: seed it first.

    Raises:
        KassandraError: its encoder sees later steps.
    """
    embedding, encoder = build_reader(spec, params)
    assert embedding is not None, "Model of target next is of token ids, which build_reader has checked"
    require_causal(encoder)
    return LanguageModel(embedding, encoder, spec.vocab_size, params.dropout, params.tied, params.samples)


class Target(AnswersOfRows):
    """See kassandra.training.pair. `rows` are positions in the text, (streams, time)."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device, self.unit, self.vocabulary = device, str(meta["tokens"]), list(meta["vocabulary"])

    def read(self, path: Path) -> Ids:
        return map_arrays(path)["ids"]

    def batch(self, split: Ids, rows: NDArray[np.int64], inputs: Tensor, lengths: Tensor | None) -> Batch:
        """Targets are the tokens one place on, and -1 where the last part of the text has ended."""
        targets = torch.from_numpy(stream.following(split, rows)).to(self.device)
        return Batch(inputs, None, targets, begins=bool(rows[0, 0] == 0))

    def loss(self, model: LanguageModel, batch: Batch, params: Train) -> tuple[Tensor, int, Any]:
        """Cross-entropy, nats, and the regularisation that params ask for."""
        total, count, read = window_loss(model, batch)
        # Tokens of the whole batch, times the share of its rows: means of shares then add up to that of all.
        weight = int((batch.counted >= 0).sum()) * len(batch.targets) / len(batch.counted)
        if params.activation_regularisation:
            total = total + params.activation_regularisation * weight * read.outputs.float().pow(2).mean()
        if params.temporal_regularisation and read.raw.shape[1] > 1:
            change = read.raw[:, 1:].float() - read.raw[:, :-1].float()  # (batch, time - 1, size)
            total = total + params.temporal_regularisation * weight * change.pow(2).mean()
        return total, count, [state.detached() for state in read.state]

    def scores(self, model: LanguageModel, batches: Iterable[tuple[Any, Batch]], split: Ids) -> dict[str, float]:
        return {"loss": self.losses(model, batches).mean().item()}

    def losses(self, model: LanguageModel, batches: Iterable[tuple[Any, Batch]]) -> Tensor:
        """(tokens - 1,) float64 nats of each token but the first, in the order of the text."""
        return token_losses(model, (batch for _, batch in batches))

    @property
    def start(self) -> str:
        """A prompt where none is given: the end of a line, or in a text without lines the likeliest token."""
        return "\n" if "\n" in self.vocabulary else self.vocabulary[2]

    def piece(self, token: int) -> str:
        """What to print for a token that was generated."""
        return streams.piece(self.vocabulary[token], str(self.unit))
