"""How a file writes its times, and how far apart its rows are."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError

ISO = re.compile(
    r"\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s?(Z|[+-]\d\d(:?\d\d)?)?)?)?", re.ASCII | re.IGNORECASE
)
DATES = [
    "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%m.%d.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y",
    "%b %d %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%a %b %d %Y", "%A, %B %d, %Y", "%b-%y", "%b %Y", "%B %Y", "%b-%Y",
    "%Y-%b-%d", "%m/%Y", "%Y/%m", "%m.%Y", "%Y%m%d", "%Y%m",
]  # fmt: skip
CLOCKS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H.%M"]
CLOCK = re.compile(
    r"(,? |T|-|_)(\d{1,2}):\d\d(:\d\d)?([.,]\d+)?( ?[AaPp]\.?[Mm])?( ?(?:[A-Z]{1,5}|[+-]\d\d:?\d\d))?$", re.ASCII
)
WHOLE = ["%a %b %d %H:%M:%S %Z %Y", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H", "%Y%m%dT%H%M%S", "%d/%b/%Y:%H:%M:%S %z"]
LENGTHS = {"%Y": 4, "%Y%m%d": 8, "%Y%m": 6, "%Y%m%d%H": 10, "%Y%m%d%H%M": 12, "%Y%m%d%H%M%S": 14}
UNIX = {"unix": 1, "unix_ms": 1000, "unix_us": 1_000_000}
ZONES = ["", "Z", "%z", " %z", " UTC", " GMT", " %Z"]
WRONG = 0.02  # share of cells that may be no time
NAMED = re.compile(
    r"time|date|zeit|datum|fecha|heure|hora|stamp|unix|epoch|month|day|year|index|^t$|^ts$|^ds$", re.IGNORECASE
)
YEAR = re.compile(r"^(year|yr|jahr|année|annee|año|anno|ano|date)$", re.IGNORECASE)
PARTS = ("year", "month", "day", "hour", "minute", "second")
ABBREVIATED = {"yr": "year", "mo": "month", "mon": "month", "dy": "day", "hr": "hour", "min": "minute", "sec": "second",
               "jahr": "year", "monat": "month", "tag": "day", "stunde": "hour"}  # fmt: skip
DAY = 86_400


class Written(NamedTuple):
    """format: as strptime takes it, `unix`, `unix_ms`, or None for ISO 8601. seconds: of each cell, None where it is no
    time. note: why it is read so, where another format would do too."""

    format: str | None
    seconds: list[float | None]
    note: str = ""


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
    if all(map(str.isdigit, distinct[:50])) and (calendar := _calendar(distinct, name)):
        return _read(cells, calendar)
    if _share(re.fullmatch(r"\d{9,10}(\.\d+)?|\d{12,13}|\d{15,16}", cell) for cell in held) >= 1 - WRONG:
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
        return None
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
    """Whether a column holds the hour of the day, from 0 to 23."""
    hours = set(cells)
    return bool(re.fullmatch(r"hour|hr|h|stunde|heure|hora|uhr", name.strip(), re.IGNORECASE)) and all(
        hour.isdigit() and int(hour) < 24 for hour in hours
    )


def parts_of(names: Sequence[str]) -> list[str]:
    """Columns that hold the year, the month, … each; empty if there is no year and month."""
    by_part: dict[str, str] = {}
    for name in names:
        part = ABBREVIATED.get(name.strip().lower(), name.strip().lower())
        if part in PARTS:
            by_part.setdefault(part, name)
    found = [by_part[part] for part in PARTS[: len(by_part)] if part in by_part]
    return found if len(found) == len(by_part) >= 2 else []


class Distance(NamedTuple):
    """frequency: of `source`, None where the rows have none. seconds: the most frequent distance of two rows.
    share: of all distances, that one. missing: times that lack on the grid. note: why there is no frequency."""

    frequency: str | None
    seconds: float
    share: float
    missing: int
    note: str


def distance_of(seconds: Sequence[float]) -> Distance:
    """Of rows in any order; `seconds` of one series, each time once."""
    times = sorted(set(seconds))
    gaps = [round(later - before, 6) for before, later in pairwise(times)]
    if len(gaps) < 2:
        return Distance(None, 0, 0, 0, "there are too few times to say")
    usual, count = Counter(gaps).most_common(1)[0]
    if months := _months(times):
        return Distance(f"{months}m" if months > 1 else "m", usual, 1.0, 0, "")
    share = count / len(gaps)
    if usual < 0.001 or abs(usual * 1000 - round(usual * 1000)) > 1e-6:
        return Distance(None, usual, share, 0, f"rows are {usual:g} seconds apart, finer than any frequency")
    missing = sum(round(gap / usual) - 1 for gap in gaps if gap > usual)
    on_grid = _share(abs(gap / usual - round(gap / usual)) < 1e-6 for gap in gaps)
    if usual == DAY and not any(datetime.fromtimestamp(time, UTC).weekday() > 4 for time in times):
        return Distance(
            None, usual, share, 0, "rows are of Mondays to Fridays, with holidays left out: taken as they come"
        )
    if share < 0.7 or on_grid < 1 or missing > len(times) // 2:
        return Distance(
            None, usual, share, missing, f"only {share:.0%} of the rows are {usual:g} seconds after another"
        )
    milliseconds = round(usual * 1000)
    units = (("w", 7 * DAY), ("d", DAY), ("h", 3600), ("min", 60), ("s", 1), ("ms", 0.001))
    unit, count = next((unit, milliseconds // round(length * 1000)) for unit, length in units
                       if milliseconds % round(length * 1000) == 0)  # fmt: skip
    return Distance(f"{count if count > 1 else ''}{unit}", usual, share, missing, "")


def season_of(distance: Distance) -> int | None:
    """Rows until the same comes back: a day, a week, a year."""
    if distance.frequency and distance.frequency.endswith("m") and not distance.frequency.endswith("min"):
        months = int(distance.frequency[:-1] or 1)
        return 12 // months if 12 % months == 0 and months < 7 else None
    if not distance.frequency or not distance.seconds:
        return None
    return {7 * DAY: 52, DAY: 7}.get(int(distance.seconds)) or (
        int(DAY // distance.seconds) if distance.seconds <= DAY / 2 and DAY % distance.seconds == 0 else None
    )


def _months(times: Sequence[float]) -> int:
    """How many months lie between two rows; 0 if it is not the same number for all."""
    dates = [datetime.fromtimestamp(time, UTC) for time in times]
    places = [date.year * 12 + date.month for date in dates]
    gaps = {later - before for before, later in pairwise(places)}
    days = {date.day for date in dates}
    regular = len(gaps) == 1 and (len(days) == 1 or min(days) >= 28)
    return gaps.pop() if regular else 0


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
        moment = datetime.strptime(cell, format)
    except ValueError:
        return None
    if not (1000 < moment.year < 2500) and "%y" in format.lower():
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(cells: Sequence[str], format: str | None) -> Written:
    seconds: dict[str, float | None] = {}
    for cell in dict.fromkeys(cells):
        if format in UNIX:
            seconds[cell] = float(cell) / UNIX[format] if cell.replace(".", "", 1).isdigit() else None
            continue
        moment = _iso(cell) if format is None else _parsed(cell, format)
        seconds[cell] = moment.timestamp() if moment else None
    return Written(format, [seconds[cell] for cell in cells])


def _iso(cell: str) -> datetime | None:
    if not ISO.fullmatch(cell):
        return None
    try:
        moment = datetime.fromisoformat(f"{cell}-01" if len(cell) == 7 else cell.replace(",", "."))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unix(cells: Sequence[str], held: Sequence[str], name: str) -> Written | None:
    digits = len(held[0].partition(".")[0])
    unit = "unix" if digits < 11 else "unix_ms" if digits < 14 else "unix_us"
    written = _read(cells, unit)
    known = [time for time in written.seconds if time is not None]
    plausible = min(known) > 1e8 and max(known) < 4e9
    ordered = known == sorted(known) or known == sorted(known, reverse=True)
    return written if plausible and (ordered or NAMED.search(name)) else None


def _share(flags: Iterable[object]) -> float:
    values = [bool(flag) for flag in flags]
    return sum(values) / max(len(values), 1)
