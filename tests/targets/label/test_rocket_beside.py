"""`model.linear` of series: ridge regression on features of MiniRocket beside the LSTM, which learns what it leaves."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifierCV
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

from kassandra.contracts.artifacts import write_tensors
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.inputs.series.train.examples import Series
from kassandra.lstm import rocket_ridge
from kassandra.lstm.batch import Batch
from kassandra.lstm.minirocket import RIDGE, MiniRocket, suitable
from kassandra.lstm.rocket_ridge import FOLDS, RocketRidge, folds
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label import explore, export
from kassandra.targets.label.train.beside import weigh_added
from kassandra.targets.label.train.target import Target, build
from kassandra.training.advice import against_baselines
from kassandra.training.folder import load, save_description, save_weights

COLUMNS = 2
HOW = SimpleNamespace(class_weights="none", sampling="all", label_smoothing=0.0, calibrate=False)
KEYS = {"source": {"path": "mine"}, "prepare": {}, "train": {"seeds": 1}}


def series(count=40, seed=0, classes=3, noise=1.5, lengths=(15, 40)):
    """Waves of unequal lengths, each class of its own frequency, and their labels."""
    draw = np.random.default_rng(seed)
    labels = draw.permutation(np.arange(count) % classes)
    some = Series()
    for label in labels:
        steps = np.arange(draw.integers(*lengths))
        wave = np.sin(steps * (0.4 + 0.5 * label) + draw.uniform(0, 6))
        some.append(
            np.stack([wave + noise * draw.normal(size=len(steps)), draw.normal(size=len(steps))], 1).astype("f4")
        )
    return some, labels


def padded(some, beyond=0):
    lengths = torch.tensor([len(one) for one in some])
    values = torch.full((len(some), int(lengths.max()) + beyond, COLUMNS), torch.nan)
    for row, one in enumerate(some):
        values[row, : len(one)] = torch.from_numpy(one)
    return values, lengths


def model_of(classes=3, **keys):
    torch.manual_seed(0)
    kind = pipeline_of("series", "label").model_fields["model"].annotation
    params = check(kind, {"variant": "vanilla", "hidden_size": 5, "linear": True, **keys}, "model")
    return build(ModelSpec(outputs=classes, features=COLUMNS), params)


def begun(seed=0, **others):
    """A model whose linear part is fitted, its target, train and valid."""
    train, valid = SimpleNamespace(), SimpleNamespace()
    (train.inputs, train.targets), (valid.inputs, valid.targets) = (
        series(seed=seed),
        series(20, seed=seed + 1, **others),
    )
    model, target = model_of(), Target({"train_labels": [1, 1, 1]}, torch.device("cpu"))
    sentences = target.begin(model, train, valid, None)
    return model, target, train, valid, sentences


def same(first, second):
    return all(torch.equal(first.state_dict()[name], value) for name, value in second.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_where_the_lstm_adds_nothing_the_answers_are_those_of_the_baseline(classes):
    """Of scikit-learn's ridge classifier on the same features, as the baseline has it."""
    (train, labels), (test, _) = series(60, classes=classes), series(80, seed=1, classes=classes)
    rocket = MiniRocket.fit(train, suitable(len(train)))
    scaler = StandardScaler().fit(rocket.features(train))
    theirs = RidgeClassifierCV(np.array(RIDGE)).fit(scaler.transform(rocket.features(train)), labels)
    expected = theirs.decision_function(scaler.transform(rocket.features(test)))
    model = model_of(classes)
    target = Target({}, torch.device("cpu"))
    split = SimpleNamespace(inputs=train, targets=labels)
    target.begin(model, split, split, None)
    with torch.no_grad():
        logits = model.eval()(*padded(test)).numpy()
    if classes == 2:
        logits, expected = logits[:, 1:], expected[:, None]
        np.testing.assert_array_equal(logits[:, 0] > 0, expected[:, 0] > 0)
    else:
        np.testing.assert_array_equal(logits.argmax(1), expected.argmax(1))
    factor = (logits * expected).sum() / (expected**2).sum()
    assert factor > 0.5
    np.testing.assert_allclose(logits, factor * expected, atol=0.02 * np.abs(logits).max())


@pytest.mark.slow
def test_padding_and_neighbours_change_nothing():
    model, *_ = begun()
    some, _ = series(9, seed=5)
    together = model.beside(*padded(some, beyond=7))
    for row, one in enumerate(some):
        alone = model.beside(torch.from_numpy(one)[None], None)
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-5)


def test_no_series_is_in_the_fold_that_predicts_it(monkeypatch):
    """Other labels of a fold change what is predicted of others, and by nothing but the common factor its own."""
    some, labels = series()
    fold = np.arange(len(some)) % 4
    monkeypatch.setattr(rocket_ridge, "folds", lambda *_: fold)
    monkeypatch.setattr(rocket_ridge, "RIDGE", (10.0,))  # the penalty alone is chosen on all of train
    before = RocketRidge(COLUMNS, 3).fit(some, labels).numpy()
    changed = np.where(fold == 0, (labels + 1) % 3, labels)
    after = RocketRidge(COLUMNS, 3).fit(some, changed).numpy()
    ratio = after[fold == 0] / before[fold == 0]
    np.testing.assert_allclose(ratio, np.full_like(ratio, np.median(ratio)), rtol=1e-3)
    assert (np.abs(after / np.median(ratio) - before)[fold > 0] > 0.01).mean() > 0.9


def test_folds_of_series_and_of_groups():
    labels = np.repeat([0, 1, 2], [40, 20, 3])
    fold = folds(labels, None)
    assert set(fold) == set(range(FOLDS))
    for label, share in ((0, 8), (1, 4)):
        assert np.bincount(fold[labels == label], minlength=FOLDS).tolist() == [share] * FOLDS
    groups = np.random.default_rng(0).integers(0, 9, len(labels))
    of_groups = folds(labels, groups)
    assert all(len(set(of_groups[groups == group])) == 1 for group in groups)
    assert len(set(of_groups)) == FOLDS
    np.testing.assert_array_equal(folds(labels, np.zeros(len(labels), int)), fold)  # one group is none
    assert set(folds(np.array([0, 1]), None)) == {0, 1}


@pytest.mark.slow
def test_it_is_fitted_to_train_alone_and_always_alike():
    model, _, _, _, sentences = begun()
    again, *_ = begun(noise=3.0)  # of other validation
    assert same(model, again)
    assert sentences[0].startswith("MiniRocket + ridge fitted on train: accuracy 0.")
    assert not same(model, begun(seed=7)[0])


@pytest.mark.slow
def test_in_training_other_folds_models_stand_beside_and_else_its_own():
    model, target, train, valid, _ = begun()
    rows = np.array([3, 0, 8])
    inputs = padded([train.inputs[row] for row in rows])
    batch = target.batch(train.targets, rows, *inputs)
    own = model.beside(*inputs)
    assert not torch.allclose(batch.beside, own, atol=0.05)
    loss, count, _ = target.loss(model.train(), batch, HOW)
    torch.testing.assert_close(loss, F.cross_entropy(batch.beside, batch.targets, reduction="sum"))
    loss.backward()
    assert count == 3
    assert model.linear.weight.grad.abs().max() > 0
    known = target.batch(valid.targets, rows, *padded([valid.inputs[row] for row in rows]))
    torch.testing.assert_close(known.beside, model.beside(known.inputs, known.lengths))
    assert target.batch(valid.targets.copy(), rows, *inputs).beside is None  # of a split that nobody has shown


@pytest.mark.parametrize(("much", "factor"), [(0.0, 0.0), (0.4, 0.4), (3.0, 1.0)])
def test_validation_says_how_much_of_what_the_lstm_adds_is_right(much, factor):
    """Of labels that are drawn from the linear model with so much of the LSTM."""
    torch.manual_seed(1)
    model = model_of().eval()
    inputs, line = torch.randn(3000, 4, COLUMNS), torch.randn(3000, 3)
    with torch.no_grad():
        model.linear.weight.mul_(8)
        added = model(inputs, None, torch.zeros(3000, 3))
        labels = torch.distributions.Categorical(logits=line + much * added).sample()
        assert weigh_added(model, [(None, Batch(inputs, None, labels, beside=line))]) == pytest.approx(factor, abs=0.12)
        if much == 0.4:
            least = F.cross_entropy(model(inputs, None, line), labels)
            assert least < min(F.cross_entropy(line, labels), F.cross_entropy(line + added, labels))


def test_where_the_lstm_is_no_part_of_the_answers_a_sentence_says_so():
    """An LSTM that adds nothing yet, and one that adds a little to the class that is right."""
    model, target, train, valid, _ = begun()
    rows = np.arange(20)
    batch = target.batch(valid.targets, rows, *padded(valid.inputs))
    (said,) = target.finish(model, train, lambda: [(rows, batch)], HOW)
    assert said.endswith("0.00 × what the LSTM adds: the LSTM, and where it looks, are no part of the answers")
    with torch.no_grad():
        model.linear.bias.copy_(torch.tensor([0.0, 0.1, 0.0]))
    right = batch._replace(targets=torch.ones_like(batch.targets))
    (said,) = target.finish(model, train, lambda: [(rows, right)], HOW)
    assert said.endswith("1.00 × what the LSTM adds")


@pytest.mark.slow
def test_what_is_kept_answers_the_same_and_is_checked(tmp_path):
    model, *_ = begun()
    params = SimpleNamespace(
        input="series", target="label", model=model_params({"variant": "vanilla", "hidden_size": 5, "linear": True})
    )
    meta = {"spec": ModelSpec(outputs=3, features=COLUMNS).to_json(), "classes": ["a", "b", "c"]}
    save_description(tmp_path, meta, params, [0], {})
    save_weights(tmp_path / "weights.safetensors", model.state_dict())
    some = padded(series(6, seed=3)[0])
    torch.testing.assert_close(load(tmp_path).members[0](*some), model.eval()(*some), rtol=0, atol=0)
    weights = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    for name, row, value in (("dilations", 0, 1 << 40), ("dilations", 1, -1), ("counts", 0, 4000), ("counts", 31, 1)):
        damaged = {key: each.copy() for key, each in weights.items()}
        damaged[f"beside.{name}"][row] = value
        write_tensors(tmp_path / "weights.safetensors", damaged)
        with pytest.raises(KassandraError, match="these are not the weights of the model"):
            load(tmp_path)


def model_params(keys):
    return check(pipeline_of("series", "label").model_fields["model"].annotation, keys, "model")


def test_what_has_no_such_model_says_so():
    section = {"input": "series", "target": "number", **KEYS, "model": {"variant": "vanilla", "linear": True}}
    with pytest.raises(KassandraError, match="for target label alone, not for 'number'; take it out"):
        check(pipeline_of("series", "number"), section, "pipelines.mine")
    model = model_of()
    with pytest.raises(KassandraError, match="has no linear model beside an LSTM"):
        explore.answer(model, {}, None)
    predictor = SimpleNamespace(models=[model], meta={"spec": {}}, classes=["a", "b", "c"])
    with pytest.raises(KassandraError, match="no graph has MiniRocket beside an LSTM"):
        export.graphs(predictor, True)


@pytest.mark.parametrize(("target", "proposed"), [("label", ["Try: model.linear: true"]), ("number", [])])
def test_it_is_proposed_where_there_can_be_one(target, proposed):
    section = {"input": "series", "target": target, **KEYS, "model": {"variant": "vanilla"}}
    params = check(pipeline_of("series", target), section, "pipelines.mine")
    estimate = SimpleNamespace(value=0.9, high=-0.1)
    headline = SimpleNamespace(name="x", sign=1, decimals=4)
    report = SimpleNamespace(
        headline=headline, baselines={"b": estimate}, gains={"b": estimate}, scores={"x": SimpleNamespace(value=0.5)}
    )
    _, *tries = against_baselines(None, params, report)
    assert [line.partition("  # ")[0] for line in tries] == proposed
