"""Texts with an answer each, read token by token."""

from typing import Any

import torch

from kassandra.contracts.ragged import Ragged
from kassandra.inputs.text.train.ids import TokenRows, checked
from kassandra.vocabulary import tokens


class Sequences(TokenRows):
    """See kassandra.training.pair. Rows are padded inside a batch only, and batches are of about equal lengths."""

    unit = "texts"
    arrays = ("ids", "offsets")
    at_once = 32768

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.max_length, self.keep = int(meta["max_length"]), str(meta["keep"])
        self.tokenizer = tokens.load(meta["tokenizer"])

    def pieces(self, text: str) -> tuple[list[str], list[int | None]]:
        """See `tokens.pieces`."""
        return tokens.pieces(self.tokenizer, text, self.max_length, self.keep)

    def own(self, texts: str | list[str]) -> Ragged:
        """A user's texts as a split; Raises as `checked`."""
        return tokens.shortened(tokens.encode(self.tokenizer, checked(texts)), self.max_length, self.keep)
