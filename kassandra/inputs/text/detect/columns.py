"""Which column of a table holds the texts, and which their labels."""

import re
from collections import Counter

from kassandra.contracts.label_sets import listed_in
from kassandra.detection.label_sets import LabelSets, label_sets
from kassandra.detection.numbers import OF_NUMBERS
from kassandra.detection.proposal import Look
from kassandra.detection.table import Column, Table
from kassandra.detection.words import some

TEXTS = re.compile(
    r"text|review|sentence|content|comment|message|tweet|body|description|summary|title|abstract|question|headline|"
    r"post|statement|article|utterance|lyrics|plot|narrative",
    re.IGNORECASE,
)
LABELS = re.compile(
    r"label|class|category|sentiment|stars|rating|score|target|overall|polarity|spam|type|topic|genre|language|lang|^y$",
    re.IGNORECASE,
)
SETS = re.compile(r"labels|tags|genres?|topics|categories|emotions|keywords|subjects", re.IGNORECASE)
MOST_LABELS = 200


def text_column(table: Table, label: str | None) -> Column | None:
    """The column with the most words; of equal ones that with a usual name."""
    columns = [one for one in table.columns if one.name != label and table.kind(one) in ("text", "label")]
    columns = [one for one in columns if not all(OF_NUMBERS.fullmatch(cell) for cell in one.held[:20])]
    columns = [one for one in columns if (one.words >= 3 and not one.repeats) or len(one.values) > 0.3 * len(one.held)]
    likely = [one for one in columns if one.words >= 3] or columns
    named = [one for one in likely if TEXTS.search(one.name)]
    return max(named or likely, key=lambda one: (one.words, len(one.values)), default=None)


def may_be_label(table: Table, column: Column) -> bool:
    kind = table.kind(column)
    few = 2 <= len(column.values) <= min(MOST_LABELS, max(2, len(column.held) // 2))
    whole = all(float(value).is_integer() for value in column.values if _is_float(value)) if kind == "number" else True
    return few and kind in ("label", "number", "text") and whole and not column.counts_up and column.words < 6


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def label_column(look: Look, table: Table, text: Column | None) -> Column | None:
    if look.wish.target:
        return table.column(look.wish.target)
    if (answer := look.answer) is not None:
        suited = [one for one in table.columns if one is not text and answer(table, one) > 0]
        return max(suited, key=lambda one: answer(table, one), default=None)
    columns = [one for one in table.columns if one is not text and may_be_label(table, one)]
    columns = [one for one in columns if len(one.held) >= 0.9 * len(one.cells)]
    likely = [one for one in columns if LABELS.search(one.name)]
    return min(likely or columns, key=lambda one: len(one.values), default=None)


def column_of_sets(look: Look, table: Table, text: Column) -> tuple[Column, LabelSets] | None:
    """The column of which a cell holds any number of labels: the one that is asked for, or the only one that would be
    the label otherwise, or one that is called so."""
    if look.answer is not None or (text.held and listed_in(text.held[0]) is not None):
        return None
    asked = [table.column(look.wish.target)] if look.wish.target else [one for one in table.columns if one is not text]
    found = [(one, sets) for one in asked if one is not text and (sets := label_sets(one))]
    if not found:
        return None
    column, sets = max(found, key=lambda both: bool(SETS.search(both[0].name) or LABELS.search(both[0].name)))
    label = label_column(look, table, text)
    usual = SETS.search(column.name) and label is not None and not LABELS.fullmatch(label.name)
    return (column, sets) if label is None or label is column or usual else None


def counts_of(label: Column) -> dict[str, int]:
    """Numbers are one label however they are written, where they are written in several ways."""
    if not any(value.lstrip("-").isdigit() for value in label.values):
        return dict(label.values.most_common())
    counts = Counter[str]()
    for value, times in label.values.items():
        number = value if not _is_float(value) or not float(value).is_integer() else str(int(float(value)))
        counts[number] += times
    return dict(counts.most_common())


def spellings(label: Column) -> list[str]:
    """What to say of labels that differ in capitals or spaces alone."""
    alike: dict[str, list[str]] = {}
    for value in label.values:
        alike.setdefault(" ".join(value.split()).casefold(), []).append(value)
    several = [values for values in alike.values() if len(values) > 1]
    text = "labels that differ in capitals or spaces alone are different classes here; mend them in the file: "
    return [text + some([" and ".join(map(repr, values)) for values in several])] if several else []
