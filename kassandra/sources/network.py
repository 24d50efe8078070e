"""One file from one http(s) address to the disk, continued where it broke off: how long we wait, and when we ask again.

Texts of `requests` are never shown: they hold whole addresses, credentials included, and Python objects.
"""

import hashlib
import json
import os
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from multiprocessing import TimeoutError
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests import exceptions
from urllib3.exceptions import HTTPError, LocationValueError, NameResolutionError, ReadTimeoutError

from kassandra.sources.catalogue import Content
from kassandra.sources.content import CHUNK, Track, Unavailable, too_large, verify

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """All in seconds but `attempts`.

    connect: for a connection; short, since many networks are closed and the next place must follow at once.
    read: for the next bytes of an answer. Twice as long for the beginning of one, however slowly it comes.
    slowest: bytes per second; a server that sends fewer for the time of `read` is left.
    attempts: requests to one address, where asking again can help.
    pause: before the second attempt; doubles from then on.
    longest_pause: a server that asks for a longer one (Retry-After) is left.
    """

    connect: float = 5.0
    read: float = 30.0
    slowest: float = 1000.0
    attempts: int = 4
    pause: float = 1.0
    longest_pause: float = 20.0

    @property
    def timeout(self) -> tuple[float, float]:
        return self.connect, self.read


NO_ADDRESS = (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
UNUSABLE = (LocationValueError, UnicodeError)  # what an address may raise besides the exceptions of requests


def in_time(ask: Callable[[], T], patience: Patience) -> T:
    """What `ask` gives or raises, if it does so within twice the time of `read`; a timeout of requests is for a byte.

    Raises:
        Unavailable: it takes longer; it then goes on in a thread that ends with the process.
    """
    seconds, pool = patience.connect + 2 * patience.read, ThreadPool(1)
    try:
        return pool.apply_async(ask).get(seconds)
    except TimeoutError:
        raise Unavailable(f"no whole answer within {seconds:g} s", everywhere=True) from None
    finally:
        pool.terminate()


class Again(Exception):
    """Asking the same address once more can help.

    wait: seconds that the server asks us to wait, None if it does not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def with_retries(ask: Callable[[], T], patience: Patience) -> T:
    """What `ask` gives; asked again, after a pause, each time it raises Again.

    Raises:
        Unavailable: it raised Again in the last attempt, or wants a longer pause than `patience` has.
    """
    for attempt in range(1, patience.attempts + 1):
        try:
            return ask()
        except Again as again:
            wait = patience.pause * 2 ** (attempt - 1) if again.wait is None else again.wait
            if attempt == patience.attempts:
                raise Unavailable(f"{again} (attempt {attempt} of {attempt})", everywhere=True) from None
            if wait > patience.longest_pause:
                raise Unavailable(f"{again}, and asks us to wait {wait:.0f} s", everywhere=True) from None
        time.sleep(wait)
    raise ValueError(f"attempts must be ≥ 1, got {patience.attempts}")


def check_status(response: requests.Response) -> None:
    """
    Raises:
        Again: the server is busy (429) or failing (500, 502, 503, 504).
        Unavailable: every other answer that is not a success; the next answer would be the same.
    """
    status = response.status_code
    if status in (200, 206):
        return
    phrases = {known.value: known.phrase for known in HTTPStatus}  # the server's own phrase is not ours to show
    reason = f"the server answers {status} {phrases.get(status, '')}".rstrip()
    if status in (429, 500, 502, 503, 504):
        raise Again(reason, _seconds(response.headers.get("Retry-After", "")))
    raise Unavailable(reason)


def failure(error: Exception, patience: Patience) -> Again | Unavailable:
    """What to raise for an error of `requests` that came instead of an answer."""
    causes = list(_causes(error))
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    refused = f"its TLS certificate is not accepted: {getattr(certificate, 'verify_message', None)}"
    reasons: dict[Any, str] = {  # the first that fits
        exceptions.ConnectTimeout: f"no connection within {patience.connect:g} s",
        exceptions.ReadTimeout: f"no answer within {patience.read:g} s",
        exceptions.SSLError: refused if certificate else "no TLS connection",
        exceptions.ProxyError: "the proxy does not answer or refuses",
        NameResolutionError: "host name not found",
        ConnectionRefusedError: "connection refused",
        ConnectionError: "the connection was closed without an answer",  # reset, or closed before the answer
        exceptions.ConnectionError: "no connection",
        exceptions.TooManyRedirects: "too many redirects",
        (
            exceptions.InvalidURL,
            exceptions.InvalidSchema,
            exceptions.MissingSchema,
            *UNUSABLE,
        ): "not a valid http(s) address",
    }
    kind = next((kind for kind in reasons if any(isinstance(cause, kind) for cause in causes)), None)
    if kind is ConnectionError:
        return Again(reasons[kind])
    reason = type(error).__name__ if kind is None else reasons[kind]
    return Unavailable(reason, everywhere=True)


def public(address: str) -> str:
    """An address as it may be shown: without user name, password, query and fragment, where secrets stand.

    >>> public("https://me:secret@example.org:8080/data/a.gz?token=secret")
    'https://example.org:8080/data/a.gz'
    """
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where a password holds a slash: then its parts cannot be known
    except ValueError:
        return "(an address that cannot be read)"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _causes(error: BaseException) -> Iterator[BaseException]:
    # requests and urllib3 wrap one error in another by argument, by attribute and by `raise from`.
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            linked = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
            waiting += [link for link in linked if isinstance(link, BaseException)]


def _seconds(retry_after: str) -> float | None:
    """Retry-After, given as seconds or as a date (RFC 9110, 10.2.3)."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def download(
    session: requests.Session, address: str, part: Path, content: Content, patience: Patience, track: Track
) -> None:
    """Make `part` the file at `address`, checked. Bytes that are in it from an earlier run are not fetched again.

    Raises:
        Unavailable: `content` does not come from there. What was fetched stays in `part` if it may be continued later.
    """
    _Transfer(session, address, part, content, patience, track).run()


class _Transfer:
    """The state of one transfer: `have` bytes are in `part`, of the version `validator` of the file."""

    def __init__(
        self, session: requests.Session, address: str, part: Path, content: Content, patience: Patience, track: Track
    ) -> None:
        self.session, self.address, self.part, self.content = session, address, part, content
        self.patience, self.track = patience, track
        self.note = part.with_name(part.name + ".json")
        self.have, self.validator = self._left_by_an_earlier_run()
        self.mixed = self.have > 0  # whether bytes of several answers are in `part`
        self.pace: tuple[float, int] | None = None  # since when it is measured, and what we had then

    def run(self) -> None:
        for last in (False, True):
            with_retries(self._ask, self.patience)
            try:
                verify(self.part, self.content)
            except Unavailable:
                self._discard()
                # The file may have changed between two answers, unseen by a server without ETag: once more, in one go.
                if last or not self.mixed:
                    raise
                self.mixed = False
            else:
                self.note.unlink(missing_ok=True)
                return

    def _ask(self) -> None:
        if 0 < self.have == self.content.bytes:
            return  # complete; the earlier run was killed before it looked at it
        # `identity`: the file as it is stored, since its checksum and ranges are of that.
        headers = {"Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if self.validator:
                headers["If-Range"] = self.validator
        try:
            ask = partial(self.session.get, self.address, headers=headers, timeout=self.patience.timeout, stream=True)
            with in_time(ask, self.patience) as response:
                if response.status_code == 416:
                    self._discard()
                    raise Again("the server cannot continue the file")
                check_status(response)
                self._receive(response)
        except (requests.RequestException, *UNUSABLE) as error:
            raise failure(error, self.patience) from None

    def _receive(self, response: requests.Response) -> None:
        start, total = self._range_of(response)
        if response.status_code == 200:  # all of it: the server does not continue files, or this is another version
            self.have, self.mixed = 0, False
        elif start != self.have:
            self._discard()
            raise Again("the server sent another part than asked for")
        if total is not None and total > self.content.bytes:
            raise too_large(self.content, total)
        if self.have == 0:
            self._remember(response)
        else:
            self.mixed = True
        before, self.pace = self.have, None
        with self.part.open("ab") as stream:
            try:
                # Not iter_content: it would unpack a .gz that the server labels `Content-Encoding: gzip`.
                # What there is, at once: to wait for all of CHUNK would hide how slowly it comes.
                while chunk := response.raw.read1(CHUNK, decode_content=False):
                    self.have += len(chunk)
                    self._keep_pace()
                    if self.have > self.content.bytes:
                        self._discard()
                        raise too_large(self.content)
                    stream.write(chunk)
                    self.track(self.have)
            except HTTPError as error:
                if isinstance(error, ReadTimeoutError) and self.have == before:
                    raise Unavailable(f"no data within {self.patience.read:g} s", everywhere=True) from None
                raise Again(f"the transfer broke off after {self.have} of {self.content.bytes} bytes") from None
            stream.flush()
            os.fsync(stream.fileno())
        if total is None and "Transfer-Encoding" not in response.headers:
            total = self.content.bytes  # nothing but the end of the connection marks where the answer ends
        if total is not None and self.have < total:
            raise Again(f"the transfer broke off after {self.have} of {self.content.bytes} bytes")

    def _keep_pace(self) -> None:
        """Raises: Unavailable: fewer bytes than `slowest` came each second, for as long as `read`."""
        since, then = self.pace or (time.monotonic(), self.have)
        now = time.monotonic()
        if now - since < self.patience.read:
            self.pace = since, then
            return
        if (speed := (self.have - then) / (now - since)) < self.patience.slowest:
            raise Unavailable(f"too slow: {speed:.3g} bytes/s; fewer than {self.patience.slowest:g}", everywhere=True)
        self.pace = None

    def _range_of(self, response: requests.Response) -> tuple[int, int | None]:
        """First byte of the answer and size of the whole file, None if the server does not say."""
        if response.status_code == 206:
            served = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            if served is None:
                return -1, None
            return int(served[1]), None if served[2] == "*" else int(served[2])
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None

    def _left_by_an_earlier_run(self) -> tuple[int, str]:
        """Bytes in `part` and the validator noted with them; none if they came from another address."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            size = self.part.stat().st_size
            if note["address"] == self._address_digest() and size <= self.content.bytes:
                return size, str(note["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return 0, ""

    def _remember(self, response: requests.Response) -> None:
        etag = response.headers.get("ETag", "")
        # Only a strong ETag may stand in If-Range (RFC 9110, 13.1.5).
        self.validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
        note = {"address": self._address_digest(), "validator": self.validator}
        # First, so that the note never stands beside bytes of another version.
        self.part.unlink(missing_ok=True)
        self.note.write_text(json.dumps(note), encoding="utf-8")

    def _address_digest(self) -> str:
        # Not the address itself: it may hold a password, and this is written to the disk.
        return hashlib.sha256(self.address.encode()).hexdigest()

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self.have, self.validator = 0, ""
