"""The training loop, on real images."""

import itertools

import pytest
import torch
from torch.nn import functional as F

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.params.sections.kind import Train
from kassandra.params.sections.model import Model
from kassandra.targets.label.train.target import build
from kassandra.training.loop import factor
from kassandra.training.pair import Pair

pytestmark = pytest.mark.slow

DISTORT = {"shift": 1, "rotate": 8, "scale": 0.1, "shear": 3}
COLUMNS = ["epoch", "train_loss", "valid_loss", "valid_accuracy", "valid_f1", "learning_rate"]


def test_learns(trained):
    """Ten classes: a guess is right once in ten times."""
    history = trained.trained.history
    assert history[-1]["valid_accuracy"] > 0.6
    assert history[-1]["train_loss"] < history[0]["train_loss"] / 2


def test_history(fresh):
    one = fresh({"schedule": "cosine"})
    assert [list(row) for row in one.history] == [COLUMNS] * 3
    assert [row["epoch"] for row in one.history] == [1, 2, 3]
    last = [0.02 * factor("cosine", step, 9) for step in (2, 5, 8)]
    assert [row["learning_rate"] for row in one.history] == last


def with_weights(weights):
    model = build(ModelSpec(10, 28), Model(variant="vanilla", hidden_size=5))
    model.load_state_dict(weights)
    return model.eval()


def test_train_loss_is_the_mean_over_examples(fresh, pair, splits):
    """PITFALLS 9: 60 images in batches of 50 and 10. At a learning rate that moves nothing it is the model's loss."""
    done = fresh({"batch_size": 50, "learning_rate": 1e-12, "epochs": 1}, model={"dropout": 0.0})
    expected = pair.scores(with_weights(done.trained.weights), splits[0])["loss"]
    assert done.history[0]["train_loss"] == pytest.approx(expected, rel=1e-5)


def test_validation_drops_nothing_out(fresh, pair, splits):
    """PITFALLS 16: the validation loss is that of the weights kept, without dropout."""
    done = fresh({"epochs": 1}, model={"dropout": 0.9})
    expected = pair.scores(with_weights(done.trained.weights), splits[1])
    assert done.history[0]["valid_loss"] == pytest.approx(expected["loss"], rel=1e-6)
    assert done.history[0]["valid_accuracy"] == expected["accuracy"]


@pytest.mark.parametrize("keys", [{}, {"distort": DISTORT}, {"precision": "bf16"}], ids=str)
def test_the_same_seed_gives_the_same_bytes(fresh, keys):
    one, other = fresh(keys), fresh(keys)
    assert one.weights == other.weights
    assert one.history == other.history
    assert fresh(keys, seed=1).weights != one.weights


@pytest.mark.parametrize(
    "keys",
    [
        {"schedule": "one-cycle"},
        {"warmup": 0.9},
        {"beta2": 0.5},
        {"weight_decay": 1.0},
        {"clip": 0.01},
        {"label_smoothing": 0.2},
        {"precision": "bf16"},
        {"distort": DISTORT},
        {"batch_size": 30},
        {"learning_rate": 0.01},
    ],
    ids=str,
)
def test_every_key_has_an_effect(fresh, keys):
    assert fresh({"epochs": 1} | keys).weights != fresh({"epochs": 1}).weights


def test_another_precision_changes_little(fresh):
    fp32, bf16 = fresh(), fresh({"precision": "bf16"})
    assert bf16.history[-1]["valid_loss"] == pytest.approx(fp32.history[-1]["valid_loss"], abs=0.1)
    assert {value.dtype for value in bf16.trained.weights.values()} == {torch.float32}


class Scripted(Pair):
    """A pair whose validation losses are given."""

    def __init__(self, pair, losses):
        vars(self).update(vars(pair))
        self.losses = iter(losses)

    def scores(self, model, split):
        assert not model.training
        assert not torch.is_grad_enabled()
        return {"loss": next(self.losses), "accuracy": 0.5}


@pytest.mark.parametrize("losses", list(itertools.permutations([1.0, 2.0, 3.0])), ids=str)
def test_best_and_last(run, pair, tmp_path, losses):
    """Weights of each single epoch come from trainings that are cut after it; `constant` makes them comparable."""
    alone = [
        run({"epochs": epochs, "schedule": "constant", "keep": "last"}, pair=Scripted(pair, losses),
            checkpoint=tmp_path / str(epochs)).weights
        for epochs in (1, 2, 3)
    ]  # fmt: skip
    best = run({"schedule": "constant"}, pair=Scripted(pair, losses), checkpoint=tmp_path / "best")
    last = run({"schedule": "constant", "keep": "last"}, pair=Scripted(pair, losses), checkpoint=tmp_path / "last")
    assert len(set(alone)) == 3
    assert best.trained.kept_epoch == losses.index(1.0) + 1
    assert best.weights == alone[losses.index(1.0)]
    assert last.trained.kept_epoch == 3
    assert last.weights == alone[2]


def test_of_equals_the_first_is_best(fresh, pair):
    assert fresh(pair=Scripted(pair, [2.0, 1.0, 1.0])).trained.kept_epoch == 2


@pytest.mark.parametrize(
    ("losses", "patience", "epochs"),
    [
        ([3, 2, 1, 0.5, 0.4, 0.3], 1, 6),
        ([3, 2, 2, 1, 1, 1], 1, 3),
        ([3, 2, 2, 1, 1, 1], 2, 6),
        ([1, 2, 3, 4, 5, 6], 2, 3),
        ([1, 2, 3, 4, 5, 6], None, 6),
    ],
)
def test_patience(fresh, pair, losses, patience, epochs):
    done = fresh({"epochs": 6, "patience": patience}, pair=Scripted(pair, losses))
    assert len(done.history) == epochs
    assert done.trained.kept_epoch == losses[:epochs].index(min(losses[:epochs])) + 1


@pytest.fixture
def gradients(monkeypatch):
    """All gradients of each step, in one vector each."""
    seen = []
    step = torch.optim.AdamW.step

    def watched(optimizer, *args):
        seen.append(
            torch.cat([weight.grad.flatten() for group in optimizer.param_groups for weight in group["params"]])
        )
        return step(optimizer, *args)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    return seen


def test_clip_bounds_the_gradient(fresh, gradients):
    fresh({"clip": None, "epochs": 1})
    free = max(gradient.norm().item() for gradient in gradients)
    gradients.clear()
    fresh({"clip": free / 3, "epochs": 1})
    assert max(gradient.norm().item() for gradient in gradients) <= free / 3 * (1 + 1e-5)


def test_the_gradient_is_that_of_the_mean_loss(fresh, gradients, pair, splits):
    """So that the last batch of an epoch, which may be small, and batches of another size weigh alike."""
    done = fresh({"clip": None, "epochs": 1, "batch_size": 60, "learning_rate": 1e-12}, model={"dropout": 0.0})
    model = with_weights(done.trained.weights)
    ((_, batch),) = pair.numbered_batches(splits[0])
    assert len(batch.targets) == 60
    F.cross_entropy(model(batch.inputs, None), batch.targets).backward()
    expected = torch.cat([weight.grad.flatten() for weight in model.parameters()])
    torch.testing.assert_close(gradients[0], expected, rtol=1e-4, atol=1e-6)


def test_the_seed_decides_the_order(fresh, pair):
    class Asked(Pair):
        def __init__(self):
            vars(self).update(vars(pair))

        def train_batches(self, split, params, generator):
            seeds.append(generator.initial_seed())
            return super().train_batches(split, params, generator)

    seeds = []
    fresh({"epochs": 2}, seed=5, pair=Asked())
    assert seeds == [5, 5]


@pytest.mark.parametrize("clip", [1.0, None])
def test_divergence(fresh, pair, clip):
    class Exploding(Pair):
        def __init__(self):
            vars(self).update(vars(pair))

        def loss(self, model, batch, params):
            total, count, state = super().loss(model, batch, params)
            return total * float("inf"), count, state

    advice = rf"lower train.learning_rate \(0.02\) or set train.clip \({clip}\)"
    with pytest.raises(
        KassandraError, match=rf"^training diverged: loss nan, on validation nan, in epoch 1; {advice}$"
    ):
        fresh({"clip": clip}, pair=Exploding())


def test_divergence_in_the_last_step(fresh, pair):
    """The train loss is of before each step; only validation sees what the last one did."""
    with pytest.raises(KassandraError, match=r"^training diverged: loss 2\.\d+, on validation nan, in epoch 2;"):
        fresh(pair=Scripted(pair, [1.0, float("nan"), 1.0]))


def test_a_live_display_changes_nothing(fresh, monkeypatch):
    plain = fresh()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    live = fresh()
    assert (live.weights, live.history) == (plain.weights, plain.history)


def test_one_line_per_epoch_in_a_log(fresh):
    lines = fresh().printed.splitlines()
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
    for line in lines:
        for word in ("train_loss", "valid_loss", "valid_accuracy", " images/s"):
            assert word in line


def test_seconds_are_counted(fresh):
    done = fresh().trained
    assert done.seconds > 0
    assert done.cpu_seconds > 0


def test_any_lesson_will_do(run):
    """The loop knows what the protocol Lesson says, and no more."""

    class Sign:
        """Whether the sum of 28 numbers is positive, one example per batch."""

        unit = "sums"

        def size(self, split):
            return len(split[0])

        def steps(self, split, params):
            assert isinstance(params, Train)
            return len(split[0])

        def train_batches(self, split, params, generator):
            assert isinstance(params, Train)
            for row in torch.randperm(len(split[0]), generator=generator):
                yield Batch(split[0][row : row + 1], None, split[1][row : row + 1])

        def loss(self, model, batch, params):
            assert isinstance(params, Train)
            return F.cross_entropy(model(batch.inputs[:, None], None), batch.targets, reduction="sum"), 1, None

        def scores(self, model, split):
            return {"loss": F.cross_entropy(model(split[0][:, None], None), split[1]).item()}

    values = torch.randn(40, 28, generator=torch.Generator().manual_seed(0))
    split = values, (values.sum(1) > 0).long()
    done = run({"epochs": 5}, pair=Sign(), splits=(split, split))
    assert all(line.split()[-1] == "sums/s" or " sums/s  (best)" in line for line in done.printed.splitlines())
    last = [0.02 * factor("triangular", step, 5 * 40) for step in range(39, 200, 40)]
    assert [row["learning_rate"] for row in done.history] == last
    assert list(done.history[0]) == ["epoch", "train_loss", "valid_loss", "learning_rate"]
    assert done.history[-1]["valid_loss"] < 0.4  # ln 2 = 0.69 is a guess


@pytest.mark.parametrize("size", [3, 4])
def test_a_batch_that_goes_on_gets_the_state_of_the_one_before(run, pair, size):
    """The state travels in the batch: from each to the next, but never into one where sequences begin."""
    given = []

    class Counting(Pair):
        def __init__(self):
            vars(self).update(vars(pair))

        def train_batches(self, *args):
            for number, batch in enumerate(super().train_batches(*args)):
                yield batch._replace(begins=number % 2 == 0)

        def loss(self, model, batch, params):
            given.append(batch.state)
            return *super().loss(model, batch, params)[:2], len(given)

    run({"epochs": 2, "batch_size": 60 // size}, pair=Counting())
    expected = [None if number % 2 == 0 else number for number in range(size)]
    assert given == expected + [None if not state else state + size for state in expected]
