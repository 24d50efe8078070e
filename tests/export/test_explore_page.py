"""The page of `kassandra explore` in headless Chromium: drawn on, typed into, read; it asks for nothing."""

import json
import os
import re
import shutil
import subprocess
import wave as wave_module
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

import kassandra
from kassandra.export.explore import write_page

pytestmark = pytest.mark.slow  # starts a browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def visit(tmp_path):
    """Opens the page of a model and does something with it; returns what is seen."""
    if not CHROMIUM or not (Path(os.environ.get("NODE_MODULES", "")) / "playwright").is_dir():
        pytest.skip("there is no Chromium, or NODE_MODULES names no folder with playwright: `npm install playwright`")

    def visit(folder, *what):
        page = write_page(folder, tmp_path / "page")
        program = Path(__file__).with_name("explore_page.mjs")
        command = ["node", program, CHROMIUM, page, *what]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        seen = json.loads(ran.stdout)
        assert (seen["errors"], seen["asked"]) == ([], [])
        assert seen["width"] <= 375  # of a phone
        assert seen["maps"] == len("ifgoch")
        assert seen["reading"].startswith("Step 1 (")
        assert "unit 1: i 0." in seen["reading"]
        assert "→" in seen["held"]
        return seen

    return visit


def test_a_digit_is_drawn_by_pointer_and_by_keyboard(visit, images):
    seen = visit(images(variant="attention", attention={"kind": "additive"}), "draw")
    for answer in (seen["drawn"], seen["typed"]):
        assert answer.startswith("It is most likely ")
        assert answer.split("likely ")[1].rpartition(":")[0] in ("cat", "$dog|", "<b>")  # a name is no markup


def test_a_review_is_typed(visit, reviews):
    folder, text = reviews(), "No good film, <b>none</b> at all"
    (prediction,) = kassandra.load(folder).predict([text])
    assert (
        visit(folder, "type", text)["answer"] == f"It is most likely {prediction.label}: {prediction.probability:.1%}"
    )


def test_words_are_tagged(visit, tagger):
    folder, text = tagger(crf=True), "fly to New <b>York</b>"
    (predicted,) = kassandra.load(folder).predict(text)
    seen = visit(folder, "paste", text)
    words = text.split()
    spans = [f"{' '.join(words[one.start : one.end])}: {one.type}" for one in predicted.spans]
    assert seen["answer"] == ("; ".join(spans) or "There is no span in it.")
    assert spans
    assert len(seen["parts"]) == len(predicted.spans) + predicted.tags.count("O")


def test_rows_of_one_tag_are_one_part(visit, activities):
    folder = activities()
    values = np.random.default_rng(1).standard_normal((30, 3)).round(4)
    (predicted,) = kassandra.load(folder).predict([values])
    seen = visit(folder, "paste", "\n".join(",".join(map(str, row)) for row in values))
    runs = [tag for tag, _ in groupby(predicted.tags)]
    assert [each.rpartition(": ")[2] for each in seen["answer"].split("; ")] == runs
    assert len(seen["parts"]) == len(runs) < len(predicted.tags)


def test_a_series_is_pasted(visit, motions):
    folder = motions()
    values = np.random.default_rng(1).standard_normal((9, 3)).round(4)
    (prediction,) = kassandra.load(folder).predict([values])
    seen = visit(folder, "paste", "\n".join(",".join(map(str, row)) for row in values))
    assert seen["answer"] == f"It is most likely {prediction.label}: {prediction.probability:.1%}"
    assert seen["said"] == "5 steps"  # of two rows each


def write(path, wave, rate):
    with wave_module.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(wave), "NONE", ""))
        file.writeframes(np.round(wave * 20_000).astype("<i2").tobytes())


def test_a_recording_is_transcribed(visit, dictation, tmp_path):
    steps = np.arange(6000) / 4000
    wave = np.sin(2 * np.pi * (300 + 900 * steps) * steps) * np.sin(9 * steps) ** 2
    write(tmp_path / "sound.wav", wave, 4000)
    folder = dictation(decoder={"beam": 1})
    heard = (np.round(wave * 20_000) / 32768).astype(np.float32)
    seen = visit(folder, "hear", tmp_path / "sound.wav")
    assert seen["answer"] == kassandra.load(folder).transcribe(heard)[0].text
    assert seen["drawn"] == 1
    assert seen["said"] == "1.50 s at 4000 Hz"


def test_what_is_spoken_is_heard_at_the_rate_of_the_model(visit, digits, tmp_path):
    tone = np.sin(2 * np.pi * 1000 * np.arange(96_000) / 48_000)
    write(tmp_path / "tone.wav", tone, 48_000)
    folder = digits()
    seen = visit(folder, "speak", tmp_path / "tone.wav")
    assert re.fullmatch(r"\d\.\d\d s at \d+ Hz, read at 8000 Hz; silence at both ends is cut off", seen["said"])
    model = kassandra.load(folder)
    own, _ = model.pair.sequences.batch(model.pair.own(tone[::6].astype(np.float32)).inputs, np.arange(1))
    bands = np.array(seen["inputs"])
    assert bands[len(bands) // 2].argmax() == int(own[0, 20].argmax())
