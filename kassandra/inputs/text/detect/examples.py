"""A table of texts and labels, or a folder of texts in folders by their label, recognised."""

import re
from collections import Counter
from math import ceil
from pathlib import PurePosixPath

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.label_sets import labels_in
from kassandra.detection.content import form_of
from kassandra.detection.label_sets import LabelSets, counted
from kassandra.detection.numbers import Format
from kassandra.detection.one_hot import OneHot, one_hot
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.table import Column, Table, preview, table_of
from kassandra.detection.words import some
from kassandra.inputs.text.detect import line_files
from kassandra.inputs.text.detect.columns import (
    LABELS,
    TEXTS,
    column_of_sets,
    counts_of,
    label_column,
    may_be_label,
    spellings,
    text_column,
)  # fmt: skip
from kassandra.sources.own.file_names import labels_of
from kassandra.sources.own.labelled import label_folders
from kassandra.sources.own.one_hot import labels_of as labels_of_columns

MOST_SHARE = 0.1  # of rows that cannot be used: more are for their owner to look at
USUAL_SHARE = 0.01  # of rows that cannot be used: the default of `source.tolerate`
FEWEST = 10  # files of a label, on average, from which folders are labels rather than books
TEXT_FILES = {".txt", ".text", ".md", ""}
LONG = 0.95  # share of the texts that are read whole
HTML = re.compile(r"<(br|p|div|a|b|i|span)\b[^>]*>", re.IGNORECASE)


def evidence(look: Look) -> float:
    """How likely these are texts with a label each, from 0 to 1."""
    if lined := line_files.seen_in(look):
        return 0.97 if lined.layout == "fasttext" else 0.7
    if look.form in ("folder", "archive") and not look.table:
        labels = Counter(label for label, _ in _labelled(look))
        sure = 0.8 if len(labels) and labels.total() >= FEWEST * len(labels) else 0.32  # chapters of a few books?
        return sure if _is_folder_of_texts(look) else 0.0
    table = look.table
    if table is None:
        return 0.0
    text = text_column(table, look.wish.target)
    if text is not None and _by_file(look, table, text):
        return 0.86
    if text is not None and look.wish.target is None and look.answer is None and one_hot(table.columns):
        return 0.88
    if text is not None and column_of_sets(look, table, text):
        return 0.88
    if text is None or (label := label_column(look, table, text)) is None:
        return 0.0
    named = bool(LABELS.search(label.name)) + bool(TEXTS.search(text.name))
    return (0.85 if text.words >= 3 else 0.7) + 0.02 * named


def propose(look: Look) -> Proposal:
    """The section of labelled texts.

    Raises:
        KassandraError: no column can be the text, or the label.
    """
    if lined := line_files.seen_in(look):
        proposal = line_files.propose(look, lined)
        words = sum(len(text.split()) for text in lined.texts) / max(len(lined.texts), 1)
        _settle(proposal, lined.texts, words, proposal.examples)
        return proposal
    if look.table is None:
        return _of_folder(look)
    table = look.table
    text = text_column(table, look.wish.target)
    if text is not None and _by_file(look, table, text):
        proposal = _of_labels(look, table, text)
    else:
        proposal = _of_columns(look, table, text)
        assert text is not None
    html = sum(bool(HTML.search(cell)) for cell in text.held[:5000])
    proposal.seen += [f"HTML tags in {html:,} of the first {min(len(text.held), 5000):,} texts, read as words"] * bool(
        html
    )
    repeated = len(text.held) - len(text.values)
    proposal.seen += [f"{repeated:,} of {len(text.held):,} texts are there more than once"] if repeated else []
    _settle(proposal, [cell for cell in text.held if cell], text.words, proposal.examples or table.rows)
    return proposal


def _of_columns(look: Look, table: Table, text: Column | None) -> Proposal:
    """Of a column of labels, or of several of which one is 1 in each row."""
    hot = one_hot(table.columns) if text and look.wish.target is None and look.answer is None else None
    if text and hot and hot.several:
        return _of_sets(look, table, text, hot.names, _of_hot(table, hot))
    if text and (both := column_of_sets(look, table, text)):
        return _of_sets(look, table, text, both[0].name, both[1])
    label = hot.label if hot else label_column(look, table, text) if text else None
    if text is None or label is None:
        kind = "labels, a few different ones" if look.answer is None else "answers of this kind"
        what = "no column holds texts" if text is None else f"no column holds {kind}"
        raise KassandraError(f"{table.path}: {what}; --target names the labels; the columns are {table.names}")
    written = table.written([label]) if look.answer else Format()
    source = {**table.keys, **written.keys(), "text": text.name, "label": hot.names if hot else label.name}
    proposal = Proposal("text", "label", source, seen=list(table.notes), classes=counts_of(label))
    proposal.guessed += [written.note] if written.note else []
    _tolerate(proposal, table, text, label)
    if look.wish.target is None:
        may = look.answer or may_be_label
        taken = {text.name, *(hot.names if hot else [label.name])}
        others = [one.name for one in table.columns if one.name not in taken and may(table, one)]
        where = f"the columns {some(hot.names)}, of which one is 1 in each row" if hot else repr(label.name)
        proposal.guessed.append(
            f"texts in {text.name!r}, {'labels' if look.answer is None else 'answers'} in {where}"
            + (f"; --target names others: {some(others)}" if others else "")
        )
    proposal.guessed += spellings(label)
    _where(proposal, look, table)
    shown = preview(table, [table.names.index(text.name)])
    proposal.rows = [row | {label.name: cell} for row, cell in zip(shown, label.cells, strict=False)]
    return proposal


def _where(proposal: Proposal, look: Look, table: Table) -> None:
    """Adds in which files the rows are."""
    if look.tables:
        names = {split: path.name for split, path in look.tables.items()}
        aside = _left_aside(look)
        proposal.seen += [f"tables of splits: {', '.join(names.values())}", *aside.values()]
        proposal.splits = frozenset(name for name in names if name not in (*aside, "train"))
    elif look.alike:
        proposal.source["files"] = "parts"
        proposal.guessed.append(f"{len(look.alike):,} tables of the same columns are read as parts of one (files)")
        proposal.examples = table.rows * len(look.alike)
    elif look.path.is_dir():
        proposal.source["path"] = table.path


def _of_sets(look: Look, table: Table, text: Column, names: str | list[str], sets: LabelSets) -> Proposal:
    """Of texts with any number of labels each, in one column or in a column for each label."""
    source = {**table.keys, "text": text.name, "label": names}
    proposal = Proposal("text", "label", source, seen=list(table.notes), classes=sets.counts)
    proposal.prepare = {"labels": "many"} | ({"separator": sets.separator} if sets.separator else {})
    where = f"the columns {some(names)}, each 0 or 1" if isinstance(names, list) else repr(names)
    one = f"--target '{names[0]}' predicts one of them, yes or no"
    other = one if isinstance(names, list) else "`prepare.labels: one` takes a whole cell as one label"
    proposal.guessed.append(f"texts in {text.name!r}; {sets.said(where, len(text.cells))}; {other}")
    _where(proposal, look, table)
    _tolerate(proposal, table, text, text)
    columns = [text.name, *([names] if isinstance(names, str) else names[:5])]
    proposal.rows = preview(table, [table.names.index(name) for name in columns])
    return proposal


def _of_hot(table: Table, hot: OneHot) -> LabelSets:
    rows = zip(*(table.column(name).cells for name in hot.names), strict=True)
    return counted([labels_in(labels_of_columns(cells, hot.names)[0]) for cells in rows], None)


def _by_file(look: Look, table: Table, text: Column) -> bool:
    """Whether the names of several tables are the labels: there is no column of them, or the names are usual ones."""
    if not look.alike or look.wish.target is not None or look.answer is not None:
        return False
    return (text.words >= 3 and label_column(look, table, text) is None) or line_files.called_by_labels(look.alike)


def _of_labels(look: Look, table: Table, text: Column) -> Proposal:
    """Of a table for each label, named so."""
    counts = dict[str, int]()
    for path, label in zip(look.alike, labels_of(look.alike), strict=True):
        one = table_of(path, look.wish.asked)
        counts[label] = one.rows if one else 0
    source = {"files": "labels", **table.keys, "text": text.name}
    proposal = Proposal("text", "label", source, seen=list(table.notes), classes=counts, examples=sum(counts.values()))
    proposal.guessed.append(
        f"texts in {text.name!r}; labels are the names of the {len(counts)} tables (files): {some(list(counts))}; "
        "--target names a column of labels instead"
    )
    proposal.rows = preview(table, [table.names.index(text.name)])
    return proposal


def _tolerate(proposal: Proposal, table: Table, text: Column, label: Column) -> None:
    """Rows without a text or a label are left out; where they are more than usual, the section has to say so."""
    empty = sum(not (one.strip() and other.strip()) for one, other in zip(text.cells, label.cells, strict=True))
    lacking = empty + len(table.uneven)
    share = lacking / max(len(text.cells) + len(table.uneven), 1)
    if USUAL_SHARE < share <= MOST_SHARE:
        proposal.source["tolerate"] = ceil(100 * share + 0.5) / 100  # the sample may hold fewer of them than the rest
        proposal.guessed.append(
            f"{lacking:,} of {len(text.cells):,} rows have no text or no label ({share:.1%}): they are left out"
        )


def _left_aside(look: Look) -> dict[str, str]:
    """Split, or "", → why it is none."""
    assert look.table is not None
    files = look.tree.files if look.tree else []
    read = [path.relative_to(look.path).as_posix() for path in look.tables.values()]
    strange = [name for name in files if name not in read]
    notes = {"": f"not read: {some(strange)}"} if strange else {}
    for split, path in look.tables.items():
        table = table_of(path) if split != "train" else None
        if table and set(table.names) < set(look.table.names):
            lacking = sorted(set(look.table.names) - set(table.names))
            notes[split] = f"{path.name} has no {some(lacking)}: without labels it is no split; train is split instead"
    return notes


def _settle(proposal: Proposal, texts: list[str], words: float, rows: int) -> None:
    """How texts become tokens, and how large a step is."""
    single = words < 1.5
    lengths = sorted(len(cell) if single else len(cell.split()) for cell in texts[:20_000]) or [1]
    longest = lengths[min(int(len(lengths) * LONG), len(lengths) - 1)]
    if single:
        proposal.prepare |= {"tokens": "characters", "max_length": max(8, longest * 2)}
        proposal.guessed.append("texts are single words: read as characters")
    else:
        vocabulary = 20_000 if rows > 5000 else 5000
        length = min(400, max(16, -(-int(longest * 1.3) // 16) * 16))
        proposal.prepare |= {"tokens": "words", "vocab_size": vocabulary, "max_length": length}
        proposal.seen.append(f"{LONG:.0%} of the texts have at most {longest} words")
    proposal.prepare |= {"min_frequency": 1} if rows < 2000 and not single else {}
    proposal.train["batch_tokens"] = 2048 if rows < 5000 else 8192
    proposal.model |= {"variant": "vanilla", "readout": "concat"}
    proposal.examples, proposal.steps = rows, max(1, int(sum(lengths) / len(lengths)))


def _files(look: Look) -> list[str]:
    """Those that are read as texts, by their names."""
    files = look.tree.files if look.tree else []
    endings = {name: PurePosixPath(name).suffix.lower() for name in files}
    return [name for name in files if endings[name] in TEXT_FILES or endings[name][1:].isdigit()]


def _labelled(look: Look) -> list[tuple[str, str]]:
    """(label, split) of the texts that lie in the folder of a label."""
    return [both for both in label_folders([PurePosixPath(name) for name in _files(look)]) if both[0]]


def _is_folder_of_texts(look: Look) -> bool:
    tree, files = look.tree, _files(look)
    if tree is None or len({label for label, _ in _labelled(look)}) < 2 or len(files) <= 0.5 * len(tree.files):
        return False
    some_files = files[:: max(1, len(files) // 50)][:50]
    return look.form == "archive" or all(form_of(tree.path / name) == "text" for name in some_files)


def _of_folder(look: Look) -> Proposal:
    tree, files, labelled = look.tree, _files(look), _labelled(look)
    assert tree is not None
    classes, splits = Counter(label for label, _ in labelled), Counter(split for _, split in labelled if split)
    proposal = Proposal("text", "label", classes=dict(classes.most_common()))
    proposal.seen.append(f"{len(labelled):,} files of text, their labels are folders: {some(list(proposal.classes))}")
    if splits:
        proposal.splits = frozenset(splits)
        proposal.seen.append("splits: " + ", ".join(f"{name} {count:,}" for name, count in splits.items()))
    if tree.links:
        proposal.source["follow_links"] = True
        proposal.seen.append(f"{tree.links:,} symbolic links lead out of the folder, or to folders: they are followed")
    texts, encodings = list[str](), Counter[str]()
    shown = files[:: max(1, len(files) // 200)][:200]
    for name in shown if look.form == "folder" else []:
        content = (tree.path / name).read_bytes()[:100_000]
        try:
            texts.append(content.decode())
        except UnicodeDecodeError:
            texts.append(content.decode("latin-1"))
            encodings["latin-1"] += 1
    if encodings:
        proposal.source["encoding"] = "latin-1"
        proposal.guessed.append(
            f"{encodings['latin-1']} of {len(texts)} files looked at are not UTF-8: read as latin-1"
        )
    words = sum(len(text.split()) for text in texts) / max(len(texts), 1) if texts else 200
    _settle(proposal, texts or ["x " * 200], words, len(labelled))
    proposal.rows = [{"file": name, "text": text[:60]} for name, text in zip(shown[:5], texts, strict=False)]
    return proposal
