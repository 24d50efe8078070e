"""Which sentences are the same but for a few characters, so that who has learned one has seen the other."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import Levenshtein

SHORTEST = 30  # letters and digits; of shorter sentences, 10 % may be all that matters: "Where is she?"
ALIKE = 10  # one insertion, deletion or replacement in so many characters, and not more
PIECE = 7  # see `near`


def normal_form(text: str) -> str:
    """Its letters, digits and the marks on them, in lower case; of a text without any, the text.

    >>> normal_form("Hi, Tom!"), normal_form("“HI TOM”"), normal_form("?!")
    ('hitom', 'hitom', '?!')
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_KEPT) or text


class _Kept(dict[int, str | None]):
    """Of each code point, itself if it is a letter, a mark or a number; found when first asked for."""

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
