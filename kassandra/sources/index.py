"""Where an archive of the package index can be downloaded, by package and file name."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import requests
from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, ProjectPage, PyPISimple, UnsupportedRepoVersionError

from kassandra.sources.catalogue import Archive
from kassandra.sources.content import Unavailable
from kassandra.sources.network import Patience, check_status, failure, public, with_retries

# Who has set one of these for pip or uv has no other index, or wants no other.
VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


@dataclass(frozen=True)
class Index:
    """address: of the simple index (PEP 503, 691). label: its name for the user."""

    address: str
    label: str

    @classmethod
    def of_the_user(cls) -> "Index":
        for variable in VARIABLES:
            if value := os.environ.get(variable, "").strip():
                # UV_DEFAULT_INDEX may be `name=https://…`
                address = value.partition("=")[2] if "=" in value.partition("://")[0] else value
                return cls(address, f"package index {public(address)} ({variable})")
        return cls(PYPI_SIMPLE_ENDPOINT, "package index")

    def find(self, archive: Archive, session: requests.Session, patience: Patience) -> str:
        """The address of the archive's file.

        Raises:
            Unavailable: the index does not answer, does not list the file, or lists it with another sha256.
        """
        page = with_retries(lambda: self._page(archive.package, session, patience), patience)
        package = next((package for package in page.packages if package.filename == archive.name), None)
        if package is None:
            raise Unavailable(f"the index lists no file {archive.name!r} for package {archive.package!r}")
        listed = package.digests.get("sha256", archive.sha256)
        if listed != archive.sha256:
            raise Unavailable(f"wrong content: expected sha256 {archive.sha256}, the index lists {listed}")
        return self._with_credentials(package.url)

    def _page(self, package: str, session: requests.Session, patience: Patience) -> ProjectPage:
        client = PyPISimple(self.address, session=session)
        try:
            return client.get_project_page(package, timeout=patience.timeout)
        except NoSuchProjectError:
            raise Unavailable(f"the index has no package {package!r}") from None
        except requests.HTTPError as error:
            check_status(error.response)
            raise
        except (ValueError, UnsupportedRepoVersionError) as error:  # another content type, or not of the form
            if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
                raise failure(error, patience) from None
            raise Unavailable("what answers is not a package index") from None
        except requests.RequestException as error:
            raise failure(error, patience) from None

    def _with_credentials(self, address: str) -> str:
        """User name and password of the index, for a file on the same host; pip does the same."""
        index, file = urlsplit(self.address), urlsplit(address)
        login, _, host = index.netloc.rpartition("@")
        if login and file.netloc == host and file.scheme == index.scheme:
            return urlunsplit(file._replace(netloc=index.netloc))
        return address
