"""`target: label`: one class per example; its sections of params.yaml."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Fraction, Sections

READS = ("examples",)


class Prepare(Section):
    """Who is in train, valid and test. The classes are those of train.

    valid_fraction: share of train kept for validation, drawn by class and seed (of recordings evenly over speakers).
    test_fraction: the same for the test split, where the data come without one.
    limit: only so many examples of train, and of test, drawn by class and seed, for a quick try; null takes all.
    """

    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    limit: int | None = Field(None, ge=100)


class Train(kind.Train):
    """Of classifiers:

    label_smoothing: share of the target probability spread over all classes.
    class_weights: `balanced` weighs the loss of an example by how rare its class is in train, so that all classes weigh
        the same in all. The loss on validation stays unweighted: `keep_by: f1` goes with it.
    sampling: `balanced` draws the examples of each batch so that all classes are equally likely, with replacement; an
        epoch has as many as otherwise. Not together with `class_weights`.
    calibrate: divide the logits by a temperature fitted on validation, after the training. Which class is predicted
        does not change; how sure the model says it is does.
    """

    keep_by: Literal["loss", "accuracy", "f1"] = "loss"
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = "none"
    sampling: Literal["all", "balanced"] = "all"
    calibrate: bool = False

    @model_validator(mode="after")
    def balanced_once(self) -> Self:
        if self.class_weights == self.sampling == "balanced":
            raise ValueError("'class_weights' and 'sampling' both balance the classes; give one of them")
        return self


class Evaluate(Section):
    """How models are judged.

    headline: the score that verdicts are about: `accuracy`, or `f1`, the mean over classes (macro F1), where classes
        are of unequal size and the small ones matter as much; or another score of labels.
    """

    headline: Literal["accuracy", "precision", "recall", "f1", "loss", "roc_auc"] = "accuracy"


sections = Sections(prepare=Prepare, train=Train, evaluate=Evaluate)
