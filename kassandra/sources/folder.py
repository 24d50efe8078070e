"""Folders that appear complete or not at all, such as a copy of the user's own file or folder."""

import filecmp
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.filesize import decimal

from kassandra.contracts.artifacts import NETWORK, RECORD, on_disk, read_json, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.sources.content import Report, count_of, sha256_of
from kassandra.sources.unpack import is_archive, unpack
from kassandra.sources.walk import Walked, sentence, walk

CLONE = 0x40049409  # FICLONE of linux/fs.h


class Scratch:
    """A hidden folder beside `destination`: in its file system, so that a rename publishes; outside of what DVC removes
    before it runs a stage, so that what a killed run has fetched is still there for the next.

    files: what `destination` will hold. parts: what is being fetched. old: what `destination` held, for the moment
    between two renames.
    """

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        self.root = destination.with_name(f".{destination.name}.partial")
        self.files, self.parts, self.old = (self.root / name for name in ("files", "parts", "old"))

    def publish(self) -> None:
        """`files`, each of them on the disk, becomes `destination`, whose former content is removed only after that."""
        if self.destination.exists():
            remove(self.old)
            self.destination.rename(self.old)
        try:
            self.files.rename(self.destination)
        except OSError:
            if self.old.exists():
                self.old.rename(self.destination)
            raise
        on_disk(self.destination.parent)
        shutil.rmtree(self.root)


@contextmanager
def scratch_for(destination: Path, *, keep: bool) -> Iterator[Scratch]:
    """A scratch whose `files` the caller fills and publishes.

    Args:
        keep: on failure, leave in the scratch what it holds, for the next run; otherwise it is removed.

    Raises:
        KassandraError: `destination` is a file, or something cannot be read or written there.
    """
    scratch = Scratch(destination.absolute())
    if destination.exists() and not destination.is_dir():
        raise KassandraError(f"{destination}: is a file; expected a folder, or nothing yet")
    try:
        if scratch.old.exists() and not destination.exists():
            scratch.old.rename(destination)  # a run was killed between the two renames of publish
        if not keep:
            remove(scratch.root)
        scratch.files.mkdir(parents=True, exist_ok=True)
        scratch.parts.mkdir(exist_ok=True)
        yield scratch
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        raise KassandraError(f"{destination}: cannot be made: {what}{error.strerror or error}") from error
    finally:
        useful = keep and any(path.is_file() for path in scratch.root.rglob("*"))
        if not useful and not scratch.old.exists():  # what was good and could not be put back is never removed
            shutil.rmtree(scratch.root, ignore_errors=True)


def remove(path: Path) -> None:
    """A file, a link (not what it leads to), a folder with all in it, or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """The content alone, without the rights of the source: a copy is ours to replace. On the disk when this returns.

    Where the file system can, both share what lies on the disk until one of them is written to.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reading, target.open("wb") as writing:
        try:
            import fcntl  # which Windows lacks

            fcntl.ioctl(writing, CLONE, reading.fileno())
        except (ImportError, OSError):  # another system, another file system, or one that cannot
            shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())


def copy_own(path: Path, destination: Path, follow_links: bool = False) -> None:
    """Make `destination` a folder with a copy of the file `path`, or of all files in the folder, or archive, `path`.

    Links to files inside the folder are followed, so that the copy holds regular files only; with `follow_links` all
    others are too. What is left out is named and counted, and stands in a hidden file of the copy (see RECORD). What
    was in `destination` goes when the copy is complete, not before.

    Raises:
        KassandraError: `path` does not exist, holds no files, or is neither a file nor a folder; an archive is damaged;
            `path` and `destination` overlap; something cannot be read or written.
    """
    where, path = f"source.path: {path}", path.expanduser()
    try:
        root = path.resolve(strict=True)
    except FileNotFoundError:
        raise KassandraError(f"{where}: no such file or folder (looked in {Path.cwd()})") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links, before Python 3.13
        raise KassandraError(f"{where}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    goal = destination.resolve()  # whose content publishing removes: the user's only copy, if it lay in there
    if root == goal or goal in root.parents:
        raise KassandraError(f"{where}: lies in {destination}, which is replaced; keep your data elsewhere")
    if root in goal.parents:
        raise KassandraError(f"{where}: holds {destination}, where the copy goes; name the folder of the data alone")
    if root.is_file() and is_archive(root):
        _unpack_own(path, root, destination)
        return
    walked = _own_files(path, root, where, follow_links)
    report = Report()
    total, done = sum(file.stat().st_size for file in walked.files.values()), 0
    with scratch_for(destination, keep=False) as scratch:
        with report.bar(root.name, total) as track:
            for name, file in walked.files.items():
                copy(file, scratch.files / name)
                done += file.stat().st_size
                track(done)
        _record(scratch, walked.left_out, {"follow_links": follow_links} if follow_links else {})
        scratch.publish()
    report.say(f"{path}: {count_of(len(walked.files))}, {decimal(total)}, copied to {destination}")
    for line in sentence(walked.left_out):
        report.say(line)


def _own_files(path: Path, root: Path, where: str, follow_links: bool) -> Walked:
    """The files to be copied, by the names that they get."""
    if root.is_file():
        return Walked({Path(path.name): root}, {})
    if not root.is_dir():
        raise KassandraError(f"{where}: neither a file nor a folder")
    walked = walk(root, where, follow_links)
    for ours in (RECORD, NETWORK):
        walked.files.pop(Path(ours), None)
    if not walked.files:
        but = "; ".join(sentence(walked.left_out))
        raise KassandraError(f"{where}: this folder holds no files" + (f" ({but})" if but else ""))
    return walked


def _unpack_own(path: Path, archive: Path, destination: Path) -> None:
    report = Report()
    with scratch_for(destination, keep=False) as scratch:
        left_out, inner = unpack(archive, scratch.files)
        files = sum(file.is_file() for file in scratch.files.rglob("*"))
        _record(scratch, left_out, {"archive": path.name, "content": sha256_of(archive)})
        scratch.publish()
    report.say(f"{path}: {count_of(files)}, unpacked to {destination}")
    if inner:
        report.say(f"archives within it, unpacked too: {some(inner)}")
    for line in sentence(left_out):
        report.say(line)


def _record(scratch: Scratch, left_out: dict[str, list[str]], more: dict[str, object]) -> None:
    """What prepare is to put into meta.json: how many are left out, by kind. No file where there is nothing to say."""
    counts = {why: len(names) for why, names in left_out.items()}
    if counts or more:
        write_json(scratch.files / RECORD, {"left_out": counts, **more}, sealed=True)


def has_changed(path: Path, copied: Path, compared: Path | None = None) -> bool:
    """Whether the file or folder `path` is no longer what copy_own copied to `copied`; a missing one counts.

    Args:
        compared: a file that keeps sizes and times of modification of what was read and found equal. While none of them
            has changed, nothing is read again.
    """
    path = path.expanduser()
    if not copied.is_dir() or not path.exists():
        return True
    record = read_json(copied / RECORD) if (copied / RECORD).is_file() else {}
    if "archive" in record and not path.is_file():
        return True
    now = _own_files(path, path.resolve(), f"source.path: {path}", bool(record.get("follow_links"))).files
    then = {file.relative_to(copied): file for file in copied.rglob("*") if file.is_file()}
    seen = [_seen(side) for side in (now, then)]
    if compared and compared.is_file() and read_json(compared) == seen:
        return False
    for ours in (RECORD, NETWORK):
        then.pop(Path(ours), None)
    if "archive" in record:
        equal = sha256_of(path) == record["content"]
    else:
        equal = now.keys() == then.keys() and all(filecmp.cmp(now[name], then[name], shallow=False) for name in now)
    if equal and compared:
        write_json(compared, seen)
    return not equal


def _seen(files: Mapping[Path, Path]) -> dict[str, list[int]]:
    """Size and time of modification (ns) of each, by name."""
    return {name.as_posix(): [file.stat().st_size, file.stat().st_mtime_ns] for name, file in sorted(files.items())}
