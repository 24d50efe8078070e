"""Recordings as people have them: any format of libsndfile, splits of their own, labels in a table or a pattern."""

import numpy as np
import pytest
import soundfile

from kassandra.contracts.artifacts import read_json
from kassandra.inputs.audio.prepare.examples import read
from kassandra.inputs.audio.show.own_examples import read as read_own
from kassandra.params.inputs.audio import Prepare
from kassandra.params.sections.folder import FolderOfFiles

PARAMS = Prepare()


@pytest.fixture
def sounds(tmp_path):
    """Writes recordings of noise, no two of them equal, under names and in formats."""
    generator = np.random.default_rng(0)

    def sounds(*names, kind=None, subtype=None):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                soundfile.write(file, generator.normal(size=8000) * 0.1, 16_000, subtype, format=kind or "WAV")
        return tmp_path

    return sounds


def examples(raw, **source):
    return read(raw, FolderOfFiles(path="mine", **source), PARAMS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["MP3", "OGG", "FLAC", "AIFF", "AU", "CAF"])
@pytest.mark.parametrize("ending", ["right", "WAV", "none"])
def test_every_format_is_read_in_training_as_in_predict(sounds, kind, ending):
    ending = {"right": f".{kind.lower()}", "WAV": ".WAV", "none": ""}[ending]
    raw = sounds(f"no/1{ending}", f"yes/1{ending}", kind=kind)
    read_in_training = examples(raw)
    assert [one.label for one in read_in_training.contents] == ["no", "yes"]
    meta = {key: getattr(PARAMS, key) for key in ("sample_rate", "mels", "frame", "hop")}
    _, waveforms = read_own([str(raw / f"{label}/1{ending}") for label in ("no", "yes")], meta)
    for one, waveform in zip(read_in_training.contents, waveforms, strict=True):
        np.testing.assert_array_equal(one.waveform, waveform)


@pytest.mark.slow
def test_splits_of_your_own(sounds):
    names = {"train": ("a", "b"), "val": ("c",), "test": ("d",)}
    raw = sounds(
        *(f"{split}/{label}/{name}_1.wav" for split in names for label in ("no", "yes") for name in names[split])
    )
    done = examples(raw)
    assert done.ids == ["a_1", "b_1", "a_1", "b_1", "c_1", "c_1", "d_1", "d_1"]
    assert done.valid.tolist() == [False] * 4 + [True] * 2 + [False] * 2
    assert done.test.tolist() == [False] * 6 + [True] * 2
    assert set(done.groups) == {"a", "b", "c", "d"}
    held_out = read(raw, FolderOfFiles(path="mine"), Prepare(split="speaker", speakers=["a"]))
    assert held_out.valid is None
    assert [one.speaker for one, test in zip(held_out.contents, held_out.test, strict=True) if test] == ["a", "a"]


def test_labels_and_speakers_by_pattern(sounds):
    raw = sounds("ah-3-yes.wav", "bo-1-no.wav", "odd.wav")
    done = examples(raw, label_pattern=r"^(?P<group>\w+)-\d-(?P<label>\w+)")
    assert [(one.label, one.speaker) for one in done.contents] == [("yes", "ah"), ("no", "bo")]
    assert done.meta["left_out"] == {"files whose path does not match source.label_pattern": 1}


@pytest.mark.slow
def test_a_table_of_labels_with_folds(sounds, prepare, tmp_path):
    raw = sounds(*(f"raw/audio/{number}.wav" for number in range(40))) / "raw"
    (raw / "meta").mkdir()
    rows = [f"{number}.wav,{number % 4 + 1},{('dog', 'rain')[number // 4 % 2]}" for number in range(40)]
    (raw / "meta" / "clips.csv").write_text("\n".join(["filename,fold,category", *rows]))
    source = {"path": "mine", "labels": "meta/clips.csv", "test_fold": 2, "valid_fold": 4}
    prepare("audio", "label", raw, tmp_path / "done", source=source)
    meta = read_json(tmp_path / "done" / "meta.json")
    assert meta["examples"] == {"train": 20, "valid": 10, "test": 10}
    assert meta["classes"] == ["dog", "rain"]
