"""Where the labels of files in a folder are: its folders, or a table beside them."""

import re
from collections import Counter
from pathlib import PurePosixPath

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.label_sets import labels_in
from kassandra.detection.folder import LISTS
from kassandra.detection.label_sets import counted, label_sets
from kassandra.detection.name_parts import PART, by_name
from kassandra.detection.one_hot import one_hot
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.table import Column, Table, table_of
from kassandra.detection.words import some
from kassandra.sources.own.labelled import label_folders
from kassandra.sources.own.labels import split_of
from kassandra.sources.own.one_hot import labels_of

LARGEST = 64 << 20  # bytes of a table of labels
LABEL = re.compile(r"label|class|category|breed|species|target|tag|name|diagnosis|word|type", re.IGNORECASE)
FOLD = re.compile(r"^fold$|^k_?fold$", re.IGNORECASE)
SPLIT = re.compile(r"^split$|^set$|^subset$|^partition$", re.IGNORECASE)
UNLABELLED = re.compile(r"(?:^|/)test[0-9]*/", re.IGNORECASE)  # where nothing else says labels
NO_LABELS = re.compile(r"sample_?submission", re.IGNORECASE)  # of a competition: what answers are to look like


def described(look: Look, proposal: Proposal, unit: str, files: list[str]) -> Proposal:
    """Adds where the labels of `files` are, and which splits there are.

    Raises:
        KassandraError: nothing says the labels.
    """
    tree = look.tree
    assert tree is not None
    proposal.examples = len(files)
    named = _tables(look, files)
    said = label_folders([PurePosixPath(name) for name in files])
    labels = Counter(label for label, _ in said if label)
    if named:
        first = next((name for name in named if split_of(name) == "train"), next(iter(named)))
        _of_table(look, proposal, first, *named[first])
        if len(named) > 1:
            _of_splits(proposal, named)
    elif len(labels) >= 2 and not PART.fullmatch(look.wish.target or ""):
        proposal.classes, proposal.examples = dict(labels.most_common()), labels.total()
        splits = Counter(split for label, split in said if label and split)
        if splits:
            proposal.splits = frozenset(splits)
            proposal.seen.append("splits: " + ", ".join(f"{name} {count:,}" for name, count in splits.items()))
        if lists := sorted(name for name in tree.files if PurePosixPath(name).name in LISTS):
            proposal.splits |= {"test" if "test" in name else "valid" for name in lists}
            proposal.seen.append(f"splits by the lists {some(lists)}")
    elif of_names := by_name([name for name in files if not UNLABELLED.search(name)] or files, look.wish.target):
        pattern, proposal.classes, where = of_names
        proposal.source["label_pattern"] = pattern
        proposal.guessed.append(f"labels are {where} of the files' names, as of {files[0]!r} (label_pattern)")
    else:
        raise KassandraError(
            f"{look.path}: {len(files):,} {unit} without labels; put them into a folder for each label, or a table "
            "(file, label) beside them, or say by `source.label_pattern` where in their names the label is"
        )
    what = f"in {len(proposal.classes)} classes" if look.answer is None else "with an answer each"
    proposal.seen.append(f"{len(files):,} {unit} {what}")
    if tree.hidden:
        proposal.seen.append(f"{tree.hidden:,} hidden files, and those of folders that begin with . or _, are left out")
    if tree.links:
        proposal.source["follow_links"] = True
        proposal.seen.append(f"{tree.links:,} symbolic links lead out of the folder, or to folders: they are followed")
    proposal.rows = [{"file": name} for name in files[:: max(1, len(files) // 5)][:5]]
    return proposal


def _tables(look: Look, files: list[str]) -> dict[str, tuple[Table, Column]]:
    """The table in the folder of which a column names most of the files; or those of the splits, where each has one."""
    tree = look.tree
    if tree is None or look.form != "folder":
        return {}
    names = {part for name in files for path in [PurePosixPath(name)] for part in (name, path.name, path.stem)}
    found = dict[str, tuple[Table, Column]]()
    for name in tree.files:
        path = tree.path / name
        if not name.lower().endswith((".csv", ".tsv")) or path.stat().st_size > LARGEST or NO_LABELS.search(name):
            continue
        table = table_of(path)
        for column in table.columns if table else []:
            held = column.held[:2000]
            if table and held and sum(cell in names for cell in held) > 0.5 * len(held):
                found.setdefault(name, (table, column))
    splits = {name: split for name in found if (split := split_of(name))}
    alike = {name: found[name] for name in splits if found[name][0].names == found[next(iter(splits))][0].names}
    if len(alike) > 1 and "train" in splits.values() and len({splits[name] for name in alike}) == len(alike):
        return alike
    return dict(list(found.items())[:1])


def _of_splits(proposal: Proposal, named: dict[str, tuple[Table, Column]]) -> None:
    """Adds that there is a table of labels for each split."""
    label, counts = proposal.source["label"], Counter[str]()
    for table, _ in named.values():
        hot = one_hot([table.column(one) for one in label]) if isinstance(label, list) else None
        column = hot.label if hot else None if isinstance(label, list) else table.column(label)
        counts.update(column.values if column else {})
    proposal.source["labels"], proposal.classes = list(named), dict(counts.most_common())
    proposal.splits = frozenset(split_of(name) for name in named) - {"train"}
    proposal.seen.append(f"a table of labels for each split: {some(list(named))}")


def _of_table(look: Look, proposal: Proposal, name: str, table: Table, file: Column) -> None:
    answer = look.answer
    few = [one for one in table.columns if one is not file and 2 <= len(one.values) <= max(2, len(one.held) // 3)]
    others = few if answer is None else [one for one in table.columns if one is not file and answer(table, one) > 0]
    split = next((one for one in few if SPLIT.search(one.name)), None)
    fold = next((one for one in few if FOLD.search(one.name)), None)
    likely = [one for one in others if one not in (split, fold)]
    hot = one_hot(likely) if answer is None else None
    if look.wish.target:
        label = table.column(look.wish.target)
    elif hot and hot.several:
        label = hot.label
        rows = zip(*(table.column(one).cells for one in hot.names), strict=True)
        sets = counted([labels_in(labels_of(cells, hot.names)[0]) for cells in rows], None)
        proposal.prepare["labels"] = "many"
        proposal.guessed.append(sets.said(f"the columns {some(hot.names)} of {name}, each 0 or 1", len(label.cells)))
    elif hot:
        label = hot.label
        proposal.guessed.append(f"labels in the columns {some(hot.names)} of {name}, of which one is 1 in each row")
    else:
        texts = [one for one in likely if not one.is_numeric]
        ordered = [*(one for one in texts if LABEL.search(one.name)), *texts, *likely]
        if answer is not None:
            ordered = sorted(likely, key=lambda one: -answer(table, one))
        if not ordered:
            raise KassandraError(f"{table.path}: no column can be the label; --target names it: {table.names}")
        label = ordered[0]
        rest = [one.name for one in likely if one is not label]
        proposal.guessed.append(
            f"{'labels' if answer is None else 'answers'} in {label.name!r} of {name}"
            + (f"; --target names others: {some(rest)}" if rest else "")
        )
    proposal.source |= {
        "labels": name,
        "file": file.name,
        "label": hot.names if hot and label is hot.label else label.name,
    }
    proposal.source |= {"split": split.name} if split else {"fold": fold.name} if fold else {}
    proposal.classes = dict(label.values.most_common())
    if hot and hot.several and label is hot.label:
        proposal.classes = sets.counts
    elif answer is None and (found := label_sets(label)):
        proposal.classes = found.counts
        proposal.prepare |= {"labels": "many"} | ({"separator": found.separator} if found.separator else {})
        proposal.guessed.append(found.said(f"{label.name!r} of {name}", len(label.cells)))
    proposal.seen.append(f"{name} says the label of each file, in {label.name!r}")
    if split or fold:
        by = split or fold
        assert by is not None
        proposal.splits = frozenset(
            {"test", *("valid" for name in by.values if split and name.lower().startswith(("val", "dev")))}
        )
        proposal.seen.append(f"{'split' if split else 'fold'} by {by.name!r}: {some(sorted(by.values))}")
