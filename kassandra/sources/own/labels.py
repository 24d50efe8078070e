"""Labels that stand outside of the names of folders: in a table beside the files, or anywhere in their paths."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from unicodedata import normalize

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import SPLIT_OF
from kassandra.params.sections.folder import Folder
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.one_hot import label_of, labels_of
from kassandra.sources.own.refused import Refused, check_share
from kassandra.sources.own.split_names import split_in
from kassandra.sources.own.table_file import Table, read_table

USUAL = {
    "file": ("file", "filename", "file_name", "path", "filepath", "file_path", "image", "image_id", "image_path", "img",
             "clip", "audio", "recording", "wav", "id", "name"),
    "label": ("label", "class", "category", "species", "target", "labels", "class_name"),
    "split": ("split", "subset", "partition"),
    "fold": ("fold",),
    "group": (),
}  # fmt: skip


NUMBER = re.compile(r"[+-]?\d{1,15}\.\d*([eE][+-]?\d{1,2})?")
ONE_HOT = "label of the columns"  # as a column


class Label(NamedTuple):
    label: str
    split: str = ""
    group: str = ""


class Labels(NamedTuple):
    """of: of each file, None where none is said. lacking: what a file without one is."""

    of: list[Label | None]
    lacking: str
    message: list[str]


def by_pattern(raw: Path, paths: Sequence[Path], source: Folder) -> Labels:
    """What the groups of `source.label_pattern` match in the path of each file within `raw`.

    By RE2, whose time is linear in the length of a path, whatever the pattern is.

    Raises:
        KassandraError: it is no pattern of RE2, matches no file, or matches a split that is none.
    """
    import pyarrow as pa  # here: it costs a quarter of a second
    from pyarrow import compute

    pattern, where = source.label_pattern or "", "source.label_pattern"
    names = [path.relative_to(raw).as_posix().encode("utf-8", "replace").decode() for path in paths]
    try:
        matches = compute.extract_regex(pa.array(names, pa.string()), pattern=pattern).to_pylist()
    except pa.ArrowInvalid as error:
        raise KassandraError(f"{where}: {error}; see the syntax of RE2, and name each group, (?P<name>…)") from None
    if extra := set(matches[0] or next(filter(None, matches), {})) - {"label", "split", "group"}:
        raise KassandraError(unknown(where, "group", min(extra), ["label", "split", "group"]))
    of = [
        Label(one["label"], as_split(one.get("split"), where, name), one.get("group") or "")
        if one and one["label"] else None
        for one, name in zip(matches, names, strict=True)
    ]  # fmt: skip
    if not any(of):
        raise KassandraError(f"{where}: {pattern!r} matches none of {len(names)} paths, such as {some(names, 3)}")
    return Labels(of, "files whose path does not match source.label_pattern", [])


def split_of(name: str) -> str:
    """The split that a table of labels, or a folder that it lies in, is called by.

    >>> split_of("valid/_classes.csv"), split_of("train.csv"), split_of("labels.csv")
    ('valid', 'train', '')
    """
    return next(filter(None, map(split_in, PurePosixPath(name).with_suffix("").parts[::-1])), "")


def tables_of_labels(source: Folder) -> list[str]:
    return source.labels if isinstance(source.labels, list) else [source.labels] if source.labels else []


def by_table(raw: Path, paths: Sequence[Path], source: Folder, many: bool = False) -> Labels:
    """What the tables of `source.labels` say; of several, each is of the split that it, or its folder, is called by.

    Args:
        many: whether a file may have any number of labels, joined as contracts.label_sets has it.

    Raises:
        KassandraError: as of one; or two tables say several things of a file.
    """
    names = tables_of_labels(source)
    each = [_by_one(raw, paths, source, name, many) for name in names]
    if len(each) == 1:
        return each[0]
    of: list[Label | None] = [None] * len(paths)
    for name, labels in zip(names, each, strict=True):
        for place, said in enumerate(labels.of):
            label = said and said._replace(split=said.split or split_of(name))
            if label and of[place] not in (None, label):
                raise KassandraError(f"source.labels: several tables say several things of {paths[place].name!r}")
            of[place] = label or of[place]
    return Labels(of, f"files that {some(names)} give no label", [line for labels in each for line in labels.message])


def _by_one(raw: Path, paths: Sequence[Path], source: Folder, named: str, many: bool) -> Labels:
    """What the row of a table says that names a file: by its path, or its name, with or without the ending.

    Raises:
        KassandraError: there is no such table, a column is unknown or cannot be guessed, a file has two labels, a name
            is of several files, too many rows cannot be read, or none is of a file.
    """
    path = raw / named
    if not path.is_file() or raw.resolve() not in path.resolve().parents:
        tables = [one.relative_to(raw).as_posix() for ending in ("csv", "tsv") for one in raw.rglob(f"*.{ending}")]
        raise KassandraError(f"source.labels: no file {named!r} in {raw}; tables there are {sorted(tables)}")
    chosen: dict[str, str] = {}
    of_labels = source.label if isinstance(source.label, list) else []

    def choose(columns: list[str]) -> list[str]:
        chosen.update(_columns(columns, source, path))
        return list(dict.fromkeys([*(name for name in chosen.values() if name != ONE_HOT), *of_labels]))

    how = source if isinstance(source, TableFile) else TableFile(path=str(path), encoding=source.encoding)
    table = read_table(path, how, choose)
    if of_labels:
        _with_labels(table, of_labels, labels_of if many else label_of)
    refused = check_share(table.refused, path, table.total, source.tolerate, table.hint())
    of, folds, notes = _matched(raw, paths, table, chosen, many)
    notes += [refused] if refused else []
    if "fold" in chosen:
        of, note = _by_fold(of, folds, source)
        notes.append(f"column {chosen['fold']!r}: {note}")
    notes += [f"{role}s are those of column {chosen[role]!r}" for role in ("split", "group") if role in chosen]
    return Labels(of, f"files that {path.name} gives no label", notes)


def _with_labels(table: Table, names: Sequence[str], of: Callable[..., tuple[str, str]]) -> None:
    """Adds a column of the label, or of all labels, that stand in a column for each; rows that `of` refuses go."""
    both = [of(cells, names) for cells in zip(*(table.columns[name] for name in names), strict=True)]
    good = [row for row, (_, why) in enumerate(both) if not why]
    table.refused += [Refused(int(table.lines[row]), why) for row, (_, why) in enumerate(both) if why]
    table.columns[ONE_HOT] = [label for label, _ in both]
    table.columns = {name: [cells[row] for row in good] for name, cells in table.columns.items()}
    table.lines = table.lines[good]


def _matched(
    raw: Path, paths: Sequence[Path], table: Table, chosen: dict[str, str], many: bool
) -> tuple[list[Label | None], list[int | None], list[str]]:
    """The label and the fold of each file, and what to report of the rows."""
    index, name = by_names(raw, table.path, paths), table.path.name
    of: list[Label | None] = [None] * len(paths)
    folds: list[int | None] = [None] * len(paths)
    absent, unlabelled = list[str](), 0
    for row in range(len(table.lines)):
        cells = {role: as_text(table.columns[column][row]) for role, column in chosen.items()}
        where = f"{name}: {table.where([row])}"
        places = index.get(as_compared(cells["file"]), [])
        if len(places) > 1:
            raise KassandraError(f"{where}: {cells['file']!r} is the name of {len(places)} files; give their paths")
        if not places:
            absent.append(cells["file"])
        elif not (cells["label"] or many):
            unlabelled += 1
        else:
            (place,) = places
            said = Label(cells["label"], as_split(cells.get("split"), where), cells.get("group", ""))
            if (before := of[place]) is not None and before != said:
                raise KassandraError(f"{where}: {cells['file']!r} is {said.label!r} here, and {before.label!r} above")
            of[place], folds[place] = said, _number(cells["fold"], where) if "fold" in chosen else None
    if not any(of):
        example = f"{some(absent, 2) or 'none'}; files are {some([path.name for path in paths], 2)}"
        raise KassandraError(f"source.labels: no row of {name} names a file with a label: rows name {example}")
    notes = [f"labels are those of {name}: files in column {chosen['file']!r}, labels in {chosen['label']!r}"]
    if absent:
        notes.append(f"{len(absent)} rows of {name} name no file that is there ({some(absent)})")
    if unlabelled:
        notes.append(f"{unlabelled} rows of {name} have no label")
    return of, folds, notes


def as_text(cell: Any) -> str:
    """As it would stand in a .csv: 5 for 5.0.

    >>> as_text(" a "), as_text(5.0), as_text(None), as_text(True), as_text("05")
    ('a', '5', '', 'true', '05')
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def whole(label: str) -> str:
    """A label that is a whole number, as such.

    >>> whole("1.000e+00"), whole("2.5"), whole("walk")
    ('1', '2.5', 'walk')
    """
    return str(int(float(label))) if "." in label and NUMBER.fullmatch(label) and float(label).is_integer() else label


def _columns(columns: list[str], source: Folder, table: Path) -> dict[str, str]:
    """The column of each role that has one."""
    chosen: dict[str, Any] = {role: getattr(source, role) for role in USUAL}
    columns, of_labels = list(columns), source.label if isinstance(source.label, list) else []
    for name in of_labels:
        if name not in columns:
            raise KassandraError(unknown("source.label", "column", name, columns))
        columns.remove(name)
    if of_labels:
        chosen["label"] = ONE_HOT
        columns.append(ONE_HOT)
    for role, name in chosen.items():
        if name is not None and name not in columns:
            raise KassandraError(unknown(f"source.{role}", "column", name, columns))
    for role in USUAL:
        likely = [name for name in columns if name.lower() in USUAL[role] and name not in chosen.values()]
        if chosen[role] is None and len(likely) == 1:
            chosen[role] = likely[0]
    if chosen["fold"] and chosen["split"]:
        chosen["split" if source.fold else "fold"] = None
    for role, other in (("file", "label"), ("label", "file")):
        rest = [name for name in columns if name not in chosen.values()]
        if chosen[role] is None and chosen[other] is not None and len(rest) == 1:
            chosen[role] = rest[0]
        if chosen[role] is None:
            raise KassandraError(f"source.{role}: {table.name} has the columns {columns}; say which it is")
    return {role: name for role, name in chosen.items() if name is not None}


def by_names(raw: Path, table: Path, paths: Sequence[Path]) -> dict[str, list[int]]:
    """By each name that a file may be called by, which files it may be; a longer name goes before a shorter one."""
    index: dict[str, list[int]] = {}
    for rank in zip(*(_names(raw, table, path) for path in paths), strict=True):
        known = set(index)
        for place, name in enumerate(rank):
            if name and name not in known:
                index.setdefault(name, []).append(place)
    return index


def _names(raw: Path, table: Path, path: Path) -> list[str]:
    """What a file may be called, the longest first: within `raw`, within the table's folder, by its last parts."""
    beside = path.relative_to(table.parent) if path.is_relative_to(table.parent) else None
    called_so = table.with_suffix("")  # train/ beside train.csv
    within = path.relative_to(called_so) if path.is_relative_to(called_so) else None
    last = (PurePosixPath(*path.parts[-parts:]) for parts in (3, 2, 1))
    ways = [PurePosixPath(path.relative_to(raw)), *(PurePosixPath(one or "") for one in (beside, within)), *last]
    return [
        as_compared(str(name)) if name.name else ""
        for way in ways
        for name in (way, way.with_suffix("") if way.name else way)
    ]


def as_compared(name: str) -> str:
    """As paths are compared: `/` between folders, none before the first, no difference of case, é in one form."""
    return str(PurePosixPath(normalize("NFC", name.strip()).replace("\\", "/"))).lstrip("/").casefold()


def as_split(cell: str | None, where: str, name: str = "") -> str:
    if not cell:
        return ""
    if cell.strip().lower() not in SPLIT_OF:
        what = f"{name}: " if name else ""
        raise KassandraError(f"{where}: {what}{cell!r} is no split; expected train, valid (val, dev) or test")
    return SPLIT_OF[cell.strip().lower()]


def _number(cell: str, where: str) -> int:
    try:
        return int(float(cell))
    except (ValueError, OverflowError):
        raise KassandraError(f"{where}: fold {cell!r} is no number") from None


def _by_fold(of: list[Label | None], folds: list[int | None], source: Folder) -> tuple[list[Label | None], str]:
    """The labels with the splits that the folds make."""
    known = sorted({fold for fold in folds if fold is not None})
    test = known[-1] if source.test_fold is None else source.test_fold
    for key, fold in (("test_fold", test), ("valid_fold", source.valid_fold)):
        if fold is not None and (fold not in known or len(known) < 2):
            raise KassandraError(f"source.{key}: fold {fold} cannot be it; the folds are {known}")
    named = {test: "test"} | ({} if source.valid_fold is None else {source.valid_fold: "valid"})
    done = [
        one and one._replace(split=named.get(-1 if fold is None else fold, "train"))
        for one, fold in zip(of, folds, strict=True)
    ]
    last = " (the last; source.test_fold names another)" if source.test_fold is None else ""
    valid = f", fold {source.valid_fold} is valid" if source.valid_fold is not None else ""
    return done, f"fold {test} of {known} is test{last}{valid}"
