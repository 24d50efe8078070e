"""What an exported model answers on a whole test split has the scores of PyTorch's answers, and they are stored."""

import json
import shutil
import wave

import numpy as np
import pytest

from kassandra.contracts.artifacts import PREPARED, read_json
from tests.targets.gap.hours import hours, write
from tests.trained import save_members
from tests.untrained import save_untrained, shaken

pytest.importorskip("onnxruntime", reason="the extra `export` is not installed")
pytestmark = pytest.mark.slow  # imports PyTorch and ONNX Runtime

from kassandra.export import onnx_export  # noqa: E402
from kassandra.export.onnx_export import export_onnx  # noqa: E402


@pytest.fixture
def exported(prepare, tmp_path, monkeypatch):
    """Prepares raw data, and exports two members of random weights, in 8 bits too; what was stored, and reported."""
    monkeypatch.setattr(onnx_export, "_in_a_process", onnx_export._write)  # which is tried elsewhere, and takes a while

    def exported(input, target, raw, keys, source=None, **model):
        folder, lines = tmp_path / PREPARED / "mine", []
        folder.mkdir(parents=True)
        prepare(input, target, raw, folder, source=source, **keys)
        saved = save_untrained(
            tmp_path / "one" / "mine", input, target, read_json(folder / "meta.json"), shaken, **model
        )
        members = save_members(tmp_path / "two" / "mine", saved, seeds=(0, 1))
        results = export_onnx(members, tmp_path / "out", int8=True, report=lines.append, root=tmp_path)
        stored = json.loads((tmp_path / "out" / "export.json").read_text())
        assert {name: stored[name] for name in results} == json.loads(json.dumps(results))
        assert not any("were not compared" in line for line in lines)
        return results

    return exported


def scores_agree(results, *names):
    scores = results["test"]["scores"]
    assert set(names) <= set(scores)
    for name, both in scores.items():
        assert both["onnx"] == pytest.approx(both["pytorch"], abs=1e-5), name
    assert results["test"]["largest_difference"] < 1e-5
    assert results["test.int8"]["examples"] == results["test"]["examples"] > 0
    assert results["test.int8"]["largest_difference"] > results["test"]["largest_difference"]


def test_of_labels_with_a_linear_model_beside(prepared_books, train_small, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "_in_a_process", onnx_export._write)
    how = {"epochs": 1, "batch_tokens": 400, "learning_rate": 0.01}
    folder = train_small("text", "label", prepared_books, {"variant": "vanilla", "linear": True}, how).folder
    shutil.copytree(prepared_books, tmp_path / PREPARED / folder.name)
    results = export_onnx(folder, tmp_path / "out", int8=True, report=lambda line: None, root=tmp_path)
    scores_agree(results, "accuracy", "loss")
    assert results["test.int8"]["changed"] == 0


def test_of_tags(exported, tmp_path):
    cities = ["Rome", "Oslo", "New York", "São Paulo", "Bonn"]
    lines = []
    for number in range(60):
        city = cities[number % len(cities)].split()
        tags = ["O", "O", "O", *("I-city" if place else "B-city" for place in range(len(city)))]
        lines.append(json.dumps({"words": ["flight", f"no.{number}", "to", *city], "tags": tags}))
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "mine.jsonl").write_text("\n".join(lines))
    letters = {"embedding_size": 3, "hidden_size": 4}
    results = exported("text", "tags", tmp_path / "raw", {"min_frequency": 1}, crf=True, letters=letters)
    scores_agree(results, "f1", "accuracy", "exact", "loss")
    assert results["test"]["changed"] == 0


def test_of_transcripts(exported, tmp_path):
    generator, rows = np.random.default_rng(0), ["file\ttext"]
    (tmp_path / "raw").mkdir()
    for number in range(30):
        text = " ".join(generator.choice(["low", "mid", "high"], generator.integers(2, 5)))
        with wave.open(str(tmp_path / "raw" / f"{number}.wav"), "wb") as file:
            samples = (generator.normal(0, 3000, generator.integers(2000, 4000))).astype("<i2")
            file.setparams((1, 2, 4000, len(samples), "NONE", ""))
            file.writeframes(samples.tobytes())
        rows.append(f"{number}.wav\t{text}")
    (tmp_path / "raw" / "transcripts.tsv").write_text("\n".join(rows) + "\n")
    keys = {"sample_rate": 4000, "mels": 8, "stack": 2}
    scores_agree(exported("audio", "transcript", tmp_path / "raw", keys), "wer", "cer", "wer_greedy", "cer_greedy")


@pytest.mark.parametrize("beside", [{"calendar": ["hour"]}, {}])
def test_of_gaps(exported, tmp_path, beside):
    write(tmp_path / "raw" / "table.csv", hours(1500))
    source = {"path": "table.csv", "time": "when", "target": ["a", "b"], "frequency": "h"}
    keys = {"window": 60, "longest": 12, "seasons": [24], "rounds": 2, **beside}
    results = exported("series", "gap", tmp_path / "raw", keys, source, variant="bidirectional")
    scores_agree(results, "rmse", "mae", "crps", "coverage_90")
