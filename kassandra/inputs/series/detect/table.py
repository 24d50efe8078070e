"""A table of numbers in time, recognised: its times, the series in it, what may be forecast, gaps and their marks."""

import re
from collections import Counter
from itertools import combinations, pairwise

from kassandra.contracts.errors import KassandraError
from kassandra.detection import numbers, times
from kassandra.detection.proposal import Decided, Look, Proposal
from kassandra.detection.table import Column, Table, preview, table_of
from kassandra.detection.words import some
from kassandra.inputs.series.detect.clock import Clock, clock_of
from kassandra.inputs.series.detect.spacing import add_gaps, add_times

MOST_FEATURES = 20
LIKELY = re.compile(r"target|^y$|close|price|value", re.IGNORECASE)
WIDE = re.compile(
    r"(1[6-9]|20)\d\d([-_ ]?Q[1-4])?|\d{4}[-/.]\d\d?([-/.]\d\d?)?( 00:00(:00)?)?|\d\d?[-/.]\d\d?[-/.]\d{2,4}|"
    r"[A-Za-z]{3}[- ]\d{2,4}|\d{8}|(19|20)\d{4}"
)
MONTHS = re.compile(r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?", re.IGNORECASE)
HOURS = re.compile(r"(h|hr|hour|he|stunde|hora)?[ _]?\d\d?(:00)?(h|am|pm)?", re.IGNORECASE)
MANY = 20  # columns
MADE = frozenset({"return", "volatility"})  # of prices, which are no columns
PRICES = ("open", "high", "low", "close")
MOST_KNOWN = 5  # series, from which some may be held out


def evidence(look: Look) -> float:
    """How likely a file is a table of series, from 0 to 1."""
    table = look.table
    if table is None or len(table.lines) < 2:
        return 0.0
    if _is_wide(table) or _numbered(table):
        return 0.97 if _is_wide(table) else 0.75
    kinds = Counter(table.kind(column) for column in table.columns)
    texts = [one for one in table.columns if table.kind(one) == "text" and one.words >= 3 and not one.repeats]
    if not kinds["number"]:
        return 0.0
    if texts:
        return 0.2
    timed = bool(kinds["time"] or times.parts_of(table.names))
    if not timed and any(_is_called_a_time(column) for column in table.columns):
        return 0.7
    return 0.9 if timed else 0.6 if kinds["number"] > kinds["label"] + kinds["text"] else 0.4


def _is_called_a_time(column: Column) -> bool:
    """Of what is not read as times: months written as 1-01, of the first year."""
    return bool(times.NAMED.search(column.name)) and not column.is_numeric and len(column.values) == len(column.cells)


def propose(look: Look) -> Proposal:
    """The section of a table of series.

    Raises:
        KassandraError: times or numbers may be read in two ways; or no column of numbers can be forecast.
    """
    table = look.table
    assert table is not None
    _refuse_wide(table)
    clock = clock_of(table)
    proposal = Proposal("series", "forecast", {**table.keys, **table.format.keys()}, seen=list(table.notes))
    proposal.seen += clock.notes
    proposal.guessed += [table.format.note] if table.format.note else []
    series = _series(table, clock)
    priced = _has_prices(table) and not series and bool(clock.columns)
    if look.wish.target in MADE and look.wish.target not in table.names:
        return _of_prices(look, clock, proposal, priced)
    candidates = _candidates(table, clock, series, proposal)
    target = _target(look, candidates)
    chosen = _features(table, candidates, target)
    proposal.source |= clock.keys
    counts = Counter(" / ".join(names) for names in zip(*(table.column(one).cells for one in series), strict=True))
    if series:
        proposal.source["series"] = series[0] if len(series) == 1 else series
        proposal.seen.append(f"{len(counts):,} series, named by {' and '.join(series)}: {some(list(counts), 5)}")
        if len(counts) >= MOST_KNOWN:
            proposal.guessed.append(
                "test is the end of all series; `prepare.held_out: [NAME, …]` tests some that nothing is learned of"
            )
    proposal.source["target"] = target.name
    proposal.source |= {"features": [column.name for column in chosen]} if chosen else {}
    others = [column.name for column in candidates if column is not target]
    if look.wish.target is None and others:
        proposal.guessed.append(f"what is to be forecast is {target.name!r}; --target names another: {some(others)}")
    if look.wish.target is None and priced:
        proposal.seen.append("daily prices: --target return or volatility forecasts those of the close instead")
    marked = _marks(table, [target, *chosen], proposal)
    add_times(table, clock, series, proposal)
    add_gaps(marked, proposal)
    shown = [*clock.columns, *series, target.name, *(column.name for column in chosen)][:7]
    proposal.rows = preview(table, [table.names.index(name) for name in shown])
    rows = table.rows
    if series:
        whole = len(table.lines) >= table.rows
        proposal.series, rows = len(counts), min(counts.values()) if whole else table.rows // len(counts)
    proposal.examples, proposal.steps = rows, 1 + len(chosen)
    _files(look, clock, proposal)
    return proposal


def _is_wide(table: Table) -> bool:
    """Whether most columns are called as times are: a row is then a series."""
    return len(_called_times(table)) > len(table.names) / 2


def _called_times(table: Table) -> list[str]:
    """The columns that are called by a time each: a date; or a month, an hour, of the year or day that a row is of."""
    named = [name for name in table.names if WIDE.fullmatch(name.strip())]
    if len(named) >= MANY:
        return named
    within = [name for name in table.names if MONTHS.fullmatch(name.strip()) or HOURS.fullmatch(name.strip())]
    return within if len(within) in (12, 24, 25) and set(within) <= {one.name for one in table.numeric} else []


def _numbered(table: Table) -> str:
    """The beginning of the names of most columns, if they are that and a number each: a row is then an example."""
    names = Counter(match[1] for name in table.names if (match := re.fullmatch(r"(.*?)[ _.]?\d+", name)))
    prefix, count = names.most_common(1)[0] if names else ("", 0)
    numbered = count >= MANY and count > 0.8 * len(table.names) and not table.times
    return prefix or "numbers" if numbered else ""


def _refuse_wide(table: Table) -> None:
    if _is_wide(table):
        named = _called_times(table)
        others = [name for name in table.names if name not in named][:4]
        raise Decided(
            f"{table.path}: has a column for each time, as {named[0]!r}, {named[-1]!r}; a row for each is asked for: "
            f"`pandas.read_csv(FILE).melt({others}, var_name='time').to_csv('long.csv', index=False)`"
        )
    if prefix := _numbered(table):
        raise KassandraError(
            f"{table.path}: its {len(table.names):,} columns are numbered ({prefix} …): a row seems to be an example, "
            "such as an image or a series, and not a time; images are read as files in a folder for each label, series "
            "as a table with a row for each time and a column that names the series"
        )


def _has_prices(table: Table) -> bool:
    return set(PRICES) <= {column.name.lower() for column in table.numeric}


def _of_prices(look: Look, clock: Clock, proposal: Proposal, priced: bool) -> Proposal:
    """Of a table of open, high, low and close, whose return or volatility is forecast."""
    table, made = look.table, look.wish.target
    assert table is not None
    assert made is not None
    if not priced:
        raise KassandraError(
            f"--target: {made!r} is of prices: a table with a time and the columns Open, High, Low and Close, of one "
            f"series in a file; the columns are {table.names}"
        )
    proposal.source |= {key: value for key, value in clock.keys.items() if key != "time_zone"}
    proposal.prepare["predict"] = made
    columns = [column for column in table.numeric if column.name.lower() in (*PRICES, "volume")]
    without = _marks(table, columns, proposal)
    if without:
        proposal.prepare["missing"] = "drop"
        proposal.guessed.append("days without a price are left out (missing: drop)")
    seconds = [time for time in clock.seconds if time is not None]
    if len(seconds) > len(set(seconds)):
        proposal.prepare["duplicates"] = "first"
        proposal.guessed.append("of several rows for one day the first is kept")
    proposal.rows = preview(table, [table.names.index(one) for one in [*clock.columns, *(c.name for c in columns)]][:7])
    proposal.examples, proposal.steps = table.rows, 10
    return proposal


def _series(table: Table, clock: Clock) -> list[str]:
    """The columns, one or two, with whose names each time is there once, if there are times that are there several
    times."""
    if not clock.columns or "row" in clock.keys.values():
        return []
    stamps = list(zip(*(table.column(name).cells[: table.together] for name in clock.columns), strict=True))
    repeated = len(stamps) - len(set(stamps))
    if repeated < max(2, 0.05 * len(stamps)):
        return []
    likely = [column for column in table.columns if column.name not in clock.columns and _may_name(column, table)]
    for several in [*((one,) for one in likely), *combinations(likely, 2)]:
        rows = set(zip(stamps, *(column.cells[: table.together] for column in several), strict=True))
        if len(rows) > len(stamps) - 0.01 * repeated:
            return [column.name for column in several]
    return []


def _may_name(column: Column, table: Table) -> bool:
    cells = column.cells[: table.together]
    if not 2 <= len(set(cells)) <= len(cells) / 3 or not all(cells):
        return False
    return not column.is_numeric or all(cell.isdigit() for cell in set(cells))


def _files(look: Look, clock: Clock, proposal: Proposal) -> None:
    """Adds what several tables in a folder are, and where the only one lies."""
    if look.tables:
        target, named = proposal.source["target"], dict[str, list[str]]()
        for split, path in look.tables.items():
            table = table_of(path, look.wish.asked)
            named[split] = table.names if table else []
        lacking = [look.tables[split].name for split, names in named.items() if target not in names]
        whole = {split: path.name for split, path in look.tables.items() if path.name not in lacking}
        if lacking:
            proposal.seen.append(f"{some(lacking)} has no {target!r}, and is no split")
        if len(whole) > 1:
            proposal.seen.append(f"tables of splits: {some(list(whole.values()))}")
            proposal.splits = frozenset(whole)
            proposal.prepare["gap"] = "horizon"
    elif look.alike:
        spans = []
        for path in look.alike[:20]:
            table = table_of(path, look.wish.asked)
            known = [time for time in clock_of(table).seconds if time is not None] if table else []
            spans += [(min(known), max(known))] if known else []
        spans.sort()
        follow = len(spans) > 1 and all(before[1] <= later[0] for before, later in pairwise(spans))
        proposal.source["files"] = "parts" if follow else "series"
        what = "parts of one, which follow on each other" if follow else "series, one each, named by their files"
        proposal.guessed.append(f"{len(look.alike):,} tables of the same columns are read as {what} (source.files)")
        proposal.series *= 1 if follow else len(look.alike)
        proposal.examples *= len(look.alike) if follow else 1
    elif look.table is not None and look.path.is_dir():
        proposal.source["path"] = look.table.path


def _candidates(table: Table, clock: Clock, series: list[str], proposal: Proposal) -> list[Column]:
    """Columns of numbers that may be forecast; those that only count, or are a time in another form, are left aside."""
    numeric = [
        one for one in table.numeric if one.name not in (*clock.columns, *series) and table.kind(one) == "number"
    ]
    counting = [
        one for one in numeric
        if one.counts_up or (times.NAMED.search(one.name) and times.grows(one.cells)) or times.grows_evenly(one.cells)
    ]  # fmt: skip
    if counting:
        proposal.seen.append(f"left aside, as they grow from row to row: {some([one.name for one in counting])}")
    return [one for one in numeric if one not in counting]


def _target(look: Look, candidates: list[Column]) -> Column:
    table = look.table
    assert table is not None
    if name := look.wish.target:
        column = table.column(name)
        if not column.is_numeric:
            raise KassandraError(f"--target: column {name!r} holds no numbers, as {some(column.held[:3])}")
        return column
    if not candidates:
        raise KassandraError(
            f"{table.path}: no column of numbers that change can be forecast; the columns are {table.names}"
        )
    likely = [column for column in candidates if LIKELY.search(column.name)]
    default = (likely or candidates)[0]
    names = [column.name for column in candidates]
    chosen = look.ask("Which column is to be forecast?", names, default.name) if len(names) > 1 else default.name
    return table.column(chosen)


def _features(table: Table, candidates: list[Column], target: Column) -> list[Column]:
    """Further columns of numbers that are mostly there, and are not the target again."""
    rest = [column for column in candidates if column is not target and column.cells != target.cells]
    return [column for column in rest if len(column.held) >= 0.9 * len(column.cells)][:MOST_FEATURES]


def _marks(table: Table, columns: list[Column], proposal: Proposal) -> int:
    """Adds `missing_values`; returns how many cells of the sample have no value."""
    marks, suspected, without = Counter[str](), dict[str, str](), 0
    for column in columns:
        own = numbers.marks_of(column.cells, table.format)
        sentinels = numbers.sentinels_of([cell for cell in column.cells if cell not in own], table.format)
        marks.update({mark: column.cells.count(mark) for mark in [*own, *sentinels]})
        suspected |= dict.fromkeys(sentinels, column.name)
        without += sum(not cell or cell in own or cell in sentinels for cell in column.cells)
    if marks:
        proposal.source["missing_values"] = list(marks)
        proposal.seen.append("no value: " + some([f"{mark!r} ({times} times)" for mark, times in marks.items()]))
    for mark, name in suspected.items():
        proposal.guessed.append(
            f"{mark} in {name!r} lies far from all its other numbers: suspected to stand for no value, and read so; "
            "take it out of missing_values if it is one"
        )
    return without
