"""Tables of series with a label each: long (a row per step), wide (a row per series), or recordings to be cut."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import printable, some
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import SPLIT_OF
from kassandra.inputs.series.prepare.faults import Fault, settled
from kassandra.inputs.series.prepare.labelled import One, Read, of_ends, without_ends
from kassandra.inputs.series.prepare.numbers import numbers
from kassandra.inputs.series.prepare.times import read_times
from kassandra.inputs.series.prepare.windows import Recording, pieces, windows
from kassandra.params.inputs.series import ExamplesPrepare, ExamplesSource, StepsPrepare
from kassandra.sources.own.labels import whole
from kassandra.sources.own.refused import by_reason
from kassandra.sources.own.table_file import Table, called, read_table

USUAL = ("label", "class", "activity", "target", "category", "y", "labels", "classes", "class_label")
LARGEST_TABLE = 1 << 32  # bytes, unpacked
ROLES = ("series", "label", "group", "split")
JUMP = 20  # usual distances of rows, beyond which a recording is two

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]


class Cells(NamedTuple):
    """The rows of a table that are used: texts (rows,) of each role that has a column; values (rows, columns).

    order: (rows,) the numbers of the rows as they stand in the table, those of a series in the order of their times.
    times: (rows,) in that order, None where nothing says them.
    """

    table: Table
    roles: dict[str, list[str]]
    columns: list[str]
    values: Numbers
    order: Rows
    times: Rows | None
    left_out: dict[str, Any]
    message: list[str]

    def id(self, row: int) -> str:
        return f"{self.table.path.name}:{self.table.lines[row]}"


def read(
    path: Path, source: ExamplesSource, params: ExamplesPrepare, to_learn: bool = True, said: str | None = None
) -> Read:
    """The series of a table; see params.inputs.series.ExamplesSource. Those of a long one are named by the row where
    they begin, in the order in which they do.

    Args:
        to_learn: whether labels are read; else they may be missing. said: the label of all rows, where something
            besides the table says it.

    Raises:
        KassandraError: the table, or a cell, cannot be read (see read_table, numbers, read_times); a column is unknown;
            a series has several labels; or no series is left.
    """
    cells = _cells(path, source, to_learn, said)
    if params.window is not None:
        block = _block(source, params, to_learn)
        series, message = windows(_recordings(cells, to_learn), params.window, params.step, block)
    elif source.files == "series":
        series, message = _one(cells)
    elif source.series is not None:
        series, message = _long(cells)
    else:
        series, message = _wide(cells)
    if not series:
        raise KassandraError(f"{path}: no series is left; {'; '.join([*cells.message, *message])}")
    is_wide = params.window is None and source.series is None and source.files != "series"
    message = [f"{path}: {one.removeprefix(f'{path}: ')}" for one in [*cells.message, *message]]
    return Read(series, ["value"] if is_wide else cells.columns, cells.left_out, message, cells.columns)


def _block(source: ExamplesSource, params: ExamplesPrepare | StepsPrepare, to_learn: bool) -> int | None:
    """How many windows that follow each other are a group; None where groups, or files, are."""
    by_file = source.files == "series" and "block" not in params.model_fields_set
    return None if source.group or by_file or not to_learn else params.block


def read_recordings(path: Path, source: ExamplesSource, params: StepsPrepare, to_learn: bool = True) -> Read:
    """The recordings of a table in pieces, each row with its label; see `read`."""
    cells = _cells(path, source, to_learn)
    series, message = pieces(_recordings(cells, to_learn), params.window, _block(source, params, to_learn))
    if not series:
        raise KassandraError(f"{path}: no row with a label is left; {'; '.join([*cells.message, *message])}")
    said = [f"{path}: {one.removeprefix(f'{path}: ')}" for one in [*cells.message, *message]]
    return Read(series, cells.columns, cells.left_out, said, cells.columns)


def _cells(path: Path, source: ExamplesSource, to_learn: bool, said: str | None = None) -> Cells:
    chosen: dict[str, str] = {}

    def choose(known: list[str]) -> list[str]:
        chosen.update(_roles(path, source, known, to_learn, said))
        times = [_known("time", name, known) for name in source.times]
        taken = {*chosen.values(), *times}
        values = [_known("values", name, known) for name in source.values or []]
        return list(dict.fromkeys([*taken, *(values or [name for name in known if name not in taken])]))

    table = read_table(path, source, choose, LARGEST_TABLE)
    names = list(table.columns)
    taken = {*chosen.values(), *(called(name, names) for name in source.times)}
    columns = [called(name, names) for name in source.values or []] or [name for name in names if name not in taken]
    roles = {role: [_text(cell) for cell in table.columns[name]] for role, name in chosen.items()}
    if "label" in roles:
        roles["label"] = [whole(label) for label in roles["label"]]
    elif said is not None:
        roles["label"] = [said] * len(table.lines)
    columns, values, faults, message = _values(table, columns, source)
    order, times, more, sorting = _ordered(table, source, roles.get("series"))
    used, refused, left_out = settled(table, [*faults, *more], source.tolerate)
    order_used = used[order]
    message += [left_out, *sorting, *(f"{count:,} {what}" for what, count in table.remarks.items())]
    times = None if times is None else times[order_used]
    meta = by_reason(refused) if refused else {}
    return Cells(table, roles, columns, values, order[order_used], times, meta, [one for one in message if one])


def _roles(path: Path, source: ExamplesSource, known: list[str], to_learn: bool, said: str | None) -> dict[str, str]:
    """The column of each role that has one."""
    roles = {role: _known(role, name, known) for role in ROLES if (name := getattr(source, role)) is not None
             and (to_learn or role == "series")}  # fmt: skip
    if to_learn and said is None and "label" not in roles:
        usual = [name for name in known if name.casefold() in USUAL]
        if len(usual) != 1:
            why = f"{usual} may all be it" if usual else f"no column has a usual name ({', '.join(USUAL)})"
            raise KassandraError(f"{path}: source.label: {why}; say which it is; the columns are {some(known, 20)}")
        roles["label"] = usual[0]
    return roles


def _known(key: str, name: str, known: list[str]) -> str:
    here = called(name, known)
    if here not in known:
        raise KassandraError(unknown(f"source.{key}", "column", name, known))
    return here


def _values(
    table: Table, names: list[str], source: ExamplesSource
) -> tuple[list[str], Numbers, list[Fault], list[str]]:
    """(rows, columns). Columns that hold no number at all are left out, where nobody has named them."""
    kept, columns, faults, others = [], [], list[Fault](), []
    for name in names:
        values, wrong = numbers(table, name, source)
        if source.values is None and not np.isfinite(values).any():
            others.append(name)
            continue
        kept.append(name)
        columns.append(values)
        faults += wrong
    if not kept:
        raise KassandraError(f"{table.path}: no column of numbers; the columns are {some(list(table.columns), 20)}")
    message = [f"columns without a number are not read: {some(map(printable, others))}"] if others else []
    return kept, np.stack(columns, axis=1), faults, message


def _ordered(
    table: Table, source: ExamplesSource, series: Sequence[str] | None
) -> tuple[Rows, Rows | None, list[Fault], list[str]]:
    """The rows, those of each series in the order of their times; the times; cells without one; and what to report."""
    rows = np.arange(len(table.lines))
    if not source.times:
        return rows, None, [], []
    mine: dict[str, list[int]] = {}
    for row in rows.tolist():
        mine.setdefault(series[row] if series else "", []).append(row)
    by_series = {name: np.array(some_rows, np.int64) for name, some_rows in mine.items()}
    times, _, faults, said = read_times(table, source, by_series)
    late = sum(int((times[one] < np.maximum.accumulate(times[one])).sum()) for one in by_series.values())
    if late and source.sort == "none":
        raise KassandraError(
            f"{table.path}: {late:,} rows stand after a later one; `source.sort: time` puts them in order"
        )
    said += [f"{late:,} rows stood after later ones of their series: sorted"] if late else []
    order = np.concatenate([one[np.argsort(times[one], kind="stable")] for one in by_series.values()])
    return order, times[order], faults, said


def _text(cell: Any) -> str:
    """A label is text: 1 and 1.0 of .jsonl and .xlsx are `1`, booleans are `true` or `false`."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None or cell != cell else str(cell).strip()


def _by_series(cells: Cells) -> dict[str, list[int]]:
    """Places in `cells.order` of the rows of each series, in the order in which they begin."""
    names, mine = cells.roles.get("series"), dict[str, list[int]]()
    for place, row in enumerate(cells.order.tolist()):
        mine.setdefault(names[row] if names else "", []).append(place)
    return mine


def _long(cells: Cells) -> tuple[list[One], list[str]]:
    series, ends, nameless, unlabelled = list[One](), 0, 0, list[str]()
    labels = cells.roles.get("label")
    for name, places in _by_series(cells).items():
        rows = cells.order[places]
        if not name:
            nameless = len(rows)
            continue
        values = without_ends(cells.values[rows])
        ends += len(values) < len(rows)
        label = _only(cells, name, rows, "label") if labels else ""
        if (labels and not label) or not len(values):
            unlabelled.append(printable(name))
            continue
        series.append(One(values, label, cells.id(int(rows[0])), *_belongs(cells, name, rows)))
    message = of_ends(ends, len(series))
    message += [f"{nameless:,} rows name no series: left out"] if nameless else []
    message += [f"{len(unlabelled):,} series have no label, or no value: left out ({some(unlabelled)})"] * bool(
        unlabelled
    )
    return series, message


def _one(cells: Cells) -> tuple[list[One], list[str]]:
    """The whole table is a series."""
    values = without_ends(cells.values[cells.order])
    label = _only(cells, cells.table.path.name, cells.order, "label") if "label" in cells.roles else ""
    if not len(values):
        return [], ["holds no value"]
    group, split = _belongs(cells, cells.table.path.name, cells.order)
    return [One(values, label, cells.id(int(cells.order[0])), group, split)], []


def _only(cells: Cells, name: str, rows: Rows, role: str) -> str:
    """What all rows of a series say of a role, those that say nothing apart.

    Raises:
        KassandraError: they say several things.
    """
    texts = cells.roles[role]
    answers = list(dict.fromkeys(texts[row] for row in rows if texts[row]))
    if len(answers) > 1:
        where = f"{cells.table.path}: series {name!r} has several {role}s: {some(map(printable, answers))}"
        advice = (
            "; to cut windows from recordings whose rows have labels, say `prepare.window`" if role == "label" else ""
        )
        raise KassandraError(f"{where}{advice}")
    return answers[0] if answers else ""


def _belongs(cells: Cells, name: str, rows: Rows) -> tuple[str, str]:
    """Group and split of a series."""
    group = _only(cells, name, rows, "group") if "group" in cells.roles else ""
    return group, _split(_only(cells, name, rows, "split"), cells) if "split" in cells.roles else ""


def _split(text: str, cells: Cells) -> str:
    if text and text.lower() not in SPLIT_OF:
        raise KassandraError(f"{cells.table.path}: {text!r} is no split; those are {sorted(SPLIT_OF)}")
    return SPLIT_OF[text.lower()] if text else ""


def _wide(cells: Cells) -> tuple[list[One], list[str]]:
    series, ends, without = list[One](), 0, Counter[str]()
    labels = cells.roles.get("label")
    for row in cells.order.tolist():
        values = without_ends(cells.values[row][:, None])
        ends += len(values) < cells.values.shape[1]
        if (labels and not labels[row]) or not len(values):
            without["label" if len(values) else "value"] += 1
            continue
        one = np.array([row])
        series.append(One(values, labels[row] if labels else "", cells.id(row), *_belongs(cells, "", one)))
    message = [f"{count:,} rows have no {what}: left out" for what, count in without.items()]
    steps = cells.columns
    message += [
        f"a series is a row, its steps the columns {printable(steps[0])} to {printable(steps[-1])} ({len(steps)})"
    ]
    return series, [*of_ends(ends, len(series)), *message]


def _recordings(cells: Cells, to_learn: bool) -> list[Recording]:
    """Cut where time jumps."""
    recordings = []
    for name, places in _by_series(cells).items():
        at = np.array(places)
        for part in np.split(at, _jumps(cells, at)):
            rows = cells.order[part]
            labels = [cells.roles["label"][row] for row in rows] if to_learn else [""] * len(rows)
            group, split = _belongs(cells, name, rows) if to_learn else ("", "")
            ids = [cells.id(int(row)) for row in rows]
            recordings.append(Recording(name, cells.values[rows], labels, ids, group, split))
    return recordings


def _jumps(cells: Cells, places: NDArray[np.intp]) -> NDArray[np.intp]:
    if cells.times is None or len(places) < 3:
        return np.empty(0, np.intp)
    distances = np.diff(cells.times[places])
    usual = np.median(distances[distances > 0]) if (distances > 0).any() else 0
    return np.flatnonzero(distances > JUMP * usual) + 1 if usual else np.empty(0, np.intp)
