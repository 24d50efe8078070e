"""Several tables in a folder, and in the folders within it: a series each, or the series of one label each."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.labelled import One, Read
from kassandra.params.inputs.series import ExamplesSource
from kassandra.params.sections.folder import Folder
from kassandra.sources.own.file_names import labels_of
from kassandra.sources.own.labelled import Kind, Labelled, listing
from kassandra.sources.own.tables_of import ENDINGS, tables_in
from kassandra.sources.own.tolerated import usable

SHOWN = 5  # lines of what is to be reported of single tables

ReadOne = Callable[[Path, ExamplesSource, str | None], Read]  # a table, how it is written, and the label of its rows


def read(raw: Path, source: ExamplesSource, read_one: ReadOne) -> Read:
    """The series of all tables, each with the label and the split that its path says; see `source.files`. All have the
    columns of the first.

    Raises:
        KassandraError: there are none, nothing says their labels, or too many cannot be read.
    """
    files, message, left_out = _listed(raw, source)
    of_path, how = {one.path: one for one in files}, [source]

    def one_file(path: Path) -> Read:
        said = of_path[path].label
        part = read_one(path, how[-1], said if said and not source.label else None)
        how.append(source.model_copy(update={"values": part.of_table or None}))
        return part

    good = usable(files, one_file, source.tolerate, "tables")
    cut = source.files == "series" and any(len(part.series) > 1 for part in good.contents)
    series = [
        _belonging(each, one, source, cut) for one, part in zip(good.files, good.contents, strict=True)
        for each in part.series
    ]  # fmt: skip
    said = [line for part in good.contents for line in part.message]
    more = [f"{raw}: {len(said) - SHOWN:,} more lines about single tables"] if len(said) > SHOWN else []
    refused = {one.name: part.left_out for one, part in zip(good.files, good.contents, strict=True) if part.left_out}
    first: Read = good.contents[0]
    meta: dict[str, Any] = {**refused, **good.meta} | ({"files": left_out} if left_out else {})
    return Read(series, first.columns, meta, [*message, *good.message, *said[:SHOWN], *more], first.of_table)


def _listed(raw: Path, source: ExamplesSource) -> tuple[list[Labelled], list[str], dict[str, int]]:
    """The tables, what to report of them, and how many files are left out, by reason."""
    if source.files != "series":
        paths, message = tables_in(raw)
        if source.files == "parts":
            said = f"{raw}: {len(paths):,} tables, read as one"
            return [Labelled(path, path.relative_to(raw).as_posix(), "") for path in paths], [*message, said], {}
        labels = labels_of(paths)
        message = [*message, f"{raw}: a table for each label: {', '.join(labels)}"]
        return [Labelled(path, path.name, label) for path, label in zip(paths, labels, strict=True)], message, {}

    def named(path: PurePosixPath, labelled: bool) -> tuple[str, str]:
        return (path.parts[0] if labelled else ""), ""

    folder = Folder(path=source.path or str(raw), label_pattern=source.label_pattern)
    listed = listing(raw, folder, Kind("tables", ENDINGS, lambda _path: False, named))
    if not source.label and not any(one.label for one in listed.files):
        raise KassandraError(
            f"{raw}: no folder says the label of {listed.files[0].name}; give each label a folder, or name a column of "
            "labels (`source.label`), a pattern of the names (`source.label_pattern`), or say `source.files: labels`, "
            "where each table is one label's"
        )
    message = listed.message[:-1] if source.label else listed.message
    return listed.files, [*message, f"{raw}: {len(listed.files):,} tables, a series or recording each"], listed.left_out


def _belonging(each: One, file: Labelled, source: ExamplesSource, cut: bool) -> One:
    """A series with its file in its id, and in its group; `cut`: where it is a window of one."""
    name = file.name.removeprefix(f"{file.label}/") if file.label else file.name
    id = each.id.replace(file.path.name, name, 1)
    group = f"{file.name} {each.group}".strip() if (cut or each.group) and not source.group else each.group
    return each._replace(id=id, group=group, split=file.split or each.split)
