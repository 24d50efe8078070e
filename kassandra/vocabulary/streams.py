"""One long text as a stream of characters or words."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.spec import SPECIAL, UNK
from kassandra.contracts.stored import Stored

END = "<eos>"  # of a line; the published word counts of WikiText have one per line
SPACE = re.compile(r"\s")
AT_ONCE = 1 << 16  # characters that are split up together, and some more to where a word ends


def split_up(text: str, tokens: str) -> list[str]:
    """Its `characters`, or its `words`: what stands between spaces, and END for the end of each line.

    >>> split_up("to be\\nor not", "words")
    ['to', 'be', '<eos>', 'or', 'not']
    """
    if tokens == "characters":
        return list(text)
    return [END if word == "\n" else word for word in re.findall(r"\n|[^\s]+", text)]


def parts(text: str) -> Iterator[str]:
    """The text in parts, so that not all of it is held token by token; each but the last ends with a white space.

    >>> list(parts("to be\\nor not"))
    ['to be\\nor not']
    """
    start = 0
    while start < len(text):
        space = SPACE.search(text, start + AT_ONCE)
        end = space.end() if space else len(text)
        yield text[start:end]
        start = end


def fit(train: str, tokens: str, size: int | None) -> list[str]:
    """The tokens of `train`, most frequent first, after those of SPECIAL; at most `size` of them in all."""
    counted = Counter[str]()
    for some in parts(train):
        counted.update(split_up(some, tokens))
    ranked = sorted(counted, key=lambda token: (-counted[token], token))
    return (SPECIAL + [token for token in ranked if token not in SPECIAL])[:size]


def encode(text: str, tokens: str, vocabulary: list[str]) -> NDArray[np.int32]:
    """(tokens,) ids, of a long text in a file; UNK for what is not in the vocabulary, and for the word <unk> of a text
    that has it."""
    place = {token: number for number, token in enumerate(vocabulary)}
    ids = (np.array([place.get(token, UNK) for token in split_up(some, tokens)], np.int32) for some in parts(text))
    if len(text) <= AT_ONCE:
        return np.concatenate([*ids, np.empty(0, np.int32)])
    return Stored(ids).joined()


def piece(token: str, tokens: str) -> str:
    """What to print for a token: a character, or a word with the space before it."""
    if tokens == "characters":
        return token
    return "\n" if token == END else f" {token}"
