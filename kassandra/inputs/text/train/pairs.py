"""Texts that are read to their end before another text is written."""

from collections.abc import Iterable
from typing import Any

import torch

from kassandra.contracts.ragged import Ragged
from kassandra.inputs.text.train.ids import TokenRows, checked
from kassandra.vocabulary import tokens


class Sequences(TokenRows):
    """See kassandra.training.pair. Each row ends with </s>, is padded inside a batch only, and meets rows of about its
    length and that of its answer."""

    unit = "sentences"
    arrays = ("source", "source_offsets")
    at_once = 16384
    ends = 1

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.tokenizer = tokens.load(next(iter(meta["tokenizers"].values())))  # `joint`, or `source` before `target`

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """How each token is spelled."""
        return [str(self.tokenizer.id_to_token(number)) for number in ids]

    def own(self, texts: str | list[str]) -> Ragged:
        """A user's sentences as a split; Raises as `checked`."""
        return tokens.encode(self.tokenizer, checked(texts))
