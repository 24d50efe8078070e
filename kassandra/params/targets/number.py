"""`target: number`: one number per example; its sections of params.yaml."""

from typing import Literal

from pydantic import Field

from kassandra.contracts.section import Section
from kassandra.params.sections import kind, model
from kassandra.params.sections.kind import Fraction, Sections

READS = ("examples",)


class Prepare(Section):
    """Who is in train, valid and test. Numbers are standardised by the mean and deviation of train.

    valid_fraction: share of train kept for validation, drawn by seed, of small and large numbers alike; where the data
        have groups that stay together, whole groups.
    test_fraction: the same for the test split, where the data come without one.
    limit: only so many examples of train, and of test, drawn in the same way, for a quick try; null takes all.
    log: whether the logarithm of the number is what the model learns, for numbers above 0 of very different sizes
        (prices, durations). Scores and predictions are in the unit of the number.
    """

    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    limit: int | None = Field(None, ge=100)
    log: bool = False


class Model(model.Model):
    """Of models that predict a number:

    head: what is predicted: `point`, its mean (squared error); `gaussian` or `student`, the parameters of that
        distribution (negative log-likelihood); `quantiles`, at the levels 0.05, 0.1, … 0.95 (pinball loss).
    """

    head: Literal["point", "gaussian", "student", "quantiles"] = "quantiles"


class Train(kind.Train):
    """Of numbers."""

    keep_by: Literal["loss", "r2"] = "loss"


class Evaluate(Section):
    """How models are judged.

    headline: the score that verdicts are about: `r2`, the share of the variance that is explained; `rmse` or `mae`, in
        the unit of the number; `crps`, of the whole distribution; `spearman`, of the order alone.
    """

    headline: Literal["r2", "rmse", "mae", "crps", "spearman"] = "r2"


sections = Sections(prepare=Prepare, model=Model, train=Train, evaluate=Evaluate)
