"""A folder of files with a label each: which files are examples, of which label and split, and what is left out."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import NETWORK, RECORD, missing, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import printable, some
from kassandra.contracts.splits import SPLIT_OF, SPLITS
from kassandra.params.sections.folder import Folder
from kassandra.sources.own.labels import Labels, by_pattern, by_table, tables_of_labels
from kassandra.sources.own.split_names import split_in, splits_named

SYSTEM = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
UNLABELLED = {"unsup", "unlabelled", "unlabeled"}  # folders of examples that nobody has labelled
SHOWN = 20  # labels whose counts are printed


class Labelled(NamedTuple):
    """name: path within the folder of the data, or of its split. split: train, valid or test; "" if none is said.

    group: what it belongs to, such as who speaks; "" if that is unknown.
    """

    path: Path
    name: str
    label: str
    split: str = ""
    group: str = ""


class Listing(NamedTuple):
    """files: train (and what is of no split), valid, test, each by path. left_out: what it is → how many files.

    message: what is left out, and how the labels and splits were read.
    """

    files: list[Labelled]
    left_out: dict[str, int]
    message: list[str]


class Kind(NamedTuple):
    """What examples are. unit: in the plural. endings: of files that claim to be some; of others `is_one` decides.

    named: the label, and the group, of a path; whether its first folder is the label. many: whether an example may have
    any number of labels.
    """

    unit: str
    endings: set[str]
    is_one: Callable[[Path], bool]
    named: Callable[[PurePosixPath, bool], tuple[str, str]]
    many: bool = False


Left = dict[str, list[str]]


def listing(raw: Path, source: Folder, kind: Kind) -> Listing:
    """The examples in `raw`: of folders named as their labels, in or above folders `train`, `valid` and `test`; or as
    `source.labels` or `source.label_pattern` say.

    Raises:
        KassandraError: there are none, or the table or the pattern does not fit them.
    """
    if not raw.is_dir():
        raise missing(raw)
    left: Left = {}
    paths = below_one_folder(visible(raw, left))
    lists = {} if source.labels else _lists(paths)
    own = {*(raw / name for name in tables_of_labels(source)), *lists}
    chosen = {}
    for name, path in paths.items():
        if path in own:
            continue
        if path.suffix.lower() in kind.endings or kind.is_one(path):
            chosen[name] = path
        else:
            _leave(left, f"files that are no {kind.unit}", name)
    if not (source.labels or source.label_pattern):
        chosen = _without_the_only_folder(chosen, kind)
    if not chosen:
        but = "; ".join(_sentences(left))
        raise KassandraError(f"{raw}: no {kind.unit} in this folder" + (f" ({but})" if but else ""))
    files, notes = _labelled(raw, chosen, source, kind, left)
    files, more = _by_lists(files, lists)
    files.sort(key=lambda one: SPLITS.index(one.split or "train"))  # stable
    before = read_json(raw / RECORD).get("left_out", {}) if (raw / RECORD).is_file() else {}
    counts = {**before, **{why: len(names) for why, names in left.items()}}
    if not files:
        raise KassandraError(f"{raw}: no {kind.unit[:-1]} has a label; {'; '.join(_sentences(left))}")
    lines = [*_sentences(left), *notes, *more, _counts(files, kind.unit)]
    return Listing(files, counts, [f"{raw}: {line}" for line in lines])


def masks(files: list[Labelled]) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """(files,) which come as valid, and as test; None where none does."""
    splits = np.array([one.split for one in files])
    valid, test = (splits == name for name in ("valid", "test"))
    return valid if valid.any() else None, test if test.any() else None


def groups(files: list[Labelled]) -> list[str] | None:
    """(files,) what each belongs to; None where that is unknown of all."""
    return [one.group for one in files] if any(one.group for one in files) else None


def visible(raw: Path, left: Left) -> dict[PurePosixPath, Path]:
    """Every file by its path in `raw`, in the order of paths; not those that a system or a program keeps there."""
    paths = {}
    for path in sorted(raw.rglob("*")):
        name = PurePosixPath(path.relative_to(raw))
        if path.is_dir() and not any(path.iterdir()):
            _leave(left, "empty folders", name)
        if not path.is_file() or path in (raw / RECORD, raw / NETWORK):
            continue
        folder = next((part for part in name.parts[:-1] if part.startswith((".", "_"))), None)
        if folder is not None:
            why = "files in hidden folders" if folder.startswith(".") else "files in folders that begin with _"
            _leave(left, why, name)
        elif name.name.startswith(".") or name.name.lower() in SYSTEM:
            _leave(left, "hidden files, and files of the system", name)
        else:
            paths[name] = path
    return paths


def below_one_folder(paths: dict[PurePosixPath, Path]) -> dict[PurePosixPath, Path]:
    """As archives are, in which everything lies in one folder: paths within that, as long as folders are left."""
    while len({name.parts[0] for name in paths}) == 1 and any(len(name.parts) > 2 for name in paths):
        paths = {PurePosixPath(*name.parts[1:]): path for name, path in paths.items()}
    return paths


def _without_the_only_folder(chosen: dict[PurePosixPath, Path], kind: Kind) -> dict[PurePosixPath, Path]:
    """One folder that holds all examples is no label, but where they are kept, beside a README and the like: if there
    are folders in it, or the names of files say labels."""
    while len({name.parts[0] for name in chosen}) == 1 and all(len(name.parts) > 1 for name in chosen):
        within = {PurePosixPath(*name.parts[1:]): path for name, path in chosen.items()}
        if all(len(name.parts) == 1 for name in within):
            try:
                kind.named(next(iter(within)), False)
            except KassandraError:
                return chosen
        chosen = within
    return chosen


def _labelled(
    raw: Path, paths: dict[PurePosixPath, Path], source: Folder, kind: Kind, left: Left
) -> tuple[list[Labelled], list[str]]:
    names, splits = _splits(list(paths), left)
    notes: list[str] = []
    if source.labels or source.label_pattern:
        own = [paths[name] for name in names]
        labels: Labels = by_table(raw, own, source, kind.many) if source.labels else by_pattern(raw, own, source)
        notes += labels.message
        files = []
        for name, split, said in zip(names, splits, labels.of, strict=True):
            if said is None:
                _leave(left, labels.lacking, name)
            else:
                split = said.split or split
                files.append(Labelled(paths[name], printable(str(name)), said.label, split, said.group))
        return files, notes
    by_folder = any(len(_within(name, split).parts) > 1 for name, split in zip(names, splits, strict=True))
    _are_no_splits(raw, {name.parts[0].lower() for name in names if len(name.parts) > 1}, any(splits))
    files = []
    for name, split in zip(names, splits, strict=True):
        within = _within(name, split)
        if by_folder and len(within.parts) == 1:
            _leave(left, "files beside the folders of the labels", name)
        elif by_folder and within.parts[0].lower() in UNLABELLED:
            _leave(left, f"{kind.unit} without a label, in {printable(within.parts[0])}", name)
        else:
            label, group = kind.named(within, by_folder)
            label, group = (normalize("NFC", printable(one)) for one in (label, group))
            files.append(Labelled(paths[name], printable(str(within)), label, split, group))
    return files, notes


def _splits(names: list[PurePosixPath], left: Left) -> tuple[list[PurePosixPath], list[str]]:
    """Of each file its split, "" where no folder says one: the first folder, or the second of all.

    `train` alone is no split, but may be a label; with `valid` or `test` beside it, other folders are left out.
    """
    said = folder_of_split(names)
    if not said:
        return names, [""] * len(names)
    for name, split in zip(names, said, strict=True):
        if not split:
            _leave(left, "files beside the folders train, valid and test", name)
    return [name for name, split in zip(names, said, strict=True) if split], [split for split in said if split]


def folder_of_split(names: list[PurePosixPath]) -> list[str]:
    """Of each file the split that its first folder names, or its second one if all have such; [] where none is."""
    for depth in (0, 1):
        folders = [name.parts[depth] if len(name.parts) > depth + 1 else "" for name in names]
        named = splits_named(set(folders))
        said = [named.get(folder, "") for folder in folders]
        if {"train"} < set(said) - {""} and (depth == 0 or all(said)):
            return said
    return []


def label_folders(names: list[PurePosixPath]) -> list[tuple[str, str]]:
    """The label and the split that folders say of each file, "" where they say none; for `kassandra init`.

    >>> label_folders([PurePosixPath("x/train/a/1.png"), PurePosixPath("x/test/b/2.png"), PurePosixPath("x/old/3.png")])
    [('a', 'train'), ('b', 'test'), ('', '')]
    """
    while len({name.parts[0] for name in names}) == 1 and all(len(name.parts) > 1 for name in names):
        names = [PurePosixPath(*name.parts[1:]) for name in names]
    said = folder_of_split(names)
    if not said and _likely_splits({name.parts[0].lower() for name in names if len(name.parts) > 1}):
        return [("", "")] * len(names)
    both = []
    for name, split in zip(names, said or [""] * len(names), strict=True):
        within = _within(name, split)
        is_labelled = len(within.parts) > 1 and within.parts[0].lower() not in UNLABELLED and bool(split or not said)
        both.append((within.parts[0] if is_labelled else "", split))
    return both


def _likely_splits(folders: set[str]) -> list[str]:
    """Those of the folders that are called like splits, if they are several and one is train."""
    likely = sorted(folder for folder in folders if folder.rstrip("0123456789_-") in SPLIT_OF)
    return likely if "train" in likely and len(likely) > 1 else []


def _are_no_splits(raw: Path, folders: set[str], split: bool) -> None:
    """Refuses folders such as `train` and `test1`, which are nobody's labels."""
    likely = _likely_splits(folders)
    if likely and not split:
        raise KassandraError(
            f"{raw}: folders {likely} look like splits, not like labels; call them train, valid, test, and have them "
            "hold a folder for each label, or say the labels by `source.labels` or `source.label_pattern`"
        )


def _within(name: PurePosixPath, split: str) -> PurePosixPath:
    """The path without the folder that names the split."""
    if not split:
        return name
    place = next(at for at, part in enumerate(name.parts) if split_in(part) == split)
    after = place + 1
    while after < len(name.parts) - 1 and name.parts[after] == name.parts[place]:  # seg_train/seg_train
        after += 1
    return PurePosixPath(*name.parts[:place], *name.parts[after:])


def _lists(paths: dict[PurePosixPath, Path]) -> dict[Path, str]:
    """Files that list the paths of a split, as `testing_list.txt` does."""
    lists = {}
    for name, path in paths.items():
        split = SPLIT_OF.get(name.name.lower().removesuffix("_list.txt"), "")
        if len(name.parts) == 1 and name.name.lower().endswith("_list.txt") and split:
            lists[path] = split
    return lists


def _by_lists(files: list[Labelled], lists: dict[Path, str]) -> tuple[list[Labelled], list[str]]:
    """The files with the splits that lists say; what is in no list is train."""
    if not lists or any(one.split for one in files):
        return files, []
    split_of: dict[str, str] = {}
    for path, split in lists.items():
        try:
            for line in path.read_text(encoding="utf-8-sig").splitlines():
                split_of.setdefault(line.strip().replace("\\", "/").removeprefix("./"), split)
        except (OSError, UnicodeDecodeError) as error:
            raise KassandraError(f"{path}: cannot be read as a list of paths in UTF-8 ({error})") from None
    split_of.pop("", None)
    absent = set(split_of) - {one.name for one in files}
    names = ", ".join(path.name for path in lists)
    notes = [f"splits are those of {names}"]
    if absent:
        notes.append(f"{len(absent)} paths in {names} are of no file here ({some(sorted(absent))})")
    return [one._replace(split=split_of.get(one.name, "train")) for one in files], notes


def _leave(left: Left, why: str, name: PurePosixPath) -> None:
    left.setdefault(why, []).append(str(name))


def _sentences(left: Left) -> list[str]:
    return [f"{why}: {len(names)} left out ({some(names)})" for why, names in left.items()]


def _counts(files: list[Labelled], unit: str) -> str:
    """4 images of 2 labels: circle 3, square 1"""
    counts = Counter(one.label for one in files)
    listed = [f"{label} {count}" for label, count in sorted(counts.items())]
    more = f", and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"{len(files)} {unit} of {len(counts)} labels: {', '.join(listed[:SHOWN])}{more}"
