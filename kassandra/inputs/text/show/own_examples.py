"""Texts of a user's, read for `kassandra predict`, and the words that mattered."""

import re
import sys
from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare.line_files import texts_of_lines
from kassandra.inputs.text.prepare.table import read_table_of_texts
from kassandra.inputs.text.prepare.text_files import ENDINGS, read_text
from kassandra.inputs.text.show.own_pairs import texts as lines_of
from kassandra.params.inputs.text import ExamplesSource
from kassandra.sources.own.refused import sentence

NAME = "text"
OPTIONS = {"text"}
ENDING = re.compile(r"\.(csv|tsv|jsonl|ndjson|parquet|xlsx)(\.(gz|bz2|xz|zip))?$", re.IGNORECASE)
WORDS = 5  # those that mattered most


def read(given: list[str], meta: dict[str, Any], text: str | None = None) -> tuple[list[str], list[str]]:
    """Texts, or files of a text each (.txt), or the rows of one table, or the lines of standard input; as names and as
    inputs.

    A table is read as that of train was; its texts stand in the column `text`. Rows that cannot be used are counted on
    standard error.

    Raises:
        KassandraError: there is no text, or one cannot be read.
    """
    path = Path(given[0]) if len(given) == 1 else None
    named = path is not None and ENDING.search(path.name) is not None
    is_table = path is not None and (named or ("source" in meta and _is_file(path)))
    if text and not is_table:
        raise KassandraError("--text: names a column, so the input must be one table (.csv, .tsv, .jsonl, .parquet)")
    of_train = meta.get("source", {})
    if path is not None and of_train.get("layout") and _is_file(path):
        source = ExamplesSource(path=str(path), layout=of_train["layout"], encoding=of_train.get("encoding"))
        texts = texts_of_lines(path, source)
        return texts, texts
    if given and all(Path(one).suffix.lower() in ENDINGS and _is_file(Path(one)) for one in given):
        return given, [read_text(Path(one), meta.get("encoding")) for one in given]
    if path is not None and is_table:
        if not path.exists():
            raise KassandraError(f"{path}: no such file")
        keys = {key: value for key, value in of_train.items() if key not in ("label", "files")}
        source = ExamplesSource.model_validate(keys | {"path": str(path)} | ({"text": text} if text else {}))
        table = read_table_of_texts(path, source, texts_alone=True)
        texts = table.texts
        if table.refused:
            print(sentence(table.refused, path, len(texts) + len(table.refused)), file=sys.stderr)
    else:
        texts = [line for line in lines_of(given) if line or given]  # empty lines are skipped, empty arguments are not
    if not texts:
        raise KassandraError("predict: no text; give one in quotes, a table, or lines on standard input")
    return texts, texts


def is_one(path: Path) -> bool:
    """Whether a file holds one text."""
    return path.suffix.lower() in ENDINGS


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is too long for the name of a file, or holds a NUL
        return False


def columns(predictor: Any, texts: list[str], _outputs: Any) -> dict[str, list[Any]]:
    """Of each text the words that speak loudest for the label (positive) or against it, each summed over the places
    where it stands; none where the predictor does not say how much tokens contribute."""
    if not hasattr(predictor, "contributions"):
        return {}
    words = []
    for text, contributions in zip(texts, predictor.contributions(texts), strict=True):
        sums: dict[str, float] = {}
        for piece, token in zip(*predictor.pair.sequences.pieces(text), strict=True):
            if token is not None and (word := piece.strip().casefold()):
                sums[word] = sums.get(word, 0.0) + float(contributions[token])
        loudest = sorted(sums, key=lambda word: -abs(sums[word]))[:WORDS]
        words.append({word: round(sums[word], 3) for word in loudest})
    return {"words": words}
