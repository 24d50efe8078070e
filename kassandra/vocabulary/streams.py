"""One long text as a stream of characters or words."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import SPECIAL, UNK

END = "<eos>"  # of a line; the published word counts of WikiText have one per line
SPLITS = ("train", "valid", "test")
SHORTEST = 100  # characters of a split


def read(raw: Path, valid_fraction: float, test_fraction: float) -> dict[str, str]:
    """The text by split: train.txt, valid.txt and test.txt, or one file: its first part becomes valid, its last test.

    So train is one piece, and test follows right on it: a play or a chapter that is cut in two is known to both alike.

    Args:
        test_fraction: of the whole text. valid_fraction: of what is left.

    Raises:
        KassandraError: there are other files, one is not UTF-8, or a split would be too short.
    """
    files = sorted(path for path in raw.rglob("*") if path.is_file() and not path.name.startswith("."))
    by_name = {path.name: path for path in files}
    if len(files) == len(SPLITS) and set(by_name) == {f"{name}.txt" for name in SPLITS}:
        splits = {name: _text(by_name[f"{name}.txt"]) for name in SPLITS}
    elif len(files) == 1:
        text = _text(files[0])
        before_test = len(text) - round(len(text) * test_fraction)
        valid = round(before_test * valid_fraction)
        splits = {"train": text[valid:before_test], "valid": text[:valid], "test": text[before_test:]}
    else:
        found = [path.name for path in files]
        raise KassandraError(
            f"source.path: expected one text, or a folder with train.txt, valid.txt and test.txt; found {found}"
        )
    for name, text in splits.items():
        if len(text) < SHORTEST:
            raise KassandraError(f"{raw}: {name} has {len(text)} characters; at least {SHORTEST} are needed")
    return splits


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KassandraError(
            f"{path}: byte {error.start} is not UTF-8; `iconv -f LATIN1 -t UTF-8` converts what is in Latin-1"
        ) from None
    except OSError as error:
        raise KassandraError(f"{path}: cannot be read: {error.strerror}") from None


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
