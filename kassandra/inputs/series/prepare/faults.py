"""Rows of a table of series that cannot be used: left out and counted up to `source.tolerate`, refused above it."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.sources.own.refused import Refused, allowed, check_share, too_many
from kassandra.sources.own.table_file import Table


class Fault(NamedTuple):
    """rows: of the table. reason: why they cannot be used. sentence: the same with the first cells, and what to do."""

    rows: list[int]
    reason: str
    sentence: str


def settled(table: Table, faults: Iterable[Fault], share: float) -> tuple[NDArray[np.bool_], list[Refused], str]:
    """(rows,) which rows of the table are used; those that are not, with those that the file's reader refused; and
    what to report of them.

    Raises:
        KassandraError: there are more than `share` of all.
    """
    faults = [fault for fault in faults if fault.rows]
    used = np.ones(len(table.lines), bool)
    refused = list(table.refused)
    for fault in faults:
        refused += [Refused(int(table.lines[row]), fault.reason) for row in fault.rows if used[row]]
        used[fault.rows] = False
    refused.sort()
    if len(refused) <= allowed(table.total, share) or not faults or table.refused:
        return used, refused, check_share(refused, table.path, table.total, share, table.hint())
    worst = max(faults, key=lambda fault: len(fault.rows))
    raise KassandraError(f"{worst.sentence}; {too_many(len(refused), table.total, share)}")
