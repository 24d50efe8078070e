"""`task: forecast`: what comes next in a series, or in several at once; its sections of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.params import pipeline as params
from kassandra.params.model import ForecasterParams
from kassandra.params.pipeline import Fraction, Source, Train
from kassandra.params.section import Section

Column = Annotated[str, Field(min_length=1)]


class SeriesSource(Source):
    """One's own series are a table, .csv, .tsv or .parquet, one row per time (and series).

    Of prices, whose returns or volatility are told, no column is named: they are Date, Open, High, Low, Close, Volume.

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


class ForecastPrepare(Section):
    """What is forecast from what, and where time is cut. Whatever is fitted is fitted on train.

    predict: `value` of the target columns; or, for daily prices (a `dataset` of open, high, low, close, volume), the
        `return`: log-return of the close from the last day known to each of the next days; or the `volatility`:
        logarithm of the Garman-Klass (1980) volatility of each of the next days.
    window: rows that are read. horizon: rows ahead that are told, all at once.
    normalise: of values and volatility: `last` reads and tells the distance from the last value of the window, `window`
        that from its mean in units of its deviation (as RevIN; Kim et al. 2022), `none` neither.
    calendar: times that come back, read as sine and cosine.
    season: rows until the same comes back, for the seasonal baseline and the scale of MASE; null has none.
    valid_fraction, test_fraction: shares of the rows, the last in time; between two splits window + horizon rows are
        left out, so that none knows of another.
    train_until, valid_until, test_until: dates (ISO 8601) at which these end, in place of the shares.
    missing: what is done where a value, or a time that `frequency` expects, is missing: `error`; `forward` repeats the
        last value; `interpolate` draws a line, in which a value knows the next one (never past the split's end); `drop`
        leaves out every window that would see the gap.
    duplicates: of two rows for one time: `error`, or the `first`, `last`, or `mean` of them.
    """

    predict: Literal["value", "return", "volatility"] = "value"
    window: int = Field(60, ge=2, le=10_000)
    horizon: int = Field(1, ge=1, le=1000)
    normalise: Literal["none", "last", "window"] = "none"
    calendar: list[Literal["minute", "hour", "weekday", "monthday", "yearday", "month"]] = Field([])
    season: int | None = Field(None, ge=2)
    valid_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.2
    train_until: str | None = None
    valid_until: str | None = None
    test_until: str | None = None
    missing: Literal["error", "forward", "interpolate", "drop"] = "error"
    duplicates: Literal["error", "first", "last", "mean"] = "error"

    @model_validator(mode="after")
    def keys_are_used(self) -> Self:
        given = self.model_fields_set
        if self.predict == "return" and "normalise" in given:
            raise ValueError("predict 'return' does not use 'normalise', as a return is a distance already")
        if bool(self.train_until) != bool(self.valid_until):
            raise ValueError("give both 'train_until' and 'valid_until', or neither")
        if self.test_until and not self.train_until:
            raise ValueError("'test_until' goes with 'train_until' and 'valid_until'")
        fractions = sorted(given & {"valid_fraction", "test_fraction"})
        if self.train_until and fractions:
            raise ValueError(f"{fractions[0]!r} is not used where 'train_until' and 'valid_until' say when splits end")
        return self


class ForecastTrain(Train):
    """Of forecasts only:

    batch_size: windows per step.
    stride: rows between the ends of two windows of train; neighbours share most of what they show.
    """

    batch_size: int = Field(64, ge=1, le=1_000_000)
    stride: int = Field(1, ge=1)


class Pipeline(params.Pipeline):
    """Series of numbers in time: prices, loads, temperatures; one target or several, one series or several."""

    task: Literal["forecast"]
    source: SeriesSource
    prepare: ForecastPrepare
    model: ForecasterParams
    train: ForecastTrain

    @model_validator(mode="after")
    def columns_are_those_that_are_told(self) -> Self:
        source, predict = self.source, self.prepare.predict
        if source.path and predict == "value" and not (source.time and source.target):
            raise ValueError("source: name the columns of your table: 'time', and 'target', which is to be forecast")
        named = sorted(source.model_fields_set - {"dataset", "path"})
        if predict != "value" and named:
            raise ValueError(
                f"source: predict {predict!r} does not use {named[0]!r}; it reads Date, Open, High, Low, Close, Volume"
            )
        return self
