"""Texts as token ids, by the library `tokenizers`: a vocabulary that is fitted on train, and how it is applied."""

import json
import os
import re

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # before the import: as many threads would be as many orders of sums

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from kassandra.contracts.artifacts import damaged_content
from kassandra.contracts.spec import SPECIAL, UNK
from kassandra.text.ragged import Ragged

MARKUP = r"<\s*/?\s*(br|p|i|b|em)\s*/?\s*>"  # what reviews of the web are strewn with: it says nothing
AT_ONCE = 1000  # texts handed to the library together


def fit(kind: str, texts: Iterable[str], vocab_size: int, min_frequency: int, lowercase: bool) -> Tokenizer:
    """A tokenizer whose vocabulary is the most frequent tokens of `texts`, ids in the order of frequency.

    Args:
        kind: `words`, `bpe` (Sennrich et al. 2016) or `unigram` (Kudo 2018).
        texts: those of train, and no others.
        vocab_size: largest number of ids, PAD and UNK among them.
    """
    parts: list[normalizers.Normalizer] = [normalizers.NFKC(), normalizers.Replace(Regex(MARKUP), " ")]
    if lowercase:
        parts.append(normalizers.Lowercase())
    tokenizer, trainer = _parts(kind, vocab_size, min_frequency)
    tokenizer.normalizer = normalizers.Sequence(parts)
    tokenizer.train_from_iterator(texts, trainer)
    if kind == "unigram":
        tokenizer.model = _settled(tokenizer)
    return tokenizer


def _settled(tokenizer: Tokenizer) -> models.Unigram:
    """The same pieces with the same bytes in every run: the trainer sums in the order of a hash table, which is random.

    Sums differ beyond the tenth digit, so six are kept. Characters that training left over get scores 0.0001 apart, in
    that random order, above the lowest one: here they all get the lowest.
    """
    trained = json.loads(tokenizer.to_str())["model"]["vocab"]  # pieces and log-probabilities
    special, learned = trained[: len(SPECIAL)], trained[len(SPECIAL) :]
    lowest = min(score for _, score in learned)
    left_over = lowest + 0.0001 * len(learned)
    scores = {piece: lowest if len(piece) == 1 and score < left_over else score for piece, score in learned}
    ranked = sorted(((piece, round(score, 6)) for piece, score in scores.items()), key=lambda one: (-one[1], one[0]))
    return models.Unigram([*map(tuple, special), *ranked], UNK, False)


def _parts(kind: str, vocab_size: int, min_frequency: int) -> tuple[Tokenizer, trainers.Trainer]:
    size: dict[str, Any] = {"vocab_size": vocab_size, "special_tokens": SPECIAL, "show_progress": False}
    match kind:
        case "words":
            tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL[UNK]))
            # A word keeps its apostrophe (don't, film's); every other mark is a token of its own.
            tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+(?:['’]\w+)*|[^\w\s]"), "removed", invert=True)
            return tokenizer, trainers.WordLevelTrainer(min_frequency=min_frequency, **size)
        case "bpe":
            tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNK]))
            tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
            return tokenizer, trainers.BpeTrainer(min_frequency=min_frequency, **size)
        case _:
            tokenizer = Tokenizer(models.Unigram())
            tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
            return tokenizer, trainers.UnigramTrainer(unk_token=SPECIAL[UNK], **size)


def load(content: str) -> Tokenizer:
    """What `Tokenizer.to_str` gave.

    Raises:
        KassandraError: it is something else.
    """
    try:
        return Tokenizer.from_str(content)
    except Exception as error:  # the library raises this very class
        raise damaged_content("the tokenizer in meta.json", error) from None


def encode(tokenizer: Tokenizer, texts: list[str]) -> Ragged:
    """Token ids of each text, UNK for what train has not seen; a text of which nothing is left becomes one UNK."""
    return Ragged.of(_ids(tokenizer, texts), np.int32)


def _ids(tokenizer: Tokenizer, texts: list[str]) -> Iterator[list[int]]:
    for start in range(0, len(texts), AT_ONCE):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + AT_ONCE], add_special_tokens=False):
            yield encoding.ids or [UNK]


def shortened(ragged: Ragged, longest: int, keep: str) -> Ragged:
    """At most `longest` tokens of each row: its `start`, its `end`, or of both `ends` half."""
    first = {"start": longest, "end": 0, "ends": longest - longest // 2}[keep]
    rows = (ragged.flat[a:b] for a, b in zip(ragged.offsets[:-1], ragged.offsets[1:], strict=True))
    return Ragged.of(
        (
            row if len(row) <= longest else np.concatenate([row[:first], row[len(row) - (longest - first) :]])
            for row in rows
        ),
        np.int32,
    )


def pieces(tokenizer: Tokenizer, text: str, longest: int, keep: str) -> tuple[list[str], list[int | None]]:
    """A text in pieces, and of each piece which token of the shortened text it is, None for what no token stands for.

    >>> tokenizer = fit("words", ["good film"], 16, 1, True)
    >>> pieces(tokenizer, "A good, good film", 2, "ends")
    (['A', ' ', 'good', ',', ' ', 'good', ' ', 'film'], [0, None, None, None, None, None, None, 1])
    """
    spans = tokenizer.encode(text, add_special_tokens=False).offsets
    left_out = len(spans) - longest
    first = {"start": longest, "end": 0, "ends": longest - longest // 2}[keep] if left_out > 0 else len(spans)
    found: list[str] = []
    token_of: list[int | None] = []
    done = 0
    for number, (start, end) in enumerate(spans):
        if number + 1 < len(spans) and spans[number + 1][0] == start:
            continue  # a space that bpe and unigram put before the text: the next token stands for these characters
        if start > done:
            found.append(text[done:start])
            token_of.append(None)
        if end > max(start, done):
            kept = number < first or number >= first + left_out
            found.append(text[max(start, done) : end])
            token_of.append(None if not kept else number if number < first else number - left_out)
            done = end
    if done < len(text):
        found.append(text[done:])
        token_of.append(None)
    return found, token_of


def display(piece: str) -> str:
    """A piece without the markup that the vocabulary does not know either."""
    return re.sub(MARKUP, " ", piece)
