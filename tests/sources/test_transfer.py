"""One file from one address, against a real server on loopback."""

import random

import pytest

from kassandra.sources.content import Unavailable
from kassandra.sources.network import Patience

pytestmark = pytest.mark.slow

BODY = random.Random(0).randbytes(700_001)  # several chunks, and not a multiple of one
NAME = "digits.gz"


def test_plain(server, get, tmp_path):
    server.routes["/" + NAME] = BODY
    assert get() == BODY
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.part"]
    assert server.seen[0][1]["Accept-Encoding"] == "identity"


def test_empty_file(server, get):
    server.routes["/" + NAME] = b""
    assert get(b"") == b""


@pytest.mark.parametrize("etag", ['"v1"', ""])
def test_broken_transfer_continues_where_it_broke(server, get, etag):
    broken = server.ranged(BODY, cut=300_007, etag=etag)
    server.routes["/" + NAME] = [broken, broken, server.ranged(BODY, etag=etag)]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300007-", "bytes=600014-"]
    assert server.seen[1][1].get("If-Range", "") == etag


def test_weak_etag_is_not_sent_as_if_range(server, get):
    server.routes["/" + NAME] = [server.cut(BODY, 5, ETag='W/"v1"'), server.ranged(BODY)]
    assert get() == BODY
    assert "If-Range" not in server.seen[1][1]


def test_server_without_range_starts_again(server, get):
    server.routes["/" + NAME] = [server.cut(BODY, 300_000), BODY]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-"]


def test_file_that_changes_meanwhile_is_taken_anew(server, get):
    older = bytes(len(BODY))
    server.routes["/" + NAME] = [server.ranged(older, cut=300_000, etag='"v1"'), server.ranged(BODY, etag='"v2"')]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-"]


def test_file_that_changes_unseen_is_found_by_its_checksum_and_taken_once_more(server, get):
    older = bytes(len(BODY))
    server.routes["/" + NAME] = [server.ranged(older, cut=300_000), server.ranged(BODY)]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-", None]


def test_a_killed_run_is_continued_by_the_next(server, get, tmp_path):
    server.routes["/" + NAME] = server.ranged(BODY, cut=200_000, etag='"v1"')
    with pytest.raises(Unavailable, match=r"broke off after 600000 of 700001 bytes \(attempt 3 of 3\)"):
        get()
    assert (tmp_path / f"{NAME}.part").read_bytes() == BODY[:600_000]
    assert get() == BODY
    assert server.ranges()[-1] == "bytes=600000-"


def test_a_part_that_was_complete_is_not_asked_for_again(server, get, tmp_path):
    server.routes["/" + NAME] = server.ranged(BODY, cut=300_000)
    with pytest.raises(Unavailable):
        get(patience=Patience(attempts=1))
    (tmp_path / f"{NAME}.part").write_bytes(BODY)
    assert get() == BODY
    assert len(server.seen) == 1


def test_a_part_from_another_address_is_not_continued(server, get):
    server.routes["/" + NAME] = server.ranged(BODY, cut=300_000)
    server.routes["/else/" + NAME] = server.ranged(BODY)
    with pytest.raises(Unavailable):
        get(patience=Patience(attempts=1))
    assert get(address=f"{server.address}else/{NAME}") == BODY
    assert server.ranges() == [None, None]


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"address": 3}', "\udcff"])
def test_a_damaged_note_of_an_earlier_run_is_ignored(server, get, tmp_path, note):
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * 100)
    (tmp_path / f"{NAME}.part.json").write_bytes(note.encode(errors="surrogateescape"))
    server.routes["/" + NAME] = server.ranged(BODY)
    assert get() == BODY


def test_a_server_that_cannot_continue_is_asked_for_all(server, get):
    server.routes["/" + NAME] = [server.cut(BODY, 300_000), server.status(416), BODY]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-", None]


def test_another_range_than_asked_for_is_refused(server, get):
    other = lambda handler: handler.give(206, BODY[:9], {"Content-Range": f"bytes 0-8/{len(BODY)}"})  # noqa: E731
    server.routes["/" + NAME] = [server.cut(BODY, 300_000), other, BODY]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-", None]


def test_a_server_that_gives_less_than_it_was_asked_for_is_asked_for_the_rest(server, get):
    def some(handler):
        start = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
        some = BODY[start : start + 250_000]
        handler.give(206, some, {"Content-Range": f"bytes {start}-{start + len(some) - 1}/{len(BODY)}"})

    server.routes["/" + NAME] = [server.cut(BODY, 300_000), some]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-", "bytes=550000-"]


def test_packed_by_label_only_is_kept_as_stored(server, get):
    # Object stores label .gz files so; unpacking them would change their content.
    server.routes["/" + NAME] = lambda handler: handler.give(200, BODY, {"Content-Encoding": "gzip"})
    assert get() == BODY


def test_end_of_the_connection_is_no_end_of_the_file(server, get):
    endless = lambda handler: handler.give(200, BODY, {"Content-Length": ""}, 400_000)  # noqa: E731
    server.routes["/" + NAME] = [endless, server.ranged(BODY)]
    assert get() == BODY


def test_chunked(server, get):
    def chunked(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))

    server.routes["/" + NAME] = chunked
    assert get() == BODY


def test_chunked_and_broken(server, get):
    def broken(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n" % (300_000, BODY[:300_000]))

    server.routes["/" + NAME] = [broken, server.ranged(BODY)]
    assert get() == BODY
    assert server.ranges() == [None, "bytes=300000-"]
