"""Texts that are read to their end before another text is written."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.text.train.ids import Rows, TokenRows, checked
from kassandra.vocabulary import tokens


class Sequences(TokenRows):
    """See kassandra.training.pair. Each row ends with </s>, is padded inside a batch only, and meets rows of about its
    length and that of its answer."""

    unit = "sentences"
    at_once = 16384
    ends = 1

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.tokenizer = tokens.load(next(iter(meta["tokenizers"].values())))  # `joint`, or `source` before `target`

    def read(self, path: Path) -> Ragged:
        arrays = map_arrays(path)
        return Ragged(arrays["source"], arrays["source_offsets"])

    def batch(
        self, split: Ragged, rows: Rows, params: object = None, generator: object = None
    ) -> tuple[Tensor, Tensor]:
        ids, lengths = (torch.from_numpy(array).to(self.device) for array in split.ended(rows))
        return ids, lengths

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """How each token is spelled."""
        return [str(self.tokenizer.id_to_token(number)) for number in ids]

    def own(self, texts: str | list[str]) -> Ragged:
        """A user's sentences as a split.

        Raises:
            KassandraError: they are no texts, or one holds nothing.
        """
        return tokens.encode(self.tokenizer, checked(texts))
