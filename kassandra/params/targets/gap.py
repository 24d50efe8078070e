"""`target: gap`: what is missing in series, filled in from before and after it; its sections of params.yaml."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Fraction, Sections
from kassandra.params.sections.per_step import PerStepModel

READS = ("gaps",)


class Prepare(Section):
    """Which known values are removed, to learn how they are filled in and to judge it, and where time is cut. Whatever
    is fitted is fitted on train. In train other values are removed in each epoch, in valid and test always the same.

    window: rows that are read around a gap, the gap among them.
    longest: rows of the longest gaps that are learned, and filled. The lengths of those that are made are between 1 and
        this, each doubling as frequent as any other.
    share: of the rows, how many lie in gaps that are made.
    rounds: how many times valid and test are read with gaps of their own, which gives more of them to judge by.
    together: of several targets, share of the gaps that all of them have at once; each of the others is of one alone.
    seasons: rows until the same comes back, as [24, 168] of hours: the values so many rows before and after are read at
        each step, and baselines repeat them.
    valid_fraction, test_fraction: shares of the rows, the last in time. No window reads rows of two splits.
    train_until, valid_until, test_until: dates (ISO 8601) at which these end, in place of the shares.
    """

    window: int = Field(240, ge=4, le=100_000)
    longest: int = Field(48, ge=1, le=50_000)
    share: Annotated[float, Field(gt=0, le=0.8)] = 0.2
    rounds: int = Field(8, ge=1, le=1000)
    together: Annotated[float, Field(ge=0, le=1)] = 0.5
    seasons: Annotated[list[Annotated[int, Field(ge=2, le=100_000)]], Field(max_length=10)] = Field([])
    valid_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.2
    train_until: str | None = None
    valid_until: str | None = None
    test_until: str | None = None

    @model_validator(mode="after")
    def keys_fit_each_other(self) -> Self:
        if len(set(self.seasons)) < len(self.seasons):
            raise ValueError(f"'seasons' names one twice: {self.seasons}")
        if bool(self.train_until) != bool(self.valid_until):
            raise ValueError("give both 'train_until' and 'valid_until', or neither")
        if self.test_until and not self.train_until:
            raise ValueError("'test_until' goes with 'train_until' and 'valid_until'")
        fractions = sorted(self.model_fields_set & {"valid_fraction", "test_fraction"})
        if self.train_until and fractions:
            raise ValueError(f"{fractions[0]!r} is not used where 'train_until' and 'valid_until' say when splits end")
        return self


class Model(PerStepModel):
    """Of models that fill gaps:

    head: what is predicted of each number: `point`, its mean (squared error); `gaussian` or `student`, the parameters
        of that distribution (negative log-likelihood); `quantiles`, at the levels 0.05, 0.1, … 0.95 (pinball loss).
    edges: what each step is given of other steps, so that it need not be remembered: the nearest known values, how far
        they are, and those a season away. `both` gives those before and after it, `past` those before it, `none` gives
        nothing. null is `both` where the model reads in both directions, and `past` where it reads forwards alone:
        such a model knows nothing of what comes after a step, unless `both` shows it the edge of the gap.
    """

    ANSWERS: ClassVar[str] = "values"

    head: Literal["point", "gaussian", "student", "quantiles"] = "quantiles"
    edges: Literal["both", "past", "none"] | None = None

    @property
    def edges_read(self) -> str:
        return self.edges or ("both" if self.bidirectional else "past")


class Pipeline(kind.Pipeline):
    """Series of numbers in time with values missing, as sensors leave them."""

    source: Any
    prepare: Any

    @model_validator(mode="after")
    def a_window_holds_a_gap(self) -> Self:
        window, longest = self.prepare.window, self.prepare.longest
        if longest > window - 2:
            raise ValueError(
                f"prepare: a window of {window} rows cannot hold a gap of {longest} and what stands on both sides; "
                f"'longest' is at most {window - 2}, or 'window' at least {longest + 2}"
            )
        return self

    @model_validator(mode="after")
    def there_are_intervals_to_calibrate(self) -> Self:
        if self.train.calibrate and self.model.head == "point":  # type: ignore[attr-defined]
            raise ValueError("train: 'calibrate' is of intervals, and model.head 'point' has none")
        return self

    @model_validator(mode="after")
    def columns_are_named(self) -> Self:
        if self.source.path and not (self.source.time and self.source.target):
            raise ValueError("source: name the columns of your table: 'time', and 'target', whose gaps are filled")
        return self


class Train(kind.Train):
    """Of models that fill gaps:

    calibrate: make intervals wider or narrower around what is filled in, by one factor that is fitted on validation
        after the training. What is filled in stays the same. Head `point` has no intervals.
    """

    keep_by: Literal["loss", "r2"] = "loss"
    calibrate: bool = False


class Evaluate(Section):
    """How models are judged.

    headline: the score that verdicts are about: `rmse` or `mae`, in the unit of the target, or `crps`, of the whole
        distribution.
    """

    headline: Literal["rmse", "mae", "crps"] = "rmse"


sections = Sections(prepare=Prepare, model=Model, train=Train, evaluate=Evaluate, pipeline=Pipeline)
