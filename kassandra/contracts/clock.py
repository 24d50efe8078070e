"""What the times of series count: seconds since 1970, parts of one, or steps; and how they are written."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError

Times = NDArray[np.int64]
DAY = 86_400
PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "step": 1}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(NamedTuple):
    """unit: `s`, `ms` or `us` since 1970, UTC; or `step`, the number of a row, or of whatever else is counted.
    zone: whose clocks show the times."""

    unit: str = "s"
    zone: str | None = None

    @classmethod
    def of(cls, meta: dict[str, Any]) -> "Clock":
        """Of meta.json, which holds it where it is no other than seconds."""
        return cls(**meta.get("clock", {}))

    def to_meta(self) -> dict[str, Any]:
        return {} if self == PLAIN else {"clock": self._asdict()}

    @property
    def per_second(self) -> int:
        return PER_SECOND[self.unit]

    def text(self, time: int) -> str:
        """A time as people write it: the day alone at midnight.

        >>> Clock().text(86400), Clock().text(90000), Clock("ms").text(1500), Clock("step").text(7)
        ('1970-01-02', '1970-01-02T01:00:00', '1970-01-01T00:00:01.500', '7')
        >>> Clock(zone="Europe/Berlin").text(1698537600), Clock(zone="Europe/Berlin").text(1698541200)
        ('2023-10-29T02:00:00+02:00', '2023-10-29T02:00:00+01:00')
        """
        if self.unit == "step":
            return str(time)
        if self.zone:
            return _local(time, self).isoformat()
        unit: Any = self.unit
        return str(np.datetime64(time, unit)).removesuffix("T00:00:00")

    def texts(self, times: Times) -> NDArray[Any]:
        """Each as text, an array of objects; dates alone where all are midnights."""
        if self.unit != "step" and not self.zone:
            days = (times % (DAY * self.per_second) == 0).all()
            unit: Any = "D" if days else self.unit
            moments: Any = times.astype(f"datetime64[{self.unit}]")
            text = np.datetime_as_string(moments, unit=unit)
            return np.asarray(text).astype(object)
        distinct, places = np.unique(times, return_inverse=True)
        return np.array([self.text(int(time)) for time in distinct], object)[places].reshape(times.shape)

    def to_draw(self, times: Times) -> NDArray[Any]:
        """For the axis of a picture: datetime64 as clocks show it, or the numbers of steps."""
        if self.unit == "step":
            return times
        return self.wall(times).astype(f"datetime64[{self.unit}]")

    def wall(self, times: Times) -> Times:
        """What clocks show at these times, as if it were UTC."""
        if not self.zone:
            return times
        import pandas as pd  # here: those without a zone need not wait for it

        shown = pd.DatetimeIndex(times.astype(f"datetime64[{self.unit}]")).tz_localize("UTC").tz_convert(self.zone)
        return np.asarray(shown.tz_localize(None).to_numpy()).astype(f"datetime64[{self.unit}]").astype(np.int64)

    def of_wall(self, shown: Times) -> Times:
        """The times at which clocks show this: of an hour that is there twice the first, of one left out the next."""
        if not self.zone:
            return shown
        import pandas as pd

        local = pd.DatetimeIndex(shown.astype(f"datetime64[{self.unit}]"))
        first = np.ones(len(local), bool)
        back = local.tz_localize(self.zone, ambiguous=first, nonexistent="shift_forward").tz_convert("UTC")
        return np.asarray(back.tz_localize(None).to_numpy()).astype(f"datetime64[{self.unit}]").astype(np.int64)

    def parse(self, date: str) -> int:
        """A time that stands in params.yaml; without a zone, in that of the clock.

        Raises:
            ValueError: it is none.
        """
        if self.unit == "step":
            if not re.fullmatch(r"\d{1,18}", date, re.ASCII):
                raise ValueError(f"{date!r} is no number of a step")
            return int(date)
        moment = datetime.fromisoformat(date)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.zone) if self.zone else UTC)
        return (moment - EPOCH) // timedelta(microseconds=1_000_000 // self.per_second)


PLAIN = Clock()  # of those that say nothing else


def check_zone(name: str) -> None:
    """Raises: KassandraError: there is no such time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise KassandraError(f"source.time_zone: {name!r} is no time zone, as 'Europe/Berlin' and 'UTC' are") from None


def _local(time: int, clock: Clock) -> datetime:
    assert clock.zone is not None
    moment = EPOCH + timedelta(microseconds=time * (1_000_000 // clock.per_second))
    return moment.astimezone(ZoneInfo(clock.zone))
