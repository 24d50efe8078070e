"""How far apart the rows of a series are: frequency, what is missing, and after how many rows it repeats."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

DAY = 86_400


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
    on_grid = all(abs(gap / usual - round(gap / usual)) < 1e-6 for gap in gaps)
    if usual == DAY and not any(datetime.fromtimestamp(time, UTC).weekday() > 4 for time in times):
        return Distance(
            None, usual, share, 0, "rows are of Mondays to Fridays, with holidays left out: taken as they come"
        )
    if share < 0.7 or not on_grid or missing > len(times) // 2:
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


def seasons_of(distance: Distance) -> list[int]:
    """Rows after which the same may come back, rising: a day and a week, a week, a year."""
    day = season_of(distance)
    if day and distance.seconds < DAY:
        return [day, 7 * day]
    return [day] if day else []


def calendar_of(distance: Distance, seasons: Sequence[int]) -> list[str]:
    """What of the calendar comes back with some of `seasons_of`, as `prepare.calendar` names it."""
    if distance.frequency and distance.frequency.endswith("m") and not distance.frequency.endswith("min"):
        return ["month"]
    if distance.seconds == 7 * DAY:
        return ["yearday"]
    if distance.seconds == DAY:
        return ["weekday"]
    return ["hour", "weekday"] if seasons[-1] * distance.seconds > DAY else ["hour"]


def _months(times: Sequence[float]) -> int:
    """How many months lie between two rows; 0 if it is not the same number for all."""
    dates = [datetime.fromtimestamp(time, UTC) for time in times]
    places = [date.year * 12 + date.month for date in dates]
    gaps = {later - before for before, later in pairwise(places)}
    days = {date.day for date in dates}
    regular = len(gaps) == 1 and (len(days) == 1 or min(days) >= 28)
    return gaps.pop() if regular else 0
