"""`target: text`: a text for each input, as a translation or a caption is; its sections of params.yaml."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Fraction, Sections
from kassandra.params.sections.model import TokenModel

READS = ("pairs", "captions")


class Prepare(Section):
    """How texts become sequences of token ids, and splits. Vocabularies are those of train. Of images, what is said of
    pairs, sides and source sentences is meant of captions, captions and images.

    tokens: pieces of words: `bpe` (Sennrich et al. 2016) or `unigram` (Kudo 2018).
    vocab_size: of each vocabulary, <pad>, <unk>, <s> and </s> among them.
    min_frequency: bpe only: pairs of pieces seen less often in train are not joined.
    lowercase: whether both sides are lower-cased, and the translations with them.
    max_length: tokens of a side; longer pairs of train are left out and counted, those of valid and test stay.
    valid_fraction, test_fraction: shares of the different source sentences; not used where the data come in splits.
    limit: only so many pairs of train (and at most 1,000 sentences each of valid and test), drawn by seed; null takes
        all.
    """

    tokens: Literal["bpe", "unigram"] = "bpe"
    vocab_size: int = Field(8000, ge=32, le=500_000)
    min_frequency: int = Field(2, ge=1)
    lowercase: bool = False
    max_length: int = Field(60, ge=2, le=10_000)
    valid_fraction: Fraction = 0.02
    test_fraction: Fraction = 0.02
    limit: int | None = Field(None, ge=100)

    @model_validator(mode="after")
    def min_frequency_is_used(self) -> Self:
        if "min_frequency" in self.model_fields_set and self.tokens == "unigram":
            raise ValueError("tokens 'unigram' does not use 'min_frequency'; 'bpe' does")
        return self


class Decoder(Section):
    """What writes the translation, word by word, from what the encoder has read.

    attention: how each step looks back at the source: `additive` scores source step t by v · tanh(W h_t + U s)
        (Bahdanau et al. 2015, section 3.1), `dot` by h_t · s and `general` by h_t · W s (Luong et al. 2015, eq. 8), s
        being the decoder's state; `none` looks at nothing but the summary, which is all that the first state is made of
        (Sutskever et al. 2014).
    attention_size: width of the additive layer; null is the decoder's hidden size.
    input_feeding: whether a step also reads what the step before attended to (Luong et al. 2015, section 3.3). Steps
        then depend on each other, and training takes longer.
    num_layers, hidden_size: of the decoder; null takes those of the encoder.
    tied: whether a token of the target has one vector, both as input and as output (Press & Wolf 2017).
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


class Model(TokenModel):
    """Of models that translate; what stands here is the encoder's, as is the variant:

    decoder: what writes.
    reverse_source: whether the source is read from its end to its beginning (Sutskever et al. 2014, section 3.3).
    """

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


class Train(kind.Train):
    """Of models that write:

    label_smoothing: share of the target probability spread over the whole vocabulary (Szegedy et al. 2016).
    """

    keep_by: Literal["loss", "bleu"] = "loss"
    label_smoothing: float = Field(0.1, ge=0, lt=1)


sections = Sections(prepare=Prepare, model=Model, train=Train)
