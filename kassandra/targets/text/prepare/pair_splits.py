"""Pairs of sentences in three splits, of which none knows a sentence of another, nor one that is nearly the same."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Pair, Pairs
from kassandra.contracts.splits import SPLITS, WHOLE

NEAR_TEST, NEAR_VALID = "near-duplicates of test", "near-duplicates of valid"
LONG_TARGET = 20  # letters and digits; a shorter translation says little about what it is of: "Oui, merci."
SHORTEST = 30  # letters and digits; of shorter sentences, 10 % may be all that matters: "Where is she?"
ALIKE = 10  # one insertion, deletion or replacement in so many characters, and not more
PIECE = 7  # see `near`
EVALUATED = 1000  # sentences of valid and of test where there is a limit


class Sentence(NamedTuple):
    """What is to be translated, and each different translation of it that there is, at least one.

    id: file and line of the pair; in valid and test of the first with this source.
    """

    source: str
    references: list[str]
    id: str


class Splits(NamedTuple):
    """train: one for each pair. valid, test: one for each different source sentence. dropped: pairs, by reason."""

    train: list[Sentence]
    valid: list[Sentence]
    test: list[Sentence]
    dropped: Counter[str]


def split(raw: Path, pairs: Pairs, valid_fraction: float, test_fraction: float, limit: int | None, seed: int) -> Splits:
    """Pairs that come in one piece are parted by their source sentence, of which spelling, case and marks do not count:
    all its translations are in the same split. What is drawn does not depend on the order of the file, and hardly on
    what else is in it: each sentence has a number that seed and sentence alone decide, and the lowest are drawn.

    Of train is then dropped, and of valid for the sake of test: pairs whose source is nearly that of a sentence of
    valid or test (see `near`), and pairs with a translation of such a sentence, of at least LONG_TARGET characters.

    Raises:
        KassandraError: a split would be empty.
    """
    parts = {name: list(part) for name, part in pairs.parts.items()}
    for name in {WHOLE, "train"} & set(parts):
        parts[name] = sorted(parts[name], key=lambda pair: _place(seed, *pair))
    if WHOLE in parts:
        parts["test"], parts["valid"], parts["train"] = _drawn(raw, parts[WHOLE], [test_fraction, valid_fraction], seed)
    elif "valid" not in parts:
        parts["valid"], parts["train"] = _drawn(raw, parts["train"], [valid_fraction], seed)
    dropped = Counter({NEAR_TEST: 0, NEAR_VALID: 0})
    for name, other, reason in (
        ("valid", "test", NEAR_TEST), ("train", "test", NEAR_TEST), ("train", "valid", NEAR_VALID)
    ):  # fmt: skip
        left = _strangers(parts[name], parts[other])
        dropped[reason] += len(parts[name]) - len(left)
        if not left:
            raise KassandraError(f"{raw}: every pair of {name} is nearly one of {other}, so none is left")
        parts[name] = left
    ids = {name: pairs.parts.get(name) or pairs.parts.get("train") or pairs.parts[WHOLE] for name in SPLITS}
    train = [Sentence(pair.source, [pair.target], ids["train"][pair]) for pair in parts["train"][:limit]]
    valid, test = (_sentences(parts[name], ids[name]) for name in ("valid", "test"))
    if limit is not None:
        valid, test = (_some(sentences, EVALUATED, seed) for sentences in (valid, test))
    return Splits(train, valid, test, dropped)


def _place(seed: int, *texts: str) -> bytes:
    """A number for each text, as good as drawn."""
    return blake2b("\0".join([str(seed), *texts]).encode(), digest_size=8).digest()


def _drawn(raw: Path, pairs: list[Pair], fractions: list[float], seed: int) -> list[list[Pair]]:
    """Of the different source sentences, a part for each fraction, and the rest; all pairs in their order."""
    ranked = sorted({normal_form(pair.source) for pair in pairs}, key=lambda form: _place(seed, form))
    ends = [0, *(round(len(ranked) * fraction) for fraction in accumulate(fractions)), len(ranked)]
    if any(start >= end for start, end in pairwise(ends)):
        shares = " and ".join(map(str, fractions))
        raise KassandraError(
            f"{raw}: {shares} of {len(ranked)} different sentences leave nothing for some split; change "
            "prepare.valid_fraction or prepare.test_fraction, or give it more sentences"
        )
    part_of = {form: part for part, (start, end) in enumerate(pairwise(ends)) for form in ranked[start:end]}
    parts: list[list[Pair]] = [[] for _ in pairwise(ends)]
    for pair in pairs:
        parts[part_of[normal_form(pair.source)]].append(pair)
    return parts


def _strangers(pairs: list[Pair], others: list[Pair]) -> list[Pair]:
    """Those of `pairs` from which nobody learns one of `others`."""
    forms = [(normal_form(pair.source), normal_form(pair.target)) for pair in pairs]
    sources = near((source for source, _ in forms), (normal_form(pair.source) for pair in others))
    targets = {form for form in (normal_form(pair.target) for pair in others) if len(form) >= LONG_TARGET}
    strange = [source not in sources and target not in targets for source, target in forms]
    return [pair for pair, is_strange in zip(pairs, strange, strict=True) if is_strange]


def _sentences(pairs: list[Pair], ids: dict[Pair, str]) -> list[Sentence]:
    references: dict[str, list[str]] = {}
    for source, target in pairs:
        references.setdefault(source, []).append(target)
    first = {pair.source: one for pair, one in reversed(ids.items())}  # in the file, whatever order pairs are in
    return [Sentence(source, some, first[source]) for source, some in references.items()]


def _some(sentences: list[Sentence], most: int, seed: int) -> list[Sentence]:
    """At most so many of them, in their order."""
    chosen = {one.source for one in sorted(sentences, key=lambda one: _place(seed, one.source))[:most]}
    return [one for one in sentences if one.source in chosen]


def normal_form(text: str) -> str:
    """Its letters, digits and the marks on them, in lower case; of a text without any, the text.

    >>> normal_form("Hi, Tom!"), normal_form("“HI TOM”"), normal_form("?!")
    ('hitom', 'hitom', '?!')
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_KEPT) or text


class _Kept(dict[int, str | None]):
    """Of each code point, itself if it is a letter, a mark or a number; looked up when first asked for."""

    def __missing__(self, code: int) -> str | None:
        self[code] = chr(code) if unicodedata.category(chr(code))[0] in "LMN" else None
        return self[code]


_KEPT = _Kept()


def near(forms: Iterable[str], known: Iterable[str]) -> set[str]:
    """Those of `forms` that are equal to a form in `known`, or so close to one of at least SHORTEST characters that at
    most every ALIKE-th character of the longer one has to be inserted, deleted or replaced (Levenshtein's distance).

    Nothing is overlooked, though few are compared: n such changes leave one of n + 1 pieces of a form as it is, and the
    pieces here have at least PIECE characters (Li et al. 2011, Pass-Join).

    >>> sorted(near(["the apples he sent me were delicious", "hi"], ["the apples he sent to me were delicious", "he"]))
    ['the apples he sent me were delicious']
    """
    known, forms = set(known), set(forms)
    by_piece: dict[str, list[str]] = defaultdict(list)
    for form in known:
        if len(form) >= SHORTEST:
            pieces = len(form) // (ALIKE - 1) + 1  # a longer form that is close has at most a ninth more characters
            for number in range(pieces):
                start = number * len(form) // pieces
                by_piece[form[start : start + PIECE]].append(form)
    return forms & known | {form for form in forms - known if _is_near(form, by_piece)}


def _is_near(form: str, by_piece: dict[str, list[str]]) -> bool:
    parts = {form[start : start + PIECE] for start in range(len(form) - PIECE + 1)}
    for other in {other for part in parts & by_piece.keys() for other in by_piece[part]}:
        most = max(len(form), len(other)) // ALIKE
        if abs(len(form) - len(other)) <= most and Levenshtein.distance(form, other, score_cutoff=most) <= most:
            return True
    return False
