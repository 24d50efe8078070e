"""Your own files of sentences with a tag for each word: columns, tables, JSON, or words and tags line by line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts.artifacts import files_in
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import SPLIT_OF, WHOLE
from kassandra.params.sections.tagged_file import TaggedFile
from kassandra.sources.own.lines import garbled, lines_of
from kassandra.sources.own.refused import Refused, by_reason, check_share
from kassandra.sources.own.table_file import called, read_table
from kassandra.sources.own.unpacked import readable, unpacked

LARGEST = 1 << 30  # bytes of a file, unpacked
USUAL = {
    "words": ("words", "word", "tokens", "token", "text", "sentence", "form"),
    "tags": ("tags", "tag", "ner_tags", "ner", "labels", "label", "slots", "slot", "pos_tags", "pos", "entity"),
    "sentence": ("sentence #", "sentence", "sentence_id", "sent_id", "sentence id", "sent", "id", "document", "doc_id"),
}
SPLITS = SPLIT_OF | {"testa": "valid", "testb": "test"}  # as those of CoNLL-2003 are called
DOCUMENT = "-DOCSTART-"
WITH_IT = "a row that cannot be used takes its sentence with it, and counts as one"
SAMPLE = 1000  # lines by which a layout is recognised
WORDS, TAGS = (re.compile(rf"(^|.*\.){ending}(\.(gz|bz2|xz))?", re.IGNORECASE) for ending in ("in", "out"))


class Sentence(NamedTuple):
    """words, tags: as many of each. id: file and line."""

    words: Sequence[str]
    tags: Sequence[str]
    id: str


class Own(NamedTuple):
    """parts: by split, train first, or one as WHOLE. refused: sentences. meta: for meta.json. message: what was left
    out."""

    parts: dict[str, list[Sentence]]
    refused: int
    meta: dict[str, Any]
    message: str


def read_own(raw: Path, source: TaggedFile) -> Own:
    """
    Raises:
        KassandraError: there is no file, or several of which none is called train; one cannot be read; or more
            sentences are refused than `source.tolerate` allows.
    """
    by_split, messages = files_by_split(raw)
    parts, left_out, count, layouts = dict[str, list[Sentence]](), dict[str, Any](), 0, dict[str, str]()
    for split, paths in by_split.items():
        path = paths[0]
        layout = source.layout or ("lines" if len(paths) > 1 else layout_of(path, source))
        layouts[path.name] = layout
        found = list(READERS[layout](paths, source))
        good = [one for one in found if isinstance(one, Sentence)]
        refused = [one for one in found if isinstance(one, Refused)]
        if not good:
            why = f"; {refused[0].reason} (line {refused[0].line})" if refused else ""
            raise KassandraError(f"{path}: no sentence can be read as layout {layout!r}{why}; see `source.layout`")
        messages.append(check_share(refused, path, len(found), source.tolerate, WITH_IT if refused else ""))
        messages += [WITH_IT] if refused else []
        left_out |= {path.name: by_reason(refused)} if refused else {}
        count += len(refused)
        parts[split] = good
    meta = {"left_out": left_out, "layouts": layouts}
    read_as = f"read as {some(dict.fromkeys(layouts.values()))}: {some(layouts)}"
    return Own(parts, count, meta, "\n".join(filter(None, [read_as, *messages])))


def files_by_split(raw: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """The file of each split, or those of words and of tags; the only one as WHOLE; and what is set aside."""
    files = files_in(raw)
    words = {path.with_name(_stem(path.name, "in")): path for path in files if WORDS.fullmatch(path.name)}
    tags = {path.with_name(_stem(path.name, "out")): path for path in files if TAGS.fullmatch(path.name)}
    both = {stem: [path, tags[stem]] for stem, path in words.items() if stem in tags}
    units = list(both.values()) or [[path] for path in files]
    if len(units) == 1:
        return {WHOLE: units[0]}, []
    splits: dict[str, list[list[Path]]] = {"train": [], "valid": [], "test": []}
    others = [path for path in files if both and path not in (*words.values(), *tags.values())]
    for unit in units:
        split = split_of(unit[0].relative_to(raw).as_posix())
        if split:
            splits[split].append(unit)
        else:
            others += unit
    names = some(path.relative_to(raw).as_posix() for path in files)
    if not splits["train"]:
        raise KassandraError(
            f"source.path: expected one file, or a folder with train.* and perhaps valid.* and test.*; got {names}"
        )
    if twice := [split for split, several in splits.items() if len(several) > 1]:
        raise KassandraError(f"source.path: several files are called {twice[0]}; keep one of them; got {names}")
    aside = [f"{raw}: {len(others)} files that are no split are set aside: {some(path.name for path in others)}"]
    return {split: several[0] for split, several in splits.items() if several}, aside if others else []


def _stem(name: str, ending: str) -> str:
    """Of `train.seq.in` it is `train.seq`: words and tags with one stem belong together."""
    return re.sub(rf"(^|\.){ending}(\.(gz|bz2|xz))?$", "", name, flags=re.IGNORECASE) or "_"


def split_of(name: str) -> str | None:
    """
    >>> split_of("train/seq.in"), split_of("eng.testa"), split_of("en_ewt-ud-dev.conllu"), split_of("ner.csv")
    ('train', 'valid', 'valid', None)
    """
    parts = re.split(r"[/._\- ]", name.lower())
    return next((SPLITS[part] for part in parts if part in SPLITS), None)


def layout_of(path: Path, source: TaggedFile) -> str:
    """By the first lines: `json`, `table`, or `columns`."""
    with readable(path), unpacked(path) as (file, kind):
        if kind in ("json", "parquet"):
            return "json" if kind == "json" else "table"
        if kind == "workbook" or source.sentence:
            return "table"
        some_lines = []
        for line in lines_of(file, path, source.encoding, LARGEST):
            some_lines.append(line.rstrip("\r\n"))
            if len(some_lines) == SAMPLE:
                break
    header = re.split(r"[,;\t|]", some_lines[0].lower()) if some_lines else []
    named = [any(cell.strip(' "') in USUAL[role] for cell in header) for role in ("words", "tags")]
    return "table" if all(named) and len(header) > 2 else "columns"


def of_columns(paths: Sequence[Path], source: TaggedFile) -> Iterator[Sentence | Refused]:
    """A word in each line, an empty line between sentences (Tjong Kim Sang & De Meulder 2003)."""
    (path,) = paths
    with readable(path), unpacked(path) as (file, _):
        lines = enumerate(lines_of(file, path, source.encoding, LARGEST), 1)
        rows = ((number, line.rstrip("\r\n")) for number, line in lines if number > source.skip_rows)
        places: tuple[int, int] | None = None
        for full, several in groupby(rows, lambda row: bool(row[1].strip())):
            if not full:
                continue
            block = [
                (number, line) for number, line in several
                if not line.startswith(DOCUMENT) and not (line.startswith("# ") and "\t" not in line)
            ]  # fmt: skip
            if not block:
                continue
            cells = [_cells(line, source) for _, line in block]
            if places is None:
                places = _places(path, block[0], len(cells[0]), source)
            yield _sentence_of_columns(path, block, cells, places)


def _cells(line: str, source: TaggedFile) -> list[str]:
    parted = line.split(source.delimiter) if source.delimiter else line.split("\t") if "\t" in line else line.split()
    return [cell.strip() for cell in parted]


def _places(path: Path, first: tuple[int, str], count: int, source: TaggedFile) -> tuple[int, int]:
    """Of the word and of the tag among the cells of a line."""
    if count < 2:
        what = "expected a word and its tag, as in `London B-city`"
        raise KassandraError(f"{path}: line {first[0]}: {first[1][:60]!r} has one column; {what}")
    names = source.columns or [f"column {number}" for number in range(1, count + 1)]
    chosen = source.words or names[0], source.tags or names[-1]
    for role, name in zip(("words", "tags"), chosen, strict=True):
        if name not in names[:count]:
            raise KassandraError(unknown(f"source.{role}: {path}", "column", name, names[:count]))
    return names.index(chosen[0]), names.index(chosen[1])


def _sentence_of_columns(
    path: Path, block: list[tuple[int, str]], cells: list[list[str]], places: tuple[int, int]
) -> Sentence | Refused:
    word, tag = places
    for (number, line), row in zip(block, cells, strict=True):
        if len(row) <= max(places):
            return Refused(number, f"line of {len(row)} columns, where {max(places) + 1} are needed")
        if fault := garbled(line):
            return Refused(number, fault)
        if not row[word] or not row[tag]:
            return Refused(number, "empty word or tag")
    return Sentence([row[word] for row in cells], [row[tag] for row in cells], f"{path.name}:{block[0][0]}")


def of_table(paths: Sequence[Path], source: TaggedFile) -> Iterator[Sentence | Refused]:
    """A row for each word, with the sentence that it is of; or a row for each sentence, with lists of both."""
    (path,) = paths
    chosen: list[str | None] = []

    def choose(columns: list[str]) -> list[str]:
        chosen.extend(_choose(path, columns, source))
        return [name for name in dict.fromkeys(chosen) if name is not None]

    table = read_table(path, source, choose, LARGEST)
    words, tags = (table.columns[str(name)] for name in chosen[:2])
    rows: Iterable[tuple[int, Any, Any]] = zip(table.lines.tolist(), words, tags, strict=True)
    if any(isinstance(one, list) or hasattr(one, "tolist") for one in words[:SAMPLE]):
        yield from table.refused
        yield from (_of_lists(path, *row) for row in rows)
        return
    if chosen[2] is None:
        raise KassandraError(
            f"{path}: a row for each word, but no column says which sentence it is of; name it in `source.sentence`; "
            f"the columns of words and tags are {chosen[:2]}"
        )
    yield from _of_rows(path, list(rows), [_text(one) for one in table.columns[chosen[2]]], table.refused)


def _of_rows(
    path: Path, rows: list[tuple[int, Any, Any]], sentences: list[str], refused: Sequence[Refused]
) -> Iterator[Sentence | Refused]:
    bad = iter(sorted(refused, key=lambda row: row.line))
    next_bad, name = next(bad, None), ""
    blocks: list[list[tuple[int, str, str]]] = []
    for (line, word, tag), sentence in zip(rows, sentences, strict=True):
        if not blocks or (sentence and sentence != name):
            blocks.append([])
            name = sentence or name
        blocks[-1].append((line, _text(word), _text(tag)))
    for place, block in enumerate(blocks):
        end = blocks[place + 1][0][0] if place + 1 < len(blocks) else None
        fault = None
        while next_bad is not None and (end is None or next_bad.line < end):
            fault, next_bad = fault or next_bad, next(bad, None)
        empty = next((Refused(line, "empty word or tag") for line, word, tag in block if not word or not tag), None)
        if refused_row := fault or empty:
            yield refused_row
        else:
            yield Sentence([word for _, word, _ in block], [tag for _, _, tag in block], f"{path.name}:{block[0][0]}")


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _choose(path: Path, columns: list[str], source: TaggedFile) -> list[str | None]:
    """The columns of words, of tags, and of sentences if there is one."""
    chosen: list[str | None] = []
    for role in ("words", "tags", "sentence"):
        given = getattr(source, role)
        name = called(given, columns) if given else None
        if given and name not in columns:
            raise KassandraError(unknown(f"source.{role}: {path}", "column", given, columns))
        likely = [column for usual in USUAL[role] for column in columns if column.casefold().strip() == usual]
        name = name or next((column for column in likely if column not in chosen), None)
        if name is None and role != "sentence":
            usual_names = ", ".join(USUAL[role])
            raise KassandraError(
                f"source.{role}: {path}: no column has a usual name ({usual_names}); say which it is; the columns are "
                f"{columns}"
            )
        chosen.append(name)
    return chosen


def _of_lists(path: Path, line: int, words: Any, tags: Any) -> Sentence | Refused:
    """Of one sentence; a text is parted at its spaces."""
    words, tags = (each.split() if isinstance(each, str) else each for each in (words, tags))
    words, tags = (each.tolist() if hasattr(each, "tolist") else each for each in (words, tags))
    if not isinstance(words, list) or not isinstance(tags, list):
        return Refused(line, "words or tags that are no list")
    if not words:
        return Refused(line, "no words")
    if len(words) != len(tags):
        return Refused(line, "another number of words than of tags")
    if not all(isinstance(word, str) and word.strip() for word in words):
        return Refused(line, "a word that is empty, or no text")
    if not all(isinstance(tag, str | int) and str(tag).strip() for tag in tags):
        return Refused(line, "a tag that is empty, or no text")
    if fault := garbled("".join(words) + "".join(map(str, tags))):
        return Refused(line, fault)
    return Sentence([word.strip() for word in words], [str(tag).strip() for tag in tags], f"{path.name}:{line}")


def of_lines(paths: Sequence[Path], source: TaggedFile) -> Iterator[Sentence | Refused]:
    """Words in one file, tags in another, a sentence a line (Goo et al. 2018, of SNIPS and ATIS)."""
    if len(paths) != 2:
        raise KassandraError(f"{paths[0]}: layout 'lines' needs two files, as train.seq.in and train.seq.out")
    words, tags = paths
    with readable(words), unpacked(words) as (one, _), readable(tags), unpacked(tags) as (other, _):
        both = (lines_of(file, path, source.encoding, LARGEST) for file, path in ((one, words), (other, tags)))
        for number, (line, tag_line) in enumerate(zip_longest(*both), 1):
            if line is None or tag_line is None:
                raise KassandraError(f"{words}, {tags}: line {number} stands in one of them only; both go line by line")
            if line.strip() or tag_line.strip():
                yield _of_lists(words, number, line, tag_line)


READERS = {"columns": of_columns, "table": of_table, "json": of_table, "lines": of_lines}
