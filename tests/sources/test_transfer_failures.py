"""An address that does not give the file: what is asked again, what is left at once, what is reported."""

import random
import socket

import pytest

from kassandra.sources import network
from kassandra.sources.content import Unavailable
from kassandra.sources.network import Patience

pytestmark = [pytest.mark.slow, pytest.mark.faults]

BODY = random.Random(0).randbytes(700_001)  # several chunks, and not a multiple of one
NAME = "digits.gz"


def test_nobody_listens(get, nobody, clock):
    with pytest.raises(Unavailable, match=r"^connection refused$") as caught:
        get(address=nobody + NAME, patience=Patience(pause=9))
    assert caught.value.everywhere
    assert clock() < 4


def test_unknown_host(get, monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unavailable, match=r"^host name not found$"):
        get(address="http://nowhere.invalid/a")


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/a", "http://", "http://[bad/a", "nonsense"])
def test_no_address(get, address):
    with pytest.raises(Unavailable, match=r"^not a valid http\(s\) address$"):
        get(address=address)


def test_no_tls(server, get):
    with pytest.raises(Unavailable, match=r"^no TLS connection$"):
        get(address=server.address.replace("http:", "https:") + NAME)


def test_a_server_that_hangs_is_left_after_one_time_out(server, get, hasty, clock):
    server.routes["/" + NAME] = server.hang
    with pytest.raises(Unavailable, match=r"no answer within 0.25 s") as caught:
        get(patience=hasty)
    assert caught.value.everywhere
    assert len(server.seen) == 1
    assert clock() < 4


def test_a_server_that_hangs_half_way_is_continued(server, get, hasty):
    def stops(handler):
        server.cut(BODY, 300_000)(handler)
        server.hang(handler)

    server.routes["/" + NAME] = [stops, server.ranged(BODY)]
    assert get(patience=hasty) == BODY
    assert len(server.seen) == 2
    assert server.ranges()[1] is not None


def test_a_server_that_hangs_after_its_headers_is_left(server, get, hasty):
    def stops(handler):
        server.cut(BODY, 0)(handler)
        server.hang(handler)

    server.routes["/" + NAME] = stops
    with pytest.raises(Unavailable, match=r"no data within 0.25 s"):
        get(patience=hasty)
    assert len(server.seen) == 1


def test_closed_without_an_answer_is_asked_again(server, get):
    server.routes["/" + NAME] = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), BODY]
    assert get() == BODY


@pytest.mark.parametrize(
    ("code", "text"), [(404, "404 Not Found"), (403, "403 Forbidden"), (401, "401"), (799, "799$")]
)
def test_what_asking_again_cannot_help(server, get, code, text):
    server.routes["/" + NAME] = server.status(code)
    with pytest.raises(Unavailable, match=f"the server answers {text}") as caught:
        get()
    assert not caught.value.everywhere  # its other files may be there
    assert len(server.seen) == 1


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_what_asking_again_can_help(server, get, code):
    server.routes["/" + NAME] = [server.status(code), server.status(code), BODY]
    assert get() == BODY


def test_a_server_that_keeps_failing_is_left(server, get):
    server.routes["/" + NAME] = server.status(503)
    with pytest.raises(Unavailable, match=r"the server answers 503 Service Unavailable \(attempt 3 of 3\)"):
        get()
    assert len(server.seen) == 3


def test_retry_after_is_waited_for_and_pauses_grow(server, get, monkeypatch):
    waited = []
    monkeypatch.setattr(network.time, "sleep", waited.append)
    server.routes["/" + NAME] = [server.status(503), server.status(429, Retry_After="7"), server.status(503), BODY]
    assert get(patience=Patience()) == BODY
    assert waited == [1, 7, 4]


@pytest.mark.parametrize("wait", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_too_long_a_wait_is_not_waited_for(server, get, wait, monkeypatch):
    monkeypatch.setattr(network.time, "sleep", lambda seconds: pytest.fail(f"waits {seconds} s"))
    server.routes["/" + NAME] = server.status(503, Retry_After=wait)
    with pytest.raises(Unavailable, match="and asks us to wait"):
        get()
    assert len(server.seen) == 1


@pytest.mark.parametrize("wait", ["soon", "Fri, 31 Dec 1999 23:59:59 GMT", "²"])
def test_a_wait_that_makes_no_sense_is_ignored(server, get, wait):
    server.routes["/" + NAME] = [server.status(503, Retry_After=wait), BODY]
    assert get() == BODY


def test_larger_than_the_catalogue_says_by_its_own_words(server, get, tmp_path):
    server.routes["/" + NAME] = BODY + b"x"
    with pytest.raises(Unavailable, match="700002 bytes, more than the 700001 bytes that the catalogue says"):
        get()
    assert list(tmp_path.iterdir()) == []


def test_larger_than_the_catalogue_says_without_a_word(server, get, tmp_path):
    endless = lambda handler: handler.give(200, BODY * 3, {"Content-Length": ""})  # noqa: E731
    server.routes["/" + NAME] = endless
    with pytest.raises(Unavailable, match="more than the 700001 bytes that the catalogue says"):
        get()
    assert list(tmp_path.iterdir()) == []


def test_wrong_checksum(server, get, made, tmp_path):
    wrong = BODY[:-1] + bytes([BODY[-1] ^ 1])
    server.routes["/" + NAME] = wrong
    expected, actual = made.content(NAME, BODY).sha256, made.content(NAME, wrong).sha256
    with pytest.raises(Unavailable, match=f"expected sha256 {expected} .*, got {actual} ") as caught:
        get()
    assert not caught.value.everywhere
    assert len(server.seen) == 1  # asking again does not help
    assert list(tmp_path.iterdir()) == []


def test_shorter_than_the_catalogue_says(server, get):
    server.routes["/" + NAME] = b"<html>please log in</html>"
    with pytest.raises(Unavailable, match=r"expected sha256 .* \(700001 bytes\), got .* \(26 bytes\)"):
        get()


def test_credentials_are_used_and_never_written(server, get, tmp_path):
    server.routes["/" + NAME] = server.ranged(BODY, cut=10)
    address = server.address.replace("//", "//me:secret@") + NAME
    with pytest.raises(Unavailable) as caught:
        get(address=address)
    assert server.seen[0][1]["Authorization"].startswith("Basic ")
    written = "".join(path.read_text(errors="replace") for path in tmp_path.glob("*.json"))
    assert written
    assert "secret" not in written + str(caught.value)


def test_redirect(server, get):
    server.routes["/" + NAME] = server.status(302, Location="/else")
    server.routes["/else"] = BODY
    assert get() == BODY


def test_circle_of_redirects(server, get):
    server.routes["/" + NAME] = server.status(302, Location="/" + NAME)
    with pytest.raises(Unavailable, match="too many redirects"):
        get()
