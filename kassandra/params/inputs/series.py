"""`input: series`: its sections of params.yaml, for series with an answer each, and for series that are forecast."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.folder import Name
from kassandra.params.sections.kind import Sections
from kassandra.params.sections.model import Model
from kassandra.params.sections.table_file import Column, TableFile

ROW = "row"  # as `time`: the number of the row
# As `time_format`: times that are written as one number.
NUMBERED = ("unix", "unix_ms", "unix_us", "unix_ns", "excel", "step")


class TimedTable(TableFile):
    """Times in a table:

    time: its column of dates or times; or a list of columns, which are read as one text, a space between them (date and
        time), or without a format as year, month, day, hour, minute, second, as many as there are (three at least); or
        `row`, the number of the row.
    time_format: as in strptime, `%d.%m.%Y`; a format that ends in `…` leaves what follows unread (the end of an
        interval, the name of a time zone). `week` is 2024-W05, `quarter` 2024-Q3 or Q3 2024. `unix`, `unix_ms`,
        `unix_us`, `unix_ns`: seconds, or thousandths, millionths or billionths of one, since 1970; `excel`: the days
        of a spreadsheet; `step`: whole numbers that count something else, such as cycles. null is ISO 8601. An hour of
        24 is the end of a day; names of months may be those of other European languages.
    time_zone: where clocks show the times, `Europe/Berlin`: the hour that is there twice in autumn is then two hours,
        and the one that spring leaves out is no time. null takes times as they stand.
    sort: `time` puts rows in the order of their times; `none` refuses those that are not.
    """

    time: Column | Annotated[list[Column], Field(min_length=2, max_length=6)] | None = None
    time_format: Column | None = None
    time_zone: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_+/-]{1,60}$")] = None
    sort: Literal["time", "none"] = "time"

    @model_validator(mode="after")
    def time_keys_are_used(self) -> Self:
        by_row, numbered = self.time == ROW, self.time_format in NUMBERED
        if unused := [key for key in ("time_format", "time_zone") if by_row and getattr(self, key)]:
            raise ValueError(f"time 'row' does not use {unused[0]!r}, as rows are counted")
        if numbered and isinstance(self.time, list):
            raise ValueError(f"time_format {self.time_format!r} is of one column; 'time' names {len(self.time)}")
        if numbered and self.time_zone and self.time_format != "excel":
            raise ValueError(f"time_format {self.time_format!r} does not use 'time_zone', as it is the same everywhere")
        return self

    @property
    def times(self) -> list[str]:
        """The columns that say the time; none where rows are counted."""
        if self.time is None or self.time == ROW:
            return []
        return [self.time] if isinstance(self.time, str) else list(self.time)

    @property
    def distance(self) -> str | None:
        """That of two rows, where it is known."""
        return None


class TableSource(TimedTable):
    """Your own series are a table, one row per time (and series).

    Of prices, whose returns or volatility are forecast, only `time` is named, and need not be: the others are Open,
    High, Low, Close and Volume.

    target: column, or list of columns, to forecast or to fill. features: further columns of numbers to read.
    series: column that names the series a row belongs to, where the table holds several; or a list of columns, which
        name it together.
    files: what several tables in one folder are: `series`, one each, named by its file; or `parts`, the beginning and
        what follows on it. null expects one table, or train, valid (or val, dev) and test, whose times follow on each
        other.
    frequency: distance of two rows: `ms`, `s`, `min`, `h`, `d`, `b` (Monday to Friday), `w`, `m`, or several of them as
        in `15min`; a time that is missing is then an error, or what `prepare.missing` says. null takes rows as they
        come, one after another, as trading days do.
    """

    target: Column | Annotated[list[Column], Field(min_length=1)] | None = None
    features: list[Column] = Field([])
    series: Column | Annotated[list[Column], Field(min_length=1, max_length=10)] | None = None
    files: Literal["series", "parts"] | None = None
    frequency: Annotated[str, Field(pattern=r"^([1-9][0-9]*)?(ms|s|min|h|d|b|w|m)$")] | None = None

    @model_validator(mode="after")
    def columns_are_named_once(self) -> Self:
        taken = {*self.targets, *self.times, *self.named_by}
        if twice := [name for name in self.features if name in taken]:
            raise ValueError(f"feature {twice[0]!r} is named as time, target or series too; targets are read anyway")
        return self

    @model_validator(mode="after")
    def frequency_is_of_times(self) -> Self:
        if self.frequency and (self.time == ROW or self.time_format == "step"):
            raise ValueError("'frequency' is of times; where rows or steps are counted there are none")
        return self

    @property
    def targets(self) -> list[str]:
        return [self.target] if isinstance(self.target, str) else list(self.target or [])

    @property
    def distance(self) -> str | None:
        return self.frequency

    @property
    def named_by(self) -> list[str]:
        """The columns that name the series of a row."""
        return [self.series] if isinstance(self.series, str) else list(self.series or [])


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


class GapsPrepare(Section):
    """What is read of a table of series whose gaps are filled: every value that is missing stays so.

    calendar: times that come back, read as sine and cosine.
    duplicates: of two rows for one time: `error`, or the `first`, `last`, or `mean` of them.
    """

    missing: ClassVar[str] = "kept as gaps"  # in place of what TablePrepare asks

    calendar: list[Literal["minute", "hour", "weekday", "monthday", "yearday", "month"]] = Field([])
    duplicates: Literal["error", "first", "last", "mean"] = "error"


class TableTrain(kind.Train):
    """Of windows of series:

    batch_size: windows per step.
    stride: rows between the ends of two windows of train; neighbours share most of what they show.
    """

    batch_size: int = Field(64, ge=1, le=1_000_000)
    stride: int = Field(1, ge=1)


class ExamplesSource(TimedTable):
    """Your own series with a label each are one file, or a file for each split (`train.csv`, `X_TRAIN.ts`, …):
    `.ts` of aeon and sktime, whose lines hold a series each; or a table, which is

    - long, with `series`: a row per step, and a column that names the series a row belongs to;
    - wide, without: a row per series, and a column per step;
    - a recording, with `prepare.window`: a row per step with a label of its own, from which windows are cut; of target
      `tags` always, where the label of each row is predicted.

    files: what several tables in one folder are, and in the folders within it: `series`, a series or a recording each,
        whose label is that of its folder, unless `label` names a column, or what `label_pattern` finds in its path;
        windows of one file stay in one split, unless `prepare.block` is said. `labels`: the series, or a recording, of
        one label each, which the name of the file says. `parts`: parts of one table. null expects one table, or one
        for each split.
    label_pattern: see input `images`; of `files: series`.
    series: column that names the series, or the recording, a row belongs to. time: orders its rows; null takes them as
        they come.
    values: columns of numbers that are read, in order; null takes all that no other key names.
    label: column of the labels; null takes the only column with a usual name (label, class, activity, …).
    group: column that says what a series belongs to, such as a person; all of a group stay in one split.
    split: column that says train, valid or test.
    """

    files: Literal["series", "labels", "parts"] | None = None
    label_pattern: Name | None = None
    series: Column | None = None
    values: Annotated[list[Column], Field(min_length=1, max_length=100_000)] | None = None
    label: Column | None = None
    group: Column | None = None
    split: Column | None = None

    @model_validator(mode="after")
    def keys_of_files_are_used(self) -> Self:
        if self.label_pattern and self.files != "series":
            raise ValueError("'label_pattern' is of 'files: series', whose paths say their labels")
        if self.label_pattern and "(?P<label>" not in self.label_pattern:
            raise ValueError("'label_pattern' has no group '(?P<label>…)', which says what the label is")
        if self.files == "labels" and self.label:
            raise ValueError("files 'labels' does not use 'label', as the name of each file is its label")
        if self.files == "series" and self.series:
            raise ValueError("files 'series' does not use 'series', as each file is one")
        return self

    @model_validator(mode="after")
    def columns_have_one_use(self) -> Self:
        named = [name for name in (self.series, self.label, self.split) if name is not None]
        taken = [*named, *self.times, *(self.values or [])]
        if twice := [name for name in taken if taken.count(name) > 1]:
            raise ValueError(f"column {twice[0]!r} is named for two uses; name it once")
        if self.group is not None and self.group in {self.label, self.split, *(self.values or [])}:
            raise ValueError(f"'group' {self.group!r} is named for another use too; name a column of groups")
        return self


class Scaled(Section):
    """How series become sequences. Whatever is fitted is fitted on train.

    normalise: `columns` gives each column mean 0 and deviation 1 over the steps of train; `series` each column of each
        series, which keeps its shape alone, not its level; `none` reads numbers as they stand.
    missing: what is done about missing values: `error`; `interpolate` draws a line between the values on both sides (at
        an end the nearest is repeated); `mask` reads 0, and beside it a column that is 1 where a value is missing.
    held_out: groups that are test, all of them; null takes the split of the data, or draws one.
    """

    normalise: Literal["columns", "series", "none"] = "columns"
    missing: Literal["error", "interpolate", "mask"] = "error"
    held_out: Annotated[list[Column], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def test_is_said_once(self) -> Self:
        if self.held_out and "test_fraction" in self.model_fields_set:
            raise ValueError("'held_out' does not use 'test_fraction': test is all that its groups hold")
        return self


class ExamplesPrepare(Scaled):
    """Of series with an answer each:

    pool: so many steps become one, their mean; for long series.
    window: rows of a window that is cut from a recording; its label is that of most of its rows, the first of equals.
    step: rows from the beginning of a window to that of the next; null is half a window.
    block: so many windows that follow each other stay in one split, and no window reaches into another block; where
        groups stay together it is not used.
    """

    pool: int = Field(1, ge=1, le=10_000)
    window: int | None = Field(None, ge=2, le=100_000)
    step: int | None = Field(None, ge=1, le=100_000)
    block: int = Field(5, ge=1, le=100_000)

    @model_validator(mode="after")
    def keys_of_windows_are_used(self) -> Self:
        if self.window is None and (unused := [key for key in ("step", "block") if key in self.model_fields_set]):
            raise ValueError(f"{unused[0]!r} is of windows that are cut from recordings; say 'window' too")
        return self


class StepsPrepare(Scaled):
    """Of recordings with an answer in each row:

    window: rows of the pieces that recordings are cut into; the last piece of each has what is left.
    block: so many pieces that follow each other stay in one split; where groups stay together it is not used.
    """

    window: int = Field(200, ge=2, le=100_000)
    block: int = Field(5, ge=1, le=100_000)


class StepsAugment(Section):
    """What is done to series of train, afresh in each epoch; every value is a largest magnitude but for `noise`.

    noise: deviation of what is added to each number, as a share of the column's own.
    scale: share by which each column of a series becomes larger or smaller.
    time_mask: share of the steps that are blanked, once. column_mask: columns that are, at most half of them.
    """

    noise: float = Field(0.0, ge=0, le=10)
    scale: float = Field(0.0, ge=0, lt=1)
    time_mask: float = Field(0.0, ge=0, lt=1)
    column_mask: int = Field(0, ge=0, le=10_000)


class ExamplesAugment(StepsAugment):
    """Of series with one answer each:

    speed: share by which a series is stretched or squeezed in time.
    """

    speed: float = Field(0.0, ge=0, lt=1)


class ExamplesModel(Model):
    """Of series with an answer each:

    linear: whether ridge regression on the features of MiniRocket (Dempster et al. 2021), fitted on train, stands
        beside the LSTM, which learns what it leaves; validation says how much of that is added. Of target label.
    """

    linear: bool = False


class ExamplesPipeline(kind.Pipeline):
    """Of series with an answer each."""

    @model_validator(mode="after")
    def linear_is_of_labels(self) -> Self:
        if getattr(self.model, "linear", False) and self.target != "label":
            raise ValueError(
                f"model.linear: of series there is a linear model beside the LSTM for target label alone, not for "
                f"{self.target!r}; take it out"
            )
        return self


class ExamplesTrain(kind.Train):
    """Of series with an answer each:

    batch_size: series per step, of about equal lengths.
    """

    batch_size: int = Field(32, ge=1, le=1_000_000)
    augment: ExamplesAugment | None = None


class StepsTrain(kind.Train):
    """Of recordings with an answer in each row:

    batch_size: pieces per step, of about equal lengths.
    """

    batch_size: int = Field(16, ge=1, le=1_000_000)
    augment: StepsAugment | None = None


table = Sections(source=TableSource, prepare=TablePrepare, train=TableTrain)
gaps = Sections(source=TableSource, prepare=GapsPrepare, train=TableTrain)
examples = Sections(
    source=ExamplesSource, prepare=ExamplesPrepare, model=ExamplesModel, train=ExamplesTrain, pipeline=ExamplesPipeline
)
steps = Sections(source=ExamplesSource, prepare=StepsPrepare, train=StepsTrain)
