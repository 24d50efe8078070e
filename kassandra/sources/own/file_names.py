"""Several files in one folder that are called by their labels: pos.csv and neg.csv, reviews.pos and reviews.neg."""

import re
from collections.abc import Sequence
from pathlib import Path

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some

ENDING = re.compile(
    r"(\.(csv|tsv|tab|txt|text|dat|jsonl|ndjson|json|parquet|xlsx))?(\.(gz|bz2|xz|zip))?$", re.IGNORECASE
)
WORDS = re.compile(r"[._\- ]+")


def labels_of(files: Sequence[Path]) -> list[str]:
    """Of each file the part of its name that the others do not have.

    Raises:
        KassandraError: there are fewer than two, or two of one name.

    >>> labels_of([Path("pos.csv"), Path("neg.csv")])
    ['pos', 'neg']
    >>> labels_of([Path("reviews_very_good.txt"), Path("reviews_bad.txt")])
    ['very good', 'bad']
    >>> labels_of([Path("rt-polarity.pos"), Path("rt-polarity.neg")])
    ['pos', 'neg']
    """
    names = [WORDS.split(ENDING.sub("", path.name)) for path in files]
    begin, end = _shared(names), _shared([name[::-1] for name in names])
    labels = [" ".join(name[begin : len(name) - end]) or " ".join(name) for name in names]
    if len(set(labels)) < max(2, len(labels)):
        found = some([path.name for path in files])
        raise KassandraError(f"source.files: 'labels' is of two tables or more, one for each label; found {found}")
    return labels


def _shared(names: Sequence[Sequence[str]]) -> int:
    """How many words all names begin with, at least one word of each being left."""
    most = min(map(len, names), default=1) - 1
    return next((place for place in range(most) if len({name[place] for name in names}) > 1), most)
