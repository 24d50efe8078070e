"""Transcripts from the layouts that people have → arrays: which rows, which splits, what is dropped and reported."""

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.splits import SPLITS
from kassandra.detection.proposal import Look, Wish
from kassandra.detection.recognise import recognise
from kassandra.targets.transcript.prepare.stage import key_of, least_steps
from kassandra.vocabulary.written import written_form
from tests import recordings


def texts_of(folder, split, name="text"):
    arrays = read_arrays(folder / f"{split}.npz")
    return Ragged(arrays[name], arrays[f"{name}_offsets"]).texts()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["table", "ljspeech", "commonvoice", "kaldi"])
def test_every_layout_gives_the_same_texts(kind, layout, tones, keys, prepare, tmp_path):
    split = {"split": "given"} if kind == "commonvoice" else {}
    message = prepare("audio", "transcript", layout(kind), tmp_path / "out", **keys, **split)
    found = {name: text for part in SPLITS for name, text in zip(
        texts_of(tmp_path / "out", part, "example"), texts_of(tmp_path / "out", part), strict=True)}  # fmt: skip
    assert {name.rpartition("/")[2]: text for name, text in found.items()} == {name: text for name, text, *_ in tones}
    assert "60 transcripts" in message or kind == "commonvoice"
    if kind != "commonvoice":
        parts = [set(texts_of(tmp_path / "out", part)) for part in SPLITS]
        assert sum(map(len, parts)) == len(set().union(*parts))
    if kind != "ljspeech":
        assert set(texts_of(tmp_path / "out", "train", "group")) == {"a", "b"}


def test_speakers_are_held_out(layout, keys, prepare, tmp_path):
    prepare("audio", "transcript", layout("table"), tmp_path / "out", split="speaker", speakers=["b"], **keys)
    assert set(texts_of(tmp_path / "out", "test", "group")) == {"b"}
    assert set(texts_of(tmp_path / "out", "train", "group")) == {"a"}


def test_only_some_speakers_are_used(layout, keys, prepare, tmp_path):
    folder, out = layout("table"), tmp_path / "out"
    message = prepare("audio", "transcript", folder, out, only_speakers=["a"], **keys)
    assert "left out: 30 recordings of a speaker that prepare.only_speakers does not name" in message
    assert set().union(*(texts_of(out, part, "group") for part in SPLITS)) == {"a"}
    assert sum(read_json(out / "meta.json")["examples"].values()) == 30
    assert read_json(out / "meta.json")["left_out"] == {"of a speaker that prepare.only_speakers does not name": 30}
    with pytest.raises(KassandraError, match=r"prepare\.only_speakers: unknown speaker 'ann'; .*\['a', 'b'\]"):
        prepare("audio", "transcript", folder, out, only_speakers=["ann"], **keys)
    with pytest.raises(KassandraError, match="'speakers' names 'b', whose recordings 'only_speakers' leaves out"):
        prepare("audio", "transcript", folder, out, split="speaker", speakers=["b"], only_speakers=["a"], **keys)
    with pytest.raises(KassandraError, match=r"prepare\.only_speakers: nothing in .* says who speaks; leave it out"):
        prepare("audio", "transcript", layout("ljspeech"), out, only_speakers=["a"], **keys)


def test_what_cannot_be_aligned_is_dropped_from_train_and_kept_in_test(layout, keys, prepare, tmp_path):
    how = keys | {"tokens": "characters", "stack": 6}
    message = prepare("audio", "transcript", layout("table"), tmp_path / "out", **how)
    dropped = read_json(tmp_path / "out" / "meta.json")["dropped"]["too short for their transcript"]
    assert dropped > 0
    assert f"{dropped} too short for their transcript" in message


def test_rows_that_name_nothing_are_counted_and_too_many_refused(layout, keys, prepare, tmp_path):
    folder = layout("table")
    path = folder / "transcripts.tsv"
    path.write_text(path.read_text() + "clips/none.wav\ta\tlow low\nclips/clip00.wav\ta\t\n")
    source = {"path": str(folder), "tolerate": 0.1}
    prepare("audio", "transcript", folder, tmp_path / "out", source=source, **keys)
    assert read_json(tmp_path / "out" / "meta.json")["left_out"] == {"no such file": 1, "an empty text": 1}
    with pytest.raises(KassandraError, match=r"transcripts.tsv: 2 of 62 rows refused: .*no such file \(line 62\)"):
        prepare("audio", "transcript", folder, tmp_path / "out", source={"path": str(folder)}, **keys)


def test_a_command_of_kaldi_is_never_run(layout, keys, prepare, tmp_path):
    folder = layout("kaldi")
    lines = (folder / "wav.scp").read_text().splitlines()
    (folder / "wav.scp").write_text("\n".join(["clip00 touch hacked |", *lines[1:]]) + "\n")
    source = {"path": str(folder), "tolerate": 0.1}
    message = prepare("audio", "transcript", folder, tmp_path / "out", source=source, **keys)
    assert "1 × a wav.scp that names no file but a command (line 1)" in message


def test_no_table_is_one_sentence(tmp_path, keys, prepare):
    (tmp_path / "x").mkdir()
    with pytest.raises(KassandraError, match=r"no table of transcripts.*name yours in source\.transcripts$"):
        prepare("audio", "transcript", tmp_path / "x", tmp_path / "out", **keys)
    source = {"path": "x", "transcripts": "mine.csv"}
    with pytest.raises(KassandraError, match=r"source\.transcripts: no file 'mine\.csv'"):
        prepare("audio", "transcript", tmp_path / "x", tmp_path / "out", source=source, **keys)


def test_composed_strings_share_no_clip_between_splits(tones, prepare, tmp_path):
    generator = np.random.default_rng(1)
    for word in ("low", "high"):
        for number in range(40):
            (tmp_path / "clips" / word).mkdir(parents=True, exist_ok=True)
            wave = generator.normal(0, 0.1, 800).astype(np.float32)
            recordings.write(tmp_path / "clips" / word / f"{'ab'[number % 2]}_{number}.wav", wave, 4000)
    how = {"sample_rate": 4000, "tokens": "words", "split": "given"}
    with pytest.raises(KassandraError, match="'compose' splits clips, not texts"):
        prepare("audio", "transcript", tmp_path / "clips", tmp_path / "out", compose={}, sample_rate=4000)
    compose = {"fewest": 2, "most": 4, "repeats": 2}
    message = prepare("audio", "transcript", tmp_path / "clips", tmp_path / "out", compose=compose, **how)
    assert message.startswith("composed of") or "composed of 80 real clips, 2 to 4 of one speaker" in message
    again = prepare("audio", "transcript", tmp_path / "clips", tmp_path / "out2", compose=compose, **how)
    assert message == again
    assert (tmp_path / "out" / "train.npz").read_bytes() == (tmp_path / "out2" / "train.npz").read_bytes()
    words = {part: sum(len(text.split()) for text in texts_of(tmp_path / "out", part)) for part in SPLITS}
    assert words["test"] <= 16
    assert words["train"] > words["test"]
    how |= {"split": "given", "only_speakers": ["b"]}
    message = prepare("audio", "transcript", tmp_path / "clips", tmp_path / "out3", compose=compose, **how)
    assert "left out: 40 clips of a speaker that prepare.only_speakers does not name" in message
    assert {name for part in SPLITS for name in texts_of(tmp_path / "out3", part, "group")} == {"b"}


def test_forms():
    assert written_form("  „Ahoj,  Žofie!“ ", lowercase=True, marks=False) == "ahoj žofie"
    assert written_form("Rock'n'roll - well-known.", lowercase=False, marks=False) == "Rock'n'roll well-known"
    assert written_form("Is it?", lowercase=False, marks=True) == "Is it?"
    assert key_of("Is it?") == key_of("is, IT")
    assert least_steps(np.array([3, 3, 3])) == 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["table", "ljspeech", "commonvoice", "kaldi"])
def test_init_recognises_every_layout(kind, layout):
    proposal = recognise(Look(layout(kind), Wish(), lambda question, answers, default: default))
    assert (proposal.input, proposal.target) == ("audio", "transcript")
    assert proposal.prepare == {"sample_rate": 8000} | ({"split": "given"} if kind == "commonvoice" else {})
    assert proposal.examples == 60
    assert any("60 transcripts" in line or "40 transcripts of train" in line for line in proposal.seen)


def test_labelled_recordings_are_no_transcripts(layout, tmp_path):
    folder = layout("table")
    for number, path in enumerate(sorted((folder / "clips").iterdir())):
        path.rename(folder / "clips" / f"{'yes' if number % 2 else 'no'}_a_{number}.wav")
    (folder / "transcripts.tsv").unlink()
    proposal = recognise(Look(folder, Wish(), lambda question, answers, default: default))
    assert (proposal.input, proposal.target) == ("audio", "label")


def test_speakers_have_to_be_known(layout, keys, prepare, tmp_path):
    source = {"path": "mine", "speaker": "reader"}
    with pytest.raises(KassandraError, match=r"source\.speaker: unknown column 'reader'"):
        prepare("audio", "transcript", layout("table"), tmp_path / "out", source=source, **keys)
    with pytest.raises(KassandraError, match=r"prepare\.split: no row of the transcripts .* says who speaks; name the"):
        prepare("audio", "transcript", layout("ljspeech"), tmp_path / "out", split="speaker", speakers=["b"], **keys)
