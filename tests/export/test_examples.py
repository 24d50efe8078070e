"""The programs beside exported files answer as Kassandra does, and use nothing of it."""

import json
import os
import subprocess
import sys
import wave as wave_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kassandra
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.gaps import ends_of_windows, missing
from kassandra.contracts.windows import Split
from kassandra.training.pair import Split as TrainingSplit
from tests.trained import save_members

pytest.importorskip("onnxruntime", reason="the extra `export` is not installed")
pytestmark = pytest.mark.slow  # imports PyTorch and ONNX Runtime

from kassandra.export import onnx_export  # noqa: E402
from kassandra.export.onnx_export import export_onnx, exporters, graphs_of  # noqa: E402

SERIES = {
    "normalise": "series",
    "missing": "interpolate",
    "pool": 1,
    "masked": [],
    "spec": {"outputs": 3, "features": 3, "vocab_size": 0},
}
LETTERS = {"embedding_size": 3, "hidden_size": 4, "longest": 5}
SENTENCES = ["fly to New York", "x"]
PACKAGES = os.environ.get("NODE_MODULES", "")  # a folder with onnxruntime-web


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Exports a model, of some members; gives what each program beside the files prints of an input."""
    monkeypatch.setattr(onnx_export, "_in_a_process", onnx_export._write)  # which is tried elsewhere, and takes a while

    def programs(folder, members=1):
        if members > 1:
            folder = save_members(tmp_path / "members" / folder.name, folder, seeds=range(members))
        output = tmp_path / "out" / f"{folder.name}-{members}"
        export_onnx(folder, output, report=lambda line: None, root=tmp_path)
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        commands = {"example.py": sys.executable}
        if (Path(PACKAGES) / "onnxruntime-web").is_dir():
            commands["example.mjs"] = "node"
            (output / "node_modules").symlink_to(PACKAGES)

        def run(given):
            printed = {}
            for name, command in commands.items():
                if (output / name).is_file():
                    assert "kassandra." not in (output / name).read_text().replace('["kassandra"]', "")
                    ran = subprocess.run([command, name, given], cwd=output, env=clean, capture_output=True, text=True)
                    assert ran.returncode == 0, ran.stderr
                    printed[name] = ran.stdout
            assert "example.py" in printed
            return printed

        return kassandra.load(folder), run

    return programs


def tagged_alike(printed, predicted):
    for name, text in printed.items():
        answer = json.loads(text)
        assert answer["tags"] == predicted.tags, name
        assert answer["probabilities"] == pytest.approx(predicted.probabilities, abs=1e-5), name


@pytest.mark.parametrize("members", [1, 2])
def test_words_are_tagged(tagger, programs, members):
    predictor, run = programs(tagger(crf=True, letters=LETTERS), members)
    for sentence in SENTENCES:
        (predicted,) = predictor.predict(sentence)
        printed = run(sentence)
        tagged_alike(printed, predicted)


def test_a_sentence_is_translated(translator, programs):
    predictor, run = programs(translator(decoder={"attention": "additive", "input_feeding": True}), members=2)
    for text in ("a good film", "it's the end"):
        assert run(text)["example.py"].strip() == predictor.translate(text)[0].text


def test_an_image_is_described(captions, programs, tmp_path):
    predictor, run = programs(captions(decoder={"attention": "general"}))
    image = np.random.default_rng(1).integers(0, 256, (6, 4), np.uint8)
    Image.fromarray(image).save(tmp_path / "one.png")
    described = predictor.caption(image)[0].text
    assert described
    assert run(tmp_path / "one.png")["example.py"].strip() == described


@pytest.fixture
def recording(tmp_path):
    """A series of three columns, the second with missing values, and a file of it."""
    values = np.random.default_rng(1).standard_normal((7, 3)).round(4)
    values[[0, 3, 4], 1] = np.nan
    path = tmp_path / "series.csv"
    path.write_text("".join(",".join("" if np.isnan(one) else str(one) for one in row) + "\n" for row in values))
    return path, values


def test_steps_of_series_are_tagged(activities, programs, recording):
    predictor, run = programs(activities(crf=True))
    (predicted,) = predictor.predict([recording[1]])
    tagged_alike(run(recording[0]), predicted)


@pytest.mark.parametrize("head", ["gaussian", "quantiles", "point"])
def test_numbers_of_logarithms_are_what_predict_says(lives, programs, recording, head):
    predictor, run = programs(lives(head=head), members=2)
    (predicted,) = predictor.predict([recording[1]])
    for name, text in run(recording[0]).items():
        assert json.loads(text)["number"] == pytest.approx(predicted.number, rel=1e-5), name


def test_logarithms_of_students_t_are_refused_by_name(lives):
    predictor = kassandra.load(lives(head="student"))
    with pytest.raises(KassandraError, match="ONNX has no quantiles of Student's t"):
        graphs_of(predictor, exporters(predictor))


@pytest.mark.parametrize("scaling", [{}, SERIES])
def test_series_are_named(motions, programs, recording, scaling):
    predictor, run = programs(motions(scaling=scaling))
    (predicted,) = predictor.predict([recording[1]])
    for name, text in run(recording[0]).items():
        assert json.loads(text) == pytest.approx(predicted.probabilities, abs=1e-5), name


@pytest.fixture
def sound(tmp_path):
    """A recording of tones, and a file of it in 16 bits."""
    steps = np.arange(6000) / 4000
    wave = np.sin(2 * np.pi * (300 + 900 * steps) * steps) * np.sin(9 * steps) ** 2
    whole = np.round(wave * 20_000).astype("<i2")
    with wave_module.open(str(tmp_path / "sound.wav"), "wb") as file:
        file.setparams((1, 2, 4000, len(whole), "NONE", ""))
        file.writeframes(whole.tobytes())
    return tmp_path / "sound.wav", whole.astype(np.float32) / 32768


@pytest.mark.parametrize("pieces", ["bpe", "characters", "words"])
def test_recordings_are_transcribed_with_times(dictation, programs, sound, pieces):
    predictor, run = programs(dictation(pieces=pieces, decoder={"beam": 1}))
    (transcript,) = predictor.transcribe(sound[1])
    for text in run(sound[0]).values():
        words = [word._asdict() for word in transcript.words]
        assert json.loads(text) == {"transcript": transcript.text, "words": words}
        assert words


def test_members_agree_on_a_transcript(dictation, programs, sound):
    predictor, run = programs(dictation(decoder={"beam": 1}), members=3)
    (transcript,) = predictor.transcribe(sound[1])
    assert len({one.transcribe(sound[1])[0].text for one in predictor.members}) > 1
    assert json.loads(run(sound[0])["example.py"])["transcript"] == transcript.text


@pytest.mark.parametrize("seasons", [(), (6, 4)])
def test_gaps_are_filled(sensors, programs, tmp_path, seasons):
    predictor, run = programs(sensors(seasons=seasons, variant="bidirectional"), members=2)
    table = np.random.default_rng(0).standard_normal((90, 3))
    table[[3, 4, 30, 31, 32, 88, 89], 0] = table[20:40, 1] = table[70, :2] = np.nan  # 20 are too many
    np.save(tmp_path / "table.npy", table)
    offsets, values = np.array([0, len(table)]), table[:, :2]
    gaps, _ = missing(~np.isnan(values), offsets, 12)
    ends = ends_of_windows(gaps, offsets, 40)
    split = Split(np.nan_to_num(table).astype(np.float32), values, np.arange(len(table)), offsets, ends)
    pair = predictor.pair
    point = predictor.outputs(TrainingSplit(split, pair.target.own(split, len(gaps.row)))).point
    _, rows, columns = gaps.cells(2)
    expected = {(int(row), "ab"[column]): value for row, column, value in zip(rows, columns, point, strict=True)}
    answer = {
        (each["row"], each["target"]): each["value"] for each in json.loads(run(tmp_path / "table.npy")["example.py"])
    }
    assert len(answer) == 9
    assert answer == pytest.approx(expected, abs=1e-4)
