"""`task: language`: a text and what comes next in it; its sections of params.yaml."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kassandra.params import pipeline as params
from kassandra.params.model import WriterParams
from kassandra.params.pipeline import Fraction, Source, Train
from kassandra.params.section import Section


class LanguagePrepare(Section):
    """How a text becomes a stream of token ids, and splits by position. The vocabulary is that of train.

    tokens: `characters`, or `words`: what stands between spaces, and <eos> at the end of each line.
    vocab_size: words only: the most frequent are kept; null keeps all of train.
    test_fraction: the last part of the text; not used where the data come in splits.
    valid_fraction: the first part of what is left for train; not used where the data come in splits.
    """

    tokens: Literal["characters", "words"] = "characters"
    vocab_size: int | None = Field(None, ge=4, le=1_000_000)
    test_fraction: Fraction = 0.1
    valid_fraction: Fraction = 0.05

    @model_validator(mode="after")
    def vocab_size_is_used(self) -> Self:
        if self.vocab_size is not None and self.tokens == "characters":
            raise ValueError("tokens 'characters' does not use 'vocab_size': every character of train is kept")
        return self


class LanguageTrain(Train):
    """Of language models only:

    batch_size: so many places of the text are read at the same time, each going on where it stopped a step before.
    window: tokens read per step and place; gradients flow no further back (truncated back-propagation), the state does.
    activation_regularisation: weight of the mean square of the outputs (AR; Merity et al. 2017, section 4.4).
    temporal_regularisation: weight of the mean square of the outputs' change from step to step (TAR; the same).
    """

    batch_size: int = Field(32, ge=1, le=100_000)
    window: int = Field(64, ge=2, le=100_000)
    activation_regularisation: float = Field(0.0, ge=0)
    temporal_regularisation: float = Field(0.0, ge=0)


class Pipeline(params.Pipeline):
    """A text, read to tell the next character or word, and then to write."""

    task: Literal["language"]
    source: Source
    prepare: LanguagePrepare
    model: WriterParams
    train: LanguageTrain
