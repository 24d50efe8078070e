"""The kinds of place that a file may come from. Each gives a checked file or says why not."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import requests

from kassandra.sources.archive import take_member
from kassandra.sources.catalogue import Archive, Content, Dataset
from kassandra.sources.content import Unavailable, chunks_of, is_right, too_large, write
from kassandra.sources.index import Index
from kassandra.sources.network import Patience, public
from kassandra.sources.progress import Report, size_of
from kassandra.sources.transfer import download

MIRROR = "KASSANDRA_MIRROR"
CARRIED = Path(__file__).with_name("carried")


@dataclass(frozen=True)
class Tools:
    """What every place works with. parts: folder for what is being fetched; it outlives a failed run."""

    parts: Path
    report: Report
    session: requests.Session
    patience: Patience


class Place(ABC):
    """label: its name for the user, without credentials."""

    label: str

    def offers(self, name: str) -> bool:
        """Whether it makes sense to ask for the file `name`."""
        return True

    @abstractmethod
    def fetch(self, file: Content, tools: Tools) -> Path:
        """A new file in `tools.parts` of that content, the caller's to move.

        Raises:
            Unavailable: why not.
        """


@dataclass(frozen=True)
class Folder(Place):
    """A folder on this machine that holds the files under their names."""

    path: Path
    label: str

    def fetch(self, file: Content, tools: Tools) -> Path:
        source, target = self.path / file.name, tools.parts / f"{file.name}.copy"
        if not self.path.is_dir():
            raise Unavailable("no such folder", everywhere=True)
        if not source.is_file():
            raise Unavailable("no such file")
        if source.stat().st_size > file.bytes:
            raise too_large(file, source.stat().st_size)
        with tools.report.bar(file.name, file.bytes) as track:
            write(_chunks(source), target, file, track)
        return target


@dataclass(frozen=True)
class Carried(Folder):
    """A folder of small files that lie beside this code, as no other place has them."""

    def offers(self, name: str) -> bool:
        return (self.path / name).is_file()


@dataclass(frozen=True)
class Address(Place):
    """An http(s) address that the file name completes."""

    start: str
    label: str

    def fetch(self, file: Content, tools: Tools) -> Path:
        part = tools.parts / f"{file.name}.part"
        with tools.report.bar(file.name, file.bytes) as track:
            download(tools.session, self.start + quote(file.name), part, file, tools.patience, track)
        return part


class IndexedArchive(Place):
    """An archive of the package index, downloaded once for all the files that it holds."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.index = archive, Index.of_the_user()
        self.label = f"{archive.name} of the {self.index.label}"

    def offers(self, name: str) -> bool:
        return self.archive.member(name) is not None

    def fetch(self, file: Content, tools: Tools) -> Path:
        member = self.archive.member(file.name)
        assert member is not None  # it offers the file
        downloaded, target = tools.parts / self.archive.name, tools.parts / f"{file.name}.member"
        if not is_right(downloaded, self.archive):
            self._download(downloaded, tools)
        take_member(downloaded, member, target, file, lambda done: None)
        return target

    def _download(self, target: Path, tools: Tools) -> None:
        part = target.with_name(f"{target.name}.part")
        try:
            address = self.index.find(self.archive, tools.session, tools.patience)
            with tools.report.bar(self.archive.name, self.archive.bytes) as track:
                download(tools.session, address, part, self.archive, tools.patience, track)
        except Unavailable as error:
            raise Unavailable(error.reason, everywhere=True) from None  # no archive, no file of it
        part.replace(target)
        tools.report.say(f"  {self.archive.name}  {size_of(self.archive.bytes)}  from the {self.index.label}")


def mirror_folder(mirror: str) -> Path:
    return Path(mirror).expanduser().absolute()


def places_of(name: str, dataset: Dataset) -> Iterator[Place]:
    """In the order in which they are tried."""
    if mirror := os.environ.get(MIRROR, "").strip():
        if "://" in mirror:
            label = f"{MIRROR} {public(mirror).rstrip('/')}/{name}/"
            yield Address(f"{mirror.rstrip('/')}/{quote(name)}/", label)
        else:
            folder = mirror_folder(mirror) / name
            yield Folder(folder, f"{MIRROR} {folder}/")
    yield Carried(CARRIED / name, "this repository")
    for archive in dataset.archives:
        yield IndexedArchive(archive)
    for address in dataset.addresses:
        yield Address(address, public(address))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            yield from chunks_of(stream)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}") from None
