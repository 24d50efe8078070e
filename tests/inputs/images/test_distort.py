"""Distortion: what each magnitude does when the draw is known, and that each image draws its own."""

import pytest
import torch

from kassandra.inputs.images.train.examples import distort
from kassandra.params.inputs.images import Distortion
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.training.pair import Split

EVERYTHING = Distortion(shift=2, rotate=30, scale=0.2, shear=10)


@pytest.fixture
def images():
    return torch.rand(4, 15, 15, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def drawn(monkeypatch):
    """Sets what is drawn, in [-1, 1], the same for every image."""

    def drawn(shift_x=0.0, shift_y=0.0, turn=0.0, scale=0.0, shear=0.0):
        values = (torch.tensor([shift_x, shift_y, turn, scale, shear]) + 1) / 2
        monkeypatch.setattr(torch, "rand", lambda *shape, generator: values[:, None].expand(shape))

    return drawn


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_no_magnitude_changes_nothing(images):
    torch.testing.assert_close(distort(images, Distortion(), seeded()), images, rtol=0, atol=1e-5)


def test_nothing_drawn_changes_nothing(images, drawn):
    drawn()
    torch.testing.assert_close(distort(images, EVERYTHING, seeded()), images, rtol=0, atol=1e-5)


@pytest.mark.parametrize("x", [-3, 0, 1])
@pytest.mark.parametrize("y", [0, 2])
@pytest.mark.parametrize("shape", [(15, 15), (9, 15)])
def test_a_shift_of_whole_pixels_is_a_roll(images, drawn, x, y, shape):
    images = images[:, : shape[0], : shape[1]]
    drawn(shift_x=x / 4, shift_y=y / 4)
    shifted = distort(images, Distortion(shift=4), seeded())
    rolled = images.roll((-y, -x), (1, 2))
    inside = (slice(None), slice(3, -3), slice(3, -3))
    torch.testing.assert_close(shifted[inside], rolled[inside], rtol=0, atol=1e-5)


def test_what_comes_in_from_outside_is_the_border(images, drawn):
    drawn(shift_x=1)
    shifted = distort(images, Distortion(shift=3), seeded())
    for column in (12, 13, 14):
        torch.testing.assert_close(shifted[:, :, column], images[:, :, 14], rtol=0, atol=1e-5)


def test_a_quarter_turn(images, drawn):
    drawn(turn=1)
    turned = distort(images, Distortion(rotate=90), seeded())
    torch.testing.assert_close(turned, images.rot90(1, (1, 2)), rtol=0, atol=1e-4)


def test_a_quarter_turn_of_an_image_that_is_not_square(drawn):
    """Angles are angles, though height and width differ."""
    images, patch = torch.zeros(1, 9, 15), torch.rand(5, 5, generator=seeded())
    images[0, 2:7, 5:10] = patch
    drawn(turn=1)
    expected = torch.zeros_like(images)
    expected[0, 2:7, 5:10] = patch.rot90()
    torch.testing.assert_close(distort(images, Distortion(rotate=90), seeded()), expected, rtol=0, atol=1e-4)


def test_scale(images, drawn):
    """At 1 + ½ of the size, a step of the result is one and a half of the image."""
    drawn(scale=1)
    scaled = distort(images, Distortion(scale=0.5), seeded())
    for step in (-4, -2, 0, 2, 4):
        torch.testing.assert_close(scaled[:, 7 + step, 7], images[:, 7 + step * 3 // 2, 7], rtol=0, atol=1e-5)
        torch.testing.assert_close(scaled[:, 7, 7 + step], images[:, 7, 7 + step * 3 // 2], rtol=0, atol=1e-5)


def test_shear_moves_each_row_by_its_distance_from_the_middle(images, drawn):
    drawn(shear=1)
    sheared = distort(images, Distortion(shear=45), seeded())
    for row in range(4, 11):
        rolled = images[:, row].roll(7 - row, 1)
        torch.testing.assert_close(sheared[:, row, 4:-4], rolled[:, 4:-4], rtol=0, atol=1e-4)


def test_each_image_draws_its_own():
    one = torch.rand(1, 15, 15, generator=seeded())
    distorted = distort(one.expand(6, 15, 15), EVERYTHING, seeded())
    for row in range(1, 6):
        assert (distorted[row] - distorted[0]).abs().max() > 0.01


def test_the_generator_decides(images):
    generator = seeded(0)
    first, second = distort(images, EVERYTHING, generator), distort(images, EVERYTHING, generator)
    assert torch.equal(distort(images, EVERYTHING, seeded(0)), first)
    assert not torch.equal(first, second)
    assert not torch.equal(distort(images, EVERYTHING, seeded(1)), first)


def test_pixels_stay_in_their_range(images):
    distorted = distort(images, Distortion(shift=14, rotate=180, scale=0.9, shear=45), seeded())
    assert distorted.min() >= 0
    assert distorted.max() <= 1 + 1e-6


def test_train_batches_are_distorted_anew_each_epoch_and_others_never(pair, prepared):
    split = Split(*(part[:20] for part in pair.read(prepared / "train.npz")))
    params = pipeline_of("images", "label").model_fields["train"].annotation(batch_size=20, distort=EVERYTHING)
    generator = seeded()
    epochs = [next(pair.train_batches(split, params, generator)) for _ in range(2)]
    ((_, plain),) = pair.numbered_batches(split)
    rows = [torch.randperm(20, generator=seeded())]
    labels = torch.from_numpy(split.targets)
    assert torch.equal(epochs[0].targets, labels[rows[0]])  # the order is drawn before any distortion
    assert not torch.equal(epochs[0].inputs, plain.inputs[rows[0]])
    ((_, again),) = pair.numbered_batches(split)
    assert torch.equal(again.inputs, plain.inputs)
    by_label = [epoch.inputs[epoch.targets.argsort(stable=True)] for epoch in epochs]
    assert not torch.equal(*by_label)
