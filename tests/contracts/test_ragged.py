"""Rows of different lengths: what is put in comes out, and every row is in exactly one batch."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kassandra.contracts.ragged import Ragged, batches_by_length, round_up, shuffled_batches
from kassandra.contracts.spec import PAD

ROWS = st.lists(st.lists(st.integers(1, 30_000), max_size=9), max_size=9)
LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=60).map(lambda rows: np.array(rows, np.int64))
TOKENS = st.integers(1, 1000)
few = settings(max_examples=25)


def ragged(rows):
    return Ragged.of(rows, np.int32)


def rows_of(some):
    return [some.flat[a:b].tolist() for a, b in zip(some.offsets[:-1], some.offsets[1:], strict=True)]


@pytest.mark.slow
@few
@given(ROWS)
def test_rows_come_back(rows):
    made = ragged(rows)
    assert rows_of(made) == rows
    assert (made.flat.dtype, made.offsets.dtype) == (np.int32, np.int64)
    assert made.lengths.tolist() == [*map(len, rows)]
    assert made.offsets[-1] == len(made.flat)


@pytest.mark.slow
@few
@given(st.lists(st.text(max_size=9), max_size=9))
@example(["", "größe ∑", "", "a\0b", "👩‍👩‍👧"])
def test_texts_come_back(texts):
    assert Ragged.of_texts(texts).texts() == texts


@few
@given(ROWS.filter(bool), st.data())
def test_take_and_padded(rows, data):
    chosen = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=9)), np.intp)
    made = ragged(rows)
    assert rows_of(made.take(chosen)) == [rows[row] for row in chosen]
    padded, lengths = made.padded(chosen)
    assert padded.shape == (len(chosen), max(len(rows[row]) for row in chosen))
    assert padded.dtype == np.int64
    for content, length, row in zip(padded, lengths, chosen, strict=True):
        assert content[:length].tolist() == rows[row]
        assert (content[length:] == PAD).all()


def test_take_nothing():
    assert rows_of(ragged([[1], [2, 3]]).take(np.array([], np.intp))) == []


@pytest.mark.slow
@settings(max_examples=200)
@given(st.integers(1, 2**40))
@example(1)
@example(16)
@example(17)
@example(2**40)
def test_round_up(length):
    one = np.array([length], np.int64)
    rounded = int(round_up(one)[0])
    assert length <= rounded < length * 1.125
    assert round_up(np.array([rounded])).tolist() == [rounded]  # once is enough
    assert length > 16 or rounded == length
    step = 2 ** max((rounded - 1).bit_length() - 4, 0)  # 8 to each doubling
    assert rounded % step == 0
    assert rounded - length < step


@given(LENGTHS)
@few
def test_round_up_keeps_the_order(lengths):
    ordered = round_up(np.sort(lengths))
    assert (np.diff(ordered) >= 0).all()


def shuffled(lengths, tokens, seed=0):
    return list(shuffled_batches(lengths, tokens, np.random.default_rng(seed)))


def check_batches(batches, lengths, tokens):
    """Every row once; padded, no batch has more than `tokens`, unless it is one row that is longer."""
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    for rows in batches:
        assert len(rows) * lengths[rows].max() <= tokens or len(rows) == 1


@few
@given(LENGTHS, TOKENS)
def test_batches_by_length(lengths, tokens):
    batches = batches_by_length(lengths, tokens)
    check_batches(batches, lengths, tokens)
    assert (np.diff(lengths[np.concatenate(batches)]) <= 0).all()
    for rows, following in pairwise(batches):  # no batch ends before it is full
        assert (len(rows) + 1) * lengths[rows].max() > tokens
        assert lengths[rows].min() >= lengths[following].max()


@few
@given(LENGTHS, TOKENS, st.integers(0, 99))
def test_shuffled_batches(lengths, tokens, seed):
    batches = shuffled(lengths, tokens, seed)
    check_batches(batches, lengths, tokens)
    longest_first = sorted(batches, key=lambda rows: (-round_up(lengths[rows]).max(), -round_up(lengths[rows]).min()))
    for rows, following in pairwise(longest_first):  # no row among much longer ones
        assert round_up(lengths[rows]).min() >= round_up(lengths[following]).max()


@few
@given(LENGTHS, TOKENS, st.integers(0, 99))
def test_every_epoch_has_batches_of_the_same_shapes(lengths, tokens, seed):
    def shapes(seed):
        return sorted((len(rows), int(round_up(lengths[rows]).max())) for rows in shuffled(lengths, tokens, seed))

    assert shapes(seed) == shapes(seed + 100)


@pytest.fixture(scope="module")
def many():
    """Lengths as reviews have them: most about 200, some 2,000."""
    return np.random.default_rng(0).lognormal(5.3, 0.7, 5000).astype(np.int64).clip(1, 2500)


def test_little_is_padding(many):
    batches = shuffled(many, 4096)
    padded = sum(len(rows) * int(many[rows].max()) for rows in batches)
    assert many.sum() > 0.9 * padded
    at_random = np.array_split(np.random.default_rng(0).permutation(len(many)), len(batches))
    assert many.sum() < 0.5 * sum(len(rows) * int(many[rows].max()) for rows in at_random)


def test_lengths_inside_a_batch_are_about_the_same(many):
    ratios = [many[rows].max() / many[rows].min() for rows in shuffled(many, 4096) if len(rows) > 1]
    assert np.mean(np.array(ratios) < 1.125) > 0.75  # the others lie across a border of two roundings
    assert np.quantile(ratios, 0.99) < 1.125**2


def test_the_generator_decides_and_nothing_else(many):
    one, same, other = (shuffled(many, 4096, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    sets = [{frozenset(rows.tolist()) for rows in batches} for batches in (one, other)]
    assert len(sets[0] & sets[1]) < 0.3 * len(one)  # which rows meet is drawn too, where more round alike than meet
    widths = [int(many[rows].max()) for rows in one]
    assert abs(np.corrcoef(widths, range(len(widths)))[0, 1]) < 0.2  # nor do long rows come first


def test_a_row_longer_than_a_batch_is_one_of_its_own():
    lengths = np.array([5, 100, 5, 99], np.int64)
    for batches in (batches_by_length(lengths, 10), shuffled(lengths, 10)):
        assert sorted(map(sorted, batches)) == [[0, 2], [1], [3]]
