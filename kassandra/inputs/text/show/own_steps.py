"""Sentences of a user's, read for `kassandra predict` of tags."""

from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare.text_files import ENDINGS, read_text
from kassandra.inputs.text.show.own_pairs import texts as lines_of
from kassandra.inputs.text.train.steps import Sequences

NAME = "sentence"
OPTIONS: set[str] = set()


def read(given: list[str], meta: dict[str, Any]) -> tuple[list[list[str]], list[list[str]]]:
    """Sentences, files with a sentence in each line (.txt), or lines of standard input; each parted at its spaces, as
    words are given to the model. Empty lines are skipped.

    Raises:
        KassandraError: there is no sentence, or a file cannot be read.
    """
    if given and all(Path(one).suffix.lower() in ENDINGS - {""} and _is_file(Path(one)) for one in given):
        texts = [line for one in given for line in read_text(Path(one), meta.get("encoding")).splitlines()]
    else:
        texts = list(lines_of(given))
    texts = [line for line in texts if line.strip()]
    if not texts:
        raise KassandraError("predict: no sentence; give one in quotes, a .txt file, or lines on standard input")
    parted = Sequences.parted(texts)
    return parted, parted


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is too long for the name of a file, or holds a NUL
        return False
