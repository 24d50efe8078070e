"""Files of series with a label each, as the archives of time series classification have them: .ts and .arff."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.labelled import One, Read, of_ends, without_ends
from kassandra.params.inputs.series import ExamplesSource
from kassandra.sources.own.lines import garbled, lines_of
from kassandra.sources.own.numbers import LARGEST
from kassandra.sources.own.refused import Refused, by_reason, check_share
from kassandra.sources.own.unpacked import readable, unpacked

LARGEST_FILE = 1 << 32  # bytes, unpacked
MOST_TAGS = 10_000  # lines before the data
OF_A_FILE = {"dataset", "path", "tolerate", "follow_links", "encoding"}  # keys of `source` that these files use
ATTRIBUTE = re.compile(r"@attribute\s+('(?:[^'\\]|\\.)*'|\"[^\"]*\"|\S+)\s+(.*)", re.IGNORECASE)

Lines = Iterator[tuple[int, str]]
Row = tuple[NDArray[np.float64], str]  # (steps, columns), and the label


class Form(NamedTuple):
    """labelled: whether each line ends in a label. columns: their names, as far as the head of the file says them.

    row: of a line's text and whether it has a label; raises ValueError with the reason against it.
    """

    labelled: bool
    columns: list[str]
    row: Callable[[str, bool], Row]


def is_one(path: Path) -> bool:
    """Whether the first line that is no comment begins with @, as in .ts and .arff."""
    try:
        with readable(path), unpacked(path) as (file, kind):
            if kind != "lines":
                return False
            for line in file.peek(1 << 16).decode("latin-1").splitlines():
                if line.strip() and not line.lstrip().startswith(("#", "%")):
                    return line.lstrip().startswith("@")
    except KassandraError:
        return False
    return False


def read(path: Path, source: ExamplesSource, to_learn: bool = True) -> Read:
    """The series of a file, in its order, each named by its line.

    Args:
        to_learn: whether labels are read; else they may be missing.

    Raises:
        KassandraError: it cannot be read, says no labels, holds no series, or more lines cannot be used than
            `source.tolerate` allows.
    """
    if unused := sorted(source.model_fields_set - OF_A_FILE):
        raise KassandraError(f"source.{unused[0]}: is of tables; {path.name} says itself what its lines hold")
    good, refused, columns, ends, width = list[One](), list[Refused](), list[str](), 0, 0
    with readable(path), unpacked(path) as (file, _):
        lines = enumerate(lines_of(file, path, source.encoding, LARGEST_FILE), 1)
        form = _head(path, lines)
        if to_learn and not form.labelled:
            raise KassandraError(f"{path}: says that it has no labels (@classLabel); a file to learn from needs them")
        for number, line in lines:
            text = line.strip()
            if not text or text.startswith(("#", "%")):
                continue
            try:
                values, label = form.row(_decoded(text), form.labelled)
            except ValueError as error:
                refused.append(Refused(number, str(error)))
                continue
            cut = without_ends(values)
            ends += len(cut) < len(values)
            width = width or values.shape[1]
            if why := _against(cut, label, width, form.labelled and to_learn):
                refused.append(Refused(number, why, label or None))
                continue
            good.append(One(cut, label if to_learn else "", f"{path.name}:{number}"))
    message = [check_share(refused, path, len(good) + len(refused), source.tolerate)]
    if not good:
        raise KassandraError(f"{path}: holds no series below @data that can be used")
    columns = form.columns if len(form.columns) == width else [f"column {place + 1}" for place in range(width)]
    message += [f"{path}: {one}" for one in of_ends(ends, len(good))]
    return Read(good, columns, by_reason(refused), [one for one in message if one])


def _against(values: NDArray[np.float64], label: str, width: int, labelled: bool) -> str:
    if not len(values):
        return "no value"
    if values.shape[1] != width:
        return f"{values.shape[1]} columns, where the first series has {width}"
    return "missing label" if labelled and not label else ""


def _decoded(text: str) -> str:
    if fault := garbled(text):
        raise ValueError(fault)
    return text


def _head(path: Path, lines: Lines) -> Form:
    """What the lines before the data say.

    Raises:
        KassandraError: there is no line @data, or they say what is not read here.
    """
    tags, attributes, inner, relational = dict[str, str](), list[tuple[str, str]](), 0, False
    for number, line in lines:
        text = line.strip()
        if number > MOST_TAGS or (text and not text.startswith(("@", "#", "%"))):
            raise KassandraError(f"{path}: line {number}: expected a line @data before the first series")
        name, _, rest = text.partition(" ")
        name = name.lower().removeprefix("@")
        if name == "data":
            break
        if name == "attribute" and (match := ATTRIBUTE.match(text)):
            inner += relational
            relational = relational or match[2].strip().lower() == "relational"
            if not (inner and relational):
                attributes.append((match[1].strip("'\""), match[2].strip()))
        elif name == "end":
            relational = False
        elif text.startswith("@"):
            tags[name] = rest.strip()
    else:
        raise KassandraError(f"{path}: has no line @data, below which series stand")
    if "relation" in tags or attributes:
        return _arff(path, attributes)
    if _says_yes(tags.get("timestamps", "")):
        raise KassandraError(f"{path}: @timeStamps true: series with a time for each value are not read; leave it out")
    label = tags.get("classlabel", tags.get("targetlabel"))
    if label is None:
        raise KassandraError(f"{path}: no line @classLabel (or @targetLabel) says whether lines end in a label")
    return Form(_says_yes(label), [], _ts_row)


def _says_yes(text: str) -> bool:
    return text.split(" ")[0].lower() == "true"


def _arff(path: Path, attributes: list[tuple[str, str]]) -> Form:
    if not attributes:
        raise KassandraError(f"{path}: no line @attribute says what the lines below @data hold")
    name, kind = attributes[-1]
    labelled = kind.startswith("{") or name.lower() in ("class", "target", "label")
    many = attributes[0][1].lower() == "relational"
    return Form(labelled, [], _arff_row_of_many if many else _arff_row)


def _ts_row(text: str, labelled: bool) -> Row:
    *columns, label = text.split(":") if labelled else [*text.split(":"), ""]
    if not columns:
        raise ValueError("no `:` before a label")
    return _together([_numbers(column) for column in columns]), label.strip()


def _arff_row(text: str, labelled: bool) -> Row:
    cells = _cells(text)
    label = cells.pop() if labelled else ""
    return _together([_numbers(",".join(cells))]), label.strip()


def _arff_row_of_many(text: str, labelled: bool) -> Row:
    cells = _cells(text)
    label = cells.pop() if labelled else ""
    if len(cells) != 1:
        raise ValueError(f"{len(cells)} fields before the label, where one in quotes is expected")
    return _together([_numbers(row) for row in re.split(r"\\n|\n", cells[0]) if row.strip()]), label.strip()


def _cells(text: str) -> list[str]:
    quote = '"' if text.startswith('"') else "'"
    try:
        return next(csv.reader([text], quotechar=quote, skipinitialspace=True))
    except (csv.Error, StopIteration):
        raise ValueError("no line of comma-separated fields") from None


def _numbers(text: str) -> NDArray[np.float64]:
    """(steps,) NaN where there is a question mark, or nothing."""
    cells = [cell.strip() for cell in text.split(",")]
    try:
        numbers = np.array([cell if cell not in ("?", "") else "nan" for cell in cells], np.float64)
    except ValueError:
        raise ValueError("what is no number, among the numbers") from None
    if (np.abs(numbers) > LARGEST).any():  # infinite ones too
        raise ValueError(f"numbers beyond {LARGEST:g}")
    return numbers


def _together(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(steps, columns)"""
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        raise ValueError("columns of different lengths" if lengths else "no value")
    return np.stack(columns, axis=1)
