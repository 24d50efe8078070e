"""What a kind of input offers to the files of a user: a section of params.yaml, and what was seen and guessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.detection.content import Lines, form_of, lines_of
from kassandra.detection.folder import Tree, tree_of
from kassandra.detection.table import Asked, Column, Table, table_of
from kassandra.sources.own.split_names import splits_named
from kassandra.sources.own.tables_of import BESIDE, stem

Ask = Callable[[str, Sequence[str], str], str]  # a question, its answers, and the one that is taken without a terminal
Answer = Callable[[Table, Column], float]
MOST_TABLES = 10_000  # in one folder
ENDINGS = {".csv", ".tsv", ".txt", ".tab", ".dat", ".jsonl", ".json", ".ndjson", ".xlsx", ".parquet", ".gz"}


class Decided(KassandraError):
    """What a file is, is certain, and that no kind reads it as it stands."""


@dataclass(frozen=True)
class Wish:
    """What the user said: the column that is to be predicted, the kind of target, and how the table is written. made:
    what can be predicted besides columns, such as the return of prices."""

    target: str | None = None
    kind: str | None = None
    asked: Asked = field(default_factory=Asked)
    made: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Look:
    """A file or folder of a user, looked at as far as somebody asks.

    answer: how well a column of a table would do as the answers of the target that is looked for, from 0 to 1; None
        leaves it to the input, which looks for labels.
    """

    path: Path
    wish: Wish
    ask: Ask
    answer: Answer | None = None

    def for_answers(self, answer: Answer | None) -> Self:
        """The same for a target with other answers; what is known of the file already, is not looked at again."""
        look = replace(self, answer=answer)
        vars(look).update({**vars(self), "answer": answer})
        return look

    @cached_property
    def form(self) -> str:
        """`folder`, or what content.form_of says."""
        return "folder" if self.path.is_dir() else form_of(self.path)

    @cached_property
    def tree(self) -> Tree | None:
        """Of a folder, or of an archive of one."""
        return tree_of(self.path) if self.form in ("folder", "archive") else None

    def files_of(self, is_one: Callable[[Path], bool], endings: tuple[str, ...], most: int) -> list[str]:
        """Those of a kind among the files of a folder, by the content of some; of an archive by their names."""
        assert self.tree is not None
        if self.form == "archive":
            return [name for name in self.tree.files if name.lower().endswith(endings)]
        return self.tree.of_kind(is_one, most)

    @cached_property
    def together(self) -> list[Path]:
        """The files of a folder that holds nothing but files, or one folder of them; those beside tables left out."""
        if self.form != "folder" or self.tree is None or len({Path(name).parent for name in self.tree.files}) > 1:
            return []
        files = [self.path / name for name in self.tree.files]
        return [file for file in files if not BESIDE.fullmatch(file.name)] or files

    @cached_property
    def tables(self) -> dict[str, Path]:
        """Of a folder with nothing but files, those with names as train.csv and test.csv, or x_train.csv and
        x_test.csv, by split."""
        named = splits_named(stem(file) for file in self.together)
        by_split = {named[stem(file)]: file for file in self.together if stem(file) in named}
        return by_split if "train" in by_split else {}

    @cached_property
    def alike(self) -> list[Path]:
        """Several tables of one folder that are no splits, with the columns of the first, as far as some are looked at;
        none where one is otherwise."""
        files = self.together
        if self.tables or not 2 <= len(files) <= MOST_TABLES or len({file.suffix.lower() for file in files}) > 1:
            return []
        if files[0].suffix.lower() not in ENDINGS:
            return []
        some = [table_of(file, self.wish.asked) for file in files[:: max(1, len(files) // 5)]]
        names = [table.names if table else [] for table in some]
        return files if all(one and one == names[0] for one in names) else []

    @cached_property
    def table(self) -> Table | None:
        """Of a file; of a folder that of train, if its files are splits, the only one, or the first of those alike."""
        if self.form == "folder":
            if self.tables:
                return self._table(self.tables["train"])
            only = self.together if len(self.together) == 1 else self.alike
            return self._table(only[0]) if only else None
        return self._table(self.path) if self.form != "archive" else None

    def _table(self, path: Path) -> Table | None:
        table = table_of(path, self.wish.asked)
        named = self.wish.target or self.wish.asked.time
        for option, name in (("--target", self.wish.target), ("--time", self.wish.asked.time)):
            if table and named and name is not None and name not in table.names and name not in self.wish.made:
                raise KassandraError(unknown(f"{option}: {path}", "column", name, table.names))
        return table

    @cached_property
    def lines(self) -> Lines | None:
        """Of a file of text."""
        return lines_of(self.path) if self.form == "text" else None


@dataclass
class Proposal:
    """A section of params.yaml.

    source, prepare, model, train: its keys, those of the target not yet among them. seen, guessed: for its comment.
    rows: the first ones, as they are read. examples: how many (of series rows of the shortest; of a stream tokens).
    steps: of one. classes: labels, with counts. splits: those that the data come in. season: of series, rows until the
    same may come back, as clocks and calendars have it; seasons: those that the values show, rising, None where nobody
    has looked; series: how many there are.
    others: keys of `prepare` to try one after another, should the reader refuse the first.
    """

    input: str
    target: str
    source: dict[str, Any] = field(default_factory=dict)
    prepare: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    examples: int = 0
    steps: int = 1
    classes: dict[str, int] = field(default_factory=dict)
    splits: frozenset[str] = frozenset()
    season: int | None = None
    seasons: list[int] | None = None
    series: int = 1
    others: list[dict[str, Any]] = field(default_factory=list)

    def section(self) -> dict[str, Any]:
        """As it stands under its name."""
        parts = {"source": self.source, "prepare": self.prepare, "model": self.model, "train": self.train}
        return {"input": self.input, "target": self.target, **parts}
