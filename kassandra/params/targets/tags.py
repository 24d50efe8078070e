"""`target: tags`: a tag for each step of a sequence; its sections of params.yaml."""

from typing import ClassVar, Literal

from pydantic import Field

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Fraction, Sections
from kassandra.params.sections.per_step import PerStepModel

READS = ("steps",)


class Prepare(Section):
    """Who is in train, valid and test, and what the tags mean. The tags are those of train.

    scheme: `spans`, as B-city I-city O: B- begins a span and I- goes on with it. Spans written in other ways (IOB1,
        where B- only parts neighbours; BIOES, BILOU, BMEWO) are recognised and rewritten, and what goes on with nothing
        begins a span; all is counted. `plain`: each tag stands for itself. null takes `spans` where every tag but O has
        such a prefix.
    valid_fraction: share of train kept for validation, drawn by seed, where the data come without one.
    test_fraction: the same for the test split.
    limit: only so many sequences of train, and of test, drawn by seed, for a quick try; null takes all.
    """

    scheme: Literal["spans", "plain"] | None = None
    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1
    limit: int | None = Field(None, ge=20)


class Model(PerStepModel):
    """Of models that tag:

    crf: whether tags are chosen together, by a linear-chain conditional random field (Lafferty et al. 2001): it learns
        how well one tag follows on another. Else each step has a softmax of its own. In both cases the best sequence
        of tags is chosen in which every I- goes on with a span.
    """

    ANSWERS: ClassVar[str] = "tags"

    crf: bool = False


class Train(kind.Train):
    """Of models that tag; `keep_by: f1` is of spans."""

    keep_by: Literal["loss", "accuracy", "f1"] = "loss"


class Evaluate(Section):
    """How models are judged.

    headline: the score that verdicts are about: `f1` of spans (micro: each counts once), `accuracy` of steps, or
        another score of tags; null takes f1, and accuracy where tags are plain.
    """

    headline: Literal["f1", "precision", "recall", "macro_f1", "accuracy", "exact", "loss"] | None = None


sections = Sections(prepare=Prepare, model=Model, train=Train, evaluate=Evaluate)
