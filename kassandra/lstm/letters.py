"""A word as two vectors: that of its id, and what two LSTMs read of its letters (Lample et al. 2016, section 4.1)."""

import torch
from torch import Tensor, nn

from kassandra.contracts.spec import PAD
from kassandra.lstm.embedding import Embedding, LockedDropout
from kassandra.lstm.layers import Bidirectional, VanillaLSTM


class WordsAlone(nn.Module):
    """Of (batch, time, 1 + letters) ids, of a word and of its letters, the word's vector alone."""

    def __init__(self, words: Embedding) -> None:
        super().__init__()
        self.words, self.size = words, words.size

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, time, size)"""
        vectors: Tensor = self.words(ids[..., 0])
        return vectors


class WordsAndLetters(nn.Module):
    """The vector of a word beside the last outputs of one LSTM that read its letters forwards and of one backwards.

    Args:
        words: vectors of words, without dropout. alphabet: number of ids of letters, padding among them.
        embedding_size, hidden_size: of the letters. longest: letters read of a word: the first half and the last.
        dropout: probability of zeroing an element of both together, the same at every step of a sentence.
    """

    def __init__(
        self, words: Embedding, alphabet: int, embedding_size: int, hidden_size: int, longest: int, dropout: float
    ) -> None:
        super().__init__()
        self.words = words
        self.letters = Embedding(alphabet, embedding_size)
        self.reader = Bidirectional(*(VanillaLSTM(embedding_size, hidden_size) for _ in range(2)))
        self.longest = longest
        self.dropout = LockedDropout(dropout)
        self.size = words.size + self.reader.output_size

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, time, size) of ids (batch, time, 1 + letters), a word's letters followed by padding."""
        spelled = _shortened(ids[..., 1:].flatten(0, 1), self.longest)  # (batch * time, letters)
        forms, place = torch.unique(spelled, dim=0, return_inverse=True)  # (forms, letters), (batch * time,)
        lengths = (forms != PAD).sum(1).clamp(min=1)  # (forms,); that of a padded step is none of anybody's
        summaries = self.reader(self.letters(forms), lengths).summary  # (forms, 2 * hidden_size)
        of_letters = summaries[place].unflatten(0, ids.shape[:2])  # (batch, time, 2 * hidden_size)
        both: Tensor = self.dropout(torch.cat([self.words(ids[..., 0]), of_letters], dim=2))
        return both


def _shortened(spelled: Tensor, longest: int) -> Tensor:
    """(words, at most longest): of longer words the first half of so many letters and the last."""
    if spelled.shape[1] <= longest:
        return spelled
    first, last = longest - longest // 2, longest // 2
    lengths = (spelled != PAD).sum(1, keepdim=True)  # (words, 1)
    step = torch.arange(longest, device=spelled.device)  # (longest,)
    from_end = (lengths - last).clamp(min=first) + step - first  # (words, longest)
    index = torch.where(step < first, step, from_end).clamp(max=spelled.shape[1] - 1)
    return spelled.gather(1, index)
