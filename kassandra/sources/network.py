"""How long we wait for the network, when we ask again, and what the user reads when it fails.

Texts of `requests` are never shown: they hold whole addresses, credentials included, and Python objects.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests import exceptions
from urllib3.exceptions import NameResolutionError

from kassandra.sources.content import Unavailable

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """All in seconds but `attempts`.

    connect: for a connection; short, since many networks are closed and the next place must follow at once.
    read: for the next bytes of an answer.
    attempts: requests to one address, where asking again can help.
    pause: before the second attempt; doubles from then on.
    longest_pause: a server that asks for a longer one (Retry-After) is left.
    """

    connect: float = 5.0
    read: float = 30.0
    attempts: int = 4
    pause: float = 1.0
    longest_pause: float = 20.0

    @property
    def timeout(self) -> tuple[float, float]:
        return self.connect, self.read


class Again(Exception):
    """Asking the same address once more can help.

    wait: seconds that the server asks us to wait, None if it does not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
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
                raise Unavailable(f"{again.reason} (attempt {attempt} of {attempt})", everywhere=True) from None
            if wait > patience.longest_pause:
                raise Unavailable(f"{again.reason}, and asks us to wait {wait:.0f} s", everywhere=True) from None
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


def failure(error: exceptions.RequestException, patience: Patience) -> Again | Unavailable:
    """What to raise for an error of `requests` that came instead of an answer."""
    causes = list(_causes(error))
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    reasons: dict[Any, str] = {  # the first that fits
        exceptions.ConnectTimeout: f"no connection within {patience.connect:g} s",
        exceptions.ReadTimeout: f"no answer within {patience.read:g} s",
        exceptions.SSLError: f"its TLS certificate is not accepted: {certificate.verify_message}"
        if certificate
        else "no TLS connection",
        exceptions.ProxyError: "the proxy does not answer or refuses",
        NameResolutionError: "host name not found",
        ConnectionRefusedError: "connection refused",
        ConnectionError: "the connection was closed without an answer",  # reset, or closed before the answer
        exceptions.ConnectionError: "no connection",
        exceptions.TooManyRedirects: "too many redirects",
        (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema): "not a valid http(s) address",
    }
    kinds = (kind for kind in reasons if isinstance(error, kind) or any(isinstance(cause, kind) for cause in causes))
    kind = next(kinds, None)
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
