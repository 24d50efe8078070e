"""Any number of labels of each example: how they are read, what is refused, and answers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.judging.score import value_of
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label.baseline import stage as baseline
from kassandra.targets.label.evaluate import many_labels
from kassandra.targets.label.evaluate.predict import Outputs, Predictor
from kassandra.targets.label.show import show
from tests.targets.label.test_many_labels import CLASSES, SCORES, small_model, table_of

WORDS = {"action": "chase", "comedy": "laugh", "drama": "tears", "war": "front"}
ROWS = [sorted(name for place, name in enumerate(CLASSES) if (row * 7 + row // 5) >> place & 1) for row in range(120)]
TEXTS = [f"{' '.join(WORDS[label] for label in labels)} number {row} of the films" for row, labels in enumerate(ROWS)]


def hot(labels):
    return [int(name in labels) for name in CLASSES]


def write(folder: Path, how: str) -> dict:
    """The same labels as people have them; what `source` and `prepare` say of it."""
    pairs = list(zip(TEXTS, ROWS, strict=True))
    if how == "columns":
        frame = pd.DataFrame([[text, *hot(labels)] for text, labels in pairs], columns=["text", *CLASSES])
        frame.to_csv(folder / "mine.csv", index=False)
        return {"source": {"path": "mine.csv", "label": CLASSES}}
    if how == "parquet":
        pd.DataFrame({"text": TEXTS, "label": ROWS}).to_parquet(folder / "mine.parquet")
    elif how == "jsonl":
        lines = [json.dumps({"text": text, "label": labels}) for text, labels in pairs]
        (folder / "mine.jsonl").write_text("\n".join(lines))
    elif how == "fasttext":
        lines = [" ".join([*(f"__label__{label}" for label in labels), text]) for text, labels in pairs]
        (folder / "mine.txt").write_text("\n".join(lines))
        return {"source": {"path": "mine.txt", "layout": "fasttext"}}
    elif how == "python":
        pd.DataFrame({"text": TEXTS, "label": ROWS}).to_csv(folder / "mine.csv", index=False)
    else:
        frame = pd.DataFrame({"text": TEXTS, "label": [how.join(labels) for labels in ROWS]})
        frame.to_csv(folder / "mine.csv", index=False)
        return {"source": {"path": "mine.csv"}, "separator": how}
    return {"source": {"path": "mine"}}


@pytest.mark.parametrize("how", [";", " | ", ",", "python", "jsonl", "parquet", "columns", "fasttext"])
def test_labels_are_read_as_people_write_them(how, prepare, tmp_path):
    (raw := tmp_path / "raw").mkdir()
    said = prepare("text", "label", raw, tmp_path / "prepared", labels="many", min_frequency=1, **write(raw, how))
    meta = read_json(tmp_path / "prepared" / "meta.json")
    assert meta["classes"] == CLASSES
    assert meta["spec"]["many"] is True
    arrays = [read_arrays(tmp_path / "prepared" / f"{split}.npz") for split in ("train", "valid", "test")]
    held = np.concatenate([each["labels"] for each in arrays])
    assert sorted(map(tuple, held.tolist())) == sorted(tuple(hot(labels)) for labels in ROWS)
    assert meta["without_labels"]["train"] == int((arrays[0]["labels"].sum(1) == 0).sum())
    assert f"without a label: {meta['without_labels']['train']} of train" in said


def test_baselines_are_the_most_frequent_set_and_a_model_of_each_label(prepare, tmp_path):
    from kassandra.inputs.text.baseline import examples

    (raw := tmp_path / "raw").mkdir()
    prepare("text", "label", raw, tmp_path / "p", labels="many", min_frequency=1, **write(raw, ";"))
    found = baseline.predictions(examples, tmp_path / "p", 0)
    targets = read_arrays(tmp_path / "p" / "test.npz")["labels"] == 1
    own = table_of(targets, np.full(targets.shape, 0.5), targets)
    tables = many_labels.of_baselines(own, found, CLASSES)
    f1 = {name: value_of(SCORES["micro_f1"], table) for name, table in tables.items()}
    assert next(iter(f1)) == "most frequent set of labels"
    assert f1.pop("most frequent set of labels") < 0.6
    assert len(f1) == 2
    assert min(f1.values()) > 0.9  # a word says each label
    assert all(value_of(SCORES["loss"], table) < 3 for table in tables.values())


REFUSED = {
    "a separator that never occurs": (
        {"separator": "#"},
        None,
        r"prepare.separator: '#' stands in no label; labels are",
    ),
    "no separator": ({"separator": None}, None, r"no text has more than one label, as .*prepare.separator"),
    "no labels": ({}, lambda frame: frame.assign(label=""), "no text has a label; it takes some to learn"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_labels_is_refused(case, prepare, tmp_path):
    keys, change, sentence = REFUSED[case]
    (raw := tmp_path / "raw").mkdir()
    how = write(raw, ";") | keys
    if change:
        change(pd.read_csv(raw / "mine.csv")).to_csv(raw / "mine.csv", index=False)
    with pytest.raises(KassandraError, match=sentence):
        prepare("text", "label", raw, tmp_path / "p", labels="many", **how)


def test_a_cell_that_is_neither_0_nor_1_is_refused_with_its_line(prepare, tmp_path):
    (raw := tmp_path / "raw").mkdir()
    how = write(raw, "columns")
    frame = pd.read_csv(raw / "mine.csv")
    frame.loc[:4, "war"] = 7
    frame.to_csv(raw / "mine.csv", index=False)
    with pytest.raises(KassandraError, match=r"5 of 120 rows .*'7' in a column of a label, which says 0 or 1"):
        prepare("text", "label", raw, tmp_path / "p", labels="many", **how)


def test_a_label_of_test_alone_is_refused_or_left_out(prepare, tmp_path):
    (raw := tmp_path / "raw").mkdir()
    pairs = [(text, ";".join(labels)) for text, labels in zip(TEXTS, ROWS, strict=True)]
    frame = pd.DataFrame(pairs, columns=["text", "label"])
    frame[:90].to_csv(raw / "train.csv", index=False)
    frame[90:].assign(label=[*frame["label"][90:-1], "opera;war"]).to_csv(raw / "test.csv", index=False)
    keys = {"labels": "many", "separator": ";", "min_frequency": 1}
    with pytest.raises(KassandraError, match="label 'opera' of test is in no text of train"):
        prepare("text", "label", raw, tmp_path / "p", source={"path": "mine", "tolerate": 0.01}, **keys)
    said = prepare("text", "label", raw, tmp_path / "p", source={"path": "mine", "tolerate": 0.1}, **keys)
    assert "labels that no text of train has are left out of the others: opera 1" in said
    assert read_arrays(tmp_path / "p" / "test.npz")["labels"][-1].tolist() == [0, 0, 0, 1]


MANY = {"labels": "many"}
SECTIONS = {
    "separator": ({"separator": ";"}, {}, {}, "labels 'one' does not use 'separator'"),
    "class_weights": (MANY, {"class_weights": "balanced"}, {}, "train.class_weights is of one label of each example"),
    "sampling": (MANY, {"sampling": "balanced"}, {}, "train.sampling is of one label"),
    "calibrate": (MANY, {"calibrate": True}, {}, "train.calibrate is of one label"),
    "label_smoothing": (MANY, {"label_smoothing": 0.1}, {}, "train.label_smoothing is of one label"),
    "headline": ({}, {}, {"headline": "micro_f1"}, "evaluate.headline: 'micro_f1' is of `labels: many`"),
    "keep_by": ({}, {"keep_by": "micro_f1"}, {}, "train.keep_by: 'micro_f1' is of `labels: many`"),
}


def section(prepare, train=None, evaluate=None):
    whole = {"input": "text", "target": "label", "source": {"path": "mine"}, "model": {"variant": "vanilla"}}
    whole |= {"prepare": prepare, "train": train or {}} | ({"evaluate": evaluate} if evaluate else {})
    return check(pipeline_of("text", "label"), whole, "pipelines.mine")


@pytest.mark.parametrize("key", SECTIONS)
def test_keys_of_the_other_kind_of_labels_are_refused(key):
    *given, sentence = SECTIONS[key]
    with pytest.raises(KassandraError, match=sentence):
        section(*given)


def test_the_headline_is_micro_f1_where_nothing_is_said():
    assert section(MANY).evaluate.headline == "micro_f1"
    assert section(MANY, evaluate={"headline": "f1"}).evaluate.headline == "f1"
    assert section({}).evaluate.headline == "accuracy"


@pytest.fixture
def predictor():
    model, _ = small_model()
    meta = {"classes": CLASSES[:3], "labels": "many"}
    model.thresholds.copy_(torch.tensor([0.5, 0.2, 0.9]))
    return Predictor([model], None, meta, {})


def test_labels_are_those_that_reach_their_thresholds(predictor):
    log = np.log([[0.4, 0.25, 0.95], [0.1, 0.1, 0.1]])
    first, second = predictor.predictions([Outputs(log, None)])
    assert first.labels == ["drama", "comedy"]
    assert first.probabilities == pytest.approx({"action": 0.4, "comedy": 0.25, "drama": 0.95})
    assert second.labels == []
    assert predictor.choices() == "any of 3 labels"


def test_rejecting_is_refused(predictor):
    with pytest.raises(KassandraError, match="--reject: is of models that give one class; this one gives any number"):
        show(predictor, None, ["a film"], False, reject=0.5)


def test_explore_is_refused():
    from kassandra.targets.label.explore import answer

    model, _ = small_model()
    with pytest.raises(KassandraError, match=r"explore: .* any number of labels"):
        answer(model, {"labels": "many", "classes": CLASSES[:3]}, None)


@pytest.mark.slow
def test_from_a_table_to_answers_files_and_pages(tmp_path, monkeypatch, capsys):
    """All stages, `predict`, ONNX files, a card and an answer over HTTP, of two members."""
    import kassandra
    from kassandra.cli import app
    from kassandra.export.onnx_export import export_onnx
    from kassandra.inputs.text.show import own_examples
    from kassandra.targets.label import serve

    frame = pd.DataFrame({"text": TEXTS * 3, "label": [";".join(labels) for labels in ROWS * 3]})
    frame["text"] += [f" {row}" for row in range(len(frame))]
    described = {
        "input": "text", "target": "label", "prepare": {"labels": "many", "separator": ";", "min_frequency": 1},
        "model": {"variant": "attention", "hidden_size": 16, "embedding_size": 16, "linear": True},
        "train": {"epochs": 8, "batch_tokens": 200, "learning_rate": 0.02, "seeds": 2, "keep_by": "micro_f1"},
    }  # fmt: skip
    run = kassandra.run(described, frame, tmp_path / "run")
    headline, *others = run.scores["intervals"]
    assert headline["score"] == "micro_f1"
    assert headline["value"] > 0.9
    assert {one["score"] for one in others} >= {"accuracy", "f1", "hamming_loss", "ranking_precision", "loss"}
    assert run.scores["baselines"][0]["baseline"] == "most frequent set of labels"
    (folder,) = (tmp_path / "run" / "data" / "models").iterdir()
    plots = tmp_path / "run" / "metrics" / folder.name / "plots"
    assert {path.name for path in plots.iterdir()} >= {"together.png", "per_class.png", "learning_curves.png"}
    capsys.readouterr()
    predictor = kassandra.load(folder)
    (answer,) = predictor.predict(["laugh and front of the films"])
    assert sorted(answer.labels) == ["comedy", "war"]
    (served,) = serve.answer(predictor, own_examples, ["x"], ["laugh and front of the films"], serve.Options())
    assert served["labels"] == answer.labels
    app(["predict", str(folder), "--json", "laugh and front of the films"], standalone_mode=False)
    printed = json.loads(capsys.readouterr().out)
    assert printed["labels"] == answer.labels
    assert printed["words"]
    monkeypatch.chdir(tmp_path / "run")
    done = export_onnx(folder, tmp_path / "onnx")
    assert done["test"]["changed"] == 0
    assert done["test"]["scores"]["micro_f1"]["onnx"] == pytest.approx(headline["together"]["value"], abs=1e-5)
    assert json.loads((tmp_path / "onnx" / "export.json").read_text())["about"]["labels"] == "many"
