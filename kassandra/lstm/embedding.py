"""Token ids as vectors that are learned, and dropout that treats all steps of a sequence alike."""

import torch
from torch import Tensor, nn

from kassandra.contracts.spec import PAD


class LockedDropout(nn.Module):
    """Zeroes the same elements at every step of a row (variational dropout; Gal & Ghahramani 2016, section 4.1), each
    with a probability in [0, 1); what is left is scaled so that its mean stays."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, values: Tensor) -> Tensor:
        """(batch, time, size), in evaluation mode `values` themselves."""
        if not self.training or not self.probability:
            return values
        kept = 1 - self.probability
        mask = values.new_empty(len(values), 1, values.shape[2]).bernoulli_(kept).div_(kept)  # (batch, 1, size)
        return values * mask


class Embedding(nn.Module):
    """A vector per token; that of padding is zero, and stays so where nothing but reading moves it.

    Args:
        vocab_size: number of token ids. size: width of the vectors, ≥ 1.
        dropout: probability of zeroing an element, the same at every step of a row.
        word_dropout: probability of zeroing all vectors of a token in a batch (Gal & Ghahramani 2016, section 4.2).
    """

    def __init__(self, vocab_size: int, size: int, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.size = size
        self.word_dropout = word_dropout
        blank = torch.empty(vocab_size, size)
        if blank.is_meta:  # to be loaded: to draw nothing PyTorch would import its compiler, a second
            self.table = nn.Embedding.from_pretrained(blank, freeze=False, padding_idx=PAD)
        else:
            self.table = nn.Embedding(vocab_size, size, padding_idx=PAD)
        self.dropout = LockedDropout(dropout)
        with torch.no_grad():
            nn.init.uniform_(self.table.weight, -0.1, 0.1)
            self.table.weight[PAD] = 0

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, time, size) of token ids (batch, time)."""
        vectors: Tensor = self.table(ids)  # (batch, time, size)
        if self.training and self.word_dropout:
            kept = 1 - self.word_dropout
            word = vectors.new_empty(self.table.num_embeddings).bernoulli_(kept).div_(kept)  # (vocab_size,)
            vectors = vectors * word[ids].unsqueeze(2)  # (batch, time, size)
        dropped: Tensor = self.dropout(vectors)
        return dropped
