"""`target: forecast`: the next values of series; its sections of params.yaml."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind, model
from kassandra.params.sections.kind import Fraction, Sections

READS = ("table",)


class Prepare(Section):
    """What is forecast from what, and where time is cut. Whatever is fitted is fitted on train.

    predict: `value` of the target columns; or, for daily prices (a `dataset` of open, high, low, close, volume), the
        `return`: log-return of the close from the last day known to each of the next days; or the `volatility`:
        logarithm of the Garman-Klass (1980) volatility of each of the next days.
    window: rows that are read. horizon: rows ahead that are forecast, all at once.
    normalise: of values and volatility: `last` reads and forecasts the distance from the last value of the window,
        `window` that from its mean in units of its deviation (as RevIN; Kim et al. 2022), `none` neither.
    season: rows until the same comes back, for the seasonal baseline and the scale of MASE; null has none.
    valid_fraction, test_fraction: shares of the rows, the last in time.
    gap: between two splits: `window` leaves out window + horizon rows, so that none knows of another; `horizon` lets
        windows of valid and test reach back into the split before, as is usual in the literature (ETT): values to be
        forecast are in one split alone, and no row is lost.
    held_out: series that nothing is learned of: test is their part of the time, and train and valid are the others'.
        Their scales, and the baselines that are fitted to one series, know their own past. null tests all series.
    train_until, valid_until, test_until: dates (ISO 8601) at which these end, in place of the shares.
    """

    predict: Literal["value", "return", "volatility"] = "value"
    window: int = Field(60, ge=2, le=10_000)
    horizon: int = Field(1, ge=1, le=1000)
    normalise: Literal["none", "last", "window"] = "none"
    season: int | None = Field(None, ge=2)
    valid_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.2
    gap: Literal["window", "horizon"] = "window"
    train_until: str | None = None
    valid_until: str | None = None
    test_until: str | None = None
    held_out: Annotated[list[str], Field(min_length=1)] | None = None

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


class Model(model.Model):
    """Of models that forecast numbers:

    head: what is forecast of each number: `point`, its mean (squared error); `gaussian` or `student`, the parameters of
        that distribution (negative log-likelihood; Student's t with its degrees of freedom); `quantiles`, at the levels
        0.05, 0.1, … 0.95 (pinball loss; Koenker & Bassett 1978).
    linear: whether a linear map of the whole window is added to the LSTM's output, and learned with it (Lai et al.
        2018, section 3.5); or `fitted`: by ridge regression on train before the training, its penalty chosen by
        validation, and left so. The model then begins as that map, and the LSTM learns what it leaves; validation
        says how much of that is added.
    """

    head: Literal["point", "gaussian", "student", "quantiles"] = "quantiles"
    linear: Literal[False, True, "fitted"] = False


class Pipeline(kind.Pipeline):
    """Series of numbers in time: prices, loads, temperatures; one target or several, one series or several."""

    source: Any
    prepare: Any

    @model_validator(mode="after")
    def columns_are_those_that_are_forecast(self) -> Self:
        source, predict = self.source, self.prepare.predict
        if source.path and predict == "value" and not (source.time and source.target):
            raise ValueError("source: name the columns of your table: 'time', and 'target', which is to be forecast")
        named = sorted(source.model_fields_set & {"target", "features", "series", "frequency"})
        if predict != "value" and named:
            raise ValueError(
                f"source: predict {predict!r} does not use {named[0]!r}; it reads Date, Open, High, Low, Close, Volume"
            )
        if predict != "value" and (
            isinstance(source.time, list) or source.time == "row" or source.time_format == "step"
        ):
            raise ValueError(f"source: predict {predict!r} reads days of trade; 'time' names one column of dates")
        made_up = {"missing": ("forward", "interpolate"), "duplicates": ("mean",)}
        for key, values in made_up.items() if predict != "value" else ():
            if getattr(self.prepare, key) in values:
                raise ValueError(
                    f"prepare: {key} {getattr(self.prepare, key)!r} would make up prices; predict {predict!r} reads "
                    f"those of days of trade alone"
                )
        return self


class Train(kind.Train):
    """Of forecasts."""

    keep_by: Literal["loss", "r2"] = "loss"


sections = Sections(prepare=Prepare, model=Model, train=Train, pipeline=Pipeline)
