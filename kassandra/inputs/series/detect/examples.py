"""Series with a label each, recognised: long and wide tables, recordings with labels by row, and files of archives."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.detection import numbers
from kassandra.detection.proposal import Decided, Look, Proposal
from kassandra.detection.table import Column, Table, preview
from kassandra.detection.words import some
from kassandra.inputs.series.detect import archive_files, many_files
from kassandra.sources.own.labels import whole

LABEL = re.compile(r"label|class|activity|gesture|^y$|^state$|category|species|condition|behaviou?r", re.IGNORECASE)
GROUP = re.compile(
    r"user|subject|person|patient|participant|^who$|speaker|owner|"
    r"(^|_)(machine|device|unit|engine|sensor)(_?(id|no|nr))?$",
    re.IGNORECASE,
)
TIME = re.compile(r"time|^ts$|step|frame|^t$|sample|tick|seq", re.IGNORECASE)
STEP = re.compile(r"(.*?)(\d+)$")
WIDE = 8  # numbered columns, from which they are the steps of a row
RUN = 8  # rows with one label after another, on average, from which rows are those of recordings
SERIES = 10  # of a long table
GROUPS = 8  # from which whole groups are kept back
SMOOTH = 0.7  # of the distance of columns far apart, below which neighbours are steps of one series
LONG = 300  # steps; of longer series, several become one


class Seen(NamedTuple):
    """What a table is. form: `long`, `wide` or `recordings`. series: the column that names one. group: of groups.

    length: rows of a series, or of a run of one label. many: series, or rows.
    """

    form: str
    label: Column
    series: Column | None
    group: Column | None
    values: list[Column]
    length: int
    many: int
    sure: float


def evidence(look: Look) -> float:
    """How likely these are series with a label each, from 0 to 1."""
    if archive_files.seen_in(look):
        return 0.98
    if many_files.seen_in(look):
        return 0.93
    if look.table is not None and _of_series(look.table):
        return 0.94
    seen = seen_in(look) if look.table is not None else None
    return seen.sure if seen else 0.0


def propose(look: Look) -> Proposal:
    """The section of labelled series.

    Raises:
        KassandraError: no column can be the label, or no other one holds numbers.
    """
    if files := archive_files.seen_in(look):
        proposal, columns = archive_files.propose(files)
        _settle(proposal, columns)
        return proposal
    if look.table is not None and (column := _of_series(look.table)):
        raise Decided(
            f"{look.path}: {column!r} holds a series in each cell; write a column for each step: "
            f"`table.join(table[{column!r}].str.split(',', expand=True).add_prefix('t'))` in pandas"
        )
    if many := many_files.seen_in(look):
        proposal = many_files.propose(look, many)
        _settle(proposal, len(proposal.source["values"]))
        return proposal
    table, seen = look.table, seen_in(look) if look.table is not None else None
    if table is None or seen is None:
        what = f"; the columns are {some(table.names)}" if table else ""
        raise KassandraError(f"{look.path}: no column holds labels of series, which stay the same for many rows{what}")
    written = table.written(seen.values, steps=seen.form == "wide")
    source = {**table.keys, **written.keys(), "label": seen.label.name}
    proposal = Proposal("series", "label", source, seen=list(table.notes), guessed=[written.note] * bool(written.note))
    marks = list(dict.fromkeys(mark for one in seen.values for mark in numbers.marks_of(one.cells, written)))
    if marks:
        source["missing_values"] = marks
    if any(len(one.held) < len(one.cells) for one in seen.values) or marks:
        proposal.prepare["missing"] = "interpolate"
        proposal.guessed.append("missing values are interpolated within a series; `missing: mask` is the other way")
    if look.tables:
        proposal.splits = frozenset(split for split in look.tables if split != "train")
    elif look.alike:
        source["files"] = "series" if seen.form == "recordings" else "parts"
        what = "a recording each" if seen.form == "recordings" else "parts of one"
        proposal.guessed.append(f"{len(look.alike):,} tables of the same columns are read as {what} (source.files)")
    {"long": _long, "wide": _wide, "recordings": _recordings}[seen.form](look, table, seen, proposal)
    proposal.examples *= max(1, len(look.alike))
    shown = [one.name for one in (seen.series, seen.label, *seen.values) if one is not None]
    proposal.rows = preview(table, [table.names.index(name) for name in dict.fromkeys(shown)][:7])
    _settle(proposal, len(seen.values) if seen.form != "wide" else 1)
    return proposal


def _of_series(table: Table) -> str:
    """The column whose cells hold a list of numbers each; "" where there is none."""
    held = ((one.name, one.held[:20]) for one in table.columns)
    return next((name for name, cells in held if cells and all(map(numbers.OF_NUMBERS.fullmatch, cells))), "")


def _settle(proposal: Proposal, columns: int) -> None:
    """How a model reads them."""
    if proposal.steps > LONG:
        proposal.prepare["pool"] = -(-proposal.steps // LONG)
        proposal.guessed.append(f"{proposal.prepare['pool']} steps become one, their mean, as series are long (pool)")
        proposal.steps //= proposal.prepare["pool"]
    proposal.model |= {"variant": "attention", "bidirectional": True}
    proposal.train |= {"batch_size": 16 if proposal.examples < 2000 else 64, "keep": "last"}
    proposal.train["augment"] = {"noise": 0.3, "time_mask": 0.1} | ({"scale": 0.1} if columns > 1 else {})


def seen_in(look: Look) -> Seen | None:
    """What the table is, if it is one of series."""
    table = look.table
    assert table is not None
    label = _label(look, table)
    if label is None or any(one.words >= 3 for one in table.columns if not one.is_numeric):
        return None
    others = [one for one in table.columns if one is not label]
    steps = _steps(others)
    if steps and look.answer is not None and look.wish.target is None and label in _steps(table.columns):
        return None  # one of the steps, 1960 of 1960 to 2020, is no answer
    if len(steps) >= WIDE and len(steps) >= 0.8 * len([one for one in others if one.is_numeric]):
        group = _named(GROUP, others, steps)
        return Seen("wide", label, None, group, steps, len(steps), table.rows, 0.92)
    runs = [len(list(some_rows)) for _, some_rows in groupby(label.cells[: table.together])]
    if not runs or sum(runs) < RUN * len(runs) or not (look.wish.target or LABEL.search(label.name)):
        return None
    series, group = _id(table, label, others), _named(GROUP, others, [])
    timed = [one for one in others if one.name in table.times or (one.is_numeric and TIME.search(one.name))]
    taken = {one.name for one in (series, group, *timed) if one is not None}
    values = [one for one in others if table.kind(one) == "number" and one.name not in taken and not one.counts_up]
    if not values:
        return None
    form = "long" if series else "recordings"
    length = (
        sum(runs) // len(runs) if series is None else max(1, table.together // len(set(series.cells[: table.together])))
    )
    count = len(series.values) if series else table.rows
    return Seen(form, label, series, group, values, length, count, 0.95)


def _label(look: Look, table: Table) -> Column | None:
    if look.wish.target:
        return table.column(look.wish.target)
    if (answer := look.answer) is not None:
        suited = [one for one in table.columns if answer(table, one) > 0]
        return max(suited, key=lambda one: float(answer(table, one)), default=None)
    likely = [
        one for one in table.columns if LABEL.search(one.name) and 2 <= len(one.values) <= max(2, len(one.held) // 3)
    ]
    likely = [one for one in likely if all(_is_whole(value) for value in one.values)]
    return min(likely, key=lambda one: (one.is_numeric, len(one.values)), default=_beside_steps(table))


def _beside_steps(table: Table) -> Column | None:
    """The first column of a table without a header, or its last, if it holds a few whole numbers and all others the
    steps of series: as the files of the UCR archive."""
    columns = table.columns
    if table.keys.get("header") != "none" or len(columns) <= WIDE or not all(one.is_numeric for one in columns):
        return None
    for label, steps in ((columns[0], columns[1:]), (columns[-1], columns[:-1])):
        few = 2 <= len(label.values) <= max(2, len(label.held) // 3)
        if few and all(map(_is_whole, label.values)) and _follow_on_each_other(steps):
            return label
    return None


def _follow_on_each_other(columns: Sequence[Column]) -> bool:
    """Whether numbers of a row change little from column to column, compared with columns far apart."""
    rows = list(zip(*(one.cells for one in columns), strict=True))[:200]
    values = [[_number(cell) for cell in row] for row in rows]
    half = len(columns) // 2

    def distance(apart: int) -> float:
        pairs = [(a, b) for row in values for a, b in zip(row, row[apart:], strict=False) if a == a and b == b]
        return sum(abs(a - b) for a, b in pairs) / max(len(pairs), 1)

    return distance(1) < SMOOTH * distance(half)


def _number(cell: str) -> float:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return float("nan")


def _is_whole(value: str) -> bool:
    try:
        return float(value).is_integer()
    except ValueError:
        return True


def _steps(columns: Sequence[Column]) -> list[Column]:
    """The longest list of numeric columns whose names count up: t0, t1, t2, …"""
    by_prefix: dict[str, list[Column]] = {}
    for column in columns:
        if column.is_numeric and (match := STEP.fullmatch(column.name)):
            by_prefix.setdefault(match[1], []).append(column)
    return max(by_prefix.values(), key=len, default=[])


def _named(pattern: re.Pattern[str], columns: Sequence[Column], but: Sequence[Column]) -> Column | None:
    likely = [one for one in columns if pattern.search(one.name) and one not in but]
    return next((one for one in likely if 2 <= len(one.values) <= len(one.held) / 2), None)


def _id(table: Table, label: Column, others: Sequence[Column]) -> Column | None:
    """A column that names series: many of them, their rows together, each with one label."""
    together = table.together
    for column in others:
        cells = column.cells[:together]
        names = set(cells)
        if not SERIES <= len(names) <= len(cells) / 2 or not all(cells):
            continue
        runs = [
            list(some_rows)
            for _, some_rows in groupby(zip(cells, label.cells[:together], strict=True), lambda row: row[0])
        ]
        whole = len(runs) <= 1.05 * len(names) and all(len({row[1] for row in run}) == 1 for run in runs)
        if whole and (not column.is_numeric or all(cell.lstrip("-").isdigit() for cell in names)):
            return column
    return None


def _group(seen: Seen, proposal: Proposal) -> None:
    if seen.group is None or seen.group is seen.series:
        return
    count = len(seen.group.values)
    if count >= GROUPS:
        proposal.source["group"] = seen.group.name
        proposal.seen.append(f"{count} groups in {seen.group.name!r}: all of a group stay in one split")
    else:
        proposal.guessed.append(
            f"{seen.group.name!r} holds {count} groups, too few to keep whole ones back: each is in all splits; "
            f"`source.group` and `prepare.held_out: [{next(iter(seen.group.values))!r}]` tell how it does on a new one"
        )


def _times(table: Table, proposal: Proposal, seen: Seen) -> None:
    taken = {seen.label.name, *(one.name for one in seen.values)}
    for name, written in table.times.items():
        if name not in taken:
            proposal.source |= {"time": name} | ({"time_format": written.format} if written.format else {})
            return
    for column in table.columns:
        if column.is_numeric and column.name not in taken and TIME.search(column.name):
            if all(cell.isdigit() for cell in column.held):
                proposal.source |= {"time": column.name, "time_format": "step"}
            return


def _long(look: Look, table: Table, seen: Seen, proposal: Proposal) -> None:
    assert seen.series is not None
    series, label = seen.series, seen.label
    proposal.source |= {"series": series.name, "values": [one.name for one in seen.values]}
    _times(table, proposal, seen)
    label_of = dict(zip(series.cells, label.cells, strict=True))
    proposal.classes = dict(Counter(label_of.values()).most_common())
    proposal.examples, proposal.steps = seen.many, seen.length
    proposal.seen.append(f"a row per step; {seen.many:,} series, named by {series.name!r}")
    proposal.guessed.append(f"labels in {label.name!r}, numbers in {some([one.name for one in seen.values])}")
    _group(seen, proposal)


def _wide(look: Look, table: Table, seen: Seen, proposal: Proposal) -> None:
    proposal.source["values"] = [one.name for one in seen.values]
    proposal.classes = dict(Counter(map(whole, seen.label.held)).most_common())
    proposal.examples, proposal.steps = seen.many, seen.length
    proposal.seen.append(
        f"a row per series, its steps the columns {seen.values[0].name} to {seen.values[-1].name} ({seen.length})"
    )
    proposal.guessed.append(f"labels in {seen.label.name!r}")
    _group(seen, proposal)


def _recordings(look: Look, table: Table, seen: Seen, proposal: Proposal) -> None:
    window = max(8, min(128, seen.length // 4))
    proposal.source["values"] = [one.name for one in seen.values]
    recording = seen.group or seen.series
    if recording is not None and not look.alike:
        proposal.source["series"] = recording.name
    _times(table, proposal, seen)
    proposal.prepare |= {"window": window}
    proposal.classes = {label: 2 * count // window for label, count in seen.label.values.items()}
    proposal.examples, proposal.steps = 2 * seen.many // window, window
    proposal.seen.append(f"rows with a label each; the same one stands in {seen.length} rows after another, on average")
    proposal.guessed.append(
        f"windows of {window} rows are examples, a new one each {window // 2}, with the label of most of their rows; "
        f"labels in {seen.label.name!r}, numbers in {some([one.name for one in seen.values])}"
    )
    _group(seen, proposal)
