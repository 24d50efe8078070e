"""ONNX files compute what PyTorch does, for each pair and variant, at any batch and time, and need nothing of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kassandra
from kassandra.contracts.errors import KassandraError
from tests.export.conftest import IMAGES
from tests.trained import save_members
from tests.untrained import save_untrained

pytest.importorskip("onnxruntime", reason="the extra `export` is not installed")
pytestmark = pytest.mark.slow  # imports PyTorch and ONNX Runtime

from kassandra.export import onnx_export  # noqa: E402
from kassandra.export.onnx_export import export_onnx, exporters, graphs_of, runner  # noqa: E402
from kassandra.export.onnx_file import quantise, session, write  # noqa: E402

ATTENTION = {"variant": "attention", "attention": {"kind": "additive"}}
FED = {"attention": "additive", "input_feeding": True}
LETTERS = {"embedding_size": 3, "hidden_size": 4, "longest": 5}
MODELS = {
    "images, vanilla": ("images", {}),
    "images, gru": ("images", {"cell": "gru"}),
    "images, attention both ways": ("images", {**ATTENTION, "bidirectional": True, "num_layers": 2}),
    "texts, pooled": ("reviews", {"readout": "concat"}),
    "texts, a linear model beside": ("reviews", {"linear": True}),
    "texts, both ways": ("reviews", {"variant": "bidirectional"}),
    "a play, stacked": ("play", {"variant": "stacked", "num_layers": 2, "tied": True}),
    "a play, rnn": ("play", {"cell": "rnn"}),
    "translator": ("translator", {"decoder": {"attention": "general"}}),
    "translator, fed": (
        "translator",
        {
            "variant": "bidirectional",
            "decoder": {"attention": "additive", "input_feeding": True},
            "reverse_source": True,
        },
    ),
    "translator without attention": ("translator", {"decoder": {"attention": "none"}}),
    "captions": ("captions", {"decoder": FED}),
    "captions without attention": ("captions", {"decoder": {"attention": "none"}, "variant": "bidirectional"}),
    "numbers of texts": ("stars", {"head": "gaussian"}),
    "numbers of texts, a linear model beside": ("stars", {"head": "quantiles", "linear": True}),
    "series, quantiles": ("series", {"head": "quantiles", "linear": True}),
    "series, Student's t": ("series", {"head": "student"}),
    "series, a label": ("motions", ATTENTION),
    "series, a number": ("lives", {"variant": "bidirectional"}),
    "tags of words": ("tagger", {}),
    "tags of words, both ways, a chain": ("tagger", {"variant": "bidirectional", "crf": True}),
    "tags of words by their letters, a chain": ("tagger", {"letters": LETTERS, "crf": True}),
    "tags of series": ("activities", {"variant": "stacked", "num_layers": 2}),
    "tags of series, a chain": ("activities", {"crf": True}),
    "gaps, both ways": ("sensors", {"variant": "bidirectional"}),
    "gaps, forwards, Student's t": ("sensors", {"variant": "vanilla", "head": "student"}),
    "gaps without seasons and calendar": ("sensors", {"seasons": (), "beside": 0, "edges": "none", "head": "point"}),
    "transcripts": ("dictation", {}),
    "transcripts, both ways": ("dictation", {"variant": "bidirectional", "num_layers": 2}),
}


MEASURED = [np.random.default_rng(0).standard_normal((steps, 3)).round(4) for steps in (9, 1, 4)]
MEASURED[0][2:4, 1] = np.nan
OF_TAGS = {"text": ["fly to New York", "york", "to Nottelfloy " * 9, "fly x"], "series": MEASURED}


@pytest.fixture
def model(request, tmp_path):
    """The folder of a model of MODELS, of two members."""

    def model(which):
        fixture, keys = MODELS[which]
        saved = request.getfixturevalue(fixture)(**keys)
        return save_members(tmp_path / "members" / saved.name, saved, seeds=(0, 1))

    return model


def written(folder, output):
    """The graphs of a model as files; the predictor, and the one that answers by the files."""
    predictor = kassandra.load(folder)
    by = exporters(predictor)
    graphs = graphs_of(predictor, by).of_target
    for graph in graphs:
        assert write(graph, output / f"{graph.name}.onnx", {"classes": ["$", "<b>"]}) < 1e-5
    return predictor, by.target.from_graphs(predictor, runner(output, [graph.name for graph in graphs]))


@pytest.mark.parametrize("which", MODELS)
def test_files_equal_pytorch_at_all_sizes(model, which, tmp_path):
    predictor, exported = written(model(which), tmp_path / "out")
    if predictor.input == "images" and predictor.target == "label":
        images = np.random.default_rng(0).integers(0, 256, (7, 6, 4), np.uint8)
        ours, theirs = (one.predict(images) for one in (predictor, exported))
        assert [each.probability for each in theirs] == pytest.approx([each.probability for each in ours], abs=1e-5)
    if predictor.input == "text" and predictor.target == "label":
        texts = ["a good film, a very good one", "no good at all", "x", "the film was good " * 9]
        ours, theirs = (one.predict(texts) for one in (predictor, exported))
        for one, other in zip(ours, theirs, strict=True):
            assert other.probabilities == pytest.approx(one.probabilities, abs=1e-5)
    if predictor.target == "number" and predictor.input == "text":
        texts = ["a good film", "no good at all, and very long"]
        ours, theirs = (one.predict(texts) for one in (predictor, exported))
        assert [each.number for each in theirs] == pytest.approx([each.number for each in ours], abs=1e-4)
    if predictor.target == "tags":
        ours, theirs = (one.predict(OF_TAGS[predictor.input]) for one in (predictor, exported))
        assert [each.tags for each in theirs] == [each.tags for each in ours]
        for one, other in zip(ours, theirs, strict=True):
            assert other.probabilities == pytest.approx(one.probabilities, abs=1e-5)
    if predictor.target == "transcript":
        waves = [np.random.default_rng(1).standard_normal(samples) for samples in (900, 4000)]
        for one, other in zip(*(each.transcribe(waves) for each in (predictor, exported)), strict=True):
            assert other.text == one.text
            assert other.log_probability == pytest.approx(one.log_probability, rel=1e-4)
    if predictor.target == "next":
        ours, theirs = ("".join(one.write("abc", 40, temperature=0.7, seed=3)) for one in (predictor, exported))
        assert ours == theirs
    if predictor.input == "images" and predictor.target == "text":
        images = np.random.default_rng(0).integers(0, 256, (3, 6, 4), np.uint8)
        ours, theirs = (one.caption(images) for one in (predictor, exported))
        assert [each.text for each in theirs] == [each.text for each in ours]
    elif predictor.target == "text":
        texts = ["a good film", "late", "the end was very long at all"]
        ours, theirs = (one.translate(texts, alignments=True) for one in (predictor, exported))
        for one, other in zip(ours, theirs, strict=True):  # of random weights, two beginnings may be as likely
            assert one.log_probability == pytest.approx(other.log_probability, rel=1e-3)
            assert (one.alignment is None) == (other.alignment is None)


def test_an_axis_that_was_frozen_is_a_sentence(images, tmp_path, monkeypatch):
    monkeypatch.setattr("kassandra.export.onnx_file.named", lambda axes: {})
    with pytest.raises(KassandraError, match="this PyTorch froze them"):
        written(images(), tmp_path)
    assert list(tmp_path.glob("*.onnx")) == []


def test_another_answer_is_a_sentence(images, tmp_path, monkeypatch):
    monkeypatch.setattr("kassandra.export.onnx_file.TOLERANCE", -1)
    with pytest.raises(KassandraError, match="differs from PyTorch by"):
        written(images(), tmp_path)
    assert list(tmp_path.glob("*.onnx")) == []


def test_eight_bits_hold_the_lstm_and_the_metadata(images, tmp_path):
    import onnx

    written(images(hidden_size=64), tmp_path)
    quantise(tmp_path / "model.onnx", tmp_path / "model.int8.onnx")
    kinds = {node.op_type for node in onnx.load(tmp_path / "model.int8.onnx").graph.node}
    assert "DynamicQuantizeLSTM" in kinds
    assert "LSTM" not in kinds
    about = json.loads(session(tmp_path / "model.int8.onnx").get_modelmeta().custom_metadata_map["kassandra"])
    assert about == {"classes": ["$", "<b>"]}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """What the command writes; a model, the folder, what was reported, and images to try."""
    place, lines = tmp_path_factory.mktemp("exported"), []
    folder = save_untrained(place / "pets", "images", "label", IMAGES, **ATTENTION)
    export_onnx(folder, place / "out", int8=True, report=lines.append, root=place)
    image = np.random.default_rng(1).integers(0, 256, (6, 4), np.uint8)
    Image.fromarray(image).save(place / "one.png")
    image.tofile(place / "one.raw")
    return folder, place / "out", lines, image


def test_the_folder_is_whole(exported):
    _, output, lines, _ = exported
    names = {path.name for path in output.iterdir()}
    assert names == {"README.md", "example.mjs", "example.py", "export.json", "model.int8.onnx", "model.onnx"}
    assert any(line.startswith("Scores were not compared:") for line in lines)
    assert json.loads((output / "export.json").read_text())["about"]["classes"] == ["cat", "$dog|", "<b>"]
    assert "nothing of Kassandra is needed" in (output / "README.md").read_text()


def test_the_python_program_needs_nothing_of_ours(exported):
    folder, output, _, image = exported
    program = (output / "example.py").read_text()
    assert "kassandra." not in program.replace('["kassandra"]', "")
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "example.py", output.parent / "one.png"]
    ran = subprocess.run(command, cwd=output, env=clean, capture_output=True, text=True)
    (prediction,) = kassandra.load(folder).predict(image)
    assert json.loads(ran.stdout) == pytest.approx(prediction.probabilities, abs=1e-5), ran.stderr


def test_the_javascript_program_answers_the_same(exported):
    packages = os.environ.get("NODE_MODULES", "")  # a folder with onnxruntime-web
    if not (Path(packages) / "onnxruntime-web").is_dir():
        pytest.skip("NODE_MODULES names no folder with onnxruntime-web: `npm install onnxruntime-web`")
    folder, output, _, image = exported
    (output / "node_modules").symlink_to(packages)
    command = ["node", "example.mjs", output.parent / "one.raw"]
    ran = subprocess.run(command, cwd=output, capture_output=True, text=True)
    (output / "node_modules").unlink()
    (prediction,) = kassandra.load(folder).predict(image)
    assert json.loads(ran.stdout) == pytest.approx(prediction.probabilities, abs=1e-5), ran.stderr


def test_a_program_reads_a_text(reviews, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "_in_a_process", onnx_export._write)  # which is tried above, and takes a while
    folder = reviews()
    export_onnx(folder, tmp_path / "out", report=lambda line: None, root=tmp_path)
    text = "The film was a good one, and very long, Zebra."
    ran = subprocess.run([sys.executable, "example.py", text], cwd=tmp_path / "out", capture_output=True, text=True)
    (prediction,) = kassandra.load(folder).predict([text])
    assert json.loads(ran.stdout) == pytest.approx(prediction.probabilities, abs=1e-5), ran.stderr
    with pytest.raises(KassandraError, match="an output of `train`"):
        export_onnx(folder, folder / "onnx")


def test_a_kind_without_export_is_refused_by_name(images, monkeypatch):
    monkeypatch.setattr("kassandra.export.onnx_export.part_if_any", lambda *where: None)
    with pytest.raises(KassandraError, match="images → label cannot be exported to onnx"):
        exporters(kassandra.load(images()))
