"""Examples that are nearly the same are one group, however many there are; others are not."""

import numpy as np

from kassandra.contracts.near import near
from kassandra.inputs.audio.prepare import alike as recordings
from kassandra.inputs.images.prepare import alike as images


def test_copies_with_a_little_noise_are_found_and_nothing_else():
    generator = np.random.default_rng(0)
    one = generator.normal(size=(300, 40)).astype(np.float32)
    copies = one[:50] * 3 + generator.normal(size=(50, 40)).astype(np.float32) * 0.01
    assert near(np.concatenate([one, copies]), 0.998) == [*range(300), *range(50)]


def test_all_alike_are_one_group():
    assert near(np.ones((500, 5), np.float32), 0.99) == [0] * 500


def test_it_does_not_matter_how_many_are_in_memory_together(monkeypatch):
    generator = np.random.default_rng(0)
    one = generator.normal(size=(60, 20)).astype(np.float32)
    some = np.concatenate([one, one[::3] * 2 + generator.normal(size=(20, 20)).astype(np.float32) * 0.01, one[:5] * 0])
    expected = near(some, 0.998)
    assert expected != list(range(len(some)))
    monkeypatch.setattr("kassandra.contracts.near.AT_ONCE", 7)
    assert near(some, 0.998) == expected


def test_nothing_is_near_to_what_says_nothing():
    assert near(np.zeros((3, 4), np.float32), 0.99) == [0, 1, 2]
    assert near(np.zeros((0, 4), np.float32), 0.99) == []


def test_an_image_brighter_smaller_and_saved_again_is_nearly_the_same():
    generator = np.random.default_rng(0)
    some = [np.kron(generator.integers(0, 200, (6, 6)), np.ones((8, 8))).astype(np.uint8) for _ in range(20)]
    copy = np.clip(some[3].astype(int)[::2, ::2] + 20 + generator.integers(-4, 5, (24, 24)), 0, 255).astype(np.uint8)
    assert images.alike([*some, copy])[-1] == 3
    assert images.alike(some) == list(range(20))


def test_a_recording_louder_and_cut_elsewhere_is_nearly_the_same():
    generator = np.random.default_rng(0)
    some = [np.cumsum(generator.normal(size=4000)).astype(np.float32) * 1e-3 for _ in range(10)]
    some = [(one - one.mean()) * np.hanning(4000).astype(np.float32) for one in some]
    copy = np.concatenate([np.zeros(700), some[4] * 0.3, np.zeros(90)]).astype(np.float32)
    assert recordings.alike([*some, copy])[-1] == 4
    assert recordings.alike(some) == list(range(10))
    assert recordings.alike([np.zeros(50, np.float32)]) == [0]
