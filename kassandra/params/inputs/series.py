"""`input: series`: its sections of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Sections, Source

Column = Annotated[str, Field(min_length=1)]


class TableSource(Source):
    """Your own series are a table, .csv, .tsv or .parquet, one row per time (and series).

    Of prices, whose returns or volatility are forecast, no column is named: they are Date, Open, High, Low, Close and
    Volume.

    time: its column of dates or times, ISO 8601 or as `time_format` says (as in strptime: `%d.%m.%Y`).
    target: column, or list of columns, to forecast. features: further columns of numbers to read.
    series: column that names the series a row belongs to, where the table holds several.
    frequency: distance of two rows: `min`, `h`, `d`, `b` (Monday to Friday), `w`, `m`, or several of them as in
        `15min`; a time that is missing is then an error, or what `prepare.missing` says. null takes rows as they come,
        one after another, as trading days do.
    """

    time: Column | None = None
    time_format: Column | None = None
    target: Column | Annotated[list[Column], Field(min_length=1)] | None = None
    features: list[Column] = Field([])
    series: Column | None = None
    frequency: Annotated[str, Field(pattern=r"^([1-9][0-9]*)?(min|h|d|b|w|m)$")] | None = None

    @model_validator(mode="after")
    def columns_are_of_a_path(self) -> Self:
        named = sorted(self.model_fields_set - {"dataset", "path"})
        if self.dataset and named:
            raise ValueError(f"{named[0]!r} is for your own table; a 'dataset' knows its columns")
        twice = [name for name in self.features if name in self.targets or name in (self.time, self.series)]
        if twice:
            raise ValueError(f"feature {twice[0]!r} is named as time, target or series too; targets are read anyway")
        return self

    @property
    def targets(self) -> list[str]:
        return [self.target] if isinstance(self.target, str) else list(self.target or [])


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
