"""Texts with labels: reviews and whether they praise; read token by token, answered once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged, batches_by_length, shuffled_batches
from kassandra.params.tasks.sentiment import SentimentTrain
from kassandra.tasks import Batch, class_loss, class_scores
from kassandra.vocabulary import tokens

EVALUATION_TOKENS = 32768  # of a batch; scores do not depend on it, the speed does


class Split(NamedTuple):
    ids: Ragged
    labels: NDArray[np.int64]  # (texts,)
    texts: Ragged | None = None  # their UTF-8 bytes


class Task:
    """See kassandra.tasks.Task. Rows are padded inside a batch only, and batches are of about equal lengths."""

    unit = "texts"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.max_length, self.keep = int(meta["max_length"]), str(meta["keep"])
        self.tokenizer = tokens.load(meta["tokenizer"])

    def read(self, split: Path) -> Split:
        arrays = map_arrays(split)
        texts = Ragged(arrays["text"], arrays["text_offsets"])
        return Split(Ragged(arrays["ids"], arrays["offsets"]), np.array(arrays["labels"]), texts)

    def size(self, split: Split) -> int:
        return len(split.labels)

    def steps(self, split: Split, params: SentimentTrain) -> int:
        return sum(1 for _ in shuffled_batches(split.ids.lengths, params.batch_tokens, np.random.default_rng(0)))

    def train_batches(self, split: Split, params: SentimentTrain, generator: torch.Generator) -> Iterator[Batch]:
        order = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        for rows in shuffled_batches(split.ids.lengths, params.batch_tokens, order):
            yield self._batch(split, rows)

    def numbered_batches(
        self, split: Split, tokens_at_once: int = EVALUATION_TOKENS
    ) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for rows in batches_by_length(split.ids.lengths, tokens_at_once):
            yield rows, self._batch(split, rows)

    def _batch(self, split: Split, rows: NDArray[np.intp]) -> Batch:
        ids, lengths = (torch.from_numpy(array).to(self.device) for array in split.ids.padded(rows))
        return Batch(ids, lengths, torch.from_numpy(split.labels[rows]).to(self.device))

    def pieces(self, text: str) -> tuple[list[str], list[int | None]]:
        """See `tokens.pieces`."""
        return tokens.pieces(self.tokenizer, text, self.max_length, self.keep)

    def loss(self, model: nn.Module, batch: Batch, params: SentimentTrain) -> tuple[Tensor, int]:
        return class_loss(model, batch, params.label_smoothing)

    def scores(self, model: nn.Module, split: Split) -> dict[str, float]:
        return class_scores(model, (batch for _, batch in self.numbered_batches(split)))

    def own_input(self, texts: list[str]) -> Split:
        """Somebody's texts as a split without labels.

        Raises:
            KassandraError: they are no texts, or one holds nothing.
        """
        if isinstance(texts, str):
            texts = [texts]
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str) or not text.strip():
                raise KassandraError(f"text {number}: expected some words, got {text!r}")
        ids = tokens.shortened(tokens.encode(self.tokenizer, list(texts)), self.max_length, self.keep)
        return Split(ids, np.zeros(len(texts), np.int64))
