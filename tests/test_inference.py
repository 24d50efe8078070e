"""A trained model put to use, wherever its folder lies."""

import importlib.metadata
import json
import shutil

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

import kassandra
from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.train import examples as images_module
from kassandra.targets.label.evaluate.predict import Predictor as LabelPredictor
from tests.untrained import save_untrained

pytestmark = pytest.mark.slow  # trains a model


@pytest.fixture(scope="module")
def model(trained):
    return kassandra.load(trained.folder)


@pytest.fixture(scope="module")
def test_split(prepared):
    return read_arrays(prepared / "test.npz")


@pytest.fixture
def folder(trained, tmp_path):
    """A copy, somewhere else, to be spoilt."""
    return shutil.copytree(trained.folder, tmp_path / "elsewhere" / "model")


def probabilities(predictions):
    return np.array([list(prediction.probabilities.values()) for prediction in predictions])


def test_is_right_more_often_than_a_guess(model, test_split):
    labels = [prediction.label for prediction in model.predict(test_split["images"])]
    assert np.mean(np.array(labels, dtype=int) == test_split["labels"]) > 0.6


def test_a_prediction(model, test_split):
    (prediction,) = model.predict(test_split["images"][0])
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-12)
    assert list(prediction.probabilities) == list("0123456789")
    assert prediction.probability == max(prediction.probabilities.values())
    assert prediction.probabilities[prediction.label] == prediction.probability
    assert {type(value) for value in prediction.probabilities.values()} == {float}


def test_moved_it_says_the_same(model, folder, test_split, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    images = test_split["images"][:20]
    for moved in (folder, str(folder), "elsewhere/model"):
        assert kassandra.load(moved).predict(images) == model.predict(images)


def test_bytes_and_fractions_say_the_same(model, test_split):
    images = test_split["images"][:20]
    assert model.predict(images / 255) == model.predict((images / 255).astype(np.float32)) == model.predict(images)


def test_a_row_alone_is_the_row_in_a_batch(model, test_split, monkeypatch):
    """PITFALLS 4; nor does it matter how large the batches are."""
    images = test_split["images"][:20]
    together = probabilities(model.predict(images))
    alone = np.concatenate([probabilities(model.predict(image)) for image in images])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    split, weights_of = model.pair.own(images), []
    for batch_size in (1, 7, 20, 500):
        monkeypatch.setattr(images_module, "EVALUATION_BATCH", batch_size)
        outputs = model.outputs(split)
        np.testing.assert_allclose(np.exp(outputs.log_probabilities), together, atol=1e-6)
        assert [weights.shape for weights in outputs.attention] == [(28,)] * 20
        np.testing.assert_allclose([weights.sum() for weights in outputs.attention], 1, atol=1e-6)
        weights_of.append(np.stack(outputs.attention))
    for other in weights_of[1:]:  # each row of weights is of its own image
        np.testing.assert_allclose(other, weights_of[0], atol=1e-6)
    assert np.abs(weights_of[0][1:] - weights_of[0][:-1]).max(1).min() > 1e-4


def test_predictions_repeat_and_teach_nothing(model, test_split):
    """PITFALLS 16: dropout is off."""
    before = {name: value.clone() for name, value in model.models[0].state_dict().items()}
    assert model.predict(test_split["images"][:9]) == model.predict(test_split["images"][:9])
    assert all(value.equal(before[name]) for name, value in model.models[0].state_dict().items())
    assert not model.models[0].training


def test_no_images(model):
    assert model.predict(np.zeros((0, 28, 28))) == []


def test_wrong_input(model):
    with pytest.raises(
        KassandraError, match=r"^images: expected \(28, 28\) or \(n, 28, 28\), got an array of \(27, 28\)$"
    ):
        model.predict(np.zeros((27, 28)))


def test_without_attention_there_is_none(prepared, tmp_path):
    model = kassandra.load(save_untrained(tmp_path, "images", "label", read_json(prepared / "meta.json")))
    assert isinstance(model, LabelPredictor)
    assert model.outputs(model.pair.own(np.zeros((3, 28, 28)))).attention is None


def refused(folder, text):
    with pytest.raises(KassandraError, match=text):
        kassandra.load(folder)


def test_no_folder(tmp_path, folder):
    text = r": no such folder; give one that training wrote, as data/models/mnist$"
    refused(tmp_path / "none", text)
    refused(folder / "meta.json", text)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["weights.safetensors", "model.json", "meta.json"])
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    refused(folder, rf"^{folder}/{name}: no such file; ")


@pytest.mark.faults
@pytest.mark.faults
@pytest.mark.parametrize("name", ["weights.safetensors", "model.json", "meta.json"])
@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_file_cut_short(folder, name, share):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * share)])
    refused(folder, rf"^{folder}/{name}: damaged \(")


def test_weights_of_another_model(folder):
    weights = load_file(folder / "weights.safetensors")
    save_file({name: value[..., :-1].contiguous() for name, value in weights.items()}, folder / "weights.safetensors")
    text = rf"^{folder}/weights.safetensors: these are not the weights of the model that model.json describes$"
    refused(folder, text)
    save_file({"other": weights["linear.bias"]}, folder / "weights.safetensors")
    refused(folder, text)


def change(path, **keys):
    value = read_json(path)  # without its seal
    for name, new in keys.items():
        value.pop(name) if new is None else value.update({name: new})
    path.write_text(json.dumps(value))


@pytest.mark.faults
@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"variant": "atention"}, r"model.json.variant: 'atention' is not one of 'attention', "),
        ({"hiden_size": 13}, r"model.json: unknown key 'hiden_size'; .* \(did you mean 'hidden_size'\?\)$"),
        ({"hidden_size": "13"}, r"model.json.hidden_size: expected a whole number, got '13'$"),
        ({"readout": "last"}, r"model.json: variant 'attention' does not use 'readout'; it uses \["),
        (
            {"hidden_size": 14},
            r"weights.safetensors: these are not the weights of the model that model.json describes$",
        ),
    ],
)
def test_a_slip_in_model_json(folder, keys, text):
    described = json.loads((folder / "model.json").read_text())["model"]
    change(folder / "model.json", model=described | keys)
    refused(folder, rf"^{folder}/{text}")


@pytest.mark.faults
@pytest.mark.parametrize("name", ["spec", "classes", "mean", "std", "steps", "height", "width", "order"])
def test_meta_json_without_a_key(folder, name):
    change(folder / "meta.json", **{name: None})
    refused(folder, rf"^{folder}.*: damaged \('{name}'\); delete it, then")


@pytest.mark.faults
@pytest.mark.parametrize("keys", [{"task": "imagse"}, {"task": 3}, {"classes": ["a"]}, {"mean": "dark"}], ids=str)
def test_meta_json_with_nonsense(folder, keys):
    change(folder / "meta.json", **keys)
    refused(folder, rf"^{folder}.*: damaged \(")


@pytest.mark.faults
@pytest.mark.parametrize("name", ["model", "fingerprint", "input", "target"])
def test_model_json_without_a_key(folder, name):
    change(folder / "model.json", **{name: None})
    refused(folder, rf"^{folder}.*: damaged \('{name}'\)")


def test_what_a_model_is(model, folder):
    size = sum(weight.numel() for weight in model.models[0].parameters())
    assert repr(model) == f"<kassandra model model: images → label, attention, 10 classes, {size:,} parameters>"


def test_kassandra_has_nothing_else():
    with pytest.raises(AttributeError, match="module 'kassandra' has no attribute 'laod'"):
        kassandra.laod  # noqa: B018
    assert {"load", "__version__"} <= set(dir(kassandra))
    assert kassandra.__version__ == importlib.metadata.version("kassandra-lstm")
