"""`task: translation`: sentences and what they are in another language; its sections of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.params import pipeline as params
from kassandra.params.model import TranslatorParams
from kassandra.params.pipeline import Fraction, Source, Train
from kassandra.params.section import Section


class TranslationSource(Source):
    """One's own pairs are a file of two columns parted by a tab (.tsv, .txt; further columns are not read), or a folder
    of files that go line by line together: `<anything>.de` beside `<anything>.en`, or `train.de`, `valid.de`, `test.de`
    and their partners. UTF-8, no header, .gz or not.

    pair: from which language into which, `de-en`; of a file of two columns, its first is then `de`, and `en-de` turns
        them round for a data set. null takes the direction that the catalogue says, or the columns as they come.
    """

    pair: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_]+-[A-Za-z0-9_]+$")] = None


class TranslationPrepare(Section):
    """How pairs of sentences become sequences of token ids, and splits. Vocabularies are those of train.

    tokens: pieces of words: `bpe` (Sennrich et al. 2016) or `unigram` (Kudo 2018).
    vocabulary: `joint`, one for both languages, or `separate`.
    vocab_size: of each vocabulary, <pad>, <unk>, <s> and </s> among them.
    min_frequency: bpe only: pairs of pieces seen less often in train are not joined.
    lowercase: whether both sides are lower-cased, and the translations with them.
    max_length: tokens of a side; longer pairs of train are left out and counted, those of valid and test stay.
    max_ratio: pairs of which one side has so many times the characters of the other are taken for mistakes, left out
        and counted; of sides shorter than 20 characters, the difference has to be more than 20.
    valid_fraction, test_fraction: shares of the different source sentences; not used where the data come in splits.
    limit: only so many pairs of train (and at most 1,000 sentences each of valid and test), drawn by seed; null takes
        all.
    """

    tokens: Literal["bpe", "unigram"] = "bpe"
    vocabulary: Literal["joint", "separate"] = "joint"
    vocab_size: int = Field(8000, ge=32, le=500_000)
    min_frequency: int = Field(2, ge=1)
    lowercase: bool = False
    max_length: int = Field(60, ge=2, le=10_000)
    max_ratio: float = Field(4.0, gt=1)
    valid_fraction: Fraction = 0.02
    test_fraction: Fraction = 0.02
    limit: int | None = Field(None, ge=100)

    @model_validator(mode="after")
    def min_frequency_is_used(self) -> Self:
        if "min_frequency" in self.model_fields_set and self.tokens == "unigram":
            raise ValueError("tokens 'unigram' does not use 'min_frequency'; 'bpe' does")
        return self


class TranslationTrain(Train):
    """Of translation only:

    batch_tokens: a step reads pairs of about the same lengths, padded to the longest, so many target tokens in all.
    label_smoothing: share of the target probability spread over the whole vocabulary (Szegedy et al. 2016).
    """

    batch_tokens: int = Field(1536, ge=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)


class Pipeline(params.Pipeline):
    """Sentences in one language, and what they are in another."""

    task: Literal["translation"]
    source: TranslationSource
    prepare: TranslationPrepare
    model: TranslatorParams
    train: TranslationTrain
