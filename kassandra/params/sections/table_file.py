"""How a table of your own is written: what is known of its file stands in `source`, as keys."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from kassandra.params.sections.kind import Source

Column = Annotated[str, Field(min_length=1)]
Mark = Annotated[str, Field(max_length=100)]
WHITESPACE = "whitespace"  # as a delimiter
EVERYWHERE = {
    "dataset",
    "path",
    "tolerate",
    "follow_links",
    "pair",
    "network",
}  # the keys that a data set of the catalogue has too


class OwnFile(Source):
    """A file or folder of your own.

    encoding: of text, as Python names it (`latin-1`, `cp1252`, `utf-16`); null is UTF-8.
    """

    encoding: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.:-]{2,40}$")] = None

    @field_validator("encoding")
    @classmethod
    def encoding_is_known(cls, value: str | None) -> str | None:
        try:
            known = value is None or "a".encode(value) is not None
        except (LookupError, UnicodeError, ValueError):
            known = False
        if not known:
            raise ValueError(f"{value!r} is no encoding of text that Python knows, as latin-1, cp1252 and utf-16 are")
        return value

    @model_validator(mode="after")
    def keys_are_of_a_path(self) -> Self:
        if self.dataset and (named := sorted(self.model_fields_set - EVERYWHERE)):
            raise ValueError(f"{named[0]!r} is for your own file; a 'dataset' knows how its files are written")
        return self


class TableFile(OwnFile):
    """A table is .csv, .tsv, .jsonl, .xlsx or .parquet, packed (.gz, .bz2, .xz, .zip) or not; its content says which,
    whatever its name is. A column without a name is called `column 1`, `column 2`, … after its place.

    delimiter: what parts the cells of a line, one character, or `whitespace`: any number of spaces and tabs; null takes
        a tab in .tsv, else the first of `,` `;` tab `|` that stands in the header.
    quotes: whether a cell may stand in double quotes, so that it can hold the delimiter; false takes them as they are.
    decimal: the mark before the decimals of a number. thousands: the one between thousands (a space stands for all
        kinds of space); null has none.
    suffixes: whether numbers may have a suffix: `1.5K`, `30.96M`, `2B`, `1T` are multiplied; `-0.32%` is -0.32.
    units: what stands before or after numbers and is left off, as `["$", "kWh"]`; (1.50) is -1.50 then, as
        with `["()"]` alone.
    missing_values: what stands in cells without a value, besides nothing at all: `["NA", "-", "-9999"]`.
    skip_rows: lines before the header (or before the first row). skip_footer: lines after the last row; empty lines do
        not count.
    header: `row` names the columns; with `none` the first line is a row.
    header_rows: lines of the header: the first has the names, those below it (units, tickers) are not read.
    columns: names of all columns in their order, in place of those of the file.
    sheet: of .xlsx; null takes the first.
    """

    delimiter: Annotated[str | None, Field(pattern=rf"^([^\n]|{WHITESPACE})$")] = None
    quotes: bool = True
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    suffixes: bool = False
    units: list[Annotated[str, Field(min_length=1, max_length=20)]] = Field([], max_length=100)
    missing_values: list[Mark] = Field([], max_length=1000)
    skip_rows: int = Field(0, ge=0, le=1_000_000)
    skip_footer: int = Field(0, ge=0, le=1_000_000)
    header: Literal["row", "none"] = "row"
    header_rows: int = Field(1, ge=1, le=100)
    columns: Annotated[list[Column], Field(min_length=1)] | None = None
    sheet: Column | None = None

    @model_validator(mode="after")
    def keys_fit_each_other(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"'decimal' and 'thousands' are both {self.decimal!r}; which of them is it?")
        if self.delimiter in ('"', "\n", "\r"):
            raise ValueError(f"delimiter {self.delimiter!r} cannot part cells")
        if "header_rows" in self.model_fields_set and self.header == "none":
            raise ValueError("'header_rows' is not used with header 'none'; 'skip_rows' leaves lines out")
        if twice := [name for name in self.columns or [] if (self.columns or []).count(name) > 1]:
            raise ValueError(f"columns: {twice[0]!r} is named more than once; give each a name of its own")
        return self
