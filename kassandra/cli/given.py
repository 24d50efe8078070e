"""What is given to `kassandra predict`: files, and folders and archives of files, by the names that they have there."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.sources.own.labelled import visible
from kassandra.sources.unpack import is_archive, unpack

Is = Callable[[Path], bool]


class Renamed:
    """A reader of inputs that calls each file as the user does, who knows nothing of where an archive was unpacked."""

    def __init__(self, reader: ModuleType, names: dict[str, str]) -> None:
        self.reader, self.names = reader, names

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    def read(self, given: list[str], *arguments: Any, **options: Any) -> tuple[Any, ...]:
        try:
            names, *inputs = self.reader.read(given, *arguments, **options)
        except KassandraError as error:
            text = str(error)
            for path, name in self.names.items():
                text = text.replace(path, name)
            raise KassandraError(text) from None
        return [self.names.get(name, name) for name in names], *inputs


@contextmanager
def opened(given: list[str], reader: ModuleType) -> Iterator[tuple[list[str], ModuleType | Renamed]]:
    """What is given, with folders and archives replaced by the files in them that the reader takes: those for which its
    `is_one` is true. A reader without that function is given all as it stands.

    Raises:
        KassandraError: a folder or an archive holds none, or cannot be read.
    """
    is_one: Is | None = getattr(reader, "is_one", None)
    if is_one is None or not any(_is_several(one, is_one) for one in given):
        yield given, reader
        return
    files, names = list[str](), dict[str, str]()
    with ExitStack() as stack:
        for one in given:
            if not _is_several(one, is_one):
                files.append(one)
                continue
            folder = Path(one)
            if folder.is_file():
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="kassandra-")))
                unpack(Path(one), folder)
            within = _files(one, folder, is_one)
            names |= {str(path): f"{one.rstrip('/')}/{path.relative_to(folder).as_posix()}" for path in within}
            files += map(str, within)
        yield files, Renamed(reader, names)


def _is_several(given: str, is_one: Is) -> bool:
    """Whether it is a folder, or an archive that is not itself an input."""
    if not given:  # an empty text, and not the folder where this runs
        return False
    try:
        path = Path(given)
        return path.is_dir() or (path.is_file() and not is_one(path) and is_archive(path))
    except (OSError, ValueError):  # a text that is too long for the name of a file
        return False


def _files(given: str, folder: Path, is_one: Is) -> list[Path]:
    left: dict[str, list[str]] = {}
    paths = list(visible(folder, left).values())
    chosen = [path for path in paths if is_one(path)]
    others = [path.relative_to(folder).as_posix() for path in paths if path not in set(chosen)]
    if not chosen:
        raise KassandraError(
            f"{given}: holds none of the files that this model reads; found {some(others) or 'nothing'}"
        )
    if others:
        left["files of other kinds"] = others
    for why, names in left.items():
        print(f"{given}: {why}: {len(names)} left out ({some(names)})", file=sys.stderr)
    return chosen
