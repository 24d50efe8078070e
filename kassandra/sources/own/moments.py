"""Text becomes a moment: as strptime reads it, and the ways of writing times that strptime does not know."""

import re
from datetime import datetime, timedelta

MORE = "…"  # at the end of a format: what follows in the cell is not read
WEEK, QUARTER = "week", "quarter"
WEEKS = re.compile(r"(\d{4})[- ]?[Ww]?[- ]?(\d\d?)(?:-([1-7]))?", re.ASCII)
QUARTERS = re.compile(r"(\d{4})[-/ ]?[QqTt]?[- ]?([1-4])|(?:[QqTt]([1-4])|([1-4])[QqTt])[-/ ,']*(\d{4})", re.ASCII)
MIDNIGHT = re.compile(r"(?<!\d)24(?!\d)")  # the hour that ends a day
UNREAD = "unconverted data remains: "  # how strptime names what follows on a time
ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
# Of each month its names in other languages, and their abbreviations; none of them means two months.
MONTHS = (
    "januar jänner janvier janv enero ene gennaio gen janeiro januari styczeń",
    "februar feber février févr fév fevr febrero febbraio fevereiro fev februari luty",
    "märz mär mars marzo março maart mrt marzec maerz",
    "avril avr abril abr aprile april",
    "mai mayo maggio mag maio mei maj",
    "juni juin giugno giu junho junio czerwiec",
    "juli juillet juil luglio lug julho julio lipiec",
    "août aout agosto ago augustus sierpień",
    "september septembre settembre set setembro septiembre sept wrzesień",
    "oktober okt octobre ottobre ott outubro out octubre październik",
    "november novembre novembro noviembre listopad",
    "dezember dez décembre déc decembre dicembre dic dezembro diciembre december grudzień",
)
NUMBER_OF = {name: number for number, names in enumerate(MONTHS) for name in names.split()}
WORD = re.compile(r"[^\W\d_]+\.?")


def moment(cell: str, time_format: str) -> datetime:
    """The moment that a cell holds: a format of strptime, `week` (2024-W05, its Monday), or `quarter` (2024Q3, its
    first day).

    Names of months may be those of other languages, an hour of 24 is the end of a day, and a format that ends in `…`
    leaves what follows unread.

    Raises:
        ValueError: it is not written so.

    >>> moment("2024-W05", "week"), moment("Q3 2024", "quarter"), moment("5. März 2024", "%d. %B %Y")
    (datetime.datetime(2024, 1, 29, 0, 0), datetime.datetime(2024, 7, 1, 0, 0), datetime.datetime(2024, 3, 5, 0, 0))
    >>> moment("31.01.2024 24:00", "%d.%m.%Y %H:%M"), moment("2024-01-31 18:00 CET", "%Y-%m-%d %H:%M…")
    (datetime.datetime(2024, 2, 1, 0, 0), datetime.datetime(2024, 1, 31, 18, 0))
    """
    if time_format == WEEK:
        year, week, day = _groups(WEEKS, cell)
        return datetime.fromisocalendar(int(year), int(week), int(day or 1))
    if time_format == QUARTER:
        year, number, before, after, later = _groups(QUARTERS, cell)
        return datetime(int(year or later), 3 * int(number or before or after) - 2, 1)
    try:
        return _strptime(cell, time_format)
    except ValueError:
        if "%b" in time_format or "%B" in time_format:
            return _strptime(WORD.sub(_in_english, cell), time_format.replace("%b", "%B"))
        if MIDNIGHT.search(cell):
            return _end_of_day(cell, time_format)
        raise


def _groups(pattern: re.Pattern[str], cell: str) -> tuple[str, ...]:
    match = pattern.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    return match.groups(default="")


def _strptime(cell: str, time_format: str) -> datetime:
    if not time_format.endswith(MORE):
        return datetime.strptime(cell, time_format)
    wanted = time_format.removesuffix(MORE)
    try:
        return datetime.strptime(cell, wanted)
    except ValueError as error:
        rest = str(error).removeprefix(UNREAD)
        if rest == str(error) or not cell.endswith(rest):
            raise
        return datetime.strptime(cell[: -len(rest)], wanted)


def _in_english(match: re.Match[str]) -> str:
    number = NUMBER_OF.get(match[0].casefold().rstrip("."))
    if number is not None:
        return ENGLISH[number]
    return next((name for name in ENGLISH if match[0].casefold() == name[:3].casefold()), match[0])


def _end_of_day(cell: str, time_format: str) -> datetime:
    """24:00 of a day is 0:00 of the next."""
    for match in MIDNIGHT.finditer(cell):
        early = f"{cell[: match.start()]}23{cell[match.end() :]}"
        try:
            read = _strptime(early, time_format)
        except ValueError:
            continue
        if (read.hour, read.minute, read.second) == (23, 0, 0):
            return read + timedelta(hours=1)
    raise ValueError(cell)
