"""Rows that cannot be used: kept as their line and the reason, counted, and tolerated up to a share."""

from collections import Counter
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts.errors import KassandraError

SHOWN = 5  # line numbers shown per reason
MANY = 0.2  # a share of rows: of more, the file is not written as it was described


class Refused(NamedTuple):
    """line: where the row begins, line feeds counted from 1, header included; for parquet the number of the row.
    label: of the row, as far as it is known."""

    line: int
    reason: str
    label: str | None = None


def sentence(refused: Sequence[Refused], path: Path, total: int) -> str:
    """How many of `total` rows are refused for which reason, the most frequent first, where the first of them are, and
    which labels they have.

    >>> sentence([Refused(3, "empty text"), Refused(5, "missing label"), Refused(9, "empty text")], Path("a.csv"), 40)
    'a.csv: 3 of 40 rows refused: 2 × empty text (lines 3, 9); 1 × missing label (line 5)'
    >>> sentence([Refused(3, "empty text", "good")], Path("a.csv"), 40)
    "a.csv: 1 of 40 rows refused: 1 × empty text (line 3; label 'good')"
    """
    by_reason: dict[str, list[Refused]] = {}
    for row in refused:
        by_reason.setdefault(row.reason, []).append(row)
    unit = "row" if path.suffix.lower() == ".parquet" else "line"
    parts = []
    for reason, rows in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[1][0].line)):
        numbers = ", ".join(str(row.line) for row in rows[:SHOWN]) + (", …" if len(rows) > SHOWN else "")
        where = f"{unit}{'s' if len(rows) > 1 else ''} {numbers}{_labels(rows)}"
        parts.append(f"{len(rows)} × {reason} ({where})")
    return f"{path}: {len(refused)} of {total} rows refused" + (": " if parts else "") + "; ".join(parts)


def _labels(rows: Sequence[Refused]) -> str:
    counts = Counter(row.label for row in rows if row.label is not None).most_common(SHOWN)
    if not counts:
        return ""
    if len(counts) == 1:
        return f"; label {counts[0][0]!r}"
    return "; labels " + ", ".join(f"{label!r} {count}" for label, count in counts)


def by_reason(refused: Sequence[Refused]) -> dict[str, Any]:
    """For meta.json: of each reason how many rows, the first lines, and how many of each label."""
    counts: dict[str, Any] = {}
    for row in refused:
        one = counts.setdefault(row.reason, {"rows": 0, "first_lines": [], "by_label": {}})
        one["rows"] += 1
        one["first_lines"] += [row.line] if len(one["first_lines"]) < SHOWN else []
        if row.label is not None:
            one["by_label"][row.label] = one["by_label"].get(row.label, 0) + 1
    return counts


def allowed(total: int, share: float) -> int:
    """
    >>> allowed(700, 0.01), allowed(99, 0.01), allowed(10, 1.0)
    (7, 0, 10)
    """
    return int(total * share + 1e-9)


def too_many(count: int, total: int, share: float) -> str:
    """What `source.tolerate` allows, and what it would have to be.

    >>> too_many(9, 800, 0.01)
    '`source.tolerate: 0.01` leaves out 8 of 800 rows at most; mend them, or say `source.tolerate: 0.012`'
    """
    needed = ceil(1000 * count / max(total, 1)) / 1000
    least = f"`source.tolerate: {share:g}` leaves out {allowed(total, share)} of {total:,} rows at most"
    return f"{least}; mend them, or say `source.tolerate: {needed:g}`" if needed <= MANY else least


def check_share(refused: Sequence[Refused], path: Path, total: int, share: float, hint: str = "") -> str:
    """What to report of the rows that are left out; empty where there are none.

    Raises:
        KassandraError: there are more of them than the share allows.
    """
    if not refused:
        return ""
    text = sentence(refused, path, total)
    if len(refused) > allowed(total, share):
        raise KassandraError("; ".join(filter(None, [text, hint, too_many(len(refused), total, share)])))
    return text
