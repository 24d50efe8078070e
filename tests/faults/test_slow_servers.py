"""Servers that send a byte now and then, in the body or before it, are left; addresses that are none are named."""

from pathlib import Path

import pytest

from kassandra.sources.content import Unavailable
from kassandra.sources.network import Patience, in_time
from tests.sources.conftest import *  # noqa: F403 (its fixtures: the server, and what asks it)

ABANDONED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Python closes it in time
pytestmark = [pytest.mark.faults, ABANDONED]

NAME, BODY = "digits.gz", bytes(5000)


def dripping(content, every=0.02):
    def answer(handler):
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            handler.wfile.flush()
            if handler.server.closing.wait(every):
                return

    return answer


@pytest.fixture
def patience():
    return Patience(connect=0.2, read=0.3, attempts=2, pause=0.001)


def test_a_body_byte_by_byte(server, get, patience, clock, tmp_path):
    head = f'HTTP/1.0 200 OK\r\nContent-Length: {len(BODY)}\r\nETag: "a"\r\n\r\n'.encode()

    def answer(handler):
        handler.wfile.write(head)
        dripping(BODY)(handler)

    server.routes["/" + NAME] = answer
    with pytest.raises(Unavailable, match=r"^too slow: [\d.]+ bytes/s; fewer than 1000$") as caught:
        get(patience=patience)
    assert caught.value.everywhere
    assert clock() < 4
    assert (tmp_path / f"{NAME}.part").stat().st_size > 0  # which the next run goes on from
    server.routes["/" + NAME] = server.ranged(BODY, etag='"a"')
    assert get() == BODY


def test_a_head_byte_by_byte(server, get, patience, clock):
    server.routes["/" + NAME] = dripping(b"HTTP/1.0 200 OK\r\n" + b"X-More: of it\r\n" * 200)
    with pytest.raises(Unavailable, match=r"^no whole answer within 0.8 s$"):
        get(patience=patience)
    assert clock() < 4


def test_what_is_raised_in_time_is_raised(patience):
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: 1 // 0, patience)
    assert in_time(lambda: 3, patience) == 3


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".example", "a..b", "é" * 70 + ".example", "\0", "[::1", "a b", "x:99999", "-" * 300]
)
def test_no_host(get, host, monkeypatch):
    for variable in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(Unavailable, match=r"^(not a valid http\(s\) address|host name not found)$"):
        get(address=f"http://{host}/{NAME}")


def test_two_pipelines_download_once(server, made, fetch, goal, capsys):
    server.routes["/" + NAME] = BODY
    entry = made.dataset({NAME: BODY}, server.address)
    other = goal.with_name("other")
    other.mkdir(parents=True)
    (other / NAME).write_bytes(BODY)
    assert fetch(entry) == {NAME: BODY}
    assert server.paths() == []
    assert f"from {Path(other)}, which has it already" in capsys.readouterr().out
    (other / NAME).write_bytes(bytes(4999) + b"x")  # it is no link
    assert (goal / NAME).read_bytes() == BODY
    (goal / NAME).unlink()
    assert fetch(entry) == {NAME: BODY}
    assert server.paths() == [f"/{NAME}"]
