"""The `model:` section: which LSTM variant, and the options that this variant uses."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import variants

Probability = Annotated[float, Field(ge=0, lt=1)]
KEYS = [module.Keys for module in variants.MODULES.values() if hasattr(module, "Keys")]


class Model(*KEYS, Section):  # type: ignore[misc]
    """Which LSTM reads the sequence. A key that the variant does not use is refused.

    variant: `vanilla`, one layer that reads forwards; `stacked`, several; `bidirectional`, which also reads backwards;
        `attention`, whose summary is a weighted mean of the outputs of all steps.
    cell: `lstm`, or the baselines `gru` (Cho et al. 2014) and `rnn` (Elman 1990, tanh).
    hidden_size: width of h and c in each direction of each layer.
    dropout: probability of zeroing an element of each layer's output, the last one's summary included.
    readout: how the outputs become one summary: `last` valid step, `max` or `mean` over valid steps, or `concat`, all
        three side by side (Howard & Ruder 2018, section 3.3).
    num_layers: stacked has 2 by default, bidirectional and attention 1.
    bidirectional: whether each layer also reads backwards.
    """

    # A key that a variant does not use is refused, not ignored: USES has what each uses beyond COMMON, and beyond the
    # keys that inputs and targets add, which every variant uses.
    COMMON: ClassVar[set[str]] = {"variant", "cell", "hidden_size", "dropout"}
    USES: ClassVar[dict[str, set[str]]] = {name: module.USES for name, module in variants.MODULES.items()}

    variant: Literal[*variants.MODULES]  # type: ignore[valid-type]
    cell: Literal["lstm", "gru", "rnn"] = "lstm"
    hidden_size: Annotated[int, Field(ge=1, le=8192)] = 128
    dropout: Probability = 0.0
    readout: Literal["last", "max", "mean", "concat"] = "last"
    num_layers: Annotated[int, Field(ge=1, le=32)] = 1
    bidirectional: bool = False

    @model_validator(mode="before")
    @classmethod
    def fill_in_what_the_variant_implies(cls, values: Any) -> Any:
        variant = values.get("variant") if isinstance(values, dict) else None
        if not isinstance(variant, str) or variant not in cls.USES:
            return values  # the field's own check says what is wrong
        used = cls.used_by(variant)
        if unused := sorted(key for key in values if key in cls.model_fields and key not in used):
            raise ValueError(f"variant {variant!r} does not use {unused[0]!r}; it uses {sorted(used)}")
        return getattr(variants.MODULES[variant], "IMPLIED", {}) | values

    @model_validator(mode="after")
    def goes_with_the_variant(self) -> Self:
        if check := getattr(variants.MODULES[self.variant], "check", None):
            check(self)
        return self

    @classmethod
    def used_by(cls, variant: str) -> set[str]:
        """The keys that a variant uses."""
        return cls.COMMON | cls.USES[variant] | (set(cls.model_fields) - set(Model.model_fields))

    def encoder(self, input_size: int) -> Any:
        """The encoder that these params describe, for inputs (batch, time, input_size)."""
        if build := getattr(variants.MODULES[self.variant], "encoder", None):
            return build(input_size, self)
        from kassandra.lstm.build import pooled, stack

        return pooled(stack(input_size, self), self.readout)

    def used(self) -> dict[str, Any]:
        """Every key that this variant uses, defaults included, so that a saved model outlives a change of defaults."""
        keys = self.used_by(self.variant)
        return {key: value for key, value in self.model_dump().items() if key in keys}


class TokenModel(Model):
    """Of models that read token ids:

    embedding_size: width of the vector of each token.
    embedding_dropout: probability of zeroing an element of these vectors, the same at every step of a text (variational
        dropout; Gal & Ghahramani 2016). The dropout between layers is of this kind too.
    word_dropout: probability of zeroing all of a token's vectors in a batch (the same, section 4.2).
    weight_dropout: probability of zeroing an element of each recurrent weight, once a batch (Merity et al. 2017).
    """

    embedding_size: Annotated[int, Field(ge=1, le=8192)] = 128
    embedding_dropout: Probability = 0.0
    word_dropout: Probability = 0.0
    weight_dropout: Probability = 0.0
