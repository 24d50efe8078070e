"""The sections of any pipeline, and what a kind of input, or of target, adds to them."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections.model import Model

Fraction = Annotated[float, Field(gt=0, lt=1)]


class Source(Section):
    """Where the data come from: `dataset`, an entry of the catalogue, or `path`, your own file or folder.

    tolerate: share of rows, or of files, that may be unusable: they are left out, named and counted; more are refused.
    follow_links: whether symbolic links in your folder are followed where they lead out of it, or to a folder; they are
        left out, named and counted, otherwise.
    """

    dataset: str | None = Field(None, min_length=1)
    path: str | None = Field(None, min_length=1)
    tolerate: float = Field(0.01, ge=0, le=1)
    follow_links: bool = False

    @model_validator(mode="after")
    def one_place(self) -> Self:
        if (self.dataset is None) == (self.path is None):
            raise ValueError("give either 'dataset' (an entry of the catalogue) or 'path' (your own data)")
        if self.dataset and self.follow_links:
            raise ValueError("'follow_links' is for your own path; a 'dataset' has no links")
        return self


class Train(Section):
    """The training loop, the same for every pair.

    seeds: so many members are trained, each from a seed of its own that follows from `seed`, in up to as many processes
        as there are cores. Scores are means over them; with fewer than 3 there is no verdict on the method.
    epochs: passes over the train split.
    learning_rate: the peak of the schedule.
    schedule: `triangular` rises linearly over `warmup` of the steps and falls linearly to 0; `one-cycle` does so on
        cosine flanks from 1/25 of the peak; `cosine` falls from the peak at once; `constant` stays.
    beta2, weight_decay: of AdamW (Loshchilov & Hutter 2019); weight_decay 0 is Adam.
    clip: largest norm of the gradient; null does not clip.
    patience: epochs without a better validation score before training stops; null never stops early.
    keep: `best` keeps the weights of the epoch that is best on validation, `last` those of the last epoch.
    keep_by: the score on validation by which epochs are compared: `loss`, or one of the target's.
    precision: `bf16` computes matrix products in bfloat16 (autocast), weights stay fp32.
    device: `auto` takes CUDA where there is one.
    log: `tensorboard` also writes event files into runs/<name>/, which neither git nor DVC knows (extra `tensorboard`).
        No result depends on it; but DVC sees a key that changed, and trains again.
    threads: CPU threads; part of what decides the bits of the result. oneDNN's LSTM hardly uses a second one: measure.
    """

    seeds: int = Field(3, ge=1, le=1000)
    epochs: int = Field(5, ge=1, le=1_000_000)
    learning_rate: float = Field(1e-3, gt=0, lt=10)
    schedule: Literal["triangular", "one-cycle", "cosine", "constant"] = "triangular"
    warmup: float = Field(0.3, ge=0, lt=1)
    beta2: float = Field(0.99, gt=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    clip: float | None = Field(1.0, gt=0)
    patience: int | None = Field(None, ge=1)
    keep: Literal["best", "last"] = "best"
    keep_by: Any = "loss"  # which there are, the target says
    precision: Literal["fp32", "bf16"] = "fp32"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(1, ge=1, le=256)
    log: Literal["tensorboard"] | None = Field(None, exclude=True)  # so that checkpoints are found with it and without

    @model_validator(mode="after")
    def warmup_is_used(self) -> Self:
        if "warmup" in self.model_fields_set and self.schedule in ("cosine", "constant"):
            raise ValueError(f"schedule {self.schedule!r} does not use 'warmup'; 'triangular' and 'one-cycle' do")
        return self


class Nothing(Section):
    """No keys of its own."""


class Pipeline(Section):
    """What every pipeline has. `input` and `target` say which kinds narrow its sections; see pipeline.pipeline_of."""

    input: str
    target: str
    source: Source
    prepare: Section
    model: Model
    train: Train
    evaluate: Any = None

    @model_validator(mode="after")
    def a_pretraining_of_each_member(self) -> Self:
        pretrain = getattr(self.model, "pretrain", None)
        if pretrain and pretrain.seeds not in (1, self.train.seeds):
            raise ValueError(
                f"model.pretrain.seeds: {pretrain.seeds} pretrainings do not go with {self.train.seeds} members "
                f"(train.seeds); give {self.train.seeds}, or 1, which all members then share"
            )
        return self


class Sections(NamedTuple):
    """Of a pipeline's sections, those that a kind narrows. A pair's section has the keys of both its kinds.

    pipeline: checks that need several sections at once.
    """

    source: type[Source] = Source
    prepare: type[Section] = Nothing
    model: type[Model] = Model
    train: type[Train] = Train
    evaluate: type[Section] = Nothing
    pipeline: type[Pipeline] = Pipeline
