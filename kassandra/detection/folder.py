"""The tree of a folder, or of an archive of one: which files it holds, how deep, and which folders are splits."""

import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from kassandra.contracts.errors import KassandraError
from kassandra.detection.content import reading
from kassandra.sources.walk import FOLDERS, OUT, walk

MOST = 500_000  # files that are looked at
SPLITS = {"train": "train", "training": "train", "valid": "valid", "val": "valid", "dev": "valid",
          "validation": "valid", "test": "test", "testing": "test"}  # fmt: skip
LISTS = {"testing_list.txt", "validation_list.txt"}
NO_FILES = {"thumbs.db", "desktop.ini", "readme", "readme.md", "readme.txt", "license", "license.txt"}


@dataclass(frozen=True)
class Tree:
    """path: of the folder, or archive. files: relative paths of files, hidden ones left out. hidden: how many were.
    links: symbolic links in it that lead out of it, or to folders."""

    path: Path
    files: list[str]
    hidden: int
    links: int

    @cached_property
    def depth(self) -> int:
        """Of most files: 0 if they lie in the folder itself."""
        depths = Counter(len(PurePosixPath(file).parts) - 1 for file in self.files)
        return depths.most_common(1)[0][0] if depths else 0

    @cached_property
    def folders(self) -> dict[str, int]:
        """Number of files by the folder right above them that is no split."""
        counts = Counter[str]()
        for file in self.files:
            parents = [part for part in PurePosixPath(file).parts[:-1] if part.lower() not in SPLITS]
            if parents:
                counts[parents[-1]] += 1
        return dict(counts)

    @cached_property
    def splits(self) -> dict[str, int]:
        """Number of files by split, of those in folders that are called so."""
        counts = Counter[str]()
        for file in self.files:
            for part in PurePosixPath(file).parts[:-1]:
                if part.lower() in SPLITS:
                    counts[SPLITS[part.lower()]] += 1
                    break
        return dict(counts)

    def sample(self, most: int) -> list[str]:
        """So many files, evenly over all."""
        step = max(1, len(self.files) // most)
        return self.files[::step][:most]

    def of_kind(self, is_one: Callable[[Path], bool], most: int) -> list[str]:
        """The files with an ending that most files with it share with those of a kind; `is_one` looks at some."""
        by_ending: dict[str, list[str]] = {}
        for name in self.files:
            by_ending.setdefault(PurePosixPath(name).suffix.lower(), []).append(name)
        good = set[str]()
        for ending, names in by_ending.items():
            some = names[:: max(1, len(names) * len(by_ending) // most)][:most]
            if sum(is_one(self.path / name) for name in some) > 0.5 * len(some):
                good.add(ending)
        return [name for name in self.files if PurePosixPath(name).suffix.lower() in good]


def tree_of(path: Path) -> Tree:
    """Raises: KassandraError: it cannot be read, or holds no files, or too many."""
    with reading(path):
        names, links = _walked(path) if path.is_dir() else (_packed(path), 0)
    shown = [name for name in names if not _is_hidden(name)]
    if not shown:
        raise KassandraError(f"{path}: this folder holds no files")
    return Tree(path, sorted(shown), len(names) - len(shown), links)


def _is_hidden(name: str) -> bool:
    *parents, file = PurePosixPath(name).parts
    return file.startswith(".") or file.lower() in NO_FILES or any(part.startswith((".", "_")) for part in parents)


def _walked(path: Path) -> tuple[list[str], int]:
    """Files, those that links lead to as well, and how many links have to be followed for that."""
    root = path.resolve()
    walked = walk(root, str(path))
    links = len(walked.left_out.get(OUT, [])) + len(walked.left_out.get(FOLDERS, []))
    if links:
        walked = walk(root, str(path), follow_links=True)
    if len(walked.files) > MOST:
        raise KassandraError(f"{path}: holds more than {MOST:,} files; name a folder of the data alone")
    return [name.as_posix() for name in walked.files], links


def _packed(path: Path) -> list[str]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [info.filename for info in archive.infolist() if not info.is_dir()][:MOST]
    names = list[str]()
    with tarfile.open(path) as archive:
        for info in archive:
            names += [info.name] if info.isreg() else []
            if len(names) >= MOST:
                break
    return names
