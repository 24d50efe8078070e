"""Any number of labels of each example: the loss, thresholds, scores, and what is read and refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.judging.score import value_of
from kassandra.lstm.batch import Batch
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.params.targets.label import Train
from kassandra.targets.label.baseline import stage as baseline
from kassandra.targets.label.evaluate import many_labels, scores
from kassandra.targets.label.evaluate.predict import Outputs, Predictor, together
from kassandra.targets.label.show import show
from kassandra.targets.label.train.many_labels import ManyLabels
from kassandra.targets.label.train.target import Target, build
from kassandra.targets.label.train.thresholds import FEW, best, thresholds

CLASSES = ["action", "comedy", "drama", "war"]
WORDS = {"action": "chase", "comedy": "laugh", "drama": "tears", "war": "front"}
SCORES = {score.name: score for score in scores.SCORES}


@pytest.fixture
def drawn():
    """(targets, probabilities) of 200 examples, some of which have no label, and some all."""
    generator = np.random.default_rng(0)
    targets = generator.random((200, 4)) < 0.35
    targets[:3], targets[3:6] = False, True
    return targets, (0.5 * targets + generator.random((200, 4))).clip(0.01, 1.49) / 1.5


def table_of(targets, probabilities, given):
    return scores.labelled([str(row) for row in range(len(targets))], targets, given, np.log(probabilities), CLASSES)


def test_scores_are_those_of_scikit_learn(drawn):
    targets, probabilities = drawn
    given = probabilities > 0.4
    macro, micro = {"average": "macro", "zero_division": 0}, {"average": "micro"}
    expected = {
        "accuracy": metrics.accuracy_score(targets, given),
        "precision": metrics.precision_score(targets, given, **macro),
        "recall": metrics.recall_score(targets, given, **macro),
        "f1": metrics.f1_score(targets, given, **macro),
        "micro_f1": metrics.f1_score(targets, given, **micro),
        "hamming_loss": metrics.hamming_loss(targets, given),
        "ranking_precision": metrics.label_ranking_average_precision_score(targets, probabilities),
        "roc_auc": metrics.roc_auc_score(targets, probabilities),
        "average_precision": metrics.average_precision_score(targets, probabilities),
        "loss": sum(metrics.log_loss(*both) for both in zip(targets.T, probabilities.T, strict=True)),
    }
    table = table_of(targets, probabilities, given)
    assert {name: value_of(SCORES[name], table) for name in expected} == pytest.approx(expected)
    assert {score.name for score in scores.SCORES if score.of(table) is None} == {"calibration_error"}


def test_of_one_label_each_they_are_the_scores_of_classes():
    generator = np.random.default_rng(1)
    targets, log = generator.integers(0, 4, 300), np.log(generator.dirichlet(np.ones(4), 300))
    one = scores.predictions([str(row) for row in range(300)], targets, log, CLASSES)
    eye = np.eye(4, dtype=bool)
    many = table_of(eye[targets], np.exp(log), eye[log.argmax(1)])
    for name in ("accuracy", "precision", "recall", "f1", "roc_auc", "average_precision"):
        assert value_of(SCORES[name], many) == pytest.approx(value_of(SCORES[name], one)), name
    assert value_of(SCORES["micro_f1"], many) == pytest.approx(value_of(SCORES["accuracy"], one))
    assert np.isnan(value_of(SCORES["micro_f1"], one))


def test_ids_and_labels_say_what_an_example_is_asked(drawn):
    targets, probabilities = drawn
    table = table_of(targets, probabilities, targets)
    assert scores.asked(table)[:4].tolist() == ["", "", "", "; ".join(CLASSES)]
    assert scores.classes_of(table) == CLASSES


def test_the_loss_is_the_sum_of_binary_cross_entropies():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    targets = torch.randint(2, (5, 3), generator=generator).to(torch.uint8)
    both = torch.stack([torch.zeros_like(logits), logits], 2)  # of each label a softmax of two
    each = torch.nn.functional.cross_entropy(both.flatten(0, 1), targets.flatten().long(), reduction="sum")
    answers = ManyLabels({"classes": CLASSES[:3]}, torch.device("cpu"))
    torch.testing.assert_close(answers.loss(logits, targets, Train()), each)
    torch.testing.assert_close(answers.mean_loss(logits, targets), each / 5)


@pytest.mark.slow
def test_a_threshold_is_the_best_of_all():
    generator = np.random.default_rng(2)
    for _ in range(50):
        held, probabilities = generator.random(30) < 0.3, generator.random(30).round(1)
        tried = [metrics.f1_score(held, probabilities >= one, zero_division=0) for one in np.arange(-0.05, 1, 0.05)]
        found = metrics.f1_score(held, probabilities >= best(probabilities, held), zero_division=0)
        assert found == pytest.approx(max(tried) if held.any() else 0.0)


def test_a_rare_label_has_the_threshold_of_all():
    generator = np.random.default_rng(3)
    held = np.stack([np.arange(100) < FEW, np.arange(100) < FEW - 1], 1)
    probabilities = generator.random((100, 2))
    own, shared = thresholds(probabilities, held)
    assert own == best(probabilities[:, 0], held[:, 0])
    assert shared == best(probabilities.ravel(), held.ravel())


def test_thresholds_are_chosen_on_validation_and_kept_in_the_weights():
    """Nothing but the batches of validation is asked for."""
    model, target = small_model()
    ids = torch.randint(2, 9, (60, 5), generator=torch.Generator().manual_seed(1))
    held = (ids[:, :3] > 5).to(torch.uint8)
    (sentence,) = target.finish(model, None, lambda: iter([(None, Batch(ids, None, held))]), Train())
    assert sentence.startswith("Thresholds chosen on validation by F1: ")
    probabilities = model(ids, None).double().sigmoid().detach().numpy()
    assert model.thresholds.numpy() == pytest.approx(thresholds(probabilities, held.numpy() == 1))
    assert "thresholds" in model.state_dict()


def small_model():
    from kassandra.params.sections.model import TokenModel

    torch.manual_seed(0)
    meta = {"classes": CLASSES[:3], "labels": "many", "train_labels": [30, 10, 1], "examples": {"train": 100}}
    params = check(TokenModel, {"variant": "vanilla", "hidden_size": 4, "embedding_size": 3}, "model")
    return build(ModelSpec(outputs=3, vocab_size=9, many=True), params), Target(meta, torch.device("cpu"))


def test_a_new_model_gives_each_label_the_share_that_it_has_in_train():
    model, target = small_model()
    target.begin(model, None, None, None)
    assert model.linear.bias.sigmoid().tolist() == pytest.approx([0.3, 0.1, 0.01])


def test_an_example_alone_and_with_padding_has_the_same_logits():
    model, _ = small_model()
    ids = torch.tensor([[2, 3, 4, 0, 0], [5, 6, 7, 8, 2]])
    both = model.eval()(ids, torch.tensor([3, 5]))
    torch.testing.assert_close(both[:1], model(ids[:1, :3], torch.tensor([3])))


def test_members_answer_with_the_mean_of_their_probabilities():
    each = np.array([[[0.2, 0.9]], [[0.6, 0.1]]])
    joint = together([Outputs(np.log(one), None) for one in each])
    assert np.exp(joint.log_probabilities) == pytest.approx(each.mean(0))


def test_without_thresholds_every_label_is_a_mistake_or_right(drawn):
    targets, probabilities = drawn
    table = table_of(targets, probabilities, probabilities > 0.4)
    wrong = many_labels.mistakes(table)
    assert len(wrong) == (targets != (probabilities > 0.4)).any(1).sum()
    assert wrong["loss"].is_monotonic_decreasing
    first = wrong.iloc[0]
    assert first["target"] == "; ".join(np.array(CLASSES)[targets[first["row"]]])


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
