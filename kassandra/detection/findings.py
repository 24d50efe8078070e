"""What `kassandra check` reports of data as the stages read them: facts, tables, warnings, and what is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "valid", "test")


class Grid(NamedTuple):
    """A table; all rows have the keys of the first."""

    title: str
    rows: list[dict[str, str]]


class Panel(NamedTuple):
    """A picture. `bars`: a height per name. `histogram`: values. `lines`: (x, y). Each for one or several parts, by
    name."""

    title: str
    kind: Literal["bars", "histogram", "lines"]
    parts: Mapping[str, object]
    x: str = ""


@dataclass
class Findings:
    """facts: by what they are of. warnings: what a careful person would look at first."""

    facts: dict[str, str] = field(default_factory=dict)
    tables: list[Grid] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)


def lengths(findings: Findings, unit: str, by_split: Mapping[str, NDArray[np.int64]], whole: int | None = None) -> None:
    """Adds how long the sequences of each split are; `whole` is the length at which longer ones were cut."""
    rows = []
    for name, some in by_split.items():
        if not len(some):
            continue
        low, middle, high = np.quantile(some, [0.05, 0.5, 0.95])
        row = {"split": name, "shortest": f"{some.min():,}", "5%": f"{low:,.0f}", "median": f"{middle:,.0f}"}
        rows.append(row | {"95%": f"{high:,.0f}", "longest": f"{some.max():,}"})
        if whole and (cut := float((some >= whole).mean())) > 0.1:
            findings.warnings.append(
                f"{cut:.0%} of {name} have {whole} {unit} or more and are cut (prepare.max_length)"
            )
    findings.tables.append(Grid(f"lengths ({unit})", rows))
    findings.panels.append(Panel(f"lengths ({unit})", "histogram", dict(by_split), unit))


def first(items: Sequence[object], most: int = 5) -> str:
    return ", ".join(map(str, items[:most])) + (f" and {len(items) - most:,} more" if len(items) > most else "")
