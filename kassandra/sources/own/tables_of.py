"""The tables in a folder of a user's: one, or one for each split, or several with the same columns."""

import re
from collections.abc import Sequence
from pathlib import Path

from kassandra.contracts.artifacts import files_in
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.contracts.splits import SPLIT_OF, WHOLE
from kassandra.sources.own.file_names import ENDING
from kassandra.sources.own.split_names import splits_named

# What lies beside a table and is none.
BESIDE = re.compile(
    r"(.*[._ -])?(readme|license|licence|citation|changelog|about)\b.*|.*\.(md|pdf|ipynb|py|r|html?)", re.IGNORECASE
)
ENDINGS = {".csv", ".tsv", ".txt", ".tab", ".dat", ".jsonl", ".xlsx", ".parquet", ".gz", ".bz2", ".xz"}  # of tables
SHARD = re.compile(r"-\d{5}-of-\d{5}(-[0-9a-f]+)?$")


def tables_in(raw: Path) -> tuple[list[Path], list[str]]:
    """The tables of a folder, or a file alone; and what is set aside, said in a sentence."""
    files = [raw] if raw.is_file() else files_in(raw)
    others = [path for path in files if BESIDE.fullmatch(path.name)]
    if not others or len(others) == len(files):
        return files, []
    said = f"{raw}: {len(others)} files that are no tables are set aside: {some(path.name for path in others)}"
    return [path for path in files if path not in others], [said]


def stem(path: Path) -> str:
    """The name of a file without its ending, by which it is called like a split; without the number of a part of one,
    as data sets have it on the Hugging Face hub.

    >>> stem(Path("raw/train.csv.gz")), stem(Path("train-00000-of-00001-a09b74b3.parquet")), stem(Path("reviews.train"))
    ('train', 'train', 'reviews.train')
    """
    begin = SHARD.sub("", path.name.partition(".")[0])
    return begin if begin.lower() in SPLIT_OF else SHARD.sub("", ENDING.sub("", path.name))


def by_split(files: Sequence[Path], raw: Path) -> tuple[dict[str, Path], list[str]]:
    """The table of each split, train first (train.csv, mitbih_train.csv); or the only one as WHOLE; and which files are
    set aside.

    Raises:
        KassandraError: there are several of which none is called train, or two of one split.
    """
    if len(files) == 1:
        return {WHOLE: files[0]}, []
    splits: dict[str, list[Path]] = {"train": [], "valid": [], "test": []}
    others = []
    named = splits_named(stem(path) for path in files)
    for path in files:
        split = named.get(stem(path))
        splits[split].append(path) if split else others.append(path)
    names = some(path.name for path in files)
    if not splits["train"]:
        raise KassandraError(
            f"source.path: expected one table, or a folder with train.* and perhaps valid.* and test.*; found {names}"
        )
    if twice := [split for split, paths in splits.items() if len(paths) > 1]:
        raise KassandraError(f"source.path: several tables are called {twice[0]}; keep one of them; found {names}")
    said = [f"{raw}: {len(others)} files that are no split are set aside: {some(path.name for path in others)}"]
    return {split: paths[0] for split, paths in splits.items() if paths}, said if others else []
