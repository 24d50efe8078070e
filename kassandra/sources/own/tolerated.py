"""Files that cannot be used are left out, named and counted, up to a share; more are refused."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import printable
from kassandra.sources.own.labelled import Labelled
from kassandra.sources.own.refused import allowed

FEW = 2  # files that may be unusable however few there are
SHOWN = 5  # of them, named with the reason

T = TypeVar("T")


class Usable(NamedTuple):
    """files and contents go together. meta: what meta.json is to keep of the others. message: the same in words."""

    files: list[Labelled]
    contents: Sequence[Any]
    meta: dict[str, Any]
    message: list[str]


def usable(
    files: list[Labelled], read: Callable[[Path], T], tolerate: float, unit: str, few: int = FEW, contents: Any = None
) -> Usable:
    """Each file as `read` gives it, but for those of which it raises KassandraError.

    Args:
        contents: what is appended to in place of a list: contracts.stored.Stored, of arrays that may outgrow memory.

    Raises:
        KassandraError: these are more than the share `tolerate`, and more than `few`; a share of 0 tolerates none.
    """
    kept, skipped = list[Labelled](), list[tuple[Labelled, str]]()
    contents = list[T]() if contents is None else contents
    for one in files:
        try:
            contents.append(read(one.path))
            kept.append(one)
        except KassandraError as error:
            skipped.append((one, str(error).removeprefix(f"{one.path}: ")))
    if not skipped:
        return Usable(kept, contents, {}, [])
    labels = dict(Counter(one.label for one, _ in skipped).most_common())
    first = [f"{printable(str(one.path))}: {reason}" for one, reason in skipped[:SHOWN]]
    share = len(skipped) / len(files)
    by_label = ", ".join(f"{label} {count}" for label, count in labels.items())
    what = f"{len(skipped)} of {len(files)} {unit} ({share:.1%}) cannot be used: {'; '.join(first)}"
    what += ("; …" if len(skipped) > SHOWN else "") + f"; by label: {by_label}"
    most = max(few, allowed(len(files), tolerate)) if tolerate else 0
    if len(skipped) > most or not kept:
        least = f"`source.tolerate: {tolerate:g}` leaves out {most} of {len(files):,} {unit} at most"
        raise KassandraError(f"{what}. {least}; mend them, or say `source.tolerate: {ceil(1000 * share) / 1000:g}`")
    meta = {"skipped": {"files": len(skipped), "by_label": labels, "first": first}}
    return Usable(kept, contents, meta, [f"left out: {what}"])
