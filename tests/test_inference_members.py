"""A folder of several members: they answer together, each alone, and one that is not there is a sentence."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from kassandra import load
from kassandra.contracts.artifacts import read_arrays, write_json
from kassandra.contracts.errors import KassandraError
from tests.trained import save_members

pytestmark = pytest.mark.slow  # trains a model

SEEDS = (11, 5, 7)


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    return save_members(tmp_path_factory.mktemp("members") / "model", trained.folder, SEEDS)


@pytest.fixture(scope="module")
def model(folder):
    return load(folder)


@pytest.fixture(scope="module")
def images(prepared):
    return read_arrays(prepared / "test.npz")["images"][:9]


@pytest.fixture(scope="module")
def picture(images, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "one.png"
    Image.fromarray(images[0]).save(path)
    return path


def probabilities(predictions):
    return np.array([list(each.probabilities.values()) for each in predictions])


def test_they_answer_by_the_mean_of_their_probabilities(model, folder, images, trained):
    assert (list(model.seeds), len(model.models), len(model.members)) == (list(SEEDS), 3, 3)
    assert "3 members" in repr(model)
    each = [probabilities(member.predict(images)) for member in model.members]
    together = model.predict(images)
    np.testing.assert_allclose(probabilities(together), np.mean(each, axis=0), rtol=1e-9)
    assert len({one.tobytes() for one in each}) == 3
    np.testing.assert_allclose(each[0], probabilities(load(trained.folder).predict(images)))
    for row, prediction in enumerate(together):
        place = list(prediction.probabilities).index(prediction.label)
        assert prediction.members == pytest.approx([one[row, place] for one in each])


def test_one_of_them_is_a_model_of_its_own(model, folder, images):
    for number, seed in enumerate(SEEDS):
        alone = load(folder, member=number)
        assert (list(alone.seeds), len(alone.models)) == ([seed], 1)
        assert "members" not in repr(alone)
        predictions = alone.predict(images)
        assert predictions == model.members[number].predict(images)
        assert [each.members for each in predictions] == [[each.probability] for each in predictions]


@pytest.mark.parametrize("member", [-1, 3, 99])
def test_a_member_that_is_not_there(folder, member):
    with pytest.raises(KassandraError, match=rf"^{folder}: no member {member}; it has 3, from 0 to 2$"):
        load(folder, member=member)


def test_the_command(kassandra, folder, model, picture, images):
    """`kassandra predict`, of all and of one."""
    (prediction,) = model.predict(images[0])
    (row,) = csv.DictReader(io.StringIO(kassandra("predict", folder, picture).out))
    spread = [float(row[f"member_{number}"]) for number in range(3)]
    assert spread == pytest.approx(prediction.members, abs=1e-6)
    assert float(row["probability"]) == pytest.approx(np.mean(spread), abs=2e-6)
    assert json.loads(kassandra("predict", folder, picture, "--json").out)["members"] == pytest.approx(spread, abs=1e-6)
    (alone,) = csv.DictReader(io.StringIO(kassandra("predict", folder, picture, "--member", "1").out))
    assert not [name for name in alone if name.startswith("member")]
    (expected,) = model.members[1].predict(images[0])
    assert (alone["label"], float(alone["probability"])) == (
        expected.label,
        pytest.approx(expected.probability, abs=1e-6),
    )
    done = kassandra("predict", folder, picture, "--member", "3")
    assert (done.status, done.err) == (1, f"Error: {folder}: no member 3; it has 3, from 0 to 2")
    assert kassandra("predict", folder, picture, "--member", "-1").status == 2


def test_weights_of_a_member_that_are_missing_or_of_another_model(folder, trained, trained_speech, tmp_path):
    broken = save_members(tmp_path / "model", trained.folder, SEEDS)
    (broken / "weights-2.safetensors").unlink()
    with pytest.raises(KassandraError, match=r"weights-2.safetensors: no such file"):
        load(broken)
    assert len(load(broken, member=1).models) == 1
    (broken / "weights-2.safetensors").write_bytes((trained_speech / "weights.safetensors").read_bytes())
    with pytest.raises(KassandraError, match=r"weights-2.safetensors: these are not the weights of the model"):
        load(broken)


def test_a_folder_of_before_there_were_members(trained, tmp_path, images):
    old = save_members(tmp_path / "model", trained.folder, SEEDS[:1])
    described = json.loads((old / "model.json").read_text())
    write_json(old / "model.json", {key: described[key] for key in described if key not in ("seeds", "sha256")})
    model = load(old)
    assert (list(model.seeds), len(model.models), len(model.members)) == ([], 1, 1)
    assert model.predict(images) == load(trained.folder).predict(images)
    assert load(old, member=0).predict(images) == model.predict(images)
    with pytest.raises(KassandraError, match=r"no member 1; it has 1, from 0 to 0"):
        load(old, member=1)


def test_seeds_that_are_none(trained, tmp_path):
    folder = save_members(tmp_path / "model", trained.folder, SEEDS[:1])
    described = json.loads((folder / "model.json").read_text())
    del described["sha256"]
    for seeds in ("abc", [None], 3, [[]]):
        write_json(folder / "model.json", described | {"seeds": seeds})
        with pytest.raises(KassandraError, match=r"damaged"):
            load(folder)


def test_forecasters(trained_forecaster, prepared_prices, tmp_path):
    model = load(save_members(tmp_path / "model", trained_forecaster, SEEDS))
    split = model.pair.read(prepared_prices / "test.npz")
    each, together = model.of_members(split), model.outputs(split)
    np.testing.assert_allclose(together.point, np.mean([one.point for one in each], axis=0))
    assert (np.diff(together.quantiles, axis=0) >= 0).all()
    lows, highs = (function([one.quantiles for one in each], axis=0) for function in (np.min, np.max))
    assert ((lows - 1e-9 <= together.quantiles) & (together.quantiles <= highs + 1e-9)).all()
    same = load(save_members(tmp_path / "same", trained_forecaster, SEEDS, apart=0.0))
    one = load(trained_forecaster).outputs(split)
    np.testing.assert_allclose(same.outputs(split).quantiles, one.quantiles, rtol=1e-6, atol=1e-12)


def test_writers(trained_writer, prepared_shakespeare, tmp_path):
    model = load(save_members(tmp_path / "model", trained_writer, SEEDS))
    split = model.pair.read(prepared_shakespeare / "test.npz")
    each = np.array(model.of_members(split))
    np.testing.assert_allclose(model.losses(split), -np.log(np.exp(-each).mean(0)), rtol=1e-6)
    same = load(save_members(tmp_path / "same", trained_writer, SEEDS, apart=0.0))
    alone = load(trained_writer)
    for keys in ({"temperature": 0}, {"seed": 3}):
        texts = ["".join(each.write("The ", 30, **keys)) for each in (same, alone, model)]
        assert texts[0] == texts[1]
        assert len(texts[2]) == 30


def test_translators(trained_translator, kassandra, tmp_path):
    same = save_members(tmp_path / "same", trained_translator, SEEDS, apart=0.0)
    expected = kassandra("translate", trained_translator, "I am cold.").out
    assert kassandra("translate", same, "I am cold.").out == expected
    row = json.loads(kassandra("translate", same, "I am cold.", "--json").out)
    assert row["members"] == [expected.strip()] * 3
    one = kassandra("translate", same, "I am cold.", "--member", "2")
    assert (one.status, one.out) == (0, expected)
