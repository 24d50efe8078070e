"""How your own sentences with a tag for each word are written."""

from typing import Literal, Self

from pydantic import model_validator

from kassandra.params.sections.table_file import Column, TableFile


class TaggedFile(TableFile):
    """Your own sentences with a tag for each word are a file, or a folder with `train`, `test` and perhaps `valid`
    (or `dev`) files, in one of four layouts. Words are taken as they stand: nothing is split or joined.

    layout: `columns`, a word and its tag in each line, an empty line between sentences (CoNLL; lines with -DOCSTART-
        are left out); `table`, a row for each word and a column that says which sentence it is of; `json`, lists of
        words and of tags of each sentence, one sentence a line or all in one list; `lines`, words in `<name>.seq.in`
        and tags in `<name>.seq.out`, line by line. null takes what the content shows.
    words, tags: names of the columns, or keys. In a file of `columns` without names they are `column 1`, `column 2`, …;
        null takes the first and the last of these, and else the only one with a usual name (word, token, tokens, …;
        tag, tags, ner_tags, …).
    sentence: of a `table`, the column that says the sentence; an empty cell is of the sentence above it.
    """

    layout: Literal["columns", "table", "json", "lines"] | None = None
    words: Column | None = None
    tags: Column | None = None
    sentence: Column | None = None

    @model_validator(mode="after")
    def sentence_is_of_a_table(self) -> Self:
        if self.sentence and self.layout not in (None, "table"):
            raise ValueError(f"layout {self.layout!r} does not use 'sentence'; only 'table' does")
        if self.words and self.words == self.tags:
            raise ValueError(f"'words' and 'tags' are both {self.words!r}; name two columns")
        return self
