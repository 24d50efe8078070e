"""Words that are given as such: their ids, and those of their letters."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import SPECIAL, UNK

MOST_LETTERS = 2000  # of an alphabet; rarer ones are unknown


def vocabulary_of(
    sentences: Iterable[Sequence[str]], vocab_size: int, min_frequency: int, lowercase: bool
) -> list[str]:
    """SPECIAL, and the most frequent words, of equally frequent ones the first in the alphabet.

    >>> vocabulary_of([["A", "cat"], ["a", "dog"]], 4, 1, lowercase=True)
    ['<pad>', '<unk>', 'a', 'cat']
    """
    counts = Counter(word.lower() if lowercase else word for words in sentences for word in words)
    ranked = sorted((-count, word) for word, count in counts.items() if count >= min_frequency)
    return [*SPECIAL, *[word for _, word in ranked if word not in SPECIAL][: vocab_size - len(SPECIAL)]]


def alphabet_of(sentences: Iterable[Sequence[str]]) -> list[str]:
    """SPECIAL, and the letters of all words, the most frequent first."""
    counts = Counter(letter for words in sentences for word in words for letter in word)
    ranked = sorted((-count, letter) for letter, count in counts.items())
    return [*SPECIAL, *[letter for _, letter in ranked][:MOST_LETTERS]]


class Words:
    """words: the vocabulary; places are ids."""

    def __init__(self, words: Sequence[str], lowercase: bool) -> None:
        self.words, self.lowercase = list(words), lowercase
        self.ids = {word: number for number, word in enumerate(words)}

    def encode(self, sentences: Iterable[Sequence[str]]) -> Ragged:
        """The id of each word; that of <unk> where it is not known."""
        return Ragged.of(
            ([self.ids.get(word.lower() if self.lowercase else word, UNK) for word in words] for words in sentences),
            np.int32,
        )


class Letters:
    """alphabet: places are ids."""

    def __init__(self, alphabet: Sequence[str]) -> None:
        self.ids = {letter: number for number, letter in enumerate(alphabet)}

    def encode(self, words: Iterable[str], longest: int) -> Ragged:
        """The id of each letter of a word; of longer words the first half of so many letters, and the last."""
        first, last = longest - longest // 2, longest // 2
        short = (word if len(word) <= longest else word[:first] + word[len(word) - last :] for word in words)
        return Ragged.of(([self.ids.get(letter, UNK) for letter in word] for word in short), np.int32)
