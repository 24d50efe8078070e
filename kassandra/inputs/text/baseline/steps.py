"""What models without an LSTM see of sentences word by word: the word, its shape, its ends, and its neighbours."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.tagged import Seen

REACH = 2  # neighbours to either side
ENDS = 3  # letters of the longest prefix and suffix


def seen(split: Arrays, meta: dict[str, Any]) -> Seen:
    """Of the sentences of a prepared split."""
    words = Ragged(split["text"], split["text_offsets"]).texts()
    sentences = [words[begin:end] for begin, end in pairwise(split["offsets"].tolist())]
    return Seen([[word.casefold() for word in one] for one in sentences], [features(one) for one in sentences])


def features(words: Sequence[str]) -> list[list[str]]:
    """Of each word what a linear chain reads (as Okazaki 2007 and Ratinov & Roth 2009 do)."""
    folded, shapes = [word.casefold() for word in words], [shape(word) for word in words]
    every = []
    for step, word in enumerate(words):
        own = ["bias", f"word {word}", f"shape {shapes[step]}"]
        for length in range(1, min(ENDS, len(word)) + 1):
            own += [f"prefix {folded[step][:length]}", f"suffix {folded[step][-length:]}"]
        for offset in range(-REACH, REACH + 1):
            inside = 0 <= step + offset < len(words)
            own.append(f"{offset:+d} {folded[step + offset]}" if inside else f"{offset:+d} none")
            if inside and abs(offset) == 1:
                own.append(f"shape {offset:+d} {shapes[step + offset]}")
        before = folded[step - 1] if step else "none"
        after = folded[step + 1] if step + 1 < len(words) else "none"
        every.append([*own, f"pair {before} {folded[step]}", f"pair {folded[step]} {after}"])
    return every


def shape(word: str) -> str:
    """
    >>> shape("London"), shape("1990s"), shape("U.S."), shape("B2B")
    ('Aa', '0a', 'A.A.', 'A0A')
    """
    kinds = "".join("0" if s.isdigit() else "A" if s.isupper() else "a" if s.isalpha() else s for s in word)
    return re.sub(r"(.)\1+", r"\1", kinds)
