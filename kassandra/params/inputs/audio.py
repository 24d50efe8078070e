"""`input: audio`: its sections of params.yaml."""

from typing import Annotated, Literal, Self, cast

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.folder import FolderOfFiles
from kassandra.params.sections.kind import Sections
from kassandra.params.sections.table_file import Column, TableFile


class Frames(Section):
    """What is read of recordings:

    sample_rate: Hz; recordings at other rates are resampled to it.
    mels: bands of the mel scale. frame: milliseconds of a frame, which is a step of the sequence. hop: milliseconds
        from the beginning of one to that of the next.
    deltas: whether each band's slope and the slope's slope are read too.
    """

    sample_rate: int = Field(8000, ge=2000, le=48_000)
    mels: int = Field(40, ge=8, le=128)
    frame: float = Field(25.0, ge=5, le=200)
    hop: float = Field(10.0, ge=1, le=100)
    deltas: bool = False


class Prepare(Frames):
    """Which speakers are in test.

    split: `official` is that of the data set (of your own recordings: folders `train` and `test`, or a share of each
        class); `speaker` holds out all recordings of `speakers`, so that the voices of test are not in train.
    speakers: names of those in test, for split `speaker`.
    """

    split: Literal["official", "speaker"] = "official"
    speakers: list[Annotated[str, Field(min_length=1)]] = Field([])

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
        become louder and others fainter, as with another microphone in another room. Of use where a recording is not
        normalised band by band.
    time_mask: milliseconds that are blanked; at most half of a recording. frequency_mask: mel bands that are, at most
        half of them (Park et al. 2019). masks: so many gaps of each of the two kinds, each with its own width.
    """

    shift: float = Field(0.0, ge=0, le=1000)
    speed: float = Field(0.0, ge=0, lt=1)
    tempo: float = Field(0.0, ge=0, lt=1)
    noise: float = Field(0.0, ge=0, le=1)
    pitch: float = Field(0.0, ge=0, lt=1)
    colour: float = Field(0.0, ge=0, le=60)
    time_mask: float = Field(0.0, ge=0, le=1000)
    frequency_mask: int = Field(0, ge=0, le=64)
    masks: int = Field(1, ge=1, le=100)

    @model_validator(mode="after")
    def masks_are_used(self) -> Self:
        if "masks" in self.model_fields_set and not (self.time_mask or self.frequency_mask):
            raise ValueError("'masks' counts gaps, of which there are none; set 'time_mask' or 'frequency_mask' too")
        return self


class Train(kind.Train):
    """Of recordings:

    batch_size: recordings per step, of about equal lengths.
    """

    batch_size: int = Field(32, ge=1, le=1_000_000)
    augment: Augment | None = None


class TranscriptsSource(TableFile):
    """Recordings with a transcript each: a folder with a table, whose rows have a file, a text and perhaps who speaks.
    Known by their names are `transcripts.tsv` (or .csv, .jsonl, …), LJSpeech's `metadata.csv` with `wavs/`, Common
    Voice's `train.tsv`, `dev.tsv` and `test.tsv` with `clips/`, and Kaldi's `text` with `wav.scp`, all of them also in
    folders `train`, `dev` and `test`. With `prepare.compose`, recordings of single words as those of target label are.

    transcripts: the table, where it is called otherwise.
    file, text, speaker, split: names of its columns; null takes the only one with a usual name (file, path, audio, …;
        text, sentence, transcript, …; speaker, voice, client_id, …; split). The last two may be missing.
    """

    transcripts: Column | None = None
    file: Column | None = None
    text: Column | None = None
    speaker: Column | None = None
    split: Column | None = None


class Compose(Section):
    """Strings of words that are put together from recordings of single words, clips, of one speaker each, made equally
    loud. A clip is of one split alone; the strings of train use each of its clips `repeats` times, those of valid and
    test once.

    fewest, most: clips of a string.
    pause_from, pause_to: shortest and longest silence between two clips, in milliseconds.
    """

    fewest: int = Field(3, ge=1, le=100)
    most: int = Field(7, ge=1, le=100)
    pause_from: float = Field(0.0, ge=0, le=5000)
    pause_to: float = Field(300.0, ge=0, le=5000)
    repeats: int = Field(5, ge=1, le=1000)

    @model_validator(mode="after")
    def in_order(self) -> Self:
        for low, high in (("fewest", "most"), ("pause_from", "pause_to")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low!r} {getattr(self, low):g} is above {high!r} {getattr(self, high):g}")
        return self


class TranscriptsPrepare(Frames):
    """Of recordings with transcripts:

    split: `text` draws the texts of valid and test, so that no text is in two splits; `given` takes the splits that the
        data come in; `speaker` holds out all recordings of `speakers`. What is not given is drawn by text.
    speakers: names of those in test, for split `speaker`.
    only_speakers: names of those whose recordings are used; the others are left out and counted. Empty takes all. To
        choose settings for new voices, hold out one of train: `speakers: [ann]` among `only_speakers: [ann, bob, cem]`.
    normalise: `band` has mean 0 and standard deviation 1 in each band of a recording (Viikki & Laurila 1998), which
        takes away what voice and microphone add to all of it; `recording` in all bands together.
    stack: so many frames side by side are one step, and a sequence is as many times shorter.
    compose: null takes recordings as they are.
    """

    split: Literal["text", "given", "speaker"] = "text"
    speakers: list[Annotated[str, Field(min_length=1)]] = Field([])
    only_speakers: list[Annotated[str, Field(min_length=1)]] = Field([])
    normalise: Literal["band", "recording"] = "band"
    stack: int = Field(3, ge=1, le=20)
    compose: Compose | None = None

    @model_validator(mode="after")
    def speakers_are_used(self) -> Self:
        if (self.split == "speaker") != bool(self.speakers):
            raise ValueError("split 'speaker' needs 'speakers', the names of those in test, and no other split uses it")
        if self.only_speakers and (missing := sorted(set(self.speakers) - set(self.only_speakers))):
            raise ValueError(f"'speakers' names {missing[0]!r}, whose recordings 'only_speakers' leaves out")
        if self.compose and self.split == "text":
            raise ValueError("'compose' splits clips, not texts: choose split 'given', or 'speaker' with 'speakers'")
        return self


class TranscriptsPipeline(kind.Pipeline):
    """Of recordings with transcripts."""

    @model_validator(mode="after")
    def colour_is_heard(self) -> Self:
        prepare, train = cast(TranscriptsPrepare, self.prepare), cast(Train, self.train)
        if train.augment and train.augment.colour and prepare.normalise == "band":
            raise ValueError(
                "prepare.normalise 'band' takes away what train.augment.colour adds to a band; leave 'colour' out, or "
                "choose normalise 'recording'"
            )
        return self


examples = Sections(source=FolderOfFiles, prepare=Prepare, train=Train)
transcripts = Sections(source=TranscriptsSource, prepare=TranscriptsPrepare, train=Train, pipeline=TranscriptsPipeline)
