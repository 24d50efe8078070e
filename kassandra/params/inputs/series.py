"""`input: series`: its sections of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Sections
from kassandra.params.sections.table_file import Column, TableFile

ROW = "row"  # as `time`: the number of the row
NUMBERED = ("unix", "unix_ms", "unix_us", "step")  # as `time_format`: times that are written as one number


class TableSource(TableFile):
    """Your own series are a table, one row per time (and series).

    Of prices, whose returns or volatility are forecast, only `time` is named, and need not be: the others are Open,
    High, Low, Close and Volume.

    time: its column of dates or times; or a list of columns, which are read as one text, a space between them (date and
        time), or without a format as year, month, day, hour, minute, second, as many as there are (three at least); or
        `row`, the number of the row.
    time_format: as in strptime, `%d.%m.%Y`; `unix`, `unix_ms`, `unix_us`: seconds, or thousandths or millionths of
        one, since 1970; `step`: whole numbers that count something else, such as cycles; null is ISO 8601.
    time_zone: where clocks show the times, `Europe/Berlin`: the hour that is there twice in autumn is then two hours,
        and the one that spring leaves out is no time. null takes times as they stand.
    sort: `time` puts rows in the order of their times; `none` refuses those that are not.
    target: column, or list of columns, to forecast. features: further columns of numbers to read.
    series: column that names the series a row belongs to, where the table holds several.
    frequency: distance of two rows: `ms`, `s`, `min`, `h`, `d`, `b` (Monday to Friday), `w`, `m`, or several of them as
        in `15min`; a time that is missing is then an error, or what `prepare.missing` says. null takes rows as they
        come, one after another, as trading days do.
    """

    time: Column | Annotated[list[Column], Field(min_length=2, max_length=6)] | None = None
    time_format: Column | None = None
    time_zone: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_+/-]{1,60}$")] = None
    sort: Literal["time", "none"] = "time"
    target: Column | Annotated[list[Column], Field(min_length=1)] | None = None
    features: list[Column] = Field([])
    series: Column | None = None
    frequency: Annotated[str, Field(pattern=r"^([1-9][0-9]*)?(ms|s|min|h|d|b|w|m)$")] | None = None

    @model_validator(mode="after")
    def columns_are_named_once(self) -> Self:
        taken = {*self.targets, *self.times, self.series}
        if twice := [name for name in self.features if name in taken]:
            raise ValueError(f"feature {twice[0]!r} is named as time, target or series too; targets are read anyway")
        return self

    @model_validator(mode="after")
    def time_keys_are_used(self) -> Self:
        by_row, numbered = self.time == ROW, self.time_format in NUMBERED
        if unused := [key for key in ("time_format", "time_zone") if by_row and getattr(self, key)]:
            raise ValueError(f"time 'row' does not use {unused[0]!r}, as rows are counted")
        if numbered and isinstance(self.time, list):
            raise ValueError(f"time_format {self.time_format!r} is of one column; 'time' names {len(self.time)}")
        if numbered and self.time_zone:
            raise ValueError(f"time_format {self.time_format!r} does not use 'time_zone', as it is the same everywhere")
        if self.frequency and (by_row or self.time_format == "step"):
            raise ValueError("'frequency' is of times; where rows or steps are counted there are none")
        return self

    @property
    def targets(self) -> list[str]:
        return [self.target] if isinstance(self.target, str) else list(self.target or [])

    @property
    def times(self) -> list[str]:
        """The columns that say the time; none where rows are counted."""
        if self.time is None or self.time == ROW:
            return []
        return [self.time] if isinstance(self.time, str) else list(self.time)


class TablePrepare(Section):
    """What is read of a table of series, and what is done about its gaps.

    calendar: times that come back, read as sine and cosine.
    missing: what is done where a value, or a time that `frequency` expects, is missing: `error`; `forward` repeats the
        last value; `interpolate` draws a line, in which a value knows the next one (never past the split's end); `drop`
        leaves out every window that would see the gap.
    duplicates: of two rows for one time: `error`, or the `first`, `last`, or `mean` of them.
    """

    calendar: list[Literal["minute", "hour", "weekday", "monthday", "yearday", "month"]] = Field([])
    missing: Literal["error", "forward", "interpolate", "drop"] = "error"
    duplicates: Literal["error", "first", "last", "mean"] = "error"


class TableTrain(kind.Train):
    """Of windows of series:

    batch_size: windows per step.
    stride: rows between the ends of two windows of train; neighbours share most of what they show.
    """

    batch_size: int = Field(64, ge=1, le=1_000_000)
    stride: int = Field(1, ge=1)


table = Sections(source=TableSource, prepare=TablePrepare, train=TableTrain)
