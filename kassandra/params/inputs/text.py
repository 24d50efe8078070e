"""`input: text`: its sections of params.yaml, for texts with an answer each, one long text, pairs of texts, or
sentences with an answer for each word."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.folder import Folder, Name
from kassandra.params.sections.kind import Sections
from kassandra.params.sections.model import TokenModel
from kassandra.params.sections.table_file import Column, OwnFile, TableFile
from kassandra.params.sections.tagged_file import TaggedFile


class ExamplesSource(TableFile, Folder):
    """Your own texts are a table with a column of texts and one of labels, or a folder with `train`, `test` and perhaps
    `valid` tables; or a folder of files, each of them a text. Labels that are numbers are the same however they are
    written: `5`, `5.0`.

    text, label: names of its columns; null takes the only column with a usual name (text, review, …; label, stars, …).
        A list of labels is a column for each, which is 1 where a text has it; a text has one, or with
        `prepare.labels: many` any number.
    files: what several tables in one folder are: `labels`, one for each label, named so; `parts`, parts of one. null
        expects one table, or one for each split.
    layout: what the lines of a file are that is no table: `lines`, a text each, with a file for each label, named so;
        `fasttext`, `__label__spam` and a text each; `first`, a label, a space and a text each. null is a table.
    """

    text: str | None = Field(None, min_length=1)
    label: Name | Annotated[list[Name], Field(min_length=2)] | None = None
    files: Literal["labels", "parts"] | None = None
    layout: Literal["lines", "fasttext", "first"] | None = None

    @model_validator(mode="after")
    def labels_are_said_once(self) -> Self:
        if self.label and (self.files == "labels" or self.layout):
            what = f"layout {self.layout!r}" if self.layout else "files 'labels'"
            raise ValueError(f"{what} does not use 'label', as files, or their lines, say the labels")
        if self.layout and (self.text or self.files):
            raise ValueError(f"layout {self.layout!r} has no columns and no 'files'; leave them out")
        return self


class ExamplesPrepare(Section):
    """How texts become sequences of token ids. The vocabulary is that of train.

    tokens: `words` (and punctuation marks), or pieces of words: `bpe` (Sennrich et al. 2016), `unigram` (Kudo 2018); or
        `characters`, for names and other short texts.
    vocab_size: the most frequent tokens are kept, <pad> and <unk> among them.
    min_frequency: tokens (bpe: pairs) seen less often in train are left out; unigram does not use it.
    lowercase: whether Good and good are one word.
    max_length: tokens kept of a text; of longer ones, `keep` says which: `start`, `end`, or `ends`, half of each.
    """

    tokens: Literal["words", "bpe", "unigram", "characters"] = "words"
    vocab_size: int = Field(20000, ge=16, le=500_000)
    min_frequency: int = Field(2, ge=1)
    lowercase: bool = True
    max_length: int = Field(400, ge=2, le=100_000)
    keep: Literal["start", "end", "ends"] = "ends"

    @model_validator(mode="after")
    def min_frequency_is_used(self) -> Self:
        if "min_frequency" in self.model_fields_set and self.tokens == "unigram":
            raise ValueError("tokens 'unigram' does not use 'min_frequency'; 'words' and 'bpe' do")
        return self


class Pretrain(Section):
    """Before it is trained on labels, the model learns to predict the next token of the train texts (Dai & Le 2015).

    Each direction that the model reads in does so on its own; the token vectors are learned by the forward one.

    seeds: one pretraining for each member of `train`, or 1 that all of them share, which is cheaper.
    epochs: passes over the train texts. learning_rate: the peak of a triangular schedule.
    batch_size, window: as in `train` of target next.
    samples: as in `model` of target next.
    precision, threads: as in `train`.
    """

    seeds: Annotated[int, Field(ge=1, le=1000)] = 3
    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    learning_rate: Annotated[float, Field(gt=0, lt=10)] = 3e-3
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 32
    window: Annotated[int, Field(ge=2, le=100_000)] = 70
    samples: Annotated[int | None, Field(ge=1)] = 2000
    precision: Literal["fp32", "bf16"] = "bf16"
    threads: Annotated[int, Field(ge=1, le=256)] = 1


class ExamplesModel(TokenModel):
    """Of texts with an answer each:

    pretrain: null begins with random weights.
    linear: whether a linear model of the words and pairs of words that occur, fitted on train, is added to the LSTM,
        with factors that validation chooses: of labels as Wang & Manning (2012) do, of numbers ridge regression. Of
        targets label and number.
    """

    pretrain: Pretrain | None = None
    linear: bool = False

    @model_validator(mode="after")
    def pretrained_layer_by_layer(self) -> Self:
        if self.pretrain and self.bidirectional and self.num_layers > 1:
            raise ValueError(
                "'pretrain' cannot be done for several bidirectional layers, as those above the first read both "
                "directions; use num_layers: 1, or bidirectional: false"
            )
        return self


class ExamplesTrain(kind.Train):
    """Of texts:

    batch_tokens: a step reads texts of about the same length, padded to the longest, so many tokens in all.
    """

    batch_tokens: int = Field(8192, ge=1)


class StreamPrepare(Section):
    """How a text becomes a stream of token ids. The vocabulary is that of train.

    tokens: `characters`, or `words`: what stands between spaces, and <eos> at the end of each line.
    vocab_size: words only: the most frequent are kept; null keeps all of train.
    """

    tokens: Literal["characters", "words"] = "characters"
    vocab_size: int | None = Field(None, ge=4, le=1_000_000)

    @model_validator(mode="after")
    def vocab_size_is_used(self) -> Self:
        if self.vocab_size is not None and self.tokens == "characters":
            raise ValueError("tokens 'characters' does not use 'vocab_size': every character of train is kept")
        return self


class StreamTrain(kind.Train):
    """Of one long text:

    batch_size: so many places of the text are read at the same time, each going on where it stopped a step before.
    window: tokens read per step and place; gradients flow no further back (truncated back-propagation), the state does.
    """

    batch_size: int = Field(32, ge=1, le=100_000)
    window: int = Field(64, ge=2, le=100_000)


class PairsSource(TableFile):
    """Your own pairs are a table of two columns or more, or a folder of files that go line by line together:
    `<anything>.de` beside `<anything>.en`, or `train.de`, `valid.de`, `test.de` and their partners, .gz or not.

    pair: from which language into which, `de-en`; of a table, the first of its two columns is then `de`, and `en-de`
        turns them round for a data set. null takes the direction that the catalogue says, or the columns as they come.
    text, translation: names of the two columns of a table; null takes the first two. A table of which neither these,
        `header` nor `columns` is said has no header, and a tab between its columns.
    """

    pair: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_]+-[A-Za-z0-9_]+$")] = None
    text: Column | None = None
    translation: Column | None = None

    @model_validator(mode="after")
    def both_columns_are_named(self) -> Self:
        if (self.text is None) != (self.translation is None):
            raise ValueError("name both 'text' and 'translation', the columns of the two languages, or neither")
        if self.text and self.text == self.translation:
            raise ValueError(f"'text' and 'translation' are both {self.text!r}; name two columns")
        return self


class PairsPrepare(Section):
    """Which pairs of texts are taken, and their vocabularies.

    vocabulary: `joint`, one for both languages, or `separate`.
    max_ratio: pairs of which one side has so many times the characters of the other are taken for mistakes, left out
        and counted; of sides shorter than 20 characters, the difference has to be more than 20.
    """

    vocabulary: Literal["joint", "separate"] = "joint"
    max_ratio: float = Field(4.0, gt=1)


class PairsTrain(kind.Train):
    """Of pairs of texts:

    batch_tokens: a step reads pairs of about the same lengths, padded to the longest, so many target tokens in all.
    """

    batch_tokens: int = Field(1536, ge=1)


class StepsPrepare(Section):
    """How words become ids. The vocabulary, and the letters, are those of train.

    vocab_size: the most frequent words are kept, <pad> and <unk> among them.
    min_frequency: words seen less often in train are <unk>: with 1, train has none, and the model never learns what to
        do with one.
    lowercase: whether Good and good are one word; their letters stay as they are.
    max_length: longer sentences are cut into parts of so many words, and counted.
    """

    vocab_size: int = Field(50_000, ge=4, le=1_000_000)
    min_frequency: int = Field(2, ge=1)
    lowercase: bool = True
    max_length: int = Field(256, ge=2, le=100_000)


class Letters(Section):
    """What a word is spelled like: an LSTM reads its letters forwards, another backwards (Lample et al. 2016).

    embedding_size: width of the vector of each letter. hidden_size: of each of the two.
    longest: letters read of a word; of longer ones the first half and the last.
    """

    embedding_size: int = Field(25, ge=1, le=4096)
    hidden_size: int = Field(25, ge=1, le=4096)
    longest: int = Field(20, ge=2, le=1000)


class StepsModel(TokenModel):
    """Of words with an answer each:

    letters: the vector of a word goes on with what its letters say; null reads the words alone. `embedding_dropout` is
        of both.
    """

    letters: Letters | None = None


class StepsTrain(kind.Train):
    """Of sentences with an answer for each word:

    batch_tokens: a step reads sentences of about the same length, padded to the longest, so many words in all.
    """

    batch_tokens: int = Field(512, ge=1)


examples = Sections(source=ExamplesSource, prepare=ExamplesPrepare, model=ExamplesModel, train=ExamplesTrain)
stream = Sections(source=OwnFile, prepare=StreamPrepare, model=TokenModel, train=StreamTrain)
pairs = Sections(source=PairsSource, prepare=PairsPrepare, model=TokenModel, train=PairsTrain)
steps = Sections(source=TaggedFile, prepare=StepsPrepare, model=StepsModel, train=StepsTrain)
