"""Prepared tags: splits without leaks, tags of train alone, what is rewritten is counted, and words are never split."""

import json

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import check
from kassandra.inputs.text.prepare import steps
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.tags.prepare.stage import prepare

CITIES = ["Rome", "Oslo", "New York", "São Paulo", "Bonn"]


def sentence(number):
    city = CITIES[number % len(CITIES)].split()
    words = ["flight", f"no.{number}", "to", *city]
    return words, ["O", "O", "O", *[f"{'B' if not place else 'I'}-city" for place in range(len(city))]]


def write(folder, sentences, name="mine.jsonl"):
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"words": words, "tags": tags}) for words, tags in sentences]
    (folder / name).write_text("\n".join(lines))


def prepared(tmp_path, sentences=None, **keys):
    if sentences:
        write(tmp_path / "raw", sentences)
    section = {"input": "text", "target": "tags", "source": {"path": "mine"}, "prepare": keys, "train": {}}
    params = check(pipeline_of("text", "tags"), section | {"model": {"variant": "vanilla"}}, "mine")
    (tmp_path / "out").mkdir(exist_ok=True)
    message = prepare(steps, tmp_path / "raw", tmp_path / "out", params, 0)
    arrays = {name: read_arrays(tmp_path / "out" / f"{name}.npz") for name in ("train", "valid", "test")}
    return message, json.loads((tmp_path / "out" / "meta.json").read_text()), arrays


def test_steps_stay_as_they_are_and_splits_share_nothing(tmp_path):
    sentences = [sentence(number) for number in range(60)]
    message, meta, arrays = prepared(tmp_path, [*sentences, *sentences[:7]], min_frequency=1)
    assert meta["tags"] == ["O", "B-city", "I-city"]
    assert "7 as repeated" in message
    seen = set()
    for split in arrays.values():
        words = Ragged(split["text"], split["text_offsets"]).texts()
        assert len(words) == len(split["ids"]) == len(split["tags"])
        assert (split["offsets"] == split["tags_offsets"]).all()
        own = {tuple(words[a:b]) for a, b in zip(split["offsets"], split["offsets"][1:], strict=False)}
        assert not own & seen
        seen |= own
    assert seen == {tuple(words) for words, _ in sentences}
    of_train = {word.lower() for word in Ragged(arrays["train"]["text"], arrays["train"]["text_offsets"]).texts()}
    assert set(meta["vocabulary"]) - {"<pad>", "<unk>"} == of_train


def test_other_schemes_are_rewritten_and_counted(tmp_path):
    sentences = [(words, [tag.replace("B-", "I-") for tag in tags]) for words, tags in map(sentence, range(40))]
    message, meta, _ = prepared(tmp_path, sentences)
    assert meta["scheme"] == "IOB1"
    assert meta["rewritten_tags"] == 40
    assert "written as IOB1: 40 of" in message


def test_plain_tags(tmp_path):
    sentences = [(["a", "b", str(number)], ["X", "Y", "X"]) for number in range(40)]
    _, meta, _ = prepared(tmp_path, sentences)
    assert (meta["spans"], meta["tags"]) == (False, ["X", "Y"])
    with pytest.raises(KassandraError, match=r"tag 'X' is no span.*prepare.scheme: plain"):
        prepared(tmp_path, sentences, scheme="spans")


def test_a_tag_that_train_has_not_is_said(tmp_path):
    many = [sentence(number) for number in range(40)]
    write(tmp_path / "raw", many, "train.jsonl")
    write(tmp_path / "raw", [(["to", "Mars"], ["O", "B-planet"]), sentence(99)], "test.jsonl")
    message, meta, arrays = prepared(tmp_path)
    assert meta["unseen_tags"] == {"B-planet": 1}
    assert "tags of test that train has not, and nothing can predict: B-planet 1" in message
    assert arrays["test"]["tags"].max() == len(meta["tags"])


def test_long_sentences_are_cut_and_counted(tmp_path):
    sentences = [([f"w{number}"] * 25, ["O"] * 24 + ["B-x"]) for number in range(30)]
    message, meta, arrays = prepared(tmp_path, sentences, max_length=10)
    assert meta["cut"] == 30
    assert max(np.diff(split["offsets"]).max() for split in arrays.values()) == 10
    assert "30 sentences of more than 10 words are cut" in message


def test_too_little(tmp_path):
    with pytest.raises(KassandraError, match="3 sentences are too few"):
        prepared(tmp_path, [sentence(number) for number in range(3)])
    with pytest.raises(KassandraError, match="every step of train has the tag 'O'"):
        prepared(tmp_path, [(["a", str(number)], ["O", "O"]) for number in range(30)])
