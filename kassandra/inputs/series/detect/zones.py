"""Where clocks show the times of a table: in spring an hour is missing, in autumn one is there twice, on known days."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOUR, DAY = 3600, 86_400
# One of each kind: the clocks of many other places change in the same hours.
ZONES = {
    "Europe/Berlin": "those of central Europe", "Europe/London": "Lisbon's", "Europe/Helsinki": "Kyiv's",
    "America/New_York": "those of the United States and Canada", "Australia/Sydney": "Melbourne's",
}  # fmt: skip


class Changes(NamedTuple):
    """Seconds, as clocks show them, at which an hour begins that they leave out, or show again."""

    left_out: list[int]
    again: list[int]


@cache
def _changes(zone: str, year: int) -> Changes:
    where, changes = ZoneInfo(zone), Changes([], [])
    day = datetime(year, 1, 1)
    while day.year == year:
        if day.replace(tzinfo=where).utcoffset() != (day + timedelta(days=1)).replace(tzinfo=where).utcoffset():
            for hour in range(24):
                local = day + timedelta(hours=hour, minutes=30)
                first, second = (local.replace(tzinfo=where, fold=fold).utcoffset() for fold in (0, 1))
                if first != second:
                    assert first is not None
                    assert second is not None
                    begin = int((day + timedelta(hours=hour)).replace(tzinfo=UTC).timestamp())
                    (changes.again if first > second else changes.left_out).append(begin)
        day += timedelta(days=1)
    return changes


def zone_of(seconds: Sequence[float], step: float) -> str | None:
    """The zone whose changes the times of one series follow, as clocks show them; None where nothing shows one.

    Args:
        step: seconds from one row to the next; of days nothing can be seen.
    """
    if not 0 < step <= HOUR or len(seconds) < 48:
        return None
    hours = Counter(int(time // HOUR) * HOUR for time in seconds)
    per_hour, first, last = round(HOUR / step), min(seconds), max(seconds)
    years = range(datetime.fromtimestamp(first, UTC).year, datetime.fromtimestamp(last, UTC).year + 1)
    best, most = None, 0
    for zone in ZONES:
        changes = [_changes(zone, year) for year in years]
        left_out = [one for change in changes for one in change.left_out if first + DAY < one < last - DAY]
        again = [one for change in changes for one in change.again if first + DAY < one < last - DAY]
        gaps = [one for one in left_out if hours[one - HOUR] and hours[one + HOUR]]
        if any(hours[one] for one in gaps):
            continue
        seen = sum(hours[one] == 2 * per_hour for one in again) + len(gaps)
        others = sum(hours[one] not in (per_hour, 2 * per_hour) for one in again)
        if seen > most and not others:
            best, most = zone, seen
    return best if best and _is_rare(hours, per_hour) else None


def _is_rare(hours: Counter[int], per_hour: int) -> bool:
    """Whether hours that are missing or there twice are few besides: else those of a change show nothing."""
    begin, end = min(hours), max(hours)
    missing = (end - begin) // HOUR + 1 - len(hours)
    twice = sum(count > per_hour for count in hours.values())
    return missing + twice <= 4 + (end - begin) // (30 * DAY)


def in_utc(seconds: Sequence[float], zone: str) -> list[float]:
    """As the reader of series takes them: of an hour that is there twice, the first rows are before the change."""
    where, seen, result = ZoneInfo(zone), Counter[float](), list[float]()
    ordered = seconds if not len(seconds) or seconds[0] <= seconds[-1] else seconds[::-1]
    for time in ordered:
        seen[time] += 1
        local = datetime.fromtimestamp(time, UTC).replace(tzinfo=where, fold=int(seen[time] > 1))
        result.append(local.timestamp())
    return result
