"""Labels that are the beginnings of files' names, and other layouts of folders."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection.labels import described
from kassandra.detection.proposal import Look, Proposal, Wish
from kassandra.detection.recognise import recognise


def looked_at(tmp_path, names):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    look = Look(tmp_path, Wish(), lambda _question, _answers, likely: likely)
    files = [name for name in look.tree.files if not name.endswith(".csv")]
    return described(look, Proposal("images", "label"), "images", files)


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ([f"{'cat' if one % 2 else 'dog'}.{one}.jpg" for one in range(40)], {"cat", "dog"}),
        ([f"{one % 3}_jackson_{one}.wav" for one in range(60)], {"0", "1", "2"}),
        ([f"n0{one % 2}_{one}.JPEG" for one in range(40)], {"n00", "n01"}),
    ],
)
def test_names_of_files(tmp_path, names, classes):
    proposal = looked_at(tmp_path, names)
    assert set(proposal.classes) == classes
    assert "label_pattern" in proposal.source


def test_folders_and_splits(tmp_path):
    splits = ("train", "val", "test")
    proposal = looked_at(
        tmp_path, [f"{split}/{label}/{one}.png" for split in splits for label in "ab" for one in range(9)]
    )
    assert set(proposal.classes) == {"a", "b"}
    assert proposal.splits == {"train", "valid", "test"}
    assert proposal.source == {}


def test_a_table_of_labels(tmp_path):
    (tmp_path / "meta.csv").write_text(
        "id,kind,split\n" + "".join(f"{one},{'ab'[one % 2]},{'train' if one < 30 else 'test'}\n" for one in range(40))
    )
    proposal = looked_at(tmp_path, [f"images/{one}.png" for one in range(40)])
    assert proposal.source == {"labels": "meta.csv", "file": "id", "label": "kind", "split": "split"}


def test_no_labels(tmp_path):
    with pytest.raises(KassandraError, match="without labels"):
        looked_at(tmp_path, [f"{one:04}.png" for one in range(40)])


def test_the_files_of_a_kind_are_those_with_its_endings(tmp_path):
    for number in range(20):
        for name in (f"a/{number}.mp3", f"a/{number}.lab", f"b/{number}.MP3", f"b/{number}.png"):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"sound" if name.lower().endswith("mp3") and number else b"")
    tree = Look(tmp_path, Wish(), lambda _question, _answers, likely: likely).tree
    names = tree.of_kind(lambda path: path.read_bytes() == b"sound", 30)
    assert len(names) == 40
    assert {name[-4:].lower() for name in names} == {".mp3"}


def test_links_are_followed_and_said(tmp_path):
    for number in range(20):
        for label in "ab":
            path = tmp_path / "store" / label / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
    (tmp_path / "links").mkdir()
    for label in "ab":
        (tmp_path / "links" / label).symlink_to(tmp_path / "store" / label)
    proposal = looked_at(tmp_path / "links", [])
    assert proposal.source["follow_links"] is True
    assert proposal.classes == {"a": 20, "b": 20}


def test_splits_that_are_not_named_as_such_are_no_labels(tmp_path):
    names = [f"train/{label}.{number}.jpg" for label in ("cat", "dog") for number in range(20)]
    proposal = looked_at(tmp_path, [*names, *(f"test1/{number}.jpg" for number in range(20))])
    assert proposal.classes == {"cat": 20, "dog": 20}
    assert "label_pattern" in proposal.source


def test_splits_below_the_labels(tmp_path):
    places = [(label, split) for label in ("bottle", "cable") for split in ("train", "test")]
    proposal = looked_at(tmp_path, [f"{one}/{split}/good/{n}.png" for one, split in places for n in range(10)])
    assert proposal.classes == {"bottle": 20, "cable": 20}
    assert proposal.splits == {"train", "test"}


def test_folders_of_few_texts_each_are_books(tmp_path):
    def pair(files):
        for number in range(files):
            for folder in ("austen", "dickens"):
                path = tmp_path / str(files) / folder / f"{number}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("some words that are written here\n" * 50)
        return recognise(Look(tmp_path / str(files), Wish(), lambda _question, _answers, likely: likely)).target

    assert pair(3) == "next"
    assert pair(12) == "label"


@pytest.mark.slow
def test_four_idx_files(root, tmp_path):
    proposal = recognise(Look(root / "tests" / "data" / "mnist", Wish(), lambda *_: ""))
    assert (proposal.input, proposal.target, proposal.examples) == ("images", "label", 600)
