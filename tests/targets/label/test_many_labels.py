"""Any number of labels of each example: the loss, thresholds and scores."""

import numpy as np
import pytest
import torch
from sklearn import metrics

from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.judging.score import value_of
from kassandra.lstm.batch import Batch
from kassandra.params.targets.label import Train
from kassandra.targets.label.evaluate import many_labels, scores
from kassandra.targets.label.evaluate.predict import Outputs, together
from kassandra.targets.label.train.many_labels import ManyLabels
from kassandra.targets.label.train.target import Target, build
from kassandra.targets.label.train.thresholds import FEW, best, thresholds

CLASSES = ["action", "comedy", "drama", "war"]
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
