"""Sentences with an answer for each word, read word by word, and each word letter by letter."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.text.train.ids import Rows, TokenRows
from kassandra.inputs.text.train.words import Letters, Words


class Spelled(NamedTuple):
    """ids: of the words of each sentence. forms: (words of all sentences,) which of `letters` each word is spelled as,
    in which every spelling stands once."""

    ids: Ragged
    forms: NDArray[np.int64]
    letters: Ragged

    @property
    def lengths(self) -> NDArray[np.int64]:
        return self.ids.lengths


class Sequences(TokenRows):
    """See kassandra.training.pair. Inputs are (batch, time, 1 + letters): the id of a word, then those of its letters.

    A model without letters reads the first alone, and a batch does not depend on whether it has them.
    """

    unit = "sentences"
    arrays = ("ids", "offsets")
    at_once = 8192
    longest = 64  # letters of a word that are kept here; a model may read fewer

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.words = Words(meta["vocabulary"], bool(meta["lowercase"]))
        self.letters = Letters(meta["alphabet"])

    def read(self, path: Path) -> Any:
        arrays = map_arrays(path)
        texts = Ragged(arrays["text"], arrays["text_offsets"]).texts()
        return self._spelled(Ragged(arrays["ids"], arrays["offsets"]), texts)

    def own(self, sentences: Any) -> Any:
        """A user's sentences as a split: a text, which is parted at its spaces, or a list of words; or a list of these.

        Raises:
            KassandraError: they are no sentences, or one holds no word.
        """
        parted = self.parted(sentences)
        return self._spelled(self.words.encode(parted), [word for words in parted for word in words])

    @staticmethod
    def parted(sentences: Any) -> list[list[str]]:
        """The words of each; Raises as `own`."""
        given = [sentences] if isinstance(sentences, str) else list(sentences)
        parted = [one.split() if isinstance(one, str) else one for one in given]
        for number, words in enumerate(parted, 1):
            fine = isinstance(words, list | tuple) and words and all(isinstance(one, str) and one for one in words)
            if not fine:
                raise KassandraError(f"sentence {number}: expected some words, got {given[number - 1]!r:.100}")
        return [list(words) for words in parted]

    def _spelled(self, ids: Ragged, words: list[str]) -> Spelled:
        place_of = {word: place for place, word in enumerate(dict.fromkeys(words))}
        forms = np.fromiter((place_of[word] for word in words), np.int64, len(words))
        return Spelled(ids, forms, self.letters.encode(place_of, self.longest))

    def batch(self, split: Any, rows: Rows, params: object = None, generator: object = None) -> tuple[Tensor, Tensor]:
        ids, lengths = split.ids.padded(rows)  # (batch, time), (batch,)
        forms, _ = Ragged(split.forms, split.ids.offsets).padded(rows)
        inside = np.arange(ids.shape[1]) < lengths[:, None]  # (batch, time)
        letters, _ = split.letters.padded(forms[inside])  # (words of the batch, longest word)
        inputs = np.zeros((*ids.shape, 1 + letters.shape[1]), np.int64)
        inputs[..., 0] = ids
        inputs[inside, 1:] = letters
        return torch.from_numpy(inputs).to(self.device), torch.from_numpy(lengths).to(self.device)
