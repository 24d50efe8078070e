"""`input: audio`: its sections of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.folder import FolderOfFiles
from kassandra.params.sections.kind import Sections


class Prepare(Section):
    """What is read of recordings, and which speakers are in test.

    sample_rate: Hz; recordings at other rates are resampled to it.
    split: `official` is that of the data set (of your own recordings: folders `train` and `test`, or a share of each
        class); `speaker` holds out all recordings of `speakers`, so that the voices of test are not in train.
    speakers: names of those in test, for split `speaker`.
    mels: bands of the mel scale. frame: milliseconds of a frame, which is a step of the sequence. hop: milliseconds
        from the beginning of one to that of the next.
    deltas: whether each band's slope and the slope's slope are read too.
    """

    sample_rate: int = Field(8000, ge=2000, le=48_000)
    split: Literal["official", "speaker"] = "official"
    speakers: list[Annotated[str, Field(min_length=1)]] = Field([])
    mels: int = Field(40, ge=8, le=128)
    frame: float = Field(25.0, ge=5, le=200)
    hop: float = Field(10.0, ge=1, le=100)
    deltas: bool = False

    @model_validator(mode="after")
    def speakers_are_used(self) -> Self:
        if (self.split == "speaker") != bool(self.speakers):
            raise ValueError("split 'speaker' needs 'speakers', the names of those in test, and no other split uses it")
        if self.speakers and "test_fraction" in self.model_fields_set:
            raise ValueError("split 'speaker' does not use 'test_fraction': test is all that its 'speakers' say")
        return self


class Augment(Section):
    """What is done to recordings of train, afresh in each epoch; every value is a largest magnitude.

    shift: milliseconds of silence put before a recording, or cut from its beginning.
    speed: share by which it is played faster (and higher) or slower (and deeper).
    tempo: share by which it is spoken faster or slower, as high as before.
    noise: of white noise, as a share of the recording's own loudness.
    pitch: share by which the mel bands are stretched or squeezed, as by a shorter or longer throat (Jaitly & Hinton
        2013).
    colour: decibels of each of three cosines over the bands, of half a period, one, and one and a half, by which some
        become louder and others fainter, as with another microphone in another room.
    time_mask: milliseconds that are blanked, once; at most half of a recording. frequency_mask: mel bands that are, at
        most half of them (Park et al. 2019).
    """

    shift: float = Field(0.0, ge=0, le=1000)
    speed: float = Field(0.0, ge=0, lt=1)
    tempo: float = Field(0.0, ge=0, lt=1)
    noise: float = Field(0.0, ge=0, le=1)
    pitch: float = Field(0.0, ge=0, lt=1)
    colour: float = Field(0.0, ge=0, le=60)
    time_mask: float = Field(0.0, ge=0, le=1000)
    frequency_mask: int = Field(0, ge=0, le=64)


class Train(kind.Train):
    """Of recordings:

    batch_size: recordings per step, of about equal lengths.
    """

    batch_size: int = Field(32, ge=1, le=1_000_000)
    augment: Augment | None = None


examples = Sections(source=FolderOfFiles, prepare=Prepare, train=Train)
