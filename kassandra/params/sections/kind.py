"""What a kind of input, or of target, adds to the sections of a pipeline."""

from typing import Annotated, NamedTuple

from pydantic import Field

from kassandra.contracts.section import Section
from kassandra.params.sections.model import Model
from kassandra.params.sections.source import Source
from kassandra.params.sections.train import Train

Fraction = Annotated[float, Field(gt=0, lt=1)]


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


class Sections(NamedTuple):
    """Of a pipeline's sections, those that a kind narrows. A pair's section has the keys of both its kinds.

    pipeline: checks that need several sections at once.
    """

    source: type[Source] = Source
    prepare: type[Section] = Nothing
    model: type[Model] = Model
    train: type[Train] = Train
    pipeline: type[Pipeline] = Pipeline
