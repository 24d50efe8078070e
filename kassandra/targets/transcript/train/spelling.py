"""Tokens of a transcript as text, and the words that they make."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from kassandra.contracts.spec import PAD, UNK
from kassandra.vocabulary import tokens

SPACE = "▁"  # begins a piece before which a space stands


class Word(NamedTuple):
    """tokens: places of the first and the last of its tokens."""

    text: str
    tokens: tuple[int, int]


class Spelling:
    """Of the tokenizer that prepare fitted; `meta` is its meta.json."""

    def __init__(self, meta: dict[str, Any]) -> None:
        self.kind, tokenizer = str(meta["tokens"]), tokens.load(meta["tokenizer"])
        size = tokenizer.get_vocab_size()
        self.pieces = ["" if number in (PAD, UNK) else str(tokenizer.id_to_token(number)) for number in range(size)]

    def words(self, ids: Sequence[int]) -> list[Word]:
        """The words that the tokens make, in order."""
        parts: list[tuple[str, int]] = []
        for place, number in enumerate(ids):
            piece = self.pieces[number]
            if self.kind == "words":
                piece = f" {piece}"
            elif self.kind != "characters":
                piece = piece.replace(SPACE, " ")
            parts += [(sign, place) for sign in piece]
        words, letters = list[Word](), list[tuple[str, int]]()
        for sign, place in [*parts, (" ", -1)]:
            if not sign.isspace():
                letters.append((sign, place))
            elif letters:
                words.append(Word("".join(one for one, _ in letters), (letters[0][1], letters[-1][1])))
                letters = []
        return words

    def text(self, ids: Sequence[int]) -> str:
        """Words with one space between."""
        return " ".join(word.text for word in self.words(ids))
