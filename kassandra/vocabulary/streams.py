"""One long text as a stream of characters or words."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.spec import SPECIAL, UNK

END = "<eos>"  # of a line; the published word counts of WikiText have one per line


def split_up(text: str, tokens: str) -> list[str]:
    """Its `characters`, or its `words`: what stands between spaces, and END for the end of each line.

    >>> split_up("to be\\nor not", "words")
    ['to', 'be', '<eos>', 'or', 'not']
    """
    if tokens == "characters":
        return list(text)
    return [END if word == "\n" else word for word in re.findall(r"\n|[^\s]+", text)]


def fit(train: str, tokens: str, size: int | None) -> list[str]:
    """The tokens of `train`, most frequent first, after those of SPECIAL; at most `size` of them in all."""
    counted = Counter(split_up(train, tokens))
    ranked = sorted(counted, key=lambda token: (-counted[token], token))
    return (SPECIAL + [token for token in ranked if token not in SPECIAL])[:size]


def encode(text: str, tokens: str, vocabulary: list[str]) -> NDArray[np.int32]:
    """(tokens,) ids; UNK for what is not in the vocabulary, and for the word <unk> of a text that has it."""
    place = {token: number for number, token in enumerate(vocabulary)}
    return np.array([place.get(token, UNK) for token in split_up(text, tokens)], np.int32)


def piece(token: str, tokens: str) -> str:
    """What to print for a token: a character, or a word with the space before it."""
    if tokens == "characters":
        return token
    return "\n" if token == END else f" {token}"
