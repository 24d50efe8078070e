"""Your own table of labelled texts, read so that no row is lost in silence."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.label_sets import joined
from kassandra.contracts.section import unknown
from kassandra.params.inputs.text import ExamplesSource
from kassandra.sources.own.lines import garbled
from kassandra.sources.own.one_hot import SEVERAL, label_of, labels_of
from kassandra.sources.own.refused import Refused, sentence
from kassandra.sources.own.table_file import called, read_table

USUAL = {
    "text": ("text", "review", "sentence", "content", "comment"),
    "label": ("label", "sentiment", "class", "category", "stars", "rating", "target"),
}
LARGEST = 1 << 32  # bytes of a table of texts, unpacked

EMPTY, NO_LABEL = "empty text", "missing label"


class Row(NamedTuple):
    """text: as it stands in the file, not empty. label: without white space at its ends; empty where it may be."""

    text: str
    label: str


class Texts(NamedTuple):
    """texts, labels, lines: of the good rows, in the order of the file. refused: every other row, in the same order.
    columns: of the texts and of the labels, a list where each has one. remarks: what else was left out. hint: what may
    be wrong with the whole file."""

    texts: list[str]
    labels: list[str]
    refused: list[Refused]
    lines: list[int]
    columns: tuple[str, str | list[str]]
    remarks: list[str]
    hint: str


def read_table_of_texts(path: Path, source: ExamplesSource, texts_alone: bool = False, many: bool = False) -> Texts:
    """The labelled texts of a table, as `source` says that it is written.

    A label is text: the numbers 1 and 1.0 of .jsonl are `1`, and booleans are `true` or `false`.

    Args:
        texts_alone: reads no labels; each text is its own. many: whether a text may have any number of labels, as
            `contracts.label_sets` joins those that stand in several columns, or in a list.

    Raises:
        KassandraError: as read_table; a column is unknown or cannot be guessed; or no row is good.
    """
    chosen: list[str] = []
    of_labels = [] if texts_alone or not isinstance(source.label, list) else source.label

    def choose(columns: list[str]) -> list[str]:
        chosen.extend(_choose(columns, path, source, texts_alone or bool(of_labels)))
        if lacking := [name for name in of_labels if name not in columns]:
            raise KassandraError(unknown("source.label", "column", lacking[0], columns))
        return list(dict.fromkeys([*chosen, *of_labels]))

    table = read_table(path, source, choose, LARGEST)
    marks = set(source.missing_values)
    texts, labels, lines = list[str](), list[str](), list[int]()
    refused = list(table.refused)
    of_text, of_label = (table.columns[name] for name in chosen) if chosen else ([], [])
    if of_labels:
        of_label = [_said_by(cells, of_labels, many) for cells in zip(*map(table.columns.get, of_labels), strict=True)]
    for line, text, label in zip(table.lines.tolist(), of_text, of_label, strict=True):
        row = label._replace(line=line) if isinstance(label, Refused) else _row(text, label, marks, many)
        if isinstance(row, Row):
            texts.append(row.text)
            labels.append(row.label)
            lines.append(line)
        else:
            refused.append(row._replace(line=line))
    refused.sort(key=lambda row: row.line)
    total = len(texts) + len(refused)
    if not texts:
        what = f"{sentence(refused, path, total)}; no row is good"
        raise KassandraError("; ".join(filter(None, [what, table.hint() or hint_of_labels(refused)])))
    remarks = [f"{count:,} {what}" for what, count in table.remarks.items()]
    hint = table.hint() or hint_of_labels(refused)
    return Texts(texts, labels, refused, lines, (chosen[0], of_labels or chosen[-1]), remarks, hint)


def hint_of_labels(refused: list[Refused]) -> str:
    """What to do where rows have several labels at once, or none of several."""
    if not any(row.reason == SEVERAL for row in refused):
        return ""
    return (
        "a model gives each text one label: say `prepare.labels: many` for one that gives any number, leave out rows "
        "with several, or predict one of the labels alone, yes or no (`source.label: NAME`, in a table with a column "
        "for each)"
    )


def _said_by(cells: Sequence[object], names: list[str], many: bool) -> str | Refused:
    """What columns of 0 and 1 say of a row."""
    label, why = labels_of(cells, names) if many else label_of(cells, names)
    return Refused(0, why) if why else label


def _choose(columns: list[str], path: Path, source: ExamplesSource, texts_alone: bool) -> tuple[str, str]:
    """The names of the columns of text and label."""
    shown = [name if len(name) <= 40 else f"{name[:40]}…" for name in columns]
    given = {role: called(name, columns) for role in USUAL if isinstance(name := getattr(source, role), str)}
    chosen = []
    for role, other in (("text", "label"), ("label", "text"))[: 1 if texts_alone else 2]:
        usual = [name for name in columns if name.casefold() in USUAL[role] and name != given.get(other)]
        likely = list(dict.fromkeys(usual))
        if len(columns) == 1 and texts_alone:
            likely = columns
        if role not in given and len(likely) != 1:
            why = f"{likely} may all be it" if likely else f"no column has a usual name ({', '.join(USUAL[role])})"
            raise KassandraError(f"source.{role}: {why}; say which it is; the columns are {shown}")
        if role in given and given[role] not in columns:
            raise KassandraError(unknown(f"source.{role}", "column", given[role], shown))
        chosen.append(given.get(role) or likely[0])
    if chosen[1:] == chosen[:1]:
        raise KassandraError(f"source.label: {chosen[0]!r} is the column of the text; the columns are {shown}")
    return chosen[0], chosen[-1]


def _row(text: object, label: object, marks: set[str], many: bool) -> Row | Refused:
    """A good row, or why it is none; None and NaN are missing values."""
    name = _label(label, marks, many)
    if isinstance(name, Refused):
        return name
    if text is None or text != text or (isinstance(text, str) and (not text.strip() or text.strip() in marks)):
        return Refused(0, EMPTY, name or None)
    if not isinstance(text, str):
        return Refused(0, "text that is no string", name or None)
    if fault := garbled(text + name):
        return Refused(0, fault)
    return Row(text, name) if name or many else Refused(0, NO_LABEL)


def _label(label: object, marks: set[str], many: bool) -> str | Refused:
    if many and isinstance(label, list) and all(isinstance(one, str | int) for one in label):
        return joined(label)
    if isinstance(label, list) and all(isinstance(one, str) for one in label):  # as doccano writes labels
        if len(label) > 1:
            return Refused(0, SEVERAL)
        label = label[0] if label else None
    if not (label is None or isinstance(label, str | bool | int | float | Decimal)):
        return Refused(0, "label that is neither text, a number, true nor false")
    name = "" if label is None or label != label else str(label).strip()
    if isinstance(label, bool):
        return name.lower()
    if name and not isinstance(label, str | None) and label % 1 == 0:
        return str(int(label))
    return "" if name in marks else name
