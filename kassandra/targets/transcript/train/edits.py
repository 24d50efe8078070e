"""Edits that make one text of another: substitutions, deletions and insertions, of words and of signs."""

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

MISSING = "*"  # in an alignment, where one side has nothing


def counted(hypothesis: str, reference: str) -> NDArray[np.int64]:
    """(2, 2): of words, and of signs with the spaces between words, the fewest edits that make the hypothesis of the
    reference, and how many the reference has.

    >>> counted("on tow", "one two").tolist()
    [[2, 2], [3, 7]]
    """
    both = ((hypothesis.split(), reference.split()), (hypothesis, reference))
    return np.array([[Levenshtein.distance(*each), len(each[1])] for each in both], np.int64)


def alignment(hypothesis: str, reference: str) -> list[tuple[str, str]]:
    """Words of the reference and of the hypothesis side by side, "" where one has none.

    >>> alignment("on a two", "one two three")
    [('', 'on'), ('one', 'a'), ('two', 'two'), ('three', '')]
    """
    wanted, written = reference.split(), hypothesis.split()
    pairs = list[tuple[str, str]]()
    for change in Levenshtein.opcodes(wanted, written):
        kind = change.tag
        ours = wanted[change.src_start : change.src_end]
        theirs = written[change.dest_start : change.dest_end]
        empty = [""] * len(ours or theirs)
        pairs += zip(ours if kind != "insert" else empty, theirs if kind != "delete" else empty, strict=True)
    return pairs


def in_two_lines(hypothesis: str, reference: str) -> tuple[str, str]:
    """Reference and hypothesis one above the other; words that differ in capitals, `*` where one has none.

    >>> in_two_lines("on a two", "one two three")
    ('*  ONE two THREE', 'ON A   two *')
    """
    lines: tuple[list[str], list[str]] = ([], [])
    for pair in alignment(hypothesis, reference):
        shown = [one if pair[0] == pair[1] else one.upper() or MISSING for one in pair]
        width = max(map(len, shown))
        for line, one in zip(lines, shown, strict=True):
            line.append(one.ljust(width))
    first, second = (" ".join(line).rstrip() for line in lines)
    return first, second
