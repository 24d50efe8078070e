"""Texts as token ids, by the library `tokenizers`: a vocabulary that is fitted on train, and how it is applied."""

import json
import math
import os
import re

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # before the import: as many threads would be as many orders of sums

from collections.abc import Iterable
from typing import Any
from unicodedata import normalize

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from kassandra.contracts.artifacts import damaged_content
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import BOUNDS, SPECIAL, UNK

MARKUP = r"<\s*/?\s*(br|p|i|b|em)\s*/?\s*>"  # what reviews of the web are strewn with: it says nothing
# Where a text is to be written too, a mark is a piece of its own, with the space before it where there is one (▁). An
# apostrophe or a hyphen between letters is no such mark: l'ami, peut-être.
MARKS = r"▁?(?:[[\p{P}\p{S}]&&[^▁'’-]]|(?<![\p{L}\p{M}\p{N}])['’-]|['’-](?![\p{L}\p{M}\p{N}]))"
WORD = r"\w+(?:['’]\w+)*|[^\w\s]"  # don't is one; a mark is one too
CHARACTER = r"[\s\S]"
AT_ONCE = 1000  # texts handed to the library together
# What `load` takes from a model's folder, which anybody may have written: the steps that `fit` writes, and no others.
# Some patterns would never end, and some replacements fill the memory.
METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
NORMALIZERS: list[Any] = [
    {"type": "NFC"}, {"type": "NFKC"}, {"type": "Lowercase"},
    {"type": "Strip", "strip_left": True, "strip_right": True},
    *({"type": "Replace", "pattern": pattern, "content": content}
      for pattern, content in (({"Regex": MARKUP}, " "), ({"Regex": r"\s+"}, " "), ({"String": "▁"}, "_"))),
]  # fmt: skip
PRE_TOKENIZERS: list[Any] = [
    METASPACE,
    *({"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": behavior == "Removed"}
      for pattern, behavior in ((WORD, "Removed"), (CHARACTER, "Removed"), (MARKS, "Isolated"))),
]  # fmt: skip


def fit(
    kind: str, texts: Iterable[str], vocab_size: int, min_frequency: int, lowercase: bool, written: bool = False
) -> Tokenizer:
    """A tokenizer whose vocabulary is the most frequent tokens of `texts`, ids in the order of frequency.

    Args:
        kind: `words`, `characters`, `bpe` (Sennrich et al. 2016) or `unigram` (Kudo 2018).
        texts: those of train, and no others.
        vocab_size: largest number of ids, PAD and UNK among them.
        written: whether texts are written too, not only read; `bpe` and `unigram` alone. The vocabulary then has
            BOUNDS, and `decode` gives a text back as it was, but for its white space and its normal form (C).

    Raises:
        KassandraError: texts have more different characters than `vocab_size` has room for (of `bpe`: if `written`).
    """
    parts: list[normalizers.Normalizer] = [normalizers.NFKC(), normalizers.Replace(Regex(MARKUP), " ")]
    if written:  # no NFKC, which would write 1⁄2 for ½ and ... for …; ▁ is what a space becomes
        parts = [normalizers.NFC(), normalizers.Replace("▁", "_"), normalizers.Replace(Regex(r"\s+"), " ")]
        parts.append(normalizers.Strip())
    if lowercase:
        parts.append(normalizers.Lowercase())
    tokenizer, trainer = _parts(kind, vocab_size, min_frequency, SPECIAL + BOUNDS if written else SPECIAL)
    if written:
        marks = pre_tokenizers.Split(Regex(MARKS), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([tokenizer.pre_tokenizer, marks])
    tokenizer.normalizer = normalizers.Sequence(parts)
    too_small = KassandraError(f"prepare.vocab_size: {vocab_size} is too small for the different characters of train")
    try:
        tokenizer.train_from_iterator(texts, trainer)
    except Exception as error:  # the library raises this very class
        if "large enough" in str(error):  # so says unigram
            raise too_small from None
        raise
    if written and tokenizer.get_vocab_size() > vocab_size:  # bpe takes all characters, however many
        raise too_small
    if kind == "unigram":
        tokenizer.model = _settled(tokenizer)
    if not written:
        return tokenizer
    # A text that has <s> in it has three characters there, and not the mark of a beginning.
    return Tokenizer.from_str(json.dumps(json.loads(tokenizer.to_str()) | {"added_tokens": []}))


def normal_form(text: str, lowercase: bool) -> str:
    """What tokens are looked for in, of a text that is not to be written: texts of one form are one to every model.

    As the normalizer of `fit` does it, in a tenth of the time.

    >>> normal_form("A ﬁne<br />film", lowercase=True)
    'a fine film'
    """
    form = re.sub(MARKUP, " ", normalize("NFKC", text))
    return form.lower() if lowercase else form


def _settled(tokenizer: Tokenizer) -> models.Unigram:
    """The same pieces with the same bytes in every run: the trainer sums in the order of a hash table, which is random.

    Sums differ beyond the tenth digit, so six are kept. Characters that training left over get scores 0.0001 apart, in
    that random order, above the lowest one: here they all get the lowest.
    """
    content = json.loads(tokenizer.to_str())
    trained, first = content["model"]["vocab"], len(content["added_tokens"])  # pieces and log-probabilities
    special, learned = trained[:first], trained[first:]
    lowest = min(score for _, score in learned)
    left_over = lowest + 0.0001 * len(learned)
    scores = {piece: lowest if len(piece) == 1 and score < left_over else score for piece, score in learned}
    ranked = sorted(((piece, round(score, 6)) for piece, score in scores.items()), key=lambda one: (-one[1], one[0]))
    return models.Unigram([*map(tuple, special), *ranked], UNK, False)


def _parts(kind: str, vocab_size: int, min_frequency: int, special: list[str]) -> tuple[Tokenizer, trainers.Trainer]:
    size: dict[str, Any] = {"vocab_size": vocab_size, "special_tokens": special, "show_progress": False}
    match kind:
        case "words" | "characters":
            tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL[UNK]))
            part = Regex(WORD if kind == "words" else CHARACTER)
            tokenizer.pre_tokenizer = pre_tokenizers.Split(part, "removed", invert=True)
            return tokenizer, trainers.WordLevelTrainer(min_frequency=min_frequency, **size)
        case "bpe":
            tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNK]))
            trainer: trainers.Trainer = trainers.BpeTrainer(min_frequency=min_frequency, **size)
        case _:
            tokenizer = Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(unk_token=SPECIAL[UNK], **size)
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return tokenizer, trainer


def load(content: str) -> Tokenizer:
    """What `Tokenizer.to_str` gave of what `fit` made.

    Raises:
        KassandraError: it is something else, or does something else.
    """
    try:
        if strange := _strange(json.loads(content)):
            raise ValueError(f"{strange}; none that Kassandra writes")
        return Tokenizer.from_str(content)
    except Exception as error:  # the library raises this very class
        raise damaged_content("the tokenizer in meta.json", error) from None


def _strange(tree: dict[str, Any]) -> str:
    """What of a tokenizer's content `fit` does not write; empty if there is nothing."""
    for key in ("truncation", "padding", "post_processor"):
        if tree.get(key) is not None:
            return f"its {key} is {str(tree[key])[:80]}"
    for key, inside, known in (
        ("normalizer", "normalizers", NORMALIZERS),
        ("pre_tokenizer", "pretokenizers", PRE_TOKENIZERS),
        ("decoder", "decoders", [METASPACE]),
    ):
        part = tree[key]
        steps = part[inside] if part and part["type"] == "Sequence" else [part] if part else []
        for step in steps:
            if step not in known or len(steps) > len(known):
                return f"its {key} has the step {str(step)[:80]}"
    for token in tree["added_tokens"]:
        flags = (token["single_word"], token["lstrip"], token["rstrip"], token["normalized"])
        if token["content"] not in SPECIAL or token["id"] != SPECIAL.index(token["content"]) or any(flags):
            return f"it adds the token {str(token)[:80]}"
    return _strange_model(tree["model"])


def _strange_model(model: dict[str, Any]) -> str:
    rest = {key: value for key, value in model.items() if key not in ("type", "vocab", "merges", "unk_token", "unk_id")}
    if switched := {key: value for key, value in rest.items() if value}:
        return f"its model has {str(switched)[:80]}"
    vocab = model["vocab"]
    scored = model["type"] == "Unigram"
    names = [piece for piece, _ in vocab] if scored else sorted(vocab, key=vocab.__getitem__)
    numbers = (
        [math.isfinite(score) for _, score in vocab] if scored else [vocab[name] == n for n, name in enumerate(names)]
    )
    if not all(numbers) or len(set(names)) < len(names) or not all(names):
        return "its vocabulary has gaps"
    if model.get("unk_id", UNK) != UNK or model.get("unk_token", SPECIAL[UNK]) != names[UNK]:
        return "its unknown token is not the one of its vocabulary"
    return ""


def are_characters(content: str) -> bool:
    """Whether the tokens of what `Tokenizer.to_str` gave are single characters."""
    split = json.loads(content)["pre_tokenizer"]
    return bool(split["type"] == "Split" and split["pattern"] == {"Regex": CHARACTER})


def encode(tokenizer: Tokenizer, texts: list[str]) -> Ragged:
    """Token ids of each text, UNK for what train has not seen; a text of which nothing is left becomes one UNK."""
    parts = (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))
    encodings = (one for part in parts for one in tokenizer.encode_batch_fast(part, add_special_tokens=False))
    return Ragged.of((encoding.ids or [UNK] for encoding in encodings), np.int32)


def decode(tokenizer: Tokenizer, ids: Iterable[int]) -> str:
    """The text that a tokenizer of `written` texts has these ids for, those of SPECIAL and BOUNDS left out.

    >>> tokenizer = fit("bpe", ["Oui, mon ami !"], 64, 1, False, written=True)
    >>> decode(tokenizer, encode(tokenizer, ["Mon ami ! Oui, oui, mon ami!"]).flat)
    'on ami ! Oui, oui, mon ami!'
    """
    special = len(SPECIAL + BOUNDS)
    text: str = tokenizer.decode([int(number) for number in ids if number >= special])
    return " ".join(text.split())


def shortened(ragged: Ragged, longest: int, keep: str) -> Ragged:
    """At most `longest` tokens of each row: its `start`, its `end`, or of both `ends` half."""
    first = {"start": longest, "end": 0, "ends": longest - longest // 2}[keep]
    rows = [ragged.flat[a:b] for a, b in zip(ragged.offsets[:-1], ragged.offsets[1:], strict=True)]
    for number in np.flatnonzero(ragged.lengths > longest):
        rows[number] = np.concatenate([rows[number][:first], rows[number][len(rows[number]) - (longest - first) :]])
    return Ragged.of(rows, np.int32)


def pieces(tokenizer: Tokenizer, text: str, longest: int, keep: str) -> tuple[list[str], list[int | None]]:
    """A text in pieces, and of each piece which token of the shortened text it is, None for what no token stands for.

    >>> tokenizer = fit("words", ["good film"], 16, 1, True)
    >>> pieces(tokenizer, "A good, good film", 2, "ends")
    (['A', ' ', 'good', ',', ' ', 'good', ' ', 'film'], [0, None, None, None, None, None, None, 1])
    """
    spans = tokenizer.encode(text, add_special_tokens=False).offsets
    left_out = len(spans) - longest
    first = {"start": longest, "end": 0, "ends": longest - longest // 2}[keep] if left_out > 0 else len(spans)
    parts: list[tuple[str, int | None]] = []
    done = 0
    for number, (start, end) in enumerate(spans):
        if number + 1 < len(spans) and spans[number + 1][0] == start:
            continue  # a space that bpe and unigram put before the text: the next token stands for these characters
        parts.append((text[done:start], None))
        if end > max(start, done):
            kept = number < first or number >= first + left_out
            token = None if not kept else number if number < first else number - left_out
            parts.append((text[max(start, done) : end], token))
            done = end
    parts = [part for part in [*parts, (text[done:], None)] if part[0]]
    return [piece for piece, _ in parts], [token for _, token in parts]


def display(piece: str) -> str:
    """A piece without the markup that the vocabulary does not know either."""
    return re.sub(MARKUP, " ", piece)
