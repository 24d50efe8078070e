"""How a folder of your own says the label of each file in it: by its folders, its names, or a table."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from kassandra.params.sections.table_file import OwnFile

Name = Annotated[str, Field(min_length=1, max_length=1000)]
OF_TABLE = ("file", "split", "fold", "test_fold", "valid_fold", "group")


class Folder(OwnFile):
    """Your own folder, or an archive of one (.zip, .tar, .tar.gz, …), holds a folder for each label. Folders called
    `train`, `valid` (or `val`, `dev`, `validation`) and `test` are splits, above those of the labels or within them; so
    are the lists `testing_list.txt` and `validation_list.txt`. Folders whose names begin with `.` or `_` are no labels.

    labels: a table in the folder (.csv, .tsv, .xlsx, .jsonl, .parquet) that says the label of each file; or a list of
        such tables, whose names or folders say the splits. A file is named by its path, or its name, with or without
        the ending.
    file, label, split, fold: names of the table's columns. null takes the only column with a usual name (filename,
        image, id, …; label, class, category, …; split; fold); of two columns, one of which is known, the other.
        `split` says train, valid or test; `fold` is a number. A list of labels is a column for each, which is 1 where
        a file has it; a file has one, or with `prepare.labels: many` any number.
    group: a column that says what a file belongs to: who speaks in a recording (see `prepare.split`); of images and
        texts, all of a group (a patient, a camera, an author) stay in one split.
    test_fold: the fold that is test; null takes the last one. valid_fold: the one that is valid; null draws it.
    label_pattern: instead of folders, a regular expression (RE2) that is looked for in the path of each file within the
        folder; its group `(?P<label>…)` is the label. Groups `split` and `group` may stand in it too.
    """

    labels: Name | Annotated[list[Name], Field(min_length=2)] | None = None
    file: Name | None = None
    label: Name | Annotated[list[Name], Field(min_length=2)] | None = None
    split: Name | None = None
    fold: Name | None = None
    group: Name | None = None
    test_fold: int | None = Field(None, ge=0)
    valid_fold: int | None = Field(None, ge=0)
    label_pattern: Name | None = None

    @model_validator(mode="after")
    def keys_of_a_folder_are_used(self) -> Self:
        named = [key for key in (*OF_TABLE, "labels", "label_pattern") if getattr(self, key) is not None]
        if self.labels and self.label_pattern:
            raise ValueError("give 'labels', a table, or 'label_pattern', but not both")
        if not self.has_table and (unused := [key for key in named if key in OF_TABLE]):
            raise ValueError(f"{unused[0]!r} is of the table that 'labels' names; name one, or leave it out")
        if self.split and (unused := [key for key in named if "fold" in key]):
            raise ValueError(f"{unused[0]!r} is not used with 'split'; give one of both")
        if self.test_fold is not None and self.test_fold == self.valid_fold:
            raise ValueError(f"'test_fold' and 'valid_fold' are both {self.test_fold!r}; name two folds")
        if self.label_pattern and "(?P<label>" not in self.label_pattern:
            raise ValueError("'label_pattern' has no group '(?P<label>…)', which says what the label is")
        return self

    @property
    def has_table(self) -> bool:
        """Whether a table says the labels."""
        return self.labels is not None


class FolderOfFiles(Folder):
    """Of images and recordings, `label` names a column of the table of `labels` too."""

    @model_validator(mode="after")
    def label_is_of_a_table(self) -> Self:
        if self.label and not self.has_table:
            raise ValueError("'label' is of the table that 'labels' names; name one, or leave it out")
        return self
