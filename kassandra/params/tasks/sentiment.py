"""`task: sentiment`: texts with one label each, be it of two classes or of many; its sections of params.yaml."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kassandra.params import pipeline as params
from kassandra.params.model import ReaderParams
from kassandra.params.pipeline import Fraction, Source, Train
from kassandra.params.section import Section


class TextSource(Source):
    """One's own texts are a table: .csv, .tsv, .jsonl or .parquet, in UTF-8.

    text, label: names of its columns; null takes the only column with a usual name (text, review, …; label, stars, …).
    """

    text: str | None = Field(None, min_length=1)
    label: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def columns_are_of_a_path(self) -> Self:
        if self.dataset and (self.text or self.label):
            raise ValueError("'text' and 'label' name columns of your own file; a 'dataset' knows its own")
        return self


class SentimentPrepare(Section):
    """How texts become sequences of token ids, and splits. Vocabulary and labels are those of train.

    tokens: `words` (and punctuation marks), or pieces of words: `bpe` (Sennrich et al. 2016), `unigram` (Kudo 2018).
    vocab_size: the most frequent tokens are kept, <pad> and <unk> among them.
    min_frequency: tokens (bpe: pairs) seen less often in train are left out; unigram does not use it.
    lowercase: whether Good and good are one word.
    max_length: tokens kept of a text; of longer ones, `keep` says which: `start`, `end`, or `ends`, half of each.
    valid_fraction: share of the train texts kept for validation, drawn by class and seed.
    test_fraction: the same for the test split, where the data come without one.
    limit: only so many train texts (and as many for test), for a quick try; null takes all.
    """

    tokens: Literal["words", "bpe", "unigram"] = "words"
    vocab_size: int = Field(20000, ge=16, le=500_000)
    min_frequency: int = Field(2, ge=1)
    lowercase: bool = True
    max_length: int = Field(400, ge=2, le=100_000)
    keep: Literal["start", "end", "ends"] = "ends"
    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    limit: int | None = Field(None, ge=100)

    @model_validator(mode="after")
    def min_frequency_is_used(self) -> Self:
        if "min_frequency" in self.model_fields_set and self.tokens == "unigram":
            raise ValueError("tokens 'unigram' does not use 'min_frequency'; 'words' and 'bpe' do")
        return self


class SentimentTrain(Train):
    """Of texts only:

    batch_tokens: a step reads texts of about the same length, padded to the longest, so many tokens in all.
    label_smoothing: share of the target probability spread over all classes.
    """

    batch_tokens: int = Field(8192, ge=1)
    label_smoothing: float = Field(0.0, ge=0, lt=1)


class Pipeline(params.Pipeline):
    """Texts, each with a label: reviews and whether they praise, or whatever your own table holds."""

    task: Literal["sentiment"]
    source: TextSource
    prepare: SentimentPrepare
    model: ReaderParams
    train: SentimentTrain
