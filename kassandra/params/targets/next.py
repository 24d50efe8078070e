"""`target: next`: the next token of a text; its sections of params.yaml."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind, variants
from kassandra.params.sections.kind import Fraction, Sections
from kassandra.params.sections.model import TokenModel

READS = ("stream",)
# Variants in which no step sees later ones, and the keys that they use.
CAUSAL = {name: module.USES for name, module in variants.MODULES.items() if getattr(module, "CAUSAL", False)}


class Prepare(Section):
    """How a text is split by position.

    test_fraction: the last part of the text; not used where the data come in splits.
    valid_fraction: the first part of what is left for train; not used where the data come in splits.
    """

    test_fraction: Fraction = 0.1
    valid_fraction: Fraction = 0.05


class Model(TokenModel):
    """Of language models, whose variants see no later step:

    tied: whether a token has one vector, both as input and as output (Press & Wolf 2017); where its width
        is not that of the last layer, a linear layer without bias stands between.
    samples: words that each batch is trained to distinguish from the true ones, drawn by rank (sampled softmax; Jean
        et al. 2015), instead of all others; null takes all. Scores always do.
    """

    USES: ClassVar[dict[str, set[str]]] = {name: keys - {"readout", "bidirectional"} for name, keys in CAUSAL.items()}

    variant: Literal[*CAUSAL]  # type: ignore[valid-type]
    tied: bool = False
    samples: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="before")
    @classmethod
    def refuse_those_that_see_ahead(cls, values: Any) -> Any:
        variant = values.get("variant") if isinstance(values, dict) else None
        instead = f"choose one of {sorted(CAUSAL)}"
        if variant == "bidirectional" or (isinstance(values, dict) and values.get("bidirectional")):
            raise ValueError(
                f"'bidirectional' lets each step see later ones, which a language model has to predict; {instead}"
            )
        if isinstance(variant, str) and variant in TokenModel.USES and variant not in CAUSAL:
            raise ValueError(
                f"variant {variant!r} sums up a whole sequence, but a language model predicts at each step; {instead}"
            )
        return values


class Train(kind.Train):
    """Of language models:

    activation_regularisation: weight of the mean square of the outputs (AR; Merity et al. 2017, section 4.4).
    temporal_regularisation: weight of the mean square of the outputs' change from step to step (TAR; the same).
    """

    keep_by: Literal["loss"] = "loss"
    activation_regularisation: float = Field(0.0, ge=0)
    temporal_regularisation: float = Field(0.0, ge=0)


sections = Sections(prepare=Prepare, model=Model, train=Train)
