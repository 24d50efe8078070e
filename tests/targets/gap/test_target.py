"""Laws of models that fill gaps: what was removed is never read, only it is learned, and who may know the future."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kassandra.contracts.gaps import rows_of_windows, width
from kassandra.contracts.spec import LEVELS
from kassandra.targets.gap.evaluate.predict import Predictor
from kassandra.targets.gap.train.edges import edges, read
from kassandra.targets.gap.train.target import stretch
from tests.targets.gap.hours import hours


def batches(made, split="test"):
    part = made.splits[split]
    return list(made.pair.numbered_batches(part))


def test_edges_are_those_of_interpolation():
    generator = np.random.default_rng(0)
    values, known = generator.normal(size=(3, 40, 2)), generator.random((3, 40, 2)) > 0.6
    found = edges(values, known)
    for row, column in np.ndindex(3, 2):
        places = np.flatnonzero(known[row, :, column])
        expected = np.interp(np.arange(40), places, values[row, places, column])
        np.testing.assert_allclose(found.line[row, :, column], expected)
    spoilt = edges(np.where(known, values, 1e9), known)
    for one, other in zip(found, spoilt, strict=True):
        assert (one == other).all()
    nothing = edges(values, np.zeros_like(known))
    assert not nothing.line.any()
    assert (nothing.since == -1).all()


@pytest.mark.parametrize("seasons", [[], [5], [5, 7]])
def test_a_step_is_read_as_so_many_numbers(seasons):
    values, margin = np.ones((2, 20 + 2 * max(seasons, default=0), 3)), max(seasons, default=0)
    shown = read(values, np.ones(values.shape, bool), margin, seasons)
    assert shown.shape == (2, 20, width(0, 3, len(seasons))[0])


@pytest.mark.slow
@pytest.mark.parametrize("afresh", [False, True], ids=["batch", "train_batch"])
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_nothing_of_a_removed_value_is_read(prepared, split, afresh):
    """One window at a time, as the gap of one is known to others."""
    made = prepared()
    part, target = made.splits[split], made.pair.target
    for number in range(0, made.meta["examples"][split], 11):
        rows = np.array([number])

        def batch(values, rows=rows, number=number):
            inputs = made.pair.sequences.batch(part.inputs, rows)
            answers = part.targets._replace(values=values)
            if afresh:
                return target.train_batch(answers, rows, *inputs, None, torch.Generator().manual_seed(number))
            return target.batch(answers, rows, *inputs)

        before = batch(part.targets.values)
        asked = ~before.targets.isnan()
        places, _ = rows_of_windows(part.inputs, rows, made.meta["window"])
        changed = part.targets.values.copy()
        _, step, column = asked.nonzero(as_tuple=True)
        changed[places[0][step.numpy()], column.numpy()] += 1000
        after = batch(changed)
        assert torch.equal(before.inputs, after.inputs)
        assert torch.equal(asked, ~after.targets.isnan())
        torch.testing.assert_close(after.targets[asked], before.targets[asked] + 1000)
        if asked.all(dim=1).any():  # what is known is read
            continue
        others = np.where(changed == part.targets.values, changed + 1, changed)
        assert not torch.equal(before.inputs, batch(others).inputs)


def test_other_gaps_of_the_round_are_not_read_either(prepared):
    made = prepared()
    part = made.splits["test"]
    values = part.targets.values.copy()
    values[part.targets.removed[0]] += 1000
    of_round = np.flatnonzero(part.targets.gaps.round == 0)[:8]
    before, after = (
        made.pair.target.batch(each, of_round, *made.pair.sequences.batch(part.inputs, of_round))
        for each in (part.targets, part.targets._replace(values=values))
    )
    assert torch.equal(before.inputs, after.inputs)


def test_loss_is_of_removed_steps_alone(prepared):
    made = prepared(model={"head": "point"})
    (_, batch), *_ = batches(made)
    outputs = made.model.eval()(batch.inputs)
    outputs.retain_grad()
    made.model.forward = lambda inputs, lengths=None: outputs
    loss, windows, _ = made.pair.loss(made.model, batch, None)
    loss.backward()
    asked = ~batch.targets.isnan()
    assert outputs.grad[asked].any()
    assert not outputs.grad[~asked].any()
    expected = (outputs[asked].squeeze(1) - batch.targets[asked]).square().mean() * windows
    torch.testing.assert_close(loss, expected)


def test_gaps_of_train_are_drawn_afresh_and_by_the_generator(prepared):
    made = prepared(batch_size=16, stride=4)
    runs = [
        [batch.targets for batch in made.pair.train_batches(made.splits["train"], made.params.train, generator)]
        for generator in (torch.Generator().manual_seed(seed) for seed in (1, 1, 2))
    ]
    for one, same, other in zip(*runs, strict=True):
        assert torch.equal(one.nan_to_num(), same.nan_to_num())
        assert not torch.equal(one.isnan(), other.isnan())
    share = np.mean([(~batch.isnan()).any(2).float().mean().item() for batch in runs[0]])
    assert share == pytest.approx(0.2, abs=0.05)


WAYS = {
    "vanilla": ({"variant": "vanilla"}, False),
    "stacked": ({"variant": "stacked"}, False),
    "no edges": ({"variant": "vanilla", "edges": "none"}, False),
    "vanilla with both edges": ({"variant": "vanilla", "edges": "both"}, True),
    "bidirectional": ({"variant": "bidirectional"}, True),
    "bidirectional without edges": ({"variant": "bidirectional", "edges": "none"}, True),
    "bidirectional with the past": ({"variant": "bidirectional", "edges": "past"}, True),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_who_knows_the_future(prepared, way):
    keys, knows = WAYS[way]
    made = prepared(model=keys)
    part = made.splits["test"]
    gaps = part.targets.gaps
    number = int(np.flatnonzero((gaps.length > 3) & (gaps.round == 0))[0])
    first, length = int(gaps.row[number]), int(gaps.length[number])
    values = part.targets.values.copy()
    values[first + length :] += 1.0  # all that comes after the gap
    rows = np.array([number])
    answers = []
    for each in (part.targets, part.targets._replace(values=values)):
        batch = made.pair.target.batch(each, rows, *made.pair.sequences.batch(part.inputs, rows))
        asked = ~batch.targets.isnan()
        answers.append(made.model.eval()(batch.inputs)[asked])
    assert torch.equal(*answers) is not knows


def test_values_that_are_really_missing_are_never_asked_for(prepared):
    values = hours(1500)
    holes = np.random.default_rng(3).random(values.shape) < 0.05
    made = prepared(np.where(holes, np.nan, values))
    assert made.meta["missing"]["train"] > 0
    for split, part in made.splits.items():
        for _, batch in [*made.pair.numbered_batches(part)][:3]:
            assert torch.isfinite(batch.inputs).all(), split
        for batch in made.pair.train_batches(part, made.params.train, torch.Generator().manual_seed(0)):
            assert torch.isfinite(batch.inputs).all()
            loss, _, _ = made.pair.loss(made.model, batch, None)
            assert torch.isfinite(loss)
            break
    _, row, column = made.splits["test"].targets.gaps.cells(2)
    assert np.isfinite(made.splits["test"].targets.values[row, column]).all()


def test_intervals_are_stretched_to_those_that_lose_least():
    generator = torch.Generator().manual_seed(0)
    point = torch.zeros(20_000, dtype=torch.float64)
    at = torch.special.ndtri(torch.tensor(LEVELS, dtype=torch.float64))[:, None]
    targets = 1.7 * torch.randn(20_000, generator=generator, dtype=torch.float64)
    assert stretch(point, at.expand(-1, 20_000), targets) == pytest.approx(1.7, rel=0.03)


def test_calibrated_on_validation_the_points_stay(prepared):
    made = prepared()
    before, valid = Predictor([made.model.eval()], made.pair, made.meta, {}), made.splits["valid"]
    (old,) = before.of_members(valid)
    train = made.splits["train"]
    (sentence,) = made.pair.finish(made.model, train, valid, SimpleNamespace(calibrate=True))
    assert sentence == f"Calibrated on validation: intervals {made.model.stretch.item():.3f} times as wide"
    (new,) = before.of_members(valid)
    np.testing.assert_array_equal(new.point, old.point)
    factor = (new.quantiles[-1] - new.quantiles[0]) / (old.quantiles[-1] - old.quantiles[0])
    np.testing.assert_allclose(factor, made.model.stretch.item(), rtol=1e-4)
    assert made.pair.finish(made.model, train, valid, SimpleNamespace(calibrate=False)) == []
