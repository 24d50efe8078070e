"""Labels that are the beginnings of files' names, and other layouts of folders."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection.labels import described
from kassandra.detection.proposal import Look, Proposal, Wish


def looked_at(tmp_path, names):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    look = Look(tmp_path, Wish(), lambda _question, _answers, likely: likely)
    return described(look, Proposal("images", "label"), "images")


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
