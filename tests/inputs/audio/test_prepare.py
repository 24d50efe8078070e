"""Recordings become splits: each once, with its label and speaker, and nobody of test in train where that is asked."""

import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.io import wavfile

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec

pytestmark = pytest.mark.slow

SPLITS = ("train", "valid", "test")
OWN, FSDD = {"path": "mine"}, {"dataset": "fsdd"}
SPEAKERS = ["nicolas", "theo", "yweweler"]


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares, each time into another folder: what lies there, as bytes and as sets of (name, label, speaker)."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(raw, source=FSDD, seed=0, **params):
        folder = next(folders)
        printed = prepare("audio", "label", raw, folder, seed, source, **params)
        meta, arrays = read_json(folder / "meta.json"), {name: read_arrays(folder / f"{name}.npz") for name in SPLITS}
        rows = {name: _rows(split, meta) for name, split in arrays.items()}
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return SimpleNamespace(printed=printed, meta=meta, arrays=arrays, rows=rows, files=files)

    return made


def _rows(split, meta):
    names = Ragged(split["names"], split["name_offsets"]).texts()
    speakers = [meta["speakers"][number] if number >= 0 else "" for number in split["speakers"]]
    labels = [meta["classes"][label] for label in split["labels"]]
    return list(zip(names, labels, speakers, strict=True))


@pytest.fixture
def own(tmp_path):
    """Writes recordings of one's own; equal numbers are equal recordings."""

    def own(**files):
        for name, number in files.items():
            path = tmp_path / "raw" / f"{name.replace('__', '/')}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            samples = np.random.default_rng(number).normal(size=600) * 1000
            wavfile.write(path, 8000, samples.astype(np.int16))
        return tmp_path / "raw"

    return own


def many(*labels, count=6, start=0):
    names = [f"{label}__{take}" for label in labels for take in range(count)]
    return dict(zip(names, range(start, start + len(names)), strict=True))


def printed(text):
    return pytest.raises(KassandraError, match=re.escape(text))


def test_the_official_split(raw_speech, made):
    done = made(raw_speech)
    assert {name: len(rows) for name, rows in done.rows.items()} == done.meta["examples"]
    assert done.meta["examples"] == {"train": 40, "valid": 5, "test": 15}
    everything = [row for rows in done.rows.values() for row in rows]
    assert len(set(everything)) == 60
    for name, label, speaker in everything:
        assert name.split("_")[:2] == [label, speaker]
    assert {int(name.split("_")[2]) < 5 for name, _, _ in done.rows["test"]} == {True}
    assert Counter(label for _, label, _ in done.rows["valid"]) == dict.fromkeys("01234", 1)
    assert done.meta["classes"] == list("01234")
    assert done.meta["speakers"] == SPEAKERS
    assert ModelSpec(**done.meta["spec"]) == ModelSpec(outputs=5, features=40)
    sizes = "40 train, 5 valid, 15 test recordings in 5 classes"
    assert done.printed.startswith(
        f"{sizes}; 0 of train dropped as they are in test too, 0 as repeated; 3 known speakers\n"
    )


def test_validation_is_drawn_evenly_over_classes_and_speakers(raw_speech, made):
    """9 of each class, 3 of each speaker: a third is one of each class and speaker."""
    done = made(raw_speech, valid_fraction=1 / 3)
    assert set(Counter(row[1:] for row in done.rows["valid"]).values()) == {1}
    assert len(done.rows["valid"]) == 15


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_a_speaker_held_out(raw_speech, made, speaker):
    done = made(raw_speech, split="speaker", speakers=[speaker])
    assert {who for _, _, who in done.rows["test"]} == {speaker}
    assert {who for name in ("train", "valid") for _, _, who in done.rows[name]} == set(SPEAKERS) - {speaker}
    assert len(done.rows["test"]) == 20  # all that they say, whatever the take
    assert done.meta["held_out"] == [speaker]
    assert f"{speaker} only in test" in done.printed


def test_two_speakers_held_out(raw_speech, made):
    done = made(raw_speech, split="speaker", speakers=SPEAKERS[:2], valid_fraction=0.3)
    assert {who for _, _, who in done.rows["test"]} == set(SPEAKERS[:2])


def test_speakers_that_cannot_be_held_out(raw_speech, made, own):
    with printed(
        "prepare.speakers: unknown speaker 'teo'; known speakers are ['nicolas', 'theo', 'yweweler'] (did you"
    ):
        made(raw_speech, split="speaker", speakers=["theo", "teo"])
    with printed("prepare.speakers: ['nicolas', 'theo', 'yweweler'] are all there are; leave somebody to learn from"):
        made(raw_speech, split="speaker", speakers=SPEAKERS)
    raw = own(yes__1=1, no__2=2)
    with printed(f"prepare.split: no name of a recording in {raw} says who speaks, so 'speaker' cannot split them"):
        made(raw, OWN, split="speaker", speakers=["anna"])
    own(yes__anna_1=3)
    with printed(f"prepare.split: the names of 2 recordings in {raw} do not say who speaks"):
        made(raw, OWN, split="speaker", speakers=["anna"])


def test_waveforms_are_those_of_the_files(raw_speech, made):
    done, raw = made(raw_speech), read_arrays(raw_speech / "digits.npz")
    ends = np.cumsum(raw["lengths"])
    known = {raw["sequences"][end - length : end].tobytes() for end, length in zip(ends, raw["lengths"], strict=True)}
    for split in done.arrays.values():
        waveforms = Ragged(split["waveforms"], split["offsets"])
        assert waveforms.flat.dtype == np.float32
        assert {waveforms.take(np.array([row])).flat.tobytes() for row in range(len(split["labels"]))} <= known


def test_deltas_are_three_times_the_features(raw_speech, made):
    assert made(raw_speech, mels=13, deltas=True).meta["spec"]["features"] == 39


def test_ones_own(own, made):
    """A share of each class is test; of the rest, a share is validation."""
    done = made(own(**many("no", "yes", count=10)), OWN, test_fraction=0.3, valid_fraction=0.3)
    assert {name: Counter(label for _, label, _ in rows) for name, rows in done.rows.items()} == {
        "train": {"no": 5, "yes": 5}, "valid": {"no": 2, "yes": 2}, "test": {"no": 3, "yes": 3},
    }  # fmt: skip
    assert len({row for rows in done.rows.values() for row in rows}) == 20
    assert done.meta["speakers"] == []


def test_what_is_there_twice_is_dropped_and_counted(own, made):
    train = {f"train__{name}": number for name, number in (many("no", "yes") | {"no__again": 0}).items()}
    raw = own(**train, test__no__0=1, test__yes__0=99)
    done = made(raw, OWN, valid_fraction=0.2)
    assert done.meta["dropped_because_repeated"] == 1
    assert done.meta["dropped_from_train_because_in_test"] == 1
    names = [name for split in ("train", "valid") for name, _, _ in done.rows[split]]
    assert sorted(names) == sorted([*(f"no/{take}" for take in (0, 2, 3, 4, 5)), *(f"yes/{take}" for take in range(6))])
    assert "1 of train dropped as they are in test too, 1 as repeated" in done.printed


def test_repeated_recordings_are_dropped_before_test_is_drawn(own, made):
    """Else one of them would be in train, the other in test."""
    done = made(own(**many("no", "yes", count=10), no__a=0, no__b=1, yes__a=10), OWN)
    assert done.meta["dropped_because_repeated"] == 3
    assert sum(done.meta["examples"].values()) == 20


@pytest.mark.parametrize(
    ("files", "params", "text"),
    [
        (many("no", "yes", count=2), {}, "prepare.test_fraction: class 'no' has 2 recordings, too few to be split"),
        (many("no", "yes", count=4), {"test_fraction": 0.1}, "0.1 of the 4 recordings of class 'no' are 0; at least"),
        (many("no", "yes", count=4), {"test_fraction": 0.9}, "0.9 of the 4 recordings of class 'no' are 4; at least"),
        (many("no", "yes"), {"valid_fraction": 0.01}, "prepare.valid_fraction: 0.01 of the 5 recordings of class 'no'"),
        (many("no", count=9), {"valid_fraction": 0.3}, "every recording has the label 'no'; give two labels or more"),
        ({"test__no__0": 0, "train__no__0": 0}, {}, "every recording of train is in test too"),
        (
            {f"train__{name}": number for name, number in many("no", "yes").items()} | {"test__ja__0": 99},
            {"valid_fraction": 0.3},
            "label 'ja' of test is in no recording of train; the labels are ['no', 'yes']",
        ),
    ],
    ids=["few", "none", "all", "no valid", "one class", "leaked", "label"],
)  # fmt: skip
def test_what_cannot_be_split(own, made, files, params, text):
    with printed(text):
        made(own(**files), OWN, **params)
