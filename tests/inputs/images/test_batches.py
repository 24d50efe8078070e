"""Images as batches of sequences, and what is computed from them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import read_json, write_arrays
from kassandra.params.tasks.images import ImagesPrepare, ImagesTrain
from kassandra.tasks import images
from kassandra.tasks.images import Split, Task, prepare

CPU = torch.device("cpu")


@pytest.fixture
def train(task, prepared) -> Split:
    return task.read(prepared / "train.npz")


@pytest.fixture
def made(tiny, tmp_path):
    """Task and train split of the tiny images, prepared with some params."""

    def made(**params):
        prepare(tiny.folder, tmp_path / "prepared", ImagesPrepare(**params), 0)
        task = Task(read_json(tmp_path / "prepared" / "meta.json"), CPU)
        return task, task.read(tmp_path / "prepared" / "train.npz")

    return made


def pixels(task, batch, height, width):
    """The images of a batch, from its sequences: (batch, height, width), whole numbers."""
    flat = batch.inputs.reshape(len(batch.inputs), height * width) * task.std + task.mean
    if task.order is not None:
        flat = torch.empty_like(flat).index_copy_(1, task.order, flat)
    return (flat * 255).round().to(torch.uint8).reshape(-1, height, width)


def together(batches):
    inputs, _, targets = zip(*batches, strict=True)
    return torch.cat(inputs), torch.cat(targets)


def in_order(task, split):
    """The batches that evaluation asks for."""
    return [batch for _, batch in task.numbered_batches(split)]


def test_images_stay_bytes_in_memory(train):
    assert train.images.dtype == torch.uint8
    assert train.labels.dtype == torch.int64


def test_normalised_with_mean_and_deviation_of_train(task, train):
    inputs, _ = together(in_order(task, train))
    assert inputs.mean().item() == pytest.approx(0, abs=1e-4)
    assert inputs.std().item() == pytest.approx(1, abs=1e-4)


def test_rows_are_steps(made):
    task, split = made(scan="rows")
    (batch,) = in_order(task, split)
    assert batch.inputs.shape == (55, 3, 5)
    assert batch.lengths is None  # every row is full
    expected = (split.images[7, 2].float() / 255 - task.mean) / task.std
    torch.testing.assert_close(batch.inputs[7, 2], expected)


def test_pixels_are_steps_row_by_row(made):
    task, split = made(scan="pixels")
    (batch,) = in_order(task, split)
    assert batch.inputs.shape == (55, 15, 1)
    expected = (split.images[7].flatten().float() / 255 - task.mean) / task.std
    torch.testing.assert_close(batch.inputs[7, :, 0], expected)


@pytest.mark.parametrize("scan", ["rows", "pixels"])
def test_one_permutation_for_every_image(made, scan):
    plain, split = made(scan=scan)
    permuted, same = made(scan=scan, permute=True)
    assert torch.equal(split.images, same.images)  # what lies on disk is not permuted
    (before,), (after,) = in_order(plain, split), in_order(permuted, split)
    assert before.inputs.shape == after.inputs.shape
    assert torch.equal(before.inputs.flatten(1)[:, permuted.order], after.inputs.flatten(1))
    assert not torch.equal(before.inputs, after.inputs)
    assert torch.equal(pixels(permuted, after, 3, 5), split.images)


@pytest.mark.parametrize("batch_size", [1, 7, 55, 56, 1000])
def test_batches_drop_nothing_and_keep_the_order(made, batch_size, monkeypatch):
    monkeypatch.setattr(images, "EVALUATION_BATCH", batch_size)
    task, split = made()
    numbers, batches = zip(*task.numbered_batches(split), strict=True)
    assert [len(rows) for rows in numbers] == [len(batch.targets) for batch in batches]
    assert np.concatenate(numbers).tolist() == list(range(55))
    assert all(len(batch.targets) == batch_size for batch in batches[:-1])
    assert torch.equal(torch.cat([pixels(task, batch, 3, 5) for batch in batches]), split.images)
    assert torch.equal(together(batches)[1], split.labels)


@pytest.mark.parametrize("batch_size", [1, 7, 55, 1000])
@pytest.mark.parametrize("params", [{}, {"permute": True, "scan": "pixels"}], ids=str)
def test_train_batches_hold_each_image_once_with_its_target(made, batch_size, params):
    task, split = made(**params)
    batches = list(task.train_batches(split, ImagesTrain(batch_size=batch_size), torch.Generator().manual_seed(3)))
    assert len(batches) == task.steps(split, ImagesTrain(batch_size=batch_size)) == -(-55 // batch_size)
    assert sum(len(batch.targets) for batch in batches) == task.size(split) == 55
    seen = torch.cat([pixels(task, batch, 3, 5) for batch in batches])
    targets = together(batches)[1]
    place = {image.numpy().tobytes(): row for row, image in enumerate(split.images)}
    rows = [place[image.numpy().tobytes()] for image in seen]
    assert sorted(rows) == list(range(55))
    assert rows != list(range(55))
    assert torch.equal(targets, split.labels[rows])


def test_order_follows_from_the_generator_alone(made):
    task, split = made()
    params = ImagesTrain(batch_size=7)

    def epochs(seed, count=2):
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(np.random.default_rng().integers(2**31))  # the global state does not matter
        return [together(task.train_batches(split, params, generator))[0] for _ in range(count)]

    first, second = epochs(0)
    assert not torch.equal(first, second)
    assert all(torch.equal(*pair) for pair in zip(epochs(0), (first, second), strict=True))
    assert not torch.equal(epochs(1)[0], first)


def test_early_batches_hold_all_classes_though_raw_is_sorted(mnist, tmp_path):
    """PITFALLS 12."""
    order = np.argsort(mnist["train", "labels"], kind="stable")
    for kind in ("images", "labels"):
        mnist["train", kind] = mnist["train", kind][order]
    prepare(mnist.folder, tmp_path / "prepared", ImagesPrepare(), 0)
    task = Task(read_json(tmp_path / "prepared" / "meta.json"), CPU)
    split = task.read(tmp_path / "prepared" / "train.npz")
    assert (split.labels.diff() >= 0).all()  # kept as they came: the order is the loop's business
    first = next(task.train_batches(split, ImagesTrain(batch_size=100), torch.Generator().manual_seed(0)))
    assert set(first.targets.tolist()) == set(range(10))


class Guess(nn.Module):
    """Logits that follow from the inputs, so that they belong to an example wherever it stands."""

    def forward(self, inputs, lengths):
        assert lengths is None
        return inputs.flatten(1)[:, 400:410]  # ten pixels from the middle of the image: dark ones all alike say nothing


def test_scores_are_means_over_examples_whatever_the_batches(task, prepared, monkeypatch):
    """PITFALLS 8 and 9: 200 examples in batches of 7 leave a last one of 4."""
    split, model = task.read(prepared / "test.npz"), Guess()
    (batch,) = in_order(task, split)
    inputs, targets = batch.inputs, batch.targets
    assert len(targets) == 200
    logits = model(inputs, None)
    expected = {
        "loss": F.cross_entropy(logits, targets).item(),
        "accuracy": (logits.argmax(1) == targets).double().mean().item(),
    }
    for batch_size in (1, 7, 200, 1000):
        monkeypatch.setattr(images, "EVALUATION_BATCH", batch_size)
        assert task.scores(model, split) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_loss_is_a_sum_and_a_count(task, prepared, label_smoothing, monkeypatch):
    split, model = task.read(prepared / "valid.npz"), Guess()
    ((inputs, _, targets),) = in_order(task, split)
    assert len(targets) == 50
    monkeypatch.setattr(images, "EVALUATION_BATCH", 7)
    params = ImagesTrain(label_smoothing=label_smoothing)
    pairs = [task.loss(model, batch, params) for batch in in_order(task, split)]
    assert [count for _, count in pairs] == [7] * 7 + [1]
    smooth = F.one_hot(targets, 10) * (1 - label_smoothing) + label_smoothing / 10
    expected = -(smooth * model(inputs, None).log_softmax(1)).sum()  # Szegedy et al. 2016, §7
    torch.testing.assert_close(sum(total for total, _ in pairs), expected)


def test_scores_smooth_nothing(task, prepared):
    """What is chosen on is the plain loss."""
    split, model = task.read(prepared / "valid.npz"), Guess()
    (batch,) = in_order(task, split)
    total, count = task.loss(model, batch, ImagesTrain(label_smoothing=0.0))
    assert task.scores(model, split)["loss"] == pytest.approx(total.item() / count, rel=1e-5)


def test_reads_what_prepare_wrote_and_nothing_else(task, tmp_path):
    write_arrays(tmp_path / "some.npz", images=np.zeros((2, 28, 28), np.uint8), labels=np.array([1, 0]))
    split = task.read(tmp_path / "some.npz")
    assert (split.images.shape, split.labels.tolist()) == ((2, 28, 28), [1, 0])
