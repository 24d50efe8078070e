"""Ways to write spans as tags, one per step: which one tags are written in, and the same spans as B-, I- and O.

B-city begins a span, I-city goes on with it, O is outside of all (IOB2; Ramshaw & Marcus 1995, Tjong Kim Sang &
Veenstra 1999). In IOB1 a span begins with I-, and with B- only where one of its type stands right before it. BIOES,
IOBES, BILOU and BMEWO set apart the last step of a span (E, L) and spans of one step (S, U, W).
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

OUTSIDE = "O"
PARTS = re.compile(r"([BIESLUMW])[-_](.+)", re.DOTALL)
BEGINS, GOES_ON, ENDS, SINGLE = set("B"), set("IM"), set("EL"), set("SUW")


class Span(NamedTuple):
    """Steps from `start`, included, to `end`, excluded."""

    start: int
    end: int
    type: str


def parted(tag: str) -> tuple[str, str]:
    """
    >>> parted("B-city"), parted("I-time-of-day"), parted("O")
    (('B', 'city'), ('I', 'time-of-day'), ('O', ''))
    """
    match = PARTS.fullmatch(tag)
    return (match[1], match[2]) if match else (OUTSIDE, "")


def spans(tags: Sequence[str]) -> list[Span]:
    """Of B-, I- and O, in order; an I- that goes on with nothing begins a span (as conlleval, and seqeval, read them).

    >>> spans(["B-a", "I-a", "I-b", "O", "I-b", "B-b"])
    [Span(start=0, end=2, type='a'), Span(start=2, end=3, type='b'), Span(start=4, end=5, type='b'), Span(start=5, end=6, type='b')]
    """  # noqa: E501
    every: list[Span] = []
    start, before = 0, ""
    for step, tag in enumerate([*tags, OUTSIDE]):
        part, type = parted(tag)
        if before and (part != "I" or type != before):
            every.append(Span(start, step, before))
            before = ""
        if part != OUTSIDE and not before:
            start, before = step, type
    return every


def are_spans(tags: Counter[str]) -> bool:
    """Whether tags are written in one of these ways: all but O have a prefix, and some span can begin."""
    others = [tag for tag in tags if tag != OUTSIDE]
    return bool(others) and all(PARTS.fullmatch(tag) for tag in others)


def scheme_of(sequences: Sequence[Sequence[str]]) -> str:
    """`IOB2`, `IOB1`, or `BIOES` for all that set apart how a span ends."""
    prefixes = {parted(tag)[0] for tags in sequences for tag in set(tags)}
    if prefixes & (ENDS | SINGLE | {"M"}):
        return "BIOES"
    begins = within = 0
    for tags in sequences:
        for before, tag in zip([OUTSIDE, *tags], tags, strict=False):
            (part, type), (_, last) = parted(tag), parted(before)
            begins += part == "B" and type != last
            within += part == "I" and type != last
    return "IOB1" if within > begins else "IOB2"


def as_iob2(tags: Sequence[str], scheme: str) -> tuple[list[str], int]:
    """The same spans as B-, I- and O; and how many steps that went on with nothing now begin a span.

    >>> as_iob2(["I-a", "I-a", "B-a", "I-b"], "IOB1")
    (['B-a', 'I-a', 'B-a', 'B-b'], 0)
    >>> as_iob2(["S-a", "B-a", "M-a", "E-a", "I-b"], "BIOES")
    (['B-a', 'B-a', 'I-a', 'I-a', 'B-b'], 1)
    """
    written, mended = [], 0
    open_type = ""  # of the span that may go on
    for tag in tags:
        part, type = parted(tag)
        if part == OUTSIDE:
            written.append(OUTSIDE)
            open_type = ""
            continue
        goes_on = part in GOES_ON | ENDS and type == open_type
        mended += part in GOES_ON | ENDS and type != open_type and scheme != "IOB1"
        written.append(f"{'I' if goes_on else 'B'}-{type}")
        open_type = "" if part in ENDS | SINGLE else type
    return written, mended


def follows(before: str | None, tag: str) -> bool:
    """Whether a tag may follow on another, None being the beginning: I- goes on with a span of its type.

    >>> follows("B-a", "I-a"), follows("B-b", "I-a"), follows(None, "I-a"), follows(None, "B-a")
    (True, False, False, True)
    """
    part, type = parted(tag)
    return part != "I" or (before is not None and parted(before)[1] == type)
