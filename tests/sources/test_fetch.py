"""A catalogue entry becomes a folder: order of places, what is kept, what is printed."""

import hashlib
import random

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.sources.catalogue import find
from kassandra.sources.fetch import fetch_dataset

pytestmark = pytest.mark.slow

FILES = {"images.gz": random.Random(0).randbytes(300_000), "labels.gz": random.Random(1).randbytes(900)}


def on_disk(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_from_its_own_address(server, made, fetch, goal, capsys):
    server.routes |= {f"/d/{name}": body for name, body in FILES.items()}
    assert fetch(made.dataset(FILES, f"{server.address}d/")) == FILES
    assert [path.name for path in goal.parent.iterdir()] == ["toy"]  # the scratch is gone
    assert capsys.readouterr().out.splitlines() == [
        "toy: made up",
        "  licence: nobody's",
        f"  images.gz  300.0 kB  from {server.address}d/",
        f"  labels.gz  900 bytes  from {server.address}d/",
        f"toy: 2 files, checked, in {goal}",
    ]


def test_what_is_there_and_right_is_not_fetched_again(server, made, fetch, goal, capsys):
    server.routes |= {f"/{name}": body for name, body in FILES.items()}
    entry = made.dataset(FILES, server.address)
    fetch(entry)
    (goal / "labels.gz").unlink()
    (goal / "stray").write_bytes(b"of another version")
    server.seen.clear()
    fetch(entry)
    assert server.paths() == ["/labels.gz"]
    assert on_disk(goal) == FILES
    (goal / "images.gz").write_bytes(bytes(300_000))  # the right size alone is not enough
    (goal / "stray").write_bytes(b"of another version")
    server.seen.clear()
    fetch(entry)
    assert server.paths() == ["/images.gz"]
    (goal / "stray").write_bytes(b"of another version")
    assert fetch(entry) == FILES
    server.seen.clear()
    fetch(entry)
    assert server.paths() == []
    assert capsys.readouterr().out.endswith(f"toy: all files are already in {goal}\n")


def test_the_next_place_follows_at_once(server, made, fetch, hasty, nobody, clock, capsys):
    server.routes |= {f"/good/{name}": body for name, body in FILES.items()}
    server.routes["/hangs/images.gz"] = server.hang
    server.routes["/half/labels.gz"] = FILES["labels.gz"]
    places = [nobody, *(f"{server.address}{name}/" for name in ("hangs", "half", "good"))]
    assert fetch(made.dataset(FILES, *places), hasty) == FILES
    # Who does not answer is not asked for the other files; who has not one file may have another.
    assert server.paths() == ["/hangs/images.gz", "/half/images.gz", "/half/labels.gz", "/good/images.gz"]
    assert clock() < 4
    out = capsys.readouterr().out
    assert f"  {nobody}: connection refused\n  {places[1]}: no answer within 0.25 s\n" in out
    assert f"  {places[2]}: images.gz: the server answers 404 Not Found\n" in out


@pytest.mark.faults
@pytest.mark.faults
def test_wrong_checksum_keeps_what_was_good(server, made, fetch, goal):
    goal.mkdir(parents=True)
    before = {"images.gz": FILES["images.gz"], "labels.gz": b"older"}
    for name, body in before.items():
        (goal / name).write_bytes(body)
    wrong = bytes(900)
    server.routes["/labels.gz"] = wrong
    with pytest.raises(KassandraError) as caught:
        fetch(made.dataset(FILES, server.address))
    expected, actual = (hashlib.sha256(body).hexdigest() for body in (FILES["labels.gz"], wrong))
    printed = f"wrong content: expected sha256 {expected} (900 bytes), got {actual} (900 bytes)"
    assert f"  {server.address}: labels.gz: {printed}" in str(caught.value).splitlines()
    assert on_disk(goal) == before


def test_a_wrong_file_is_followed_by_the_next_place(server, made, fetch):
    server.routes |= {f"/good/{name}": body for name, body in FILES.items()}
    server.routes |= {f"/bad/{name}": bytes(len(body)) for name, body in FILES.items()}
    assert fetch(made.dataset(FILES, f"{server.address}bad/", f"{server.address}good/")) == FILES


@pytest.mark.faults
@pytest.mark.faults
def test_failure_leaves_nothing_half_made_and_the_next_run_continues(server, made, fetch, goal):
    server.routes["/images.gz"] = server.ranged(FILES["images.gz"], cut=50_000)
    server.routes["/labels.gz"] = FILES["labels.gz"]
    entry = made.dataset(dict(reversed(FILES.items())), server.address)
    with pytest.raises(KassandraError, match=r"is kept in .*/data/raw/.toy.partial for the next run"):
        fetch(entry)
    assert not goal.exists()
    server.seen.clear()
    server.routes["/images.gz"] = server.ranged(FILES["images.gz"])
    fetch(entry)
    assert server.seen[0][0] == "/images.gz"  # and labels.gz is not fetched again
    assert server.ranges() == ["bytes=150000-"]
    assert on_disk(goal) == FILES


def test_what_an_earlier_run_left_is_not_believed(server, made, fetch, goal):
    scratch = goal.with_name(".toy.partial")
    (scratch / "files" / "folder").mkdir(parents=True)
    (scratch / "files" / "labels.gz").write_bytes(b"wrong")
    (scratch / "files" / "stray").write_bytes(b"stray")
    server.routes |= {f"/{name}": body for name, body in FILES.items()}
    assert fetch(made.dataset(FILES, server.address)) == FILES


@pytest.mark.faults
@pytest.mark.faults
def test_killed_between_the_two_renames(server, made, fetch, goal):
    old = goal.with_name(".toy.partial") / "old"
    old.mkdir(parents=True)
    for name, body in FILES.items():
        (old / name).write_bytes(body)
    assert fetch(made.dataset(FILES, server.address)) == FILES
    assert server.seen == []


def test_no_rename_no_loss(server, made, fetch, goal, monkeypatch):
    goal.mkdir(parents=True)
    (goal / "labels.gz").write_bytes(b"older")
    server.routes |= {f"/{name}": body for name, body in FILES.items()}
    rename = type(goal).rename

    def refuses(path, target):
        if path.name == "files":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(type(goal), "rename", refuses)
    with pytest.raises(KassandraError, match=r"cannot be made: .*Input/output error"):
        fetch(made.dataset(FILES, server.address))
    assert on_disk(goal) == {"labels.gz": b"older"}


@pytest.mark.faults
@pytest.mark.faults
def test_destination_is_a_file(made, fetch, goal):
    goal.parent.mkdir(parents=True)
    goal.write_bytes(b"mine")
    with pytest.raises(KassandraError, match="toy: is a file; expected a folder"):
        fetch(made.dataset(FILES))
    assert goal.read_bytes() == b"mine"


def test_parent_is_a_file(made, fetch, goal):
    goal.parent.parent.mkdir(parents=True)
    goal.parent.write_bytes(b"mine")
    with pytest.raises(KassandraError, match=r"cannot be made: .*Not a directory"):
        fetch(made.dataset(FILES))


def test_mirror_folder_comes_first(server, made, fetch, goal, tmp_path, monkeypatch, capsys):
    mirror = tmp_path / "mirror"
    (mirror / "toy").mkdir(parents=True)
    (mirror / "toy" / "images.gz").write_bytes(FILES["images.gz"])
    server.routes |= {f"/{name}": body for name, body in FILES.items()}
    monkeypatch.setenv("KASSANDRA_MIRROR", str(mirror))
    fetch(made.dataset(FILES, server.address))
    assert server.paths() == ["/labels.gz"]
    assert on_disk(goal) == FILES
    out = capsys.readouterr().out
    assert f"  images.gz  300.0 kB  from KASSANDRA_MIRROR {mirror}/toy/\n" in out
    assert f"  KASSANDRA_MIRROR {mirror}/toy/: labels.gz: no such file\n" in out
    assert (mirror / "toy" / "images.gz").exists()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("body", "printed"),
    [
        (bytes(900), "wrong content: expected sha256"),
        (bytes(901), "wrong content: 901 bytes, more than the 900"),
        (None, "no such file"),
    ],
)
def test_mirror_folder_is_not_believed(made, fetch, goal, tmp_path, monkeypatch, body, printed):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "images.gz").write_bytes(FILES["images.gz"])
    if body is not None:
        (tmp_path / "toy" / "labels.gz").write_bytes(body)
    monkeypatch.setenv("KASSANDRA_MIRROR", str(tmp_path))
    with pytest.raises(KassandraError, match=f"toy/: labels.gz: {printed}"):
        fetch(made.dataset(FILES))
    assert not goal.exists()


def test_mirror_address_comes_first(server, made, fetch, nobody, monkeypatch):
    server.routes |= {f"/m/toy/{name}": body for name, body in FILES.items()}
    monkeypatch.setenv("KASSANDRA_MIRROR", f"{server.address}m")
    assert fetch(made.dataset(FILES, nobody)) == FILES


def test_password_of_a_mirror_is_used_and_never_shown(server, made, fetch, monkeypatch, capsys):
    server.routes["/m/toy/images.gz"] = FILES["images.gz"]
    monkeypatch.setenv("KASSANDRA_MIRROR", server.address.replace("//", "//me:secret@") + "m")
    with pytest.raises(KassandraError) as caught:
        fetch(made.dataset(FILES))
    shown = str(caught.value) + capsys.readouterr().out
    assert "secret" not in shown
    assert f"KASSANDRA_MIRROR {server.address}m/toy/: labels.gz: the server answers 404" in shown
    assert f"  {server.address}m/toy/labels.gz  (900 bytes, sha256 " in shown
    assert all("Authorization" in headers for _, headers in server.seen)


def test_nothing_works_and_no_mirror_is_set(made, fetch):
    with pytest.raises(KassandraError) as caught:
        fetch(made.dataset(FILES))
    lines = str(caught.value).splitlines()
    assert lines[1] == "  the catalogue names none"
    assert lines[3].startswith("  <folder>/toy/images.gz  (300000 bytes, sha256 ")
    assert lines[5] == "and run again with KASSANDRA_MIRROR=<folder>; an http(s) address will do as well."


def test_unknown_dataset(goal):
    with pytest.raises(KassandraError, match="unknown data set 'minst'"):
        fetch_dataset("minst", goal)
    assert not goal.parent.exists()


def test_mnist_for_real(tmp_path):
    fetch_dataset("mnist", tmp_path / "mnist")
    digests = {name: hashlib.sha256(body).hexdigest() for name, body in on_disk(tmp_path / "mnist").items()}
    assert digests == {file.name: file.sha256 for file in find("mnist").files}
