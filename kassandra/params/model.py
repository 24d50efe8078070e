"""The `model:` section: which LSTM variant, and the options that this variant uses."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.spec import ModelSpec
from kassandra.params.section import Section

# What a variant's name says by itself.
IMPLIED: dict[str, dict[str, Any]] = {
    "vanilla": {},
    "stacked": {"num_layers": 2},
    "bidirectional": {"bidirectional": True},
    "attention": {},
}


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


Probability = Annotated[float, Field(ge=0, lt=1)]


class ModelParams(Section):
    """Which LSTM reads the sequence. A key that the variant does not use is refused.

    cell: `lstm`, or the baselines `gru` (Cho et al. 2014) and `rnn` (Elman 1990, tanh).
    hidden_size: width of h and c in each direction of each layer.
    dropout: probability of zeroing an element of each layer's output, the last one's summary included.
    readout: how the outputs become one summary: `last` valid step, `max` or `mean` over valid steps, or `concat`, all
        three side by side (Howard & Ruder 2018, section 3.3).
    num_layers: stacked has 2 by default, bidirectional and attention 1.
    bidirectional: whether each layer also reads backwards.
    attention: kind and size of the learned weights over steps.
    """

    # A key that a variant does not use is refused, not ignored: USES has what each uses beyond COMMON.
    COMMON: ClassVar[set[str]] = {"variant", "cell", "hidden_size", "dropout"}
    USES: ClassVar[dict[str, set[str]]] = {
        "vanilla": {"readout"},
        "stacked": {"readout", "num_layers", "bidirectional"},
        "bidirectional": {"readout", "num_layers"},
        "attention": {"attention", "num_layers", "bidirectional"},
    }

    variant: Literal["vanilla", "stacked", "bidirectional", "attention"]
    cell: Literal["lstm", "gru", "rnn"] = "lstm"
    hidden_size: Annotated[int, Field(ge=1, le=8192)] = 128
    dropout: Probability = 0.0
    readout: Literal["last", "max", "mean", "concat"] = "last"
    num_layers: Annotated[int, Field(ge=1, le=32)] = 1
    bidirectional: bool = False
    attention: Attention = Attention()

    @model_validator(mode="before")
    @classmethod
    def fill_in_what_the_variant_implies(cls, values: Any) -> Any:
        variant = values.get("variant") if isinstance(values, dict) else None
        if not isinstance(variant, str) or variant not in cls.USES:
            return values  # the field's own check says what is wrong
        used = cls.COMMON | cls.USES[variant]
        if unused := sorted(key for key in values if key in cls.model_fields and key not in used):
            raise ValueError(f"variant {variant!r} does not use {unused[0]!r}; it uses {sorted(used)}")
        return IMPLIED[variant] | values

    @model_validator(mode="after")
    def stacked_means_several(self) -> Self:
        if self.variant == "stacked" and self.num_layers < 2:
            raise ValueError(f"variant 'stacked' needs 'num_layers' ≥ 2, got {self.num_layers}; one layer is 'vanilla'")
        return self

    def used(self) -> dict[str, Any]:
        """Every key that this variant uses, defaults included, so that a saved model outlives a change of defaults."""
        keys = self.COMMON | self.USES[self.variant]
        return {key: value for key, value in self.model_dump().items() if key in keys}


class TokenParams(ModelParams):
    """Of models that read token ids:

    embedding_size: width of the vector of each token.
    embedding_dropout: probability of zeroing an element of these vectors, the same at every step of a text (variational
        dropout; Gal & Ghahramani 2016). The dropout between layers is of this kind too.
    word_dropout: probability of zeroing all of a token's vectors in a batch (the same, section 4.2).
    weight_dropout: probability of zeroing an element of each recurrent weight, once a batch (Merity et al. 2017).
    """

    COMMON: ClassVar[set[str]] = ModelParams.COMMON | {
        "embedding_size", "embedding_dropout", "word_dropout", "weight_dropout",
    }  # fmt: skip

    embedding_size: Annotated[int, Field(ge=1, le=8192)] = 128
    embedding_dropout: Probability = 0.0
    word_dropout: Probability = 0.0
    weight_dropout: Probability = 0.0


class Pretrain(Section):
    """Before it is trained on labels, the model learns to tell the next token of the train texts (Dai & Le 2015).

    Each direction that the model reads in does so on its own; the token vectors are learned by the forward one.

    epochs: passes over the train texts. learning_rate: the peak of a triangular schedule.
    batch_size, window: as in `train` of task language.
    samples: as in `model` of task language.
    precision, threads: as in `train`.
    """

    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    learning_rate: Annotated[float, Field(gt=0, lt=10)] = 3e-3
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 32
    window: Annotated[int, Field(ge=2, le=100_000)] = 70
    samples: Annotated[int | None, Field(ge=1)] = 2000
    precision: Literal["fp32", "bf16"] = "bf16"
    threads: Annotated[int, Field(ge=1, le=256)] = 1


class ReaderParams(TokenParams):
    """Of classifiers of texts:

    pretrain: null begins with random weights.
    """

    COMMON: ClassVar[set[str]] = TokenParams.COMMON | {"pretrain"}

    pretrain: Pretrain | None = None

    @model_validator(mode="after")
    def pretrained_layer_by_layer(self) -> Self:
        if self.pretrain and self.bidirectional and self.num_layers > 1:
            raise ValueError(
                "'pretrain' cannot be done for several bidirectional layers, as those above the first read both "
                "directions; use num_layers: 1, or bidirectional: false"
            )
        return self


class WriterParams(TokenParams):
    """Of language models, whose variants are `vanilla` and `stacked`:

    tied: whether a token has one vector, both when it is read and when it is told (Press & Wolf 2017); where its width
        is not that of the last layer, a linear layer without bias stands between.
    samples: words that each batch is trained to tell from the true ones, drawn by rank (sampled softmax; Jean et al.
        2015), instead of all others; null takes all. Scores always do.
    """

    COMMON: ClassVar[set[str]] = TokenParams.COMMON | {"tied", "samples"}
    USES: ClassVar[dict[str, set[str]]] = {"vanilla": set(), "stacked": {"num_layers"}}

    variant: Literal["vanilla", "stacked"]
    tied: bool = False
    samples: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="before")
    @classmethod
    def refuse_those_that_see_ahead(cls, values: Any) -> Any:
        if isinstance(values, dict) and (values.get("variant") == "bidirectional" or values.get("bidirectional")):
            raise ValueError(
                "'bidirectional' lets each step see later ones, which are what a language model is asked for; "
                "choose variant 'vanilla' or 'stacked'"
            )
        if isinstance(values, dict) and values.get("variant") == "attention":
            raise ValueError(
                "variant 'attention' sums up a whole sequence, but a language model answers at each step; "
                "choose variant 'vanilla' or 'stacked'"
            )
        return values


class Decoder(Section):
    """What writes the translation, word by word, from what the encoder has read.

    attention: how each step looks back at the source: `additive` scores source step t by v · tanh(W h_t + U s)
        (Bahdanau et al. 2015, section 3.1), `dot` by h_t · s and `general` by h_t · W s (Luong et al. 2015, eq. 8), s
        being the decoder's state; `none` looks at nothing but the summary, which is all that the first state is made of
        (Sutskever et al. 2014).
    attention_size: width of the additive layer; null is the decoder's hidden size.
    input_feeding: whether a step is told what the step before attended to (Luong et al. 2015, section 3.3). Steps then
        depend on each other, and training takes longer.
    num_layers, hidden_size: of the decoder; null takes those of the encoder.
    tied: whether a token of the target has one vector, both when it is read and when it is told (Press & Wolf 2017).
    """

    attention: Literal["additive", "dot", "general", "none"] = "additive"
    attention_size: Annotated[int | None, Field(ge=1, le=8192)] = None
    input_feeding: bool = True
    num_layers: Annotated[int | None, Field(ge=1, le=32)] = None
    hidden_size: Annotated[int | None, Field(ge=1, le=8192)] = None
    tied: bool = True

    @model_validator(mode="before")
    @classmethod
    def refuse_what_the_attention_does_not_use(cls, values: Any) -> Any:
        if isinstance(values, dict):
            kind = values.get("attention", "additive")
            if values.get("attention_size") is not None and kind in ("dot", "general", "none"):
                raise ValueError(f"attention {kind!r} does not use 'attention_size'; only 'additive' does")
            if kind == "none" and values.get("input_feeding"):
                raise ValueError("attention 'none' has nothing to feed; leave 'input_feeding' out")
            if kind == "none":
                return {"input_feeding": False} | values
        return values


class TranslatorParams(TokenParams):
    """Of models that translate; what stands here is the encoder's, as is the variant:

    decoder: what writes.
    reverse_source: whether the source is read from its end to its beginning (Sutskever et al. 2014, section 3.3).
    """

    COMMON: ClassVar[set[str]] = TokenParams.COMMON | {"decoder", "reverse_source"}

    decoder: Decoder = Decoder()
    reverse_source: bool = False

    @model_validator(mode="after")
    def dot_compares_equal_sizes(self) -> Self:
        read, own = self.hidden_size * (1 + self.bidirectional), self.decoder.hidden_size or self.hidden_size
        if self.decoder.attention == "dot" and read != own:
            raise ValueError(
                f"decoder.attention: 'dot' compares the encoder's {read} numbers per step with the decoder's {own}; "
                f"set decoder.hidden_size: {read}, or choose 'general'"
            )
        return self


class ForecasterParams(ModelParams):
    """Of models that tell numbers:

    head: what is told of each number: `point`, its mean (squared error); `gaussian` or `student`, the parameters of
        that distribution (negative log-likelihood; Student's t with its degrees of freedom); `quantiles`, at the levels
        0.05, 0.1, … 0.95 (pinball loss; Koenker & Bassett 1978).
    linear: whether a linear map of the whole window is added to what the LSTM says (Lai et al. 2018, section 3.5).
    """

    COMMON: ClassVar[set[str]] = ModelParams.COMMON | {"head", "linear"}

    head: Literal["point", "gaussian", "student", "quantiles"] = "quantiles"
    linear: bool = False


def params_for(spec: ModelSpec) -> type[ModelParams]:
    """The `model:` section of tasks with this spec."""
    if spec.architecture == "encoder_decoder":
        return TranslatorParams
    if spec.architecture == "many_to_many":
        return WriterParams
    if spec.answers == "numbers":
        return ForecasterParams
    return ReaderParams if spec.vocab_size else ModelParams
