"""How a file writes its times."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.detection.distance import distance_of
from kassandra.sources.own.moments import MORE, QUARTER, WEEK, moment

ISO = re.compile(
    r"\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s?(Z|[+-]\d\d(:?\d\d)?)?)?)?", re.ASCII | re.IGNORECASE
)
DATES = [
    "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%m.%d.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y",
    "%b %d %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%a %b %d %Y", "%A, %B %d, %Y", "%b-%y", "%b %Y", "%B %Y", "%b-%Y",
    "%Y-%b-%d", "%m/%Y", "%Y/%m", "%m.%Y", "%Y%m%d", "%Y%m", "%Y年%m月%d日", "%Y年%m月", "%d %b, %Y", "%d %B, %Y",
    "%b-%d-%Y", "%d/%b/%Y", "%d. %B %Y", "%d. %b %Y", "%d de %B de %Y", "%Y %b", "%Y %B", "%YM%m", "%Y-M%m", "%d%b%Y",
    "%Y %m %d", "%B-%y", "%B-%Y",
]  # fmt: skip
CLOCKS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H.%M"]
CLOCK = re.compile(
    r"(,? |T|-|_)(\d{1,2}):\d\d(:\d\d)?([.,]\d+)?( ?[AaPp]\.?[Mm])?( ?(?:[A-Z]{1,5}|[+-]\d\d:?\d\d))?$", re.ASCII
)
WHOLE = ["%a %b %d %H:%M:%S %Z %Y", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H", "%Y%m%dT%H%M%S", "%d/%b/%Y:%H:%M:%S %z"]
LENGTHS = {"%Y": 4, "%Y%m%d": 8, "%Y%m": 6, "%Y%m%d%H": 10, "%Y%m%d%H%M": 12, "%Y%m%d%H%M%S": 14}
UNIX = {"unix": 1, "unix_ms": 1000, "unix_us": 1_000_000, "unix_ns": 1_000_000_000}
NUMBER = re.compile(r"\d{9,10}(\.\d+)?|\d{12,13}|\d{15,16}|\d{18,19}|\d(\.\d+)?[eE]\+?(0?9|1[0258])", re.ASCII)
SPREADSHEET = range(18_000, 80_000)  # days of a spreadsheet from 1949 to 2119
OF_PARTS = {WEEK: re.compile(r"\d{4}-? ?[Ww]-?\d\d?(-[1-7])?"),
            QUARTER: re.compile(r"\d{4}[-/ ]?[QqTt][1-4]|([QqTt][1-4]|[1-4][QqTt])[-/ ,']*\d{4}")}  # fmt: skip
# What may follow on a time: the end of an interval, or the name of a zone, which says where clocks show the time.
INTERVAL = re.compile(r"(.*\d[\dZ]*)\s*(?:\s[-–—]\s|/|\sto\s|\sbis\s|\s?--\s?)\s*(.*\d.*)")
IN_ZONE = re.compile(r"(.*\d)\s*\(?([A-Z]{3,4})\)?")
ZONE_OF = {
    "CET": "Europe/Berlin", "CEST": "Europe/Berlin", "MEZ": "Europe/Berlin", "MESZ": "Europe/Berlin",
    "BST": "Europe/London", "EET": "Europe/Helsinki", "EEST": "Europe/Helsinki", "EST": "America/New_York",
    "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago", "MST": "America/Denver",
    "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney", "JST": "Asia/Tokyo", "MSK": "Europe/Moscow",
}  # fmt: skip
ZONES = ["", "Z", "%z", " %z", " UTC", " GMT", " %Z"]
WRONG = 0.02  # share of cells that may be no time
NAMED = re.compile(
    r"time|date|zeit|datum|fecha|heure|hora|stamp|unix|epoch|month|day|year|index|^t$|^ts$|^ds$", re.IGNORECASE
)
YEAR = re.compile(r"^(year|yr|jahr|année|annee|año|anno|ano|date)$", re.IGNORECASE)
PARTS = ("year", "month", "day", "hour", "minute", "second")
ABBREVIATED = {"yr": "year", "yyyy": "year", "mm": "month", "dd": "day", "hh": "hour", "année": "year", "annee": "year",
               "mois": "month", "jour": "day", "heure": "hour", "año": "year", "mes": "month", "día": "day",
               "hora": "hour", "anno": "year", "mese": "month", "giorno": "day", "ora": "hour",
               "mo": "month", "mon": "month", "dy": "day", "hr": "hour", "min": "minute", "sec": "second",
               "jahr": "year", "monat": "month", "tag": "day", "stunde": "hour"}  # fmt: skip
BESIDE_YEAR = {
    QUARTER: re.compile(r"quarter|qtr|q|quartal|trimestre", re.IGNORECASE),
    WEEK: re.compile(r"(iso)?[ _]?week([ _]?(no|number|of[ _]?year))?|wk|kw|semaine|semana", re.IGNORECASE),
    "%Y %j": re.compile(r"doy|y(ear)?_?day|day[ _]?of[ _]?(the[ _])?year|julian([ _]?day)?|jday", re.IGNORECASE),
}
DAY = 86_400


class Written(NamedTuple):
    """format: as strptime takes it, `unix`, `unix_ms`, or None for ISO 8601. seconds: of each cell, None where it is no
    time. note: why it is read so, where another format would do too. zone: where clocks show it, if its name stands
    there."""

    format: str | None
    seconds: list[float | None]
    note: str = ""
    zone: str | None = None


def time_of(cells: Sequence[str], name: str, where: str, given: str | None = None) -> Written | None:
    """How a column writes times; None if it holds none.

    Args:
        given: the format that the user named.

    Raises:
        KassandraError: the day and the month, or others, may be meant either way round, and no cell decides.
    """
    held = [cell for cell in cells if cell]
    if not held:
        return None
    if given:
        return _read(cells, given)
    if _share(ISO.fullmatch(cell) for cell in held) >= 1 - WRONG:
        return _read(cells, None)
    distinct = list(dict.fromkeys(held))
    if known := _without_strptime(distinct, name):
        return _read(cells, known)
    if _share(NUMBER.fullmatch(cell) for cell in held) >= 1 - WRONG:
        return _unix(cells, held, name)
    if all(re.fullmatch(r"[+-]?\d*[.,]?\d*([eE][+-]?\d+)?", cell) for cell in distinct[:50]) and not NAMED.search(name):
        return None  # numbers
    probe = distinct[:3] + distinct[len(distinct) // 2 :][:3]
    fitting = [
        one for one in _formats(probe[0]) if sum(_parsed(cell, one) is not None for cell in probe) >= len(probe) / 2
    ]
    rights = {one: sum(_parsed(cell, one) is not None for cell in distinct) for one in fitting}
    best = max(rights.values(), default=0)
    if best < (1 - WRONG) * len(distinct):
        return _followed(cells, probe, name, where)
    equal = [one for one, right in rights.items() if right == best]
    for other in equal[1:]:
        cell = next((cell for cell in distinct if _parsed(cell, equal[0]) != _parsed(cell, other)), None)
        if cell is None:
            continue
        regular = [each for each in (equal[0], other) if _is_regular(_read(cells, each).seconds)]
        if len(regular) == 1:
            note = f"column {name!r} is read as {regular[0]}, since its rows are then evenly apart"
            return _read(cells, regular[0])._replace(note=note)
        one, two = (f"{_parsed(cell, each):%-d %B %Y}" for each in (equal[0], other))
        raise KassandraError(
            f"{where}: column {name!r}: {cell!r} may be {one} (`--time-format '{equal[0]}'`) or {two} "
            f"(`--time-format '{other}'`), and no row decides; say which by that option"
        )
    return _read(cells, equal[0])


def _without_strptime(distinct: Sequence[str], name: str) -> str | None:
    """Of whole numbers that are days, weeks, quarters and days of a spreadsheet."""
    if all(map(str.isdigit, distinct[:50])) and (calendar := _calendar(distinct, name)):
        return calendar
    for named, pattern in OF_PARTS.items():
        if _share(pattern.fullmatch(cell) for cell in distinct) >= 1 - WRONG:
            return named
    return "excel" if NAMED.search(name) and _of_spreadsheet(distinct) else None


def _followed(cells: Sequence[str], probe: Sequence[str], name: str, where: str) -> Written | None:
    """Of times on which more follows: the end of an interval, or the name of a zone."""
    for pattern in (INTERVAL, IN_ZONE):
        matches = [pattern.fullmatch(cell) for cell in probe]
        if not all(matches):
            continue
        firsts = [match[1].strip() if (match := pattern.fullmatch(cell)) else "" for cell in cells]
        rests = {match[2] for match in matches if match}
        if pattern is IN_ZONE and not rests <= ZONE_OF.keys():
            continue
        first = time_of(firsts, name, where)
        if first is None or first.format in UNIX:
            continue
        written = first.format or next(iter(_formats(next(filter(None, firsts)))), None)
        if written is None:
            continue
        zone = ZONE_OF[rests.pop()] if pattern is IN_ZONE else None
        what = f"the zone's name is read as {zone}" if zone else "of intervals, their beginnings"
        return Written(f"{written}{MORE}", first.seconds, f"times in {name!r}: {what}", zone)
    return None


def _of_spreadsheet(distinct: Sequence[str]) -> bool:
    """Whether these are days as spreadsheets count them, one after another."""
    if not all(re.fullmatch(r"\d{5}(\.\d+)?", cell) for cell in distinct[:1000]) or len(distinct) < 10:
        return False
    days = [float(cell) for cell in distinct if re.fullmatch(r"\d{5}(\.\d+)?", cell)]
    ordered = days == sorted(days) or days == sorted(days, reverse=True)
    return ordered and all(int(day) in SPREADSHEET for day in (days[0], days[-1])) and len(days) > 0.98 * len(distinct)


def _calendar(distinct: Sequence[str], name: str) -> str | None:
    """Of whole numbers, the format in which all of them are days of this calendar: 20240131, 2024013118; and years in a
    column that is called so."""
    for format, length in LENGTHS.items():
        if format == "%Y" and not YEAR.search(name):
            continue
        if format == "%Y%m" and not NAMED.search(name):
            continue
        if all(len(cell) == length and "15" <= cell[:2] <= "21" and _parsed(cell, format) for cell in distinct):
            return format
    return None


def _is_regular(seconds: Sequence[float | None]) -> bool:
    distance = distance_of([time for time in seconds if time is not None])
    return distance.frequency is not None and distance.share > 0.9 and distance.missing < 0.1 * len(seconds)


def clock_of(cells: Sequence[str]) -> str | None:
    """The format of a column that holds times of the day without dates."""
    held = list(dict.fromkeys(cell for cell in cells if cell))[:2000]
    for one in CLOCKS:
        if held and _share(_parsed(cell, one) for cell in held) >= 1 - WRONG and not all(map(str.isdigit, held)):
            return one
    return None


def hours_of(name: str, cells: Sequence[str]) -> bool:
    """Whether a column holds the hour of the day, from 0 to 23, or from 1 to 24."""
    hours = set(cells)
    named = re.fullmatch(r"hour|hours|hr|h|he|hour[ _]?ending|stunde|heure|hora|uhr", name.strip(), re.IGNORECASE)
    return bool(named) and all(hour.isdigit() and int(hour) <= 24 for hour in hours) and not {"0", "24"} <= hours


def parts_of(names: Sequence[str]) -> list[str]:
    """Columns that hold the year, the month, … each; empty if there is no year and month."""
    by_part = _by_part(names)
    known = [by_part[part] for part in PARTS[: len(by_part)] if part in by_part]
    return known if len(known) == len(by_part) >= 2 else []


def _by_part(names: Sequence[str]) -> dict[str, str]:
    by_part: dict[str, str] = {}
    for name in names:
        part = ABBREVIATED.get(name.strip().lower(), name.strip().lower())
        if part in PARTS:
            by_part.setdefault(part, name)
    return by_part


def in_columns(names: Sequence[str], cells: Callable[[str], Sequence[str]]) -> tuple[list[str], str] | None:
    """Columns that say a time together, and the format of their cells with spaces between: the year and the month (or
    its name), …; or the year and the week, the quarter, or the day of the year."""
    year = _by_part(names).get("year")
    for name in names if year else ():
        assert year is not None
        format = next((format for format, pattern in BESIDE_YEAR.items() if pattern.fullmatch(name.strip())), None)
        joined = [f"{one} {other}" for one, other in zip(cells(year), cells(name), strict=True)] if format else []
        if format and _share(_parsed(cell, format) for cell in joined) >= 1 - WRONG:
            return [year, name], format
    parts = parts_of(names)
    if not parts:
        return None
    named = not any(cell.isdigit() for cell in cells(parts[1])[:100])
    return parts, " ".join(["%Y", "%B" if named else "%m", "%d", "%H", "%M", "%S"][: len(parts)])


def _formats(cell: str) -> list[str]:
    """Those that fit a cell, ISO 8601 left aside: of a date, and of the time of day that follows on it."""
    whole = [one for one in WHOLE if _parsed(cell, one) is not None]
    match = CLOCK.search(cell)
    if not match:
        return [one for one in DATES if _parsed(cell, one) is not None] + whole
    joint, _, second, part, half, zone = match.groups()
    clock = ("%I" if half else "%H") + ":%M" + (":%S" if second else "") + (".%f" if part else "")
    if half:
        clock += " %p" if half.startswith(" ") else "%p"
    tail = next((one for one in ZONES if _parsed(f"1{zone}", f"%d{one}") is not None), "") if zone else ""
    return [
        one for date in DATES if _parsed(cell[: match.start()], date) is not None
        if _parsed(cell, one := f"{date}{joint}{clock}{tail}") is not None
    ] + whole  # fmt: skip


def _parsed(cell: str, format: str) -> datetime | None:
    if cell.isdigit() and len(cell) != LENGTHS.get(format):  # strptime would take 2012111 for many days
        return None
    try:
        read = moment(cell, format)
    except (ValueError, OverflowError):
        return None
    if not (1000 < read.year < 2500) and "%y" in format.lower():
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _read(cells: Sequence[str], format: str | None) -> Written:
    seconds: dict[str, float | None] = {}
    for cell in dict.fromkeys(cells):
        if format in UNIX:
            seconds[cell] = float(cell) / UNIX[format] if NUMBER.fullmatch(cell) else None
            continue
        if format == "excel":
            seconds[cell] = round((float(cell) - 25_569) * DAY) if re.fullmatch(r"\d+(\.\d+)?", cell) else None
            continue
        read = _iso(cell) if format is None else _parsed(cell, format)
        seconds[cell] = read.timestamp() if read else None
    return Written(format, [seconds[cell] for cell in cells])


def _iso(cell: str) -> datetime | None:
    if not ISO.fullmatch(cell):
        return None
    try:
        read = datetime.fromisoformat(f"{cell}-01" if len(cell) == 7 else cell.replace(",", "."))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _unix(cells: Sequence[str], held: Sequence[str], name: str) -> Written | None:
    digits = len(f"{float(held[0]):.0f}")
    unit = "unix" if digits < 11 else "unix_ms" if digits < 14 else "unix_us" if digits < 17 else "unix_ns"
    written = _read(cells, unit)
    known = [time for time in written.seconds if time is not None]
    plausible = min(known) > 1e8 and max(known) < 4e9
    ordered = known == sorted(known) or known == sorted(known, reverse=True)
    return written if plausible and (ordered or NAMED.search(name)) else None


def grows(cells: Sequence[str]) -> bool:
    """Whether each number is larger than the one before, as a time is."""
    try:
        values = [float(cell) for cell in cells if cell]
    except ValueError:
        return False
    return len(values) > 2 and all(before < later for before, later in pairwise(values))


def grows_evenly(cells: Sequence[str]) -> bool:
    """Whether each number is larger than the one before by the same: seconds, or what else counts rows.

    >>> grows_evenly([f"{step / 100:.2f}" for step in range(300)]), grows_evenly(["1", "2", "4"] * 50)
    (True, False)
    """
    try:
        values = [float(cell) for cell in cells[:2000] if cell]
    except ValueError:
        return False
    steps = [later - before for before, later in pairwise(values)]
    return len(steps) > 50 and min(steps) > 0 and max(steps) - min(steps) < 1e-6 * max(abs(values[-1]), 1)


def _share(flags: Iterable[object]) -> float:
    values = [bool(flag) for flag in flags]
    return sum(values) / max(len(values), 1)
