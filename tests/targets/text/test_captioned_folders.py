"""Folders of images with captions, as people have them: read, refused in a sentence, recognised by init."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from kassandra.contracts.artifacts import map_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import check
from kassandra.detection.proposal import Look, Wish
from kassandra.detection.recognise import recognise
from kassandra.params.sections.pipeline import pipeline_of

KEYS = {"vocab_size": 40, "lowercase": True}


@pytest.fixture
def photographs(tmp_path):
    """A folder as Flickr8k's: images, captions, lists of splits; the last image is in no list."""
    generator = np.random.default_rng(0)
    (tmp_path / "own" / "Images").mkdir(parents=True)
    lines, names = ["image,caption"], [f"{number:03}.png" for number in range(31)]
    for number, name in enumerate(names):
        pixels = generator.integers(0, 255, (40, 30, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / "Images" / name)
        lines += [f"{name},A {'big' if number % 2 else 'small'} dog .", f'{name},"One dog, number {number} !"']
    (tmp_path / "own" / "captions.txt").write_text("\n".join(lines) + "\n")
    for name, listed in {"train": names[:20], "valid": names[20:25], "test": names[25:30]}.items():
        (tmp_path / "own" / f"{name}.txt").write_text("\n".join(listed) + "\n")
    return tmp_path / "own"


def test_a_folder_with_captions_and_lists(photographs, prepare, tmp_path):
    printed = prepare("images", "text", photographs, tmp_path / "out", size=16, channels="rgb", **KEYS)
    meta = read_json(tmp_path / "out" / "meta.json")
    assert meta["examples"] == {"train": 20, "valid": 5, "test": 5}
    assert meta["references"] == {"train": 40, "valid": 10, "test": 10}
    assert "1 images that no list names are left out" in printed
    train, test = (map_arrays(tmp_path / "out" / f"{name}.npz") for name in ("train", "test"))
    assert Counter(train["input"].tolist()) == dict.fromkeys(range(20), 2)
    assert test["references"].tolist() == [0, 2, 4, 6, 8, 10]
    texts = Ragged(test["target_text"], test["target_text_offsets"]).texts()
    assert texts[:2] == ["a big dog", "one dog number 25"]
    assert Ragged(test["example"], test["example_offsets"]).texts()[0] == "Images/025"


def test_captions_of_no_letter_are_left_out(photographs, prepare, tmp_path):
    path = photographs / "captions.txt"
    path.write_text(path.read_text().replace("A small dog .", "...").replace("One dog, number 2 !", "?!"))
    prepare("images", "text", photographs, tmp_path / "out", size=16, **KEYS)
    meta = read_json(tmp_path / "out" / "meta.json")
    assert meta["examples"]["train"] == 19
    assert meta["dropped"]["without a caption that has a letter or a digit"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["tokens", "results", "metadata", "split"])
def test_other_layouts(photographs, prepare, tmp_path, layout):
    rows = [line.split(",", 1) for line in (photographs / "captions.txt").read_text().splitlines()[1:]]
    (photographs / "captions.txt").unlink()
    names = {
        "train": "Flickr_8k.trainImages.txt",
        "valid": "Flickr_8k.devImages.txt",
        "test": "Flickr_8k.testImages.txt",
    }
    listed = {line: name for name in names for line in (photographs / f"{name}.txt").read_text().split()}
    for old, new in names.items():
        (photographs / f"{old}.txt").rename(photographs / new)
    if layout == "tokens":
        lines = [f"{name}#{number % 2}\t{text}" for number, (name, text) in enumerate(rows)]
        (photographs / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    elif layout == "results":
        lines = [f"{name}| {number % 2}| {text}" for number, (name, text) in enumerate(rows)]
        (photographs / "results.csv").write_text("\n".join(["image_name| comment_number| comment", *lines]) + "\n")
    elif layout == "metadata":
        lines = [json.dumps({"file_name": f"Images/{name}", "text": text}) for name, text in rows]
        (photographs / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    else:
        for new in names.values():
            (photographs / new).unlink()
        lines = ["photo\tcaption\tsplit", *(f"{name}\t{text}\t{listed.get(name, 'train')}" for name, text in rows)]
        (photographs / "captions.tsv").write_text("\n".join(lines) + "\n")
    prepare("images", "text", photographs, tmp_path / "out", size=16, **KEYS)
    examples = read_json(tmp_path / "out" / "meta.json")["examples"]
    assert examples == {"train": 20 + (layout == "split"), "valid": 5, "test": 5}


@pytest.mark.parametrize(
    ("source", "keys", "sentence"),
    [
        ({"path": "mine"}, {"scan": "grid"}, "'grid' needs source.network: efficientnet-lite0"),
        ({"path": "mine", "network": "efficientnet-lite0"}, {}, "source.network: prepare.scan: rows does not use it"),
        ({"path": "mine", "captions": "other.csv"}, {}, "no file 'other.csv'"),
        ({"path": "mine", "text": "words"}, {}, "unknown column 'words'"),
    ],
)
def test_what_is_refused_is_a_sentence(photographs, prepare, tmp_path, source, keys, sentence):
    with pytest.raises(KassandraError, match=sentence):
        prepare("images", "text", photographs, tmp_path / "out", source=source, **KEYS, **keys)


def test_an_image_in_two_lists_is_refused(photographs, prepare, tmp_path):
    (photographs / "valid.txt").write_text("000.png\n")
    with pytest.raises(KassandraError, match=r"'000.png' is in the list of \w+ too"):
        prepare("images", "text", photographs, tmp_path / "out", size=16, **KEYS)


def recognised(folder):
    look = Look(folder, Wish(), lambda question, answers, likely: likely)
    return recognise(look)


def test_init_knows_a_folder_with_captions(photographs):
    proposal = recognised(photographs)
    assert (proposal.input, proposal.target) == ("images", "text")
    assert proposal.prepare["scan"] == "rows"  # images of 30 × 40 pixels
    assert "images by lists of splits: train 20, valid 5, test 5" in proposal.seen
    check(pipeline_of("images", "text"), {**proposal.section(), "source": {"path": "x", **proposal.source}}, "init")


def test_init_shows_photographs_to_the_network(photographs):
    for path in (photographs / "Images").iterdir():
        Image.open(path).resize((120, 90)).save(path)
    proposal = recognised(photographs)
    assert (proposal.prepare["scan"], proposal.source["network"]) == ("grid", "efficientnet-lite0")
    check(pipeline_of("images", "text"), {**proposal.section(), "source": {"path": "x", **proposal.source}}, "init")


def test_a_table_of_labels_is_none_of_captions(photographs):
    lines = ["image,label", *(f"{number:03}.png,{'cat' if number % 2 else 'dog'}" for number in range(31))]
    (photographs / "captions.txt").unlink()
    for name in ("train", "valid", "test"):
        (photographs / f"{name}.txt").unlink()
    (photographs / "metadata.csv").write_text("\n".join(lines) + "\n")
    assert recognised(photographs).target == "label"
