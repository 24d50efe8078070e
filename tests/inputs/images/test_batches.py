"""Images as batches of sequences, and what is computed from them."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch import nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import read_json, write_arrays
from kassandra.inputs.images.train import examples
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.training.pair import Pair

CPU = torch.device("cpu")
Train = pipeline_of("images", "label").model_fields["train"].annotation


@pytest.fixture
def train(pair, prepared):
    return pair.read(prepared / "train.npz")


@pytest.fixture
def made(tiny, prepare, tmp_path):
    """Pair and train split of the tiny images, prepared with some params."""

    def made(**params):
        prepare("images", "label", tiny.folder, tmp_path / "prepared", **params)
        pair = Pair.of("images", "label", read_json(tmp_path / "prepared" / "meta.json"), CPU)
        return pair, pair.read(tmp_path / "prepared" / "train.npz")

    return made


def pixels(pair, batch, height, width):
    """The images of a batch, from its sequences: (batch, height, width), whole numbers."""
    flat = batch.inputs.reshape(len(batch.inputs), height * width) * pair.sequences.std + pair.sequences.mean
    if pair.sequences.order is not None:
        flat = torch.empty_like(flat).index_copy_(1, pair.sequences.order, flat)
    return (flat * 255).round().to(torch.uint8).reshape(-1, height, width)


def together(batches):
    batches = list(batches)
    return torch.cat([batch.inputs for batch in batches]), torch.cat([batch.targets for batch in batches])


def in_order(pair, split):
    """The batches that evaluation asks for."""
    return [batch for _, batch in pair.numbered_batches(split)]


def test_images_stay_bytes_in_memory(train):
    assert train.inputs.dtype == torch.uint8
    assert train.targets.dtype == np.int64


def test_normalised_with_mean_and_deviation_of_train(pair, train):
    inputs, _ = together(in_order(pair, train))
    assert inputs.mean().item() == pytest.approx(0, abs=1e-4)
    assert inputs.std().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_rows_are_steps(made):
    pair, split = made(scan="rows")
    (batch,) = in_order(pair, split)
    assert batch.inputs.shape == (55, 3, 5)
    assert batch.lengths is None  # every row is full
    expected = (split.inputs[7, 2].float() / 255 - pair.sequences.mean) / pair.sequences.std
    torch.testing.assert_close(batch.inputs[7, 2], expected)


@pytest.mark.slow
def test_pixels_are_steps_row_by_row(made):
    pair, split = made(scan="pixels")
    (batch,) = in_order(pair, split)
    assert batch.inputs.shape == (55, 15, 1)
    expected = (split.inputs[7].flatten().float() / 255 - pair.sequences.mean) / pair.sequences.std
    torch.testing.assert_close(batch.inputs[7, :, 0], expected)


@pytest.mark.parametrize("scan", ["rows", "pixels"])
def test_one_permutation_for_every_image(made, scan):
    plain, split = made(scan=scan)
    permuted, same = made(scan=scan, permute=True)
    assert torch.equal(split.inputs, same.inputs)  # what lies on disk is not permuted
    (before,), (after,) = in_order(plain, split), in_order(permuted, split)
    assert before.inputs.shape == after.inputs.shape
    assert torch.equal(before.inputs.flatten(1)[:, permuted.sequences.order], after.inputs.flatten(1))
    assert not torch.equal(before.inputs, after.inputs)
    assert torch.equal(pixels(permuted, after, 3, 5), split.inputs)


@pytest.mark.parametrize("batch_size", [1, 7, 55, 56, 1000])
def test_batches_drop_nothing_and_keep_the_order(made, batch_size, monkeypatch):
    monkeypatch.setattr(examples, "EVALUATION_BATCH", batch_size)
    pair, split = made()
    numbers, batches = zip(*pair.numbered_batches(split), strict=True)
    assert [len(rows) for rows in numbers] == [len(batch.targets) for batch in batches]
    assert np.concatenate(numbers).tolist() == list(range(55))
    assert all(len(batch.targets) == batch_size for batch in batches[:-1])
    assert torch.equal(torch.cat([pixels(pair, batch, 3, 5) for batch in batches]), split.inputs)
    assert torch.equal(together(batches)[1], torch.from_numpy(split.targets))


@pytest.mark.parametrize(("most", "rows"), [(1, 1), (45, 3), (59, 3), (1 << 22, 55)])
def test_batches_of_evaluation_hold_so_many_pixels_at_most(made, most, rows, monkeypatch):
    monkeypatch.setattr(examples, "EVALUATION_PIXELS", most)
    pair, split = made()  # 3 × 5 pixels each
    numbers = [rows for rows, _ in pair.numbered_batches(split)]
    assert len(numbers[0]) == rows
    assert np.concatenate(numbers).tolist() == list(range(55))


@pytest.mark.parametrize("batch_size", [1, 7, 55, 1000])
@pytest.mark.parametrize("params", [{}, {"permute": True, "scan": "pixels"}], ids=str)
def test_train_batches_hold_each_image_once_with_its_target(made, batch_size, params):
    pair, split = made(**params)
    batches = list(pair.train_batches(split, Train(batch_size=batch_size), torch.Generator().manual_seed(3)))
    assert len(batches) == pair.steps(split, Train(batch_size=batch_size)) == -(-55 // batch_size)
    assert sum(len(batch.targets) for batch in batches) == pair.size(split) == 55
    seen = torch.cat([pixels(pair, batch, 3, 5) for batch in batches])
    targets = together(batches)[1]
    place = {image.numpy().tobytes(): row for row, image in enumerate(split.inputs)}
    rows = [place[image.numpy().tobytes()] for image in seen]
    assert sorted(rows) == list(range(55))
    assert rows != list(range(55))
    assert torch.equal(targets, torch.from_numpy(split.targets[rows]))


def test_order_follows_from_the_generator_alone(made):
    pair, split = made()
    params = Train(batch_size=7)

    def epochs(seed, count=2):
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(np.random.default_rng().integers(2**31))  # the global state does not matter
        return [together(pair.train_batches(split, params, generator))[0] for _ in range(count)]

    first, second = epochs(0)
    assert not torch.equal(first, second)
    assert all(torch.equal(*pair) for pair in zip(epochs(0), (first, second), strict=True))
    assert not torch.equal(epochs(1)[0], first)


def test_early_batches_hold_all_classes_though_raw_is_sorted(mnist, prepare, tmp_path):
    """PITFALLS 12."""
    order = np.argsort(mnist["train", "labels"], kind="stable")
    for kind in ("images", "labels"):
        mnist["train", kind] = mnist["train", kind][order]
    prepare("images", "label", mnist.folder, tmp_path / "prepared")
    pair = Pair.of("images", "label", read_json(tmp_path / "prepared" / "meta.json"), CPU)
    split = pair.read(tmp_path / "prepared" / "train.npz")
    assert (np.diff(split.targets) >= 0).all()  # kept as they came: the order is the loop's business
    first = next(pair.train_batches(split, Train(batch_size=100), torch.Generator().manual_seed(0)))
    assert set(first.targets.tolist()) == set(range(10))


class Guess(nn.Module):
    """Logits that follow from the inputs, so that they belong to an example wherever it stands."""

    def forward(self, inputs, lengths, beside=None):
        assert lengths is None
        return inputs.flatten(1)[:, 400:410]  # ten pixels from the middle of the image: dark ones all alike say nothing


def test_scores_are_means_over_examples_whatever_the_batches(pair, prepared, monkeypatch):
    """PITFALLS 8 and 9: 200 examples in batches of 7 leave a last one of 4."""
    split, model = pair.read(prepared / "test.npz"), Guess()
    (batch,) = in_order(pair, split)
    inputs, targets = batch.inputs, batch.targets
    assert len(targets) == 200
    logits = model(inputs, None)
    expected = {
        "loss": F.cross_entropy(logits, targets).item(),
        "accuracy": (logits.argmax(1) == targets).double().mean().item(),
        "f1": f1_score(targets, logits.argmax(1), average="macro", zero_division=0),
    }
    for batch_size in (1, 7, 200, 1000):
        monkeypatch.setattr(examples, "EVALUATION_BATCH", batch_size)
        assert pair.scores(model, split) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_loss_is_a_sum_and_a_count(pair, prepared, label_smoothing, monkeypatch):
    split, model = pair.read(prepared / "valid.npz"), Guess()
    ((inputs, _, targets, *_),) = in_order(pair, split)
    assert len(targets) == 50
    monkeypatch.setattr(examples, "EVALUATION_BATCH", 7)
    params = Train(label_smoothing=label_smoothing)
    losses = [pair.loss(model, batch, params) for batch in in_order(pair, split)]
    assert [count for _, count, _ in losses] == [7] * 7 + [1]
    smooth = F.one_hot(targets, 10) * (1 - label_smoothing) + label_smoothing / 10
    expected = -(smooth * model(inputs, None).log_softmax(1)).sum()  # Szegedy et al. 2016, §7
    torch.testing.assert_close(sum(total for total, _, _ in losses), expected)


def test_scores_smooth_nothing(pair, prepared):
    """What is chosen on is the plain loss."""
    split, model = pair.read(prepared / "valid.npz"), Guess()
    (batch,) = in_order(pair, split)
    total, count, _ = pair.loss(model, batch, Train(label_smoothing=0.0))
    assert pair.scores(model, split)["loss"] == pytest.approx(total.item() / count, rel=1e-5)


def test_reads_what_prepare_wrote_and_nothing_else(pair, tmp_path):
    write_arrays(tmp_path / "some.npz", images=np.zeros((2, 28, 28), np.uint8), labels=np.array([1, 0]))
    split = pair.read(tmp_path / "some.npz")
    assert (split.inputs.shape, split.targets.tolist()) == ((2, 28, 28), [1, 0])
