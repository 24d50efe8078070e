"""`kassandra predict` is given files, folders and archives: what its reader takes of each, by which name."""

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from kassandra.cli.given import opened
from kassandra.contracts.errors import KassandraError

READER = SimpleNamespace(
    NAME="image",
    is_one=lambda path: path.suffix == ".png",
    read=lambda given, _meta: (given, [Path(one).read_text() for one in given]),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("new/b.png", "new/a/c.png", "new/notes.txt", "new/.hidden.png", "d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with zipfile.ZipFile("new.zip", "w") as archive:
        archive.write("new/b.png", "in/b.png")
    return tmp_path


def test_files_folders_and_archives(folder, capsys):
    with opened(["d.png", "new/", "new.zip"], READER) as (inputs, reader):
        names, contents = reader.read(inputs, {})
        assert reader.NAME == "image"
    assert names == ["d.png", "new/a/c.png", "new/b.png", "new.zip/in/b.png"]
    assert contents == ["d.png", "new/a/c.png", "new/b.png", "new/b.png"]
    assert "new/: files of other kinds: 1 left out (notes.txt)" in capsys.readouterr().err


def test_files_alone_are_given_as_they_are(folder):
    with opened(["d.png", "a text"], READER) as (inputs, reader):
        assert inputs == ["d.png", "a text"]
        assert reader is READER


def test_a_folder_with_nothing_to_read(folder):
    (folder / "new" / "b.png").unlink()
    (folder / "new" / "a" / "c.png").unlink()
    says = r"new: holds none of the files that this model reads; .* notes.txt"
    with pytest.raises(KassandraError, match=says), opened(["new"], READER):
        pass


def test_an_error_names_the_archive_and_not_where_it_was_unpacked(folder):
    def fails(given, _meta):
        raise KassandraError(f"{given[0]}: is no image")

    reader = SimpleNamespace(is_one=READER.is_one, read=fails)
    with (
        opened(["new.zip"], reader) as (inputs, named),
        pytest.raises(KassandraError, match=r"^new.zip/in/b.png: is"),
    ):
        named.read(inputs, {})
