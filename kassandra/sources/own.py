"""The user's own file or folder becomes a folder of ours."""

import filecmp
import os
import stat
from pathlib import Path

from kassandra.contracts.errors import KassandraError
from kassandra.sources.folder import copy, scratch_for
from kassandra.sources.progress import Report, count_of, size_of


def copy_own(path: Path, destination: Path) -> None:
    """Make `destination` a folder with a copy of the file `path`, or of all files in the folder `path`.

    Links to files inside the folder are followed, so that the copy holds regular files only. What was in `destination`
    goes when the copy is complete, not before.

    Raises:
        KassandraError: `path` does not exist, is an empty folder, or neither a file nor a folder; it holds a link that
            is broken, leads out of it or to a folder, or a thing that is no file; `path` and `destination` overlap;
            something cannot be read or written.
    """
    where, path = f"source.path: {path}", path.expanduser()
    try:
        root = path.resolve(strict=True)
    except FileNotFoundError:
        raise KassandraError(f"{where}: no such file or folder (looked in {Path.cwd()})") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links, before Python 3.13
        raise KassandraError(f"{where}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    _refuse_overlap(root, destination, where)
    if root.is_dir():
        files = _files_in(root, where)
        if not files:
            raise KassandraError(f"{where}: this folder holds no files")
    elif root.is_file():
        files = {Path(path.name): root}
    else:
        raise KassandraError(f"{where}: neither a file nor a folder")
    report = Report()
    total, done = sum(file.stat().st_size for file in files.values()), 0
    with scratch_for(destination, keep=False) as scratch:
        with report.bar(root.name, total) as track:
            for name, file in files.items():
                copy(file, scratch.files / name)
                done += file.stat().st_size
                track(done)
        scratch.publish()
    report.say(f"{path}: {count_of(len(files))}, {size_of(total)}, copied to {destination}")


def has_changed(path: Path, copied: Path) -> bool:
    """Whether the file or folder `path` is no longer what copy_own copied to `copied`; a missing one counts."""
    path = path.expanduser()
    if not copied.is_dir() or not path.exists():
        return True
    now = {Path(path.name): path} if path.is_file() else _files_in(path.resolve(), f"source.path: {path}")
    then = {file.relative_to(copied): file for file in copied.rglob("*") if file.is_file()}
    return now.keys() != then.keys() or not all(filecmp.cmp(now[name], then[name], shallow=False) for name in now)


def _refuse_overlap(root: Path, destination: Path, where: str) -> None:
    # Publishing removes what was in `destination`: the user's only copy, if it lay in there.
    goal = destination.resolve()
    if root == goal or goal in root.parents:
        raise KassandraError(f"{where}: lies in {destination}, which is replaced; keep your data elsewhere")
    if root in goal.parents:
        raise KassandraError(f"{where}: holds {destination}, where the copy goes; name the folder of the data alone")


def _files_in(root: Path, where: str) -> dict[Path, Path]:
    """Path in the copy → file to read, sorted."""
    files = {}
    for parent, folders, names in os.walk(root, onerror=_cannot_list):
        for name in folders:
            if (Path(parent) / name).is_symlink():
                raise KassandraError(
                    f"{where}: {_inside(root, parent, name)} is a link to a folder; put the folder there"
                )
        for name in names:
            inside, file = _inside(root, parent, name), Path(parent) / name
            if file.is_symlink():
                file = _followed(file, root, f"{where}: {inside}")
            if not stat.S_ISREG(file.stat().st_mode):
                raise KassandraError(f"{where}: {inside} is not a regular file")
            files[inside] = file
    return dict(sorted(files.items()))


def _followed(link: Path, root: Path, where: str) -> Path:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        raise KassandraError(f"{where} is a broken link") from None
    if root not in target.parents:
        raise KassandraError(f"{where} is a link that leads out of the folder; put the file there")
    return target


def _inside(root: Path, parent: str, name: str) -> Path:
    return Path(parent).relative_to(root) / name


def _cannot_list(error: OSError) -> None:
    raise KassandraError(f"source.path: {error.filename}: cannot be read: {error.strerror}")
