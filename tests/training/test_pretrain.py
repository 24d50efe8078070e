"""What a text classifier begins with: weights of a language model of its own train texts."""

import shutil

import pytest
import torch

from kassandra.contracts.artifacts import read_arrays, read_json, write_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import PAD, ModelSpec
from kassandra.inputs.text.train.pretrain import VECTORS
from kassandra.params.inputs.text import ExamplesModel
from kassandra.targets.label.train.target import build
from kassandra.training.pretrain import pretrain
from kassandra.training.progress import Display

pytestmark = pytest.mark.slow

MODELS = {
    "vanilla": {"variant": "vanilla", "readout": "concat"},
    "stacked gru": {"variant": "stacked", "cell": "gru"},
    "two ways": {"variant": "bidirectional", "readout": "max"},
    "attention": {"variant": "attention", "bidirectional": True},
}


def params_of(model, **pretraining):
    how = {"epochs": 1, "batch_size": 4, "window": 20, "samples": 50, "precision": "fp32"}
    return ExamplesModel.model_validate({"hidden_size": 7, "embedding_size": 5, "pretrain": how | pretraining, **model})


@pytest.fixture
def pretrained(prepared_books, cpu, tmp_path):
    """Runs a pretraining; `prepared` may be another folder."""

    def run(model, prepared=prepared_books, where="checkpoints", seed=0, **pretraining):
        params = params_of(model, **pretraining)
        meta = read_json(prepared / "meta.json")
        with Display() as display:
            return pretrain("text", prepared, meta, params, seed, cpu, tmp_path / where, display.watcher())

    return run


@pytest.mark.parametrize("name", MODELS)
def test_a_classifier_begins_with_all_of_it(name, pretrained, prepared_books):
    weights = pretrained(MODELS[name])
    spec = ModelSpec(**read_json(prepared_books / "meta.json")["spec"])
    model = build(spec, params_of(MODELS[name]))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.begin_with(weights)
    after = model.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    read = {name for name in after if name.startswith("embedding.") or "recurrence" in name}
    assert changed == read  # what sums up and what answers is still to be learned
    assert torch.equal(after[VECTORS], weights[VECTORS])
    assert after[VECTORS][PAD].eq(0).all()


def test_labels_and_test_are_not_looked_at(pretrained, prepared_books, tmp_path):
    expected = pretrained(MODELS["vanilla"])
    folder = tmp_path / "prepared"
    shutil.copytree(prepared_books, folder)
    (folder / "test.npz").unlink()
    for split in ("train", "valid"):
        arrays = read_arrays(folder / f"{split}.npz")
        write_arrays(folder / f"{split}.npz", **arrays | {"labels": 1 - arrays["labels"]})
    assert_equal(pretrained(MODELS["vanilla"], folder, "others"), expected)


def test_each_direction_reads_on_its_own_with_the_same_vectors(pretrained):
    one, both = pretrained({"variant": "vanilla"}), pretrained(MODELS["two ways"], where="others")
    assert torch.equal(both[VECTORS], one[VECTORS])
    for weight in ("weight_ih_l0", "weight_hh_l0"):
        assert torch.equal(both[f"encoder.ahead.recurrence.{weight}"], one[f"encoder.recurrence.{weight}"])
        assert not torch.equal(both[f"encoder.back.recurrence.{weight}"], one[f"encoder.recurrence.{weight}"])


def test_it_learns_what_comes_next(pretrained, capsys):
    pretrained(MODELS["vanilla"], epochs=12, learning_rate=0.02, samples=None)
    losses = [float(line.split("valid_loss ")[1].split()[0]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert losses[-1] < losses[0] - 0.2


def test_interrupted_it_ends_with_the_same_bytes(pretrained, monkeypatch):
    expected = pretrained(MODELS["two ways"], epochs=2)
    from kassandra.training import pretrain as module

    calls = []

    def train(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt  # between the directions
        return untouched(*arguments)

    untouched = module.train
    monkeypatch.setattr(module, "train", train)
    with pytest.raises(KeyboardInterrupt):
        pretrained(MODELS["two ways"], where="interrupted", epochs=2)
    assert_equal(pretrained(MODELS["two ways"], where="interrupted", epochs=2), expected)


def test_the_seed_decides(pretrained):
    one, other = pretrained(MODELS["vanilla"]), pretrained(MODELS["vanilla"], where="others", seed=1)
    assert not torch.equal(one[VECTORS], other[VECTORS])


def test_layers_that_read_both_ways_of_each_other_are_refused():
    with pytest.raises(KassandraError, match="'pretrain' cannot be done for several bidirectional layers, as those"):
        check(ExamplesModel, {"variant": "stacked", "bidirectional": True, "pretrain": {}}, "model")


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
