"""Counts and lists as a sentence has them."""

from collections.abc import Sequence


def count(number: int, one: str) -> str:
    """
    >>> count(1, "row"), count(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {one}{'s' if number != 1 else ''}"


def some(items: Sequence[object], most: int = 8) -> str:
    """
    >>> some([1, 2, 3], 2)
    '1, 2 and 1 more'
    """
    return ", ".join(map(str, items[:most])) + (f" and {len(items) - most:,} more" if len(items) > most else "")
