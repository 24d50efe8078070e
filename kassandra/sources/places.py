"""The kinds of place that a file may come from. Each gives a checked file or says why not."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, ProjectPage, PyPISimple, UnsupportedRepoVersionError
from rich.filesize import decimal

from kassandra.sources.archive import take_member
from kassandra.sources.catalogue import Archive, Content, Dataset
from kassandra.sources.content import Report, Unavailable, chunks_of, is_right, too_large, write
from kassandra.sources.network import UNUSABLE, Patience, check_status, download, failure, in_time, public, with_retries

MIRROR = "KASSANDRA_MIRROR"
CARRIED = Path(__file__).with_name("carried")
# Who has set one of these for pip or uv has no other package index, or wants no other.
INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


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
    """An archive of the user's package index (PEP 503, 691), downloaded once for all the files that it holds."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.address, self.index = archive, PYPI_SIMPLE_ENDPOINT, "package index"
        chosen = ((name, os.environ.get(name, "").strip()) for name in INDEX_VARIABLES)
        if (variable := next(((name, value) for name, value in chosen if value), None)) is not None:
            name, value = variable
            # UV_DEFAULT_INDEX may be `name=https://…`
            self.address = value.partition("=")[2] if "=" in value.partition("://")[0] else value
            self.index = f"package index {public(self.address)} ({name})"
        self.label = f"{archive.name} of the {self.index}"

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
            page = with_retries(lambda: self._page(tools), tools.patience)
            address = self._address_of_file(page)
            with tools.report.bar(self.archive.name, self.archive.bytes) as track:
                download(tools.session, address, part, self.archive, tools.patience, track)
        except Unavailable as error:
            raise Unavailable(str(error), everywhere=True) from None  # no archive, no file of it
        part.replace(target)
        tools.report.say(f"  {self.archive.name}  {decimal(self.archive.bytes)}  from the {self.index}")

    def _page(self, tools: Tools) -> ProjectPage:
        client, package = PyPISimple(self.address, session=tools.session), self.archive.package
        try:
            ask = partial(client.get_project_page, package, timeout=tools.patience.timeout)
            return in_time(ask, tools.patience)
        except NoSuchProjectError:
            raise Unavailable(f"the index has no package {package!r}") from None
        except requests.HTTPError as error:
            check_status(error.response)
            raise
        except (ValueError, UnsupportedRepoVersionError) as error:  # another content type, or not of the form
            if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, *UNUSABLE)):
                raise failure(error, tools.patience) from None
            raise Unavailable("what answers is not a package index") from None
        except requests.RequestException as error:
            raise failure(error, tools.patience) from None

    def _address_of_file(self, page: ProjectPage) -> str:
        """With user name and password of the index where the file is on the same host; pip does the same."""
        archive = self.archive
        package = next((package for package in page.packages if package.filename == archive.name), None)
        if package is None:
            raise Unavailable(f"the index lists no file {archive.name!r} for package {archive.package!r}")
        listed = package.digests.get("sha256", archive.sha256)
        if listed != archive.sha256:
            raise Unavailable(f"wrong content: expected sha256 {archive.sha256}, the index lists {listed}")
        index, file = urlsplit(self.address), urlsplit(package.url)
        login, _, host = index.netloc.rpartition("@")
        own = login and file.netloc == host and file.scheme == index.scheme
        return urlunsplit(file._replace(netloc=index.netloc)) if own else package.url


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
    yield from map(IndexedArchive, dataset.archives)
    yield from (Address(address, public(address)) for address in dataset.addresses)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            yield from chunks_of(stream)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}") from None
