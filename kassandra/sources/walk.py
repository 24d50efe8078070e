"""The files of a folder of a user's, where its links lead, and what is left out of it."""

from pathlib import Path
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some

FOLLOWS = "`source.follow_links: true` follows them"
OUT, FOLDERS = f"links that lead out of the folder ({FOLLOWS})", f"links to folders ({FOLLOWS})"
BROKEN, AGAIN = "broken links", "links to a folder that is read already"
OTHER, EMPTY = "neither files nor folders", "empty folders"


class Walked(NamedTuple):
    """files: path in the folder → file to read, sorted. left_out: what it is → names of those."""

    files: dict[Path, Path]
    left_out: dict[str, list[str]]


def walk(root: Path, where: str, follow_links: bool = False) -> Walked:
    """Every regular file in `root`, an absolute path without links. A link to a file in it is read as that file.

    Args:
        follow_links: read links to folders, and links that lead out, too; each folder once, so that circles end.

    Raises:
        KassandraError: a folder cannot be listed. It opens with `where`.
    """
    walked = Walked({}, {})
    _enter(root, Path(), (root, where, follow_links), walked, {root})
    return Walked(dict(sorted(walked.files.items())), walked.left_out)


def _enter(folder: Path, name: Path, how: tuple[Path, str, bool], walked: Walked, known: set[Path]) -> bool:
    """Read a folder, which is called `name` in the copy; whether there was anything in it."""
    root, where, follow_links = how
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise KassandraError(f"{where}: {folder}: cannot be read: {error.strerror}") from None
    for entry in entries:
        inside, target = name / entry.name, entry
        why = ""
        if entry.is_symlink():
            target, why = _target(entry, root, follow_links, known)
        if not why and target.is_dir():
            known.add(target)
            if not _enter(target, inside, how, walked, known):
                why = EMPTY
        elif not why and target.is_file():
            walked.files[inside] = target
        elif not why:
            why = OTHER
        if why:
            walked.left_out.setdefault(why, []).append(str(inside))
    return bool(entries)


def _target(link: Path, root: Path, follow_links: bool, known: set[Path]) -> tuple[Path, str]:
    """Where a link leads, and why it is left out; empty if it is not."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a circle of links, before Python 3.13
        return link, BROKEN
    is_folder = target.is_dir()
    if not follow_links and (is_folder or root not in target.parents):
        return target, FOLDERS if is_folder else OUT
    return target, AGAIN if is_folder and (target in known or target in root.parents) else ""


def sentence(left_out: dict[str, list[str]]) -> list[str]:
    """A line for each kind of what is left out: how many, the first five by name.

    >>> sentence({"broken links": ["a", "b"]})
    ['broken links: 2 left out (a, b)']
    """
    return [f"{why}: {len(names)} left out ({some(names)})" for why, names in left_out.items()]
