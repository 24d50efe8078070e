"""Texts with texts, as an input reads them: sentences and their translations."""

from collections import Counter
from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation; neither is empty."""

    source: str
    target: str


class Pairs(NamedTuple):
    """parts: pairs, each with its id (file and line), in the order of the files: train, test and maybe valid; or all.

    languages: of the sources, and of the targets. dropped: lines of all parts that are not in them, by reason.
    message: about those, and where the first of them are.
    """

    languages: tuple[str, str]
    parts: dict[str, dict[Pair, str]]
    dropped: Counter[str]
    message: str
