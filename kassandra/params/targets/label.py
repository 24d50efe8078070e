"""`target: label`: one class per example, or any number of labels; its sections of params.yaml."""

from typing import Any, Literal, Self

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
    labels: `one` label of each example, its class; or `many`, any number of them: none, one or several. Splits are then
        drawn at random, and not by class.
    separator: with `many`, what stands between labels in a cell, as `;`, `|` or `,`; a list, as `["a", "b"]`, needs
        none, nor do columns of 0 and 1. An empty cell is an example without a label.
    """

    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    limit: int | None = Field(None, ge=100)
    labels: Literal["one", "many"] = "one"
    separator: str | None = Field(None, min_length=1, max_length=20)

    @model_validator(mode="after")
    def separator_is_used(self) -> Self:
        if self.separator and self.labels == "one":
            raise ValueError("labels 'one' does not use 'separator'; 'many' does")
        return self


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

    keep_by: Literal["loss", "accuracy", "f1", "micro_f1"] = "loss"
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
        are of unequal size and the small ones matter as much; or another score of labels. With `labels: many` it is
        `micro_f1` where nothing is said, F1 over all labels of all examples; accuracy is then the share of examples
        whose labels are all right, and none too many.
    """

    headline: Literal["accuracy", "precision", "recall", "f1", "micro_f1", "loss", "roc_auc"] = "accuracy"


class Pipeline(kind.Pipeline):
    """What one label of each example has, and any number of them."""

    @model_validator(mode="before")
    @classmethod
    def headline_of_many(cls, values: Any) -> Any:
        prepare, evaluate = (values.get(key) if isinstance(values, dict) else None for key in ("prepare", "evaluate"))
        if not isinstance(prepare, dict) or prepare.get("labels") != "many" or not isinstance(evaluate, dict | None):
            return values
        return values | {"evaluate": {"headline": "micro_f1"} | (evaluate or {})}

    @model_validator(mode="after")
    def keys_suit_the_labels(self) -> Self:
        prepare, train, evaluate = (narrowed(self, name) for name in ("prepare", "train", "evaluate"))
        if prepare.labels == "one":
            for key, value in (("evaluate.headline", evaluate.headline), ("train.keep_by", train.keep_by)):
                if value == "micro_f1":
                    raise ValueError(f"{key}: 'micro_f1' is of `labels: many`; of one label it is 'accuracy'")
            return self
        for key, value in OF_ONE_LABEL.items():
            if getattr(train, key) != value:
                raise ValueError(f"train.{key} is of one label of each example; leave it out with `labels: many`")
        return self


def narrowed(pipeline: kind.Pipeline, name: str) -> Any:
    """A section, of which this target knows its own keys."""
    return getattr(pipeline, name)


OF_ONE_LABEL = {"label_smoothing": 0.0, "class_weights": "none", "sampling": "all", "calibrate": False}
sections = Sections(prepare=Prepare, train=Train, evaluate=Evaluate, pipeline=Pipeline)
