"""`kassandra init` and `kassandra check`: what they print and write; nothing is written that the stages refuse."""

import csv
import io
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

BEFORE = """# my own words
seed: 3

pipelines:
  mnist: # kept
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {scan: rows}
    model: {variant: vanilla}
    train: {epochs: 1}
"""
LOAD = """  s:
    input: series
    target: forecast
    source: {path: s.csv, time: time, target: load, frequency: h}
    prepare: {window: 12, horizon: 2}
    model: {variant: vanilla}
    train: {epochs: 1}
"""


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    (tmp_path / "params.yaml").write_text(BEFORE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def series(path, rows=300, format="%d/%m/%Y %H:%M", name="load"):
    begin = datetime(2021, 1, 1)
    times = [f"{begin + timedelta(hours=row):{format}}" for row in range(rows)]
    lines = [f"time;{name}", *(f"{time};{10 + row % 24},{row % 10}" for row, time in enumerate(times))]
    path.write_text("\n".join(lines), encoding="utf-8")


def tickets(path, rows=120, label="bug"):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["body", "kind"])
        writer.writerows(
            [f"it is {'broken' if row % 2 else 'wished'} number {row}", label if row % 2 else "idea"]
            for row in range(rows)
        )


@pytest.mark.slow
def test_a_table_whose_gaps_are_filled(home, kassandra):
    begin, rows = datetime(2021, 1, 1), []
    for row in range(2000):
        lost = row % 40 == 7 or 500 <= row < 512
        temperature = "" if lost else f"{10 + row % 24}.{row % 10}"
        if row % 100 != 55:  # some times are missing too
            rows.append(f"{begin + timedelta(hours=row):%Y-%m-%d %H:%M},{temperature},{50 + row % 24 + row % 7}")
    Path("sensors.csv").write_text("\n".join(["time,temperature,humidity", *rows]), encoding="utf-8")
    out = kassandra("init", "sensors.csv", "--as", "gap", "--yes").out
    assert "series → gap" in out
    assert "kept as gaps" in out
    section = YAML(typ="safe").load(Path("params.yaml").read_text(encoding="utf-8"))["pipelines"]["sensors"]
    assert (
        section["source"] | {"target": "temperature", "features": ["humidity"], "frequency": "h"} == section["source"]
    )
    assert section["prepare"] == {"window": 120, "longest": 48, "seasons": [24]} | section["prepare"]
    assert not section["prepare"].keys() & {"missing", "gap", "horizon", "normalise"}
    out = kassandra("check", "sensors").out
    assert "gaps to fill" in out
    assert "series → forecast" in kassandra("init", "sensors.csv", "--name", "other", "--yes", "--dry-run").out


def test_a_series(home, kassandra):
    series(home / "Power of Köln.csv")
    done = kassandra("init", "Power of Köln.csv", "--yes")
    assert done.status == 0, done.err
    written = (home / "params.yaml").read_text(encoding="utf-8")
    assert written.startswith(BEFORE)  # to the byte
    assert "\n  power-of-koln:\n" in written
    for line in ('decimal: ","', "frequency: h", 'time_format: "%d/%m/%Y %H:%M"', "season: 24"):
        assert line in written
    assert "first rows, as they are read" in done.out
    assert kassandra("check", "power-of-koln").status == 0


def test_a_dry_run_writes_nothing(home, kassandra):
    tickets(home / "t.csv")
    done = kassandra("init", "t.csv", "--dry-run", "--yes")
    assert done.status == 0, done.err
    assert "# classes: 'idea' 60, 'bug' 60" in done.out
    assert "  input: text\n  target: label\n" in done.out
    assert (home / "params.yaml").read_text(encoding="utf-8") == BEFORE


@pytest.mark.slow
def test_on_a_terminal_it_asks_what_it_cannot_know(home, kassandra, monkeypatch):
    rows = "\n".join(f"2021-01-{1 + row // 24:02} {row % 24:02}:00,{row % 7},{row % 5}" for row in range(600))
    (home / "s.csv").write_text(f"when,heat,rain\n{rows}")
    asked = io.StringIO("snow\n2\n")  # what is no answer is asked again
    monkeypatch.setattr(asked, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", asked)
    done = kassandra("init", "s.csv", "--dry-run")
    assert done.status == 0, done.err
    assert "Which column is to be forecast? [heat]" in done.err
    assert "target: rain" in done.out


def test_a_name_that_is_taken(home, kassandra):
    tickets(home / "t.csv")
    done = kassandra("init", "t.csv", "--name", "mnist", "--yes")
    assert done.status == 1
    assert "a pipeline 'mnist' stands there already" in done.err
    assert "--name" in done.err


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, (), "a binary file, which cannot be read as anything"),
        (b"", (), "an empty file, which cannot be read as anything"),
        (b"a,b\n" + b"1,2\n" * 9, ("--target", "c"), "--target: t: unknown column 'c'; known columns are"),
        (b"a,b\n" + b"1,2\n" * 9, ("--as", "sums"), "--as: unknown target 'sums'"),
        (b"day,x\n" + b"".join(b"%02d/02/2020,%d.5\n" % (day, day) for day in range(1, 13)), (), "may be 1 February"),
        (b"n;x\n" + b"".join(b"%d;%d,%03d\n" % (one, one, one * 37) for one in range(1, 20)), (), "--decimal"),
        (b"day,x\n2020-01-01,1.5\n2020-01-02,2.5\n2020-01-03,3.5\n", (), "left for|window|rows"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence_and_writes_nothing(home, kassandra, content, options, sentence):
    (home / "t").write_bytes(content)
    done = kassandra("init", "t", "--yes", *options)
    assert done.status == 1
    assert re.search(sentence, done.err), done.err
    assert "Traceback" not in done.err
    assert (home / "params.yaml").read_text(encoding="utf-8") == BEFORE


def test_a_file_that_is_not_there(home, kassandra):
    assert "no such file or folder" in kassandra("init", "nothing.csv").err


@pytest.mark.slow
def test_strangers_names_are_no_markup(home, kassandra, tmp_path):
    """Neither rich's, nor HTML's, nor YAML's; nor do they move the cursor."""
    tickets(home / "t.csv", label="[red]<script>alert(1)</script>$x^\x1b[2J: #")
    done = kassandra("init", "t.csv", "--yes")
    assert done.status == 0, done.err
    assert "\x1b[2J" not in done.out
    done = kassandra("check", "t", "--output", "report")
    assert done.status == 0, done.err
    assert "[red]" in done.out
    assert "\x1b[2J" not in done.out
    page = (home / "report" / "t.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert (home / "report" / "t.png").stat().st_size > 1000


def test_check_says_what_is_wrong_with_the_data(home, kassandra):
    series(home / "s.csv", format="%Y-%m-%dT%H:%M")
    text = (home / "s.csv").read_text(encoding="utf-8").splitlines()
    text[50] = text[50].split(";")[0] + ";-9999"
    (home / "s.csv").write_text("\n".join(text).replace(",", "."), encoding="utf-8")
    (home / "params.yaml").write_text(BEFORE + LOAD, encoding="utf-8")
    done = kassandra("check", "s")
    assert "'load' is -9999 in 1 rows" in done.out
    assert "does it stand for no value?" in done.out
    done = kassandra("check")  # mnist is not fetched
    assert done.status == 1
    assert "dvc repro download@mnist" in done.out


def adverts(path, delimiter=";"):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["description", "kind", "price"])
        for row in range(150):
            price = f"{100 + row * row / 3:.2f}".replace(".", ",")
            writer.writerow([f"a {'large' if row % 2 else 'small'} house of {row} rooms", "ab"[row % 3 == 0], price])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [("--target", "price"), ("--as", "number"), ("--target", "price", "--as", "number")]
)
def test_numbers_of_texts(home, kassandra, options):
    adverts(home / "adverts.csv")
    done = kassandra("init", "adverts.csv", *options, "--yes")
    assert done.status == 0, done.err
    assert "adverts: text → number" in done.out
    assert "numbers from 100 to 7500.33, 150 different ones" in done.out
    written = (home / "params.yaml").read_text(encoding="utf-8")
    for line in ('decimal: ","', "text: description", "label: price", "target: number", "head: quantiles"):
        assert line in written
    done = kassandra("check", "adverts", "--output", "report")
    assert done.status == 0, done.err
    assert "deviation" in done.out


def test_a_column_of_labels_comes_first(home, kassandra):
    adverts(home / "adverts.csv")
    done = kassandra("init", "adverts.csv", "--dry-run")
    assert "adverts: text → label" in done.out
    assert "it may also be for number (--as)" in done.out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--target", "kind", "--as", "number"), "answers such as 'a' are no numbers"),
        (("--as", "number"), "cannot be read as number"),
    ],
)
def test_no_numbers(home, kassandra, options, sentence):
    tickets(home / "t.csv") if options[0] == "--as" else adverts(home / "t.csv")
    done = kassandra("init", "t.csv", *options)
    assert done.status == 1
    assert sentence in done.err


@pytest.mark.slow
def test_numbers_of_images_in_a_table_beside_them(home, kassandra):
    folder = home / "dots"
    folder.mkdir()
    for number in range(60):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    rows = "\n".join(f"{number:02}.png,{number / 7:.3f}" for number in range(60))
    (folder / "sizes.csv").write_text(f"file,width\n{rows}", encoding="utf-8")
    done = kassandra("init", "dots", "--yes")
    assert done.status == 0, done.err
    assert "dots: images → number" in done.out
    assert "60 images with an answer each" in done.out
