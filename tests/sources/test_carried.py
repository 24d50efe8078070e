"""Small files that lie beside the code, as no other place has them."""

import pytest

from kassandra.sources import places
from kassandra.sources.catalogue import find, read_catalogue
from kassandra.sources.content import is_right
from kassandra.sources.places import CARRIED, Carried, Folder, places_of

FILES = {"names.csv": b"index,filename\n", "sounds.npz": bytes(1000)}


@pytest.fixture
def carried(monkeypatch, tmp_path):
    """Carries one of the files of the data set `toy`."""
    folder = tmp_path / "carried" / "toy"
    folder.mkdir(parents=True)
    (folder / "names.csv").write_bytes(FILES["names.csv"])
    monkeypatch.setattr(places, "CARRIED", tmp_path / "carried")
    return folder


def test_what_is_carried_is_of_a_data_set_and_right():
    ours = read_catalogue()
    found = [path for path in CARRIED.rglob("*") if path.is_file()]
    assert "index_to_filename.csv" in {path.name for path in found}
    for path in found:
        (content,) = [file for file in ours[path.parent.name].files if file.name == path.name]
        assert is_right(path, content)
        assert content.bytes < 100_000  # what git carries is small


def test_it_follows_the_mirror(monkeypatch, tmp_path):
    first, *_ = places_of("fsdd", find("fsdd"))
    assert isinstance(first, Carried)
    monkeypatch.setenv("KASSANDRA_MIRROR", str(tmp_path))
    mirror, second, *rest = places_of("fsdd", find("fsdd"))
    assert isinstance(mirror, Folder)
    assert isinstance(second, Carried)
    assert rest


def test_nothing_is_printed_of_what_is_not_carried():
    place, *_ = places_of("fsdd", find("fsdd"))
    assert place.offers("index_to_filename.csv")
    assert not place.offers("digits.npz")
    assert not next(places_of("mnist", find("mnist"))).offers("index_to_filename.csv")


@pytest.mark.slow
@pytest.mark.usefixtures("carried")
def test_one_file_of_ours_and_one_of_its_address(server, made, fetch, capsys):
    server.routes["/sounds.npz"] = FILES["sounds.npz"]
    assert fetch(made.dataset(FILES, server.address)) == FILES
    assert server.paths() == ["/sounds.npz"]
    printed = capsys.readouterr().out.splitlines()
    assert "  names.csv  15 bytes  from this repository" in printed
    assert not [line for line in printed if line.startswith("  this repository")]


@pytest.mark.slow
def test_a_wrong_one_is_followed_by_the_next_place(server, made, fetch, carried):
    (carried / "names.csv").write_bytes(b"index,fieldname\n"[:15])
    server.routes |= {f"/{name}": body for name, body in FILES.items()}
    assert fetch(made.dataset(FILES, server.address)) == FILES
