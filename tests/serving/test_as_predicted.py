"""What `kassandra serve` answers is what `kassandra predict --json` prints, of JSON and of files, to many at once."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from PIL import Image

from kassandra.contracts.artifacts import read_json, write_json
from kassandra.contracts.kinds import part_if_any
from kassandra.params.sections.pipeline import kinds
from tests.export.conftest import activities, captions, dictation, motions, play, reviews, series, tagger, translator  # noqa: F401
from tests.trained import save_members

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
pytestmark = pytest.mark.slow  # imports PyTorch, and starts a server

SENTENCES = ["fly to new york", "to\tYork", "new new new york fly to <b>nowhere</b>", "fly"]
TABLE = "x,y,z\n" + "".join(f"{step / 3},{'' if step == 4 else step % 3},{-step}\n" for step in range(11))


@pytest.fixture
def printed(capsys):
    """Rows that `kassandra predict --json` prints."""
    from kassandra.cli.predict import run

    def printed(folder, *given, **of_kinds):
        run("predict", folder, list(map(str, given)), as_json=True, of_kinds=of_kinds)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return printed


def answered(address, *inputs, **options):
    answer = requests.post(f"{address}/predict", json={"inputs": list(inputs), "options": options}, timeout=60)
    return answer.json().get("predictions", answer.text)


def of_files(address, *paths, **options):
    sent = [("files", (path.name, path.read_bytes())) for path in paths]
    answer = requests.post(f"{address}/files", files=sent, params=options, timeout=60)
    return answer.json().get("predictions", answer.text)


def refused(address, *inputs):
    answer = requests.post(f"{address}/predict", json={"inputs": list(inputs)}, timeout=60)
    assert answer.status_code == 422, answer.text
    return answer.json()["error"]


def recordings(count=5):
    """(samples,) each, of unequal lengths."""
    generator = np.random.default_rng(0)
    return [generator.normal(0, 0.1, 1200 + 900 * number).astype(np.float32) for number in range(count)]


def same(rows, others):
    """But for the last digits of numbers, as batches are others."""
    return as_lists(rows) == as_lists(others)


def as_lists(value):
    if isinstance(value, dict):
        return [[key, as_lists(each)] for key, each in value.items()]
    if isinstance(value, list):
        return [as_lists(each) for each in value]
    return pytest.approx(value, rel=1e-5, abs=2e-6, nan_ok=True) if isinstance(value, float) else value


@pytest.mark.parametrize("model", [{}, {"crf": True}])
def test_words_are_tagged_as_on_the_command_line(serve, tagger, printed, tmp_path, model):  # noqa: F811
    folder = save_members(tmp_path / "three", tagger(**model))
    address = f"{serve(folder)}/models/three"
    wanted = printed(folder, *SENTENCES)
    assert {"steps", "tags", "probabilities", "spans", "members"} == set(wanted[0])
    assert same(answered(address, *SENTENCES), wanted)
    assert same(answered(address, *(text.split() for text in SENTENCES)), wanted)
    (tmp_path / "some.txt").write_text("\n\n".join(SENTENCES))
    assert same(of_files(address, tmp_path / "some.txt"), wanted)


def test_steps_of_series_are_tagged_as_on_the_command_line(serve, activities, printed, tmp_path):  # noqa: F811
    folder, table = activities(), tmp_path / "one.csv"
    address = f"{serve(folder)}/models/activities"
    table.write_text(TABLE)
    wanted = printed(folder, table)
    assert [len(row["steps"]) for row in wanted] == [8, 3]
    assert "nan" in wanted[0]["steps"][4]
    assert same(of_files(address, table), wanted)
    rows = [[float(cell) if cell else None for cell in line.split(",")] for line in TABLE.split()[1:]]
    assert same(answered(address, rows[:8], rows[8:]), wanted)


def test_recordings_are_transcribed_as_on_the_command_line(serve, dictation, printed, tmp_path):  # noqa: F811
    folder = save_members(tmp_path / "three", dictation())
    address, paths = f"{serve(folder)}/models/three", []
    for number, one in enumerate(recordings()):
        paths.append(tmp_path / f"<b> {number}.wav")
        soundfile.write(paths[-1], one, 4000, "FLOAT")
    wanted = [row | {"recording": path.name} for row, path in zip(printed(folder, *paths), paths, strict=True)]
    assert any(row["words"] for row in wanted)
    assert same(of_files(address, *paths), wanted)
    sent = answered(address, *(one.tolist() for one in recordings()))
    assert same(sent, [row | {"recording": str(number)} for number, row in enumerate(wanted)])


def test_many_clients_at_once_get_their_own_tags_and_transcripts(serve, tagger, dictation, printed, tmp_path):  # noqa: F811
    folders, sounds, words = (tagger(crf=True), dictation()), recordings(6), ["fly", "to", "new", "york", "Toronto"]
    sentences = [[*words[number % 5 :], *words[: number % 7]] for number in range(30)]
    for number, one in enumerate(sounds):
        soundfile.write(tmp_path / f"{number}.wav", one, 4000, "FLOAT")
    tags = printed(folders[0], *map(" ".join, sentences))
    transcripts = printed(folders[1], *(tmp_path / f"{number}.wav" for number in range(6)))
    wanted = {"tagger": tags, "dictation": [row | {"recording": "0"} for row in transcripts]}
    address = serve(*folders)

    def ask(number):
        name, place, sent = [
            ("tagger", number, sentences[number]),
            ("dictation", number % 6, sounds[number % 6].tolist()),
        ][number % 2]
        return name, place, [answered(f"{address}/models/{name}", sent) for _ in range(2)]

    with ThreadPoolExecutor(30) as pool:
        for name, place, answers in pool.map(ask, range(30)):
            for answer in answers:
                assert same(answer, [wanted[name][place]])


def test_values_that_are_missing_are_null(serve, motions):  # noqa: F811
    import kassandra

    folder = motions()
    (row,) = answered(f"{serve(folder)}/models/motions", [[1, 2, 3], [4, None, 6]])
    (wanted,) = kassandra.load(folder).predict([np.array([[1, 2, 3], [4, np.nan, 6]])])
    assert (row["series"], row["label"], row["steps"]) == ("0", wanted.label, 2)
    assert row["probability"] == pytest.approx(wanted.probability, abs=1e-6)


def test_a_table_is_the_series_that_its_file_is_called(serve, series, printed, tmp_path):  # noqa: F811
    folder, table = series(), tmp_path / "one.csv"
    meta = read_json(folder / "meta.json")
    meta |= {"series": ["one", "two"], "value_std": [[1.0, 1.0]] * 2}
    meta |= {key: meta[key] * 2 for key in ("input_mean", "input_std", "target_mean", "target_std")}
    meta["reading"] = {
        "source": {"path": "mine", "time": "t", "time_format": "step", "target": ["x", "y"], "features": ["z"]},
        "prepare": {},
    }
    write_json(folder / "meta.json", meta, sealed=True)
    times = "".join(f"{step},{line}\n" for step, line in enumerate(TABLE.replace(",,", ",1,").split()[1:]))
    table.write_text(f"t,x,y,z\n{times}")
    assert same(of_files(f"{serve(folder)}/models/series", table), printed(folder, table))


@pytest.mark.parametrize(
    ("model", "inputs", "sentence"),
    [
        ("tagger", ["  "], "sentence 1: expected some words"),
        ("tagger", ["fly", ["to", 7]], "sentence 2: expected some words"),
        ("tagger", ["fly\ud800"], "not UTF-8"),
        ("reviews", ["fly\ud800"], "not UTF-8"),
        ("tagger", [{}], "sentence 1: expected some words"),
        ("tagger", ["fly " * 10_001], "a sequence of 10,001 steps; send at most 10,000"),
        ("activities", [[[1, 2], [3, 4]]], "expected numbers (steps, 3)"),
        ("activities", [[[1, 2, 3], [4, 5]]], "inputs: not what model 'activities' reads"),
        ("activities", ["abc"], "inputs: not what model 'activities' reads"),
        ("activities", [[[1e300, 2, 3]]], "far too large for what the model was trained on"),
        ("activities", [7], "inputs: not what model 'activities' reads"),
        ("activities", [[[1, 2, "3"]]], "series 1: expected numbers (steps, 3)"),
        ("dictation", ["abc"], "recording 1: expected an array"),
        ("dictation", [7], "inputs: not what model 'dictation' reads"),
        ("dictation", [[0.0] * 4000], "silent from beginning to end"),
        ("dictation", [[0.0, 1.0] * 62_000], "a recording of 31 seconds; send at most 30, in parts"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_sentence(request, serve, model, inputs, sentence):
    address = serve(request.getfixturevalue(model)())
    assert sentence in refused(f"{address}/models/{model}", *inputs)


@pytest.mark.parametrize("model", ["translator", "play"])
def test_what_reads_no_files_says_so(request, serve, model):
    address = serve(request.getfixturevalue(model)())
    sent = {"files": ("a.txt", b"a good film")}
    answer = requests.post(f"{address}/models/{model}/files", files=sent, timeout=60)
    assert answer.json() == {"error": f"{model!r} reads JSON: send it to /models/{model}/predict"}
    assert 'type="file"' not in requests.get(address, timeout=60).text


@pytest.mark.parametrize(("model", "name"), [("tagger", "a b.csv"), ("reviews", "a.bin")])
def test_the_path_of_a_file_is_no_text(request, serve, model, name):
    address = serve(request.getfixturevalue(model)())
    answer = requests.post(f"{address}/models/{model}/files", files={"files": (name, b"fly to york")}, timeout=60)
    assert answer.json() == {"error": f"{name}: the ending names no kind of file that model {model!r} reads"}


def test_an_image_is_described_as_in_python(serve, captions, tmp_path):  # noqa: F811
    import kassandra

    folder, image = captions(), np.random.default_rng(1).integers(0, 256, (6, 4), np.uint8)
    Image.fromarray(image).save(tmp_path / "one.png")
    address = f"{serve(folder)}/models/captions"
    (wanted,) = kassandra.load(folder).caption(image[None])
    (row,) = of_files(address, tmp_path / "one.png")
    assert (row["image"], row["caption"]) == ("one.png", wanted.text)
    assert same(answered(address, image.tolist()), [row | {"image": "0"}])


def test_every_target_is_served_and_described():
    page = Path("docs/serving.md").read_text()
    for target in kinds("targets"):
        module = part_if_any("targets", target, "serve")
        assert {"Options", "answer", "BATCHED", "JSON"} <= set(dir(module)), target
        assert re.search(rf"^\| .*`{target}`.* \|", page, re.MULTILINE), target
        for option in module.Options.model_fields:
            assert f"`{option}`" in page, (target, option)
