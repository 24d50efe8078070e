"""`variant: attention`: the summary is a weighted mean over steps, the weights learned."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section

USES = {"attention", "num_layers", "bidirectional"}
SUMMARY_ALONE = True


class Attention(Section):
    """How the attention variant weighs the steps.

    kind: `additive` scores step t by v · tanh(W h_t + b) (Bahdanau et al. 2015 with a learned query, as Yang et al.
        2016, eq. 5-6), `dot` by h_t · s and `general` by h_t · W s with s the last state (Luong et al. 2015, eq. 8).
    size: width of the additive layer; the other kinds have none.
    """

    kind: Literal["additive", "dot", "general"] = "additive"
    size: int | None = Field(None, ge=1, le=4096)

    @model_validator(mode="after")
    def size_is_used(self) -> Self:
        if self.size is not None and self.kind != "additive":
            raise ValueError(f"kind {self.kind!r} does not use 'size'; only 'additive' does")
        return self


class Keys(Section):
    """attention: kind and size of the learned weights over steps."""

    attention: Attention = Attention()


def encoder(input_size: int, params: Any) -> Any:
    from kassandra.lstm import summaries
    from kassandra.lstm.build import stack

    layers = stack(input_size, params)
    match params.attention.kind:
        case "additive":
            scorer: Any = summaries.AdditiveScorer(layers.output_size, params.attention.size or 64)
        case "dot":
            scorer = summaries.DotScorer()
        case "general":
            scorer = summaries.GeneralScorer(layers.output_size)
    return summaries.Attentive(layers, scorer)
