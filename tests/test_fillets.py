"""recipes/fillets.py: recordings and texts out of the files of a game's packages, the same bytes every time."""

import hashlib
import importlib.util
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "recipes" / "fillets.py"
DIALOGS = """
dialogId("b-one", "font_big", "A \\"quoted\\" line.")
dialogStr("Řekl \\"ano\\".")


dialogId("silent", "font_small", "Never recorded.")
dialogStr("Nikdy.")

dialogId("a-two", "font_small", "Two.")
dialogStr("Dvě  mezery.")
dialogId("a-two", "font_small", "Two again.")
dialogStr("Podruhé.")
"""


@pytest.fixture
def fillets():
    spec = importlib.util.spec_from_file_location("fillets", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def game(tmp_path):
    for level in ("wreck", "cave"):
        script, sound = (tmp_path / "game" / part for part in (f"script/{level}", f"sound/{level}/cs"))
        script.mkdir(parents=True)
        sound.mkdir(parents=True)
        (script / "dialogs_cs.lua").write_text(DIALOGS, encoding="utf-8")
        for name in ("b-one", "a-two", "music"):
            (sound / f"{name}.ogg").write_bytes(f"{level} {name}".encode())
    return tmp_path / "game"


def test_lines_that_were_recorded_in_the_order_of_the_dialogs(fillets, game, tmp_path):
    assert fillets.build(game, tmp_path / "out") == 4
    rows = (tmp_path / "out" / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
    assert rows[:3] == [
        "file\tvoice\tlevel\ttext",
        'clips/cave/b-one.ogg\tfont_big\tcave\tŘekl \\"ano\\".',
        "clips/cave/a-two.ogg\tfont_small\tcave\tDvě  mezery.",
    ]
    with tarfile.open(tmp_path / "out" / "clips.tar") as archive:
        assert archive.getnames() == [row.split("\t")[0] for row in rows[1:]]
        assert archive.extractfile("clips/wreck/a-two.ogg").read() == b"wreck a-two"


def test_the_same_bytes_whenever_the_files_were_written(fillets, game, tmp_path):
    import os

    digests = set()
    for folder in ("one", "two"):
        fillets.build(game, tmp_path / folder)
        digests.add(hashlib.sha256((tmp_path / folder / "clips.tar").read_bytes()).hexdigest())
        for path in game.rglob("*.ogg"):
            os.utime(path, (1, 1))
    assert len(digests) == 1


def test_another_folder_is_one_sentence(fillets, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["fillets.py", str(tmp_path), str(tmp_path / "out")])
    with pytest.raises(SystemExit, match=r"^Error: .*: expected script/\*/dialogs_cs\.lua and sound/\*/cs/\*\.ogg"):
        fillets.main()
