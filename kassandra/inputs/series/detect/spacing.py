"""The rows of a table in time, recognised: how far they are apart, their zone and season, and what is missing."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from kassandra.detection import times
from kassandra.detection.distance import DAY, Distance, calendar_of, distance_of, season_of, seasons_of
from kassandra.detection.proposal import Proposal
from kassandra.detection.seasons import period_in, seasons_in
from kassandra.detection.table import Table
from kassandra.detection.words import count
from kassandra.inputs.series.detect import zones
from kassandra.inputs.series.detect.clock import Clock

ZONED = re.compile(r"\d(Z|\s?[+-]\d\d:?\d\d|\s?(UTC|GMT))$")
MOST_PERIOD = 200  # rows after which values may come back that no calendar has


def add_times(table: Table, clock: Clock, series: list[str], proposal: Proposal) -> None:
    """Adds `frequency` and `duplicates`, and what the order of the rows is."""
    seconds = [time for time in clock.seconds[: table.together] if time is not None]
    if len(seconds) < 2:
        return
    bad = sum(time is None for time in clock.seconds)
    proposal.seen += [f"{bad} of {len(clock.seconds):,} rows have no time"] if bad else []
    if seconds == sorted(seconds, reverse=True):
        proposal.seen.append("newest first: rows are sorted by time")
    elif seconds != sorted(seconds) and not series:
        proposal.seen.append("rows are not in the order of their times: they are sorted")
    if series:
        names = list(zip(*(table.column(one).cells[: table.together] for one in series), strict=True))
        first = Counter(names).most_common(1)[0][0]
        seconds = [time for time, name in zip(clock.seconds, names, strict=False) if name == first and time is not None]
    if known := clock.keys.get("time_zone"):
        seconds = zones.in_utc(seconds, known)
    distance = distance_of(seconds)
    if not _have_zones(table, clock) and (zone := zones.zone_of(seconds, distance.seconds)):
        proposal.source["time_zone"] = zone
        proposal.guessed.append(
            f"clocks of {zone} show the times ({zones.ZONES[zone]} are set on the same days): they leave an hour out "
            "in spring and show one again in autumn; take time_zone out if they are of one zone all year"
        )
        seconds = zones.in_utc(seconds, zone)
        distance = distance_of(seconds)
        proposal.others.append({"time_zone": None})
    repeated = len(seconds) - len(set(seconds))
    if repeated:
        proposal.prepare["duplicates"] = "first"
        proposal.guessed.append(f"{count(repeated, 'row')} for a time that another row is for: the first is kept")
    if distance.frequency:
        proposal.source["frequency"] = distance.frequency
        proposal.seen.append(
            f"a row each {distance.frequency}" + f", {distance.missing:,} missing" * bool(distance.missing)
        )
    else:
        proposal.guessed.append(f"no frequency: {distance.note}")
    if distance.missing and distance.frequency:
        proposal.prepare["missing"] = "forward"
    proposal.season = season_of(distance)
    if proposal.season:
        values = _on_grid(table, clock, series, distance, proposal)
        found = seasons_in(values, seasons_of(distance))
        period = None if found else period_in(values, MOST_PERIOD)
        proposal.seasons = [period] if period else found
        if found:
            proposal.prepare["calendar"] = calendar_of(distance, found)


def _on_grid(
    table: Table, clock: Clock, series: list[str], distance: Distance, proposal: Proposal
) -> NDArray[np.float64]:
    """(rows,) the target of the first series in the sample, where its rows stand together; NaN where there is none."""
    target = table.column(proposal.source["target"]).cells[: table.together]
    names = list(zip(*(table.column(one).cells[: table.together] for one in series), strict=True))
    known = {}
    for row, (time, cell) in enumerate(zip(clock.seconds, target, strict=False)):
        if time is not None and (not series or names[row] == names[0]):
            value = table.format.value(cell)
            known[time] = np.nan if value is None else value
    at = np.array(sorted(known))
    places = np.arange(len(at))
    if distance.seconds < 28 * DAY:  # months are of unequal length, and stand in a row
        places = np.rint((at - at[0]) / distance.seconds).astype(int)
    grid = np.full(min(int(places[-1]) + 1, 2 * len(places)), np.nan)
    within = places < len(grid)
    grid[places[within]] = np.array([known[time] for time in at])[within]
    return grid


def _have_zones(table: Table, clock: Clock) -> bool:
    """Whether the times say their zone, or count seconds, which are the same in all."""
    if clock.keys.get("time_zone") or clock.keys.get("time_format") in times.UNIX:
        return True
    return any(ZONED.search(cell) for cell in table.column(clock.columns[-1]).held[:100])


def add_gaps(without: int, proposal: Proposal) -> None:
    """Adds `missing`, where so many cells of the sample, or times, are."""
    if without or "missing" in proposal.prepare:
        proposal.prepare["missing"] = "forward"
        proposal.guessed.append(
            "missing values and times: the last one before is repeated (forward); interpolate and drop are the others"
        )
        proposal.others += [{"missing": "drop"}]
    if "frequency" in proposal.source:
        proposal.others.append({"missing": proposal.prepare.get("missing", "error"), "frequency": None})
