"""`target: transcript`: what is said in each recording, as text; its sections of params.yaml."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.kind import Fraction, Sections
from kassandra.params.sections.model import Model as AnyModel

READS = ("transcripts",)


class Prepare(Section):
    """How transcripts become sequences of tokens, and splits. The vocabulary is that of train. What is trained on and
    scored is the text in this form; how many transcripts it changes is printed.

    tokens: `characters`, the space among them; `words`, for small vocabularies; or pieces of words, `bpe` (Sennrich et
        al. 2016) or `unigram` (Kudo 2018).
    vocab_size: largest number of tokens.
    min_frequency: tokens (bpe: pairs) seen less often in train are left out; unigram does not use it.
    lowercase: whether Good and good are one word.
    marks: whether marks such as `,` and `?` are kept; an apostrophe or a hyphen within a word always is.
    valid_fraction, test_fraction: shares of the different texts, where the data come without such a split. (Of clips to
        be composed, of each speaker's.)
    limit: only so many recordings of train, drawn by seed; null takes all.
    """

    tokens: Literal["characters", "words", "bpe", "unigram"] = "characters"
    vocab_size: int = Field(500, ge=8, le=100_000)
    min_frequency: int = Field(1, ge=1)
    lowercase: bool = True
    marks: bool = False
    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1
    limit: int | None = Field(None, ge=10)

    @model_validator(mode="after")
    def min_frequency_is_used(self) -> Self:
        if "min_frequency" in self.model_fields_set and self.tokens == "unigram":
            raise ValueError("tokens 'unigram' does not use 'min_frequency'; the others do")
        return self


class Ngram(Section):
    """A Kneser-Ney model of the texts of train that is asked beside the recogniser. `python -m benchmarks.decoding
    <pipeline>` tries some on validation.

    order: tokens of the longest n-gram. weight: what its log-probabilities are multiplied by.
    bonus: nats added for each token, as an n-gram model favours short texts.
    """

    order: int = Field(3, ge=1, le=10)
    weight: float = Field(0.5, ge=0, le=10)
    bonus: float = Field(0.0, ge=-20, le=20)


class Decoder(Section):
    """How a text is read off the probabilities of each step.

    beam: so many beginnings of a text are followed at the same time (Hannun et al. 2014); 1 takes the likeliest token
        of each step.
    ngram: null asks no further model.
    """

    beam: int = Field(8, ge=1, le=1000)
    ngram: Ngram | None = None

    @model_validator(mode="after")
    def ngram_is_used(self) -> Self:
        if self.ngram and self.beam == 1:
            raise ValueError("'ngram' is not asked with beam 1; follow several beginnings")
        return self


# Of a variant that sums up a whole sequence nothing but the layers below its summary would be used.
STEPWISE = {name: keys - {"readout"} for name, keys in AnyModel.USES.items() if name != "attention"}


class Model(AnyModel):
    """Of models that transcribe, by connectionist temporal classification (Graves et al. 2006): at each step they
    choose a token or none, and the loss sums over all ways in which the steps may write a text.

    decoder: how the text is read off.
    """

    USES: ClassVar[dict[str, set[str]]] = STEPWISE

    variant: Literal[*STEPWISE]  # type: ignore[valid-type]
    decoder: Decoder = Decoder()

    @model_validator(mode="before")
    @classmethod
    def refuse_a_summary(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("variant") == "attention":
            why = "variant 'attention' sums up a whole sequence, but a transcript is written step by step"
            raise ValueError(f"{why}; choose one of {sorted(STEPWISE)}")
        return values


class Train(kind.Train):
    """Of models that transcribe:

    keep_by: `word_accuracy` is 100 minus the word error rate of the likeliest token of each step.
    """

    keep_by: Literal["loss", "word_accuracy"] = "loss"


sections = Sections(prepare=Prepare, model=Model, train=Train)
