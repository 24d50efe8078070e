"""A real http server on loopback whose answers a test scripts, and small made-up data sets."""

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from kassandra.sources.catalogue import Archive, Content, Dataset
from kassandra.sources.fetch import fetch_dataset
from kassandra.sources.network import Patience, download

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.title(): value for name, value in self.headers.items()}))
        routes = self.server.routes
        answer = routes.get(self.path.split("?")[0])
        if isinstance(answer, list):  # one answer per request, the last one for ever
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None:
            self.give(404, b"nothing here")
        elif isinstance(answer, bytes):
            self.give(200, answer)
        else:
            answer(self)

    def give(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, cut: int | None = None
    ) -> None:
        """An answer; with `cut` the connection closes after so many bytes of the body."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut])

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """routes: path → body, answer, or a list of these, one for each request. seen: (path, headers) of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes: dict[str, Any] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, *_: Any) -> None:
        pass  # a client that hangs up is what many of the tests are about

    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]

    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.seen]

    @staticmethod
    def status(code: int, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return lambda handler: handler.give(code, b"", named)

    @staticmethod
    def cut(body: bytes, after: int, **headers: str) -> Answer:
        """Promises `body`, closes the connection after so many bytes."""
        return lambda handler: handler.give(200, body, headers, after)

    @staticmethod
    def ranged(body: bytes, *, cut: int | None = None, etag: str = "") -> Answer:
        """The range that is asked for, if If-Range allows; with `cut`, only so many bytes of it."""

        def answer(handler: Handler) -> None:
            asked = handler.headers.get("Range", "")
            if asked and handler.headers.get("If-Range", etag) == etag:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
                printed = {"ETag": etag, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
                handler.give(206, body[start:], printed, cut)
            else:
                handler.give(200, body, {"ETag": etag}, cut)

        return answer

    @staticmethod
    def hang(handler: Handler) -> None:
        handler.server.closing.wait(5)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        # A short poll: shutdown waits for it.
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join(5)


@pytest.fixture
def nobody() -> str:
    """An address on loopback where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KASSANDRA_MIRROR", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def quick() -> Patience:
    """Enough for a busy machine; little waiting between attempts."""
    return Patience(connect=5, read=5, attempts=3, pause=0.001, longest_pause=0.5)


@pytest.fixture
def hasty(quick: Patience) -> Patience:
    """For servers that hang."""
    return replace(quick, read=0.25)


@pytest.fixture
def clock() -> Callable[[], float]:
    """Seconds since the test began."""
    start = time.monotonic()
    return lambda: time.monotonic() - start


class Made:
    """Catalogue entries for made-up bytes."""

    @staticmethod
    def content(name: str, body: bytes) -> Content:
        return Content(name=name, bytes=len(body), sha256=hashlib.sha256(body).hexdigest())

    def archive(self, package: str, name: str, body: bytes, members: list[str]) -> Archive:
        return Archive(**self.content(name, body).model_dump(), package=package, members=members)

    def dataset(self, files: dict[str, bytes], *places: str | Archive) -> Dataset:
        return Dataset(
            description="made up",
            licence="nobody's",
            files=[self.content(name, body) for name, body in files.items()],
            archives=[place for place in places if isinstance(place, Archive)],
            addresses=[place for place in places if isinstance(place, str)],
        )


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def get(
    server: Server, made: Made, quick: Patience, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., bytes]:
    """Downloads the module's NAME, that should hold its BODY; gives what is then on the disk."""
    name = request.module.NAME

    def run(body: bytes = request.module.BODY, address: str | None = None, patience: Patience = quick) -> bytes:
        part = tmp_path / f"{name}.part"
        address = server.address + name if address is None else address
        with requests.Session() as session:
            download(session, address, part, made.content(name, body), patience, lambda done: None)
        return part.read_bytes()

    return run


@pytest.fixture
def goal(tmp_path: Path) -> Path:
    """Where `fetch` makes its folder."""
    return tmp_path / "data" / "raw" / "toy"


@pytest.fixture
def fetch(goal: Path, quick: Patience) -> Callable[..., dict[str, bytes]]:
    """Fetches an entry under the name `toy`; gives what is then in the folder."""

    def run(entry: Dataset, patience: Patience = quick) -> dict[str, bytes]:
        fetch_dataset("toy", goal, catalogue={"toy": entry}, patience=patience)
        return {path.name: path.read_bytes() for path in goal.iterdir()}

    return run
