"""Modified Kneser-Ney: the equations written out slowly give the same, and every context leaves 1 to share."""

from collections import Counter
from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.vocabulary.kneser_ney import FALLBACK, KneserNey

pytestmark = pytest.mark.slow


class Slow:
    """Chen & Goodman (1998), written from the equations: dictionaries of tuples, and exact fractions throughout."""

    def __init__(self, train, vocab_size, order):
        self.vocab_size, self.order, self.counts, self.discounts = vocab_size, order, {}, {}
        for k in range(1, order + 1):
            grams = [(tuple(train[t : t + k]), train[t - 1] if t else "start") for t in range(len(train) - k + 1)]
            self.counts[k] = Counter(gram for gram, _ in (grams if k == order else set(grams)))
            self.discounts[k] = self.estimated(Counter(self.counts[k].values()))

    @staticmethod
    def estimated(n):
        if n[1] == 0 or n[2] == 0 or n[3] == 0:
            return FALLBACK
        y = Fraction(n[1], n[1] + 2 * n[2])
        three = (1 - 2 * y * Fraction(n[2], n[1]), 2 - 3 * y * Fraction(n[3], n[2]), 3 - 4 * y * Fraction(n[4], n[3]))
        return three if all(discount > 0 for discount in three) else FALLBACK

    def p(self, token, context):
        """p(token | context), of the order len(context) + 1."""
        k = len(context) + 1
        lower = self.p(token, context[1:]) if k > 1 else Fraction(1, self.vocab_size)
        after = {gram[-1]: count for gram, count in self.counts[k].items() if gram[:-1] == context}
        if not after:
            return lower
        discount = {word: self.discounts[k][min(count, 3) - 1] for word, count in after.items()}
        kept = after[token] - discount[token] if token in after else 0
        return (kept + sum(discount.values()) * lower) / sum(after.values())

    def log_probabilities(self, tokens):
        return [log(self.p(token, tuple(tokens[max(0, t - self.order + 1) : t]))) for t, token in enumerate(tokens)]


@st.composite
def streams(draw, longest=60):
    """(train, test, vocab_size): train of few and repeated ids, so that n-grams of every count occur; test of all."""
    vocab_size = draw(st.integers(2, 13))
    ids = st.integers(0, draw(st.integers(0, vocab_size - 1)))
    train = draw(st.lists(ids, min_size=1, max_size=longest))
    test = draw(st.lists(ids | st.integers(0, vocab_size - 1) | st.sampled_from(train), max_size=12))
    cut = draw(st.integers(0, len(train)))  # a piece of train, so that long contexts are seen too
    return np.array(train), np.array(test + train[cut : cut + 8], dtype=np.int64), vocab_size


def zipfian(size, vocab_size, seed):
    """Ids that depend on the one before, of frequencies so uneven that every discount can be estimated."""
    generator = np.random.default_rng(seed)
    ids = np.minimum(generator.zipf(1.3, size), vocab_size) - 1
    return (ids + np.roll(ids, 1) // 2) % vocab_size


@given(streams(), st.integers(1, 6))
def test_equals_the_equations(text, order):
    train, test, vocab_size = text
    slow, model = Slow(train.tolist(), vocab_size, order), KneserNey(train, vocab_size, order)
    assert model.discounts.tolist() == [[float(each) for each in slow.discounts[k]] for k in range(1, order + 1)]
    np.testing.assert_allclose(model.log_probabilities(test), slow.log_probabilities(test.tolist()), rtol=1e-12)


@pytest.mark.parametrize("order", range(1, 7))
def test_equals_the_equations_where_discounts_are_estimated(order):
    train, test = np.split(zipfian(660, 150, seed=order), [600])
    model = KneserNey(train, 150, order)
    assert (model.discounts != [float(each) for each in FALLBACK]).all(axis=1).sum() >= min(order, 3)
    np.testing.assert_allclose(
        model.log_probabilities(test), Slow(train.tolist(), 150, order).log_probabilities(test.tolist()), rtol=1e-12
    )


@given(streams(), st.integers(1, 6))
def test_every_context_leaves_one_to_share(text, order):
    """Seen or not, short or long; and every id has its part."""
    train, test, vocab_size = text
    model = KneserNey(train, vocab_size, order)
    for t in range(len(test) + 1):
        last = [model.log_probabilities(np.append(test[:t], token))[-1] for token in range(vocab_size)]
        assert np.isfinite(last).all()
        assert np.exp(last).sum() == pytest.approx(1, abs=1e-12)


@given(streams(), st.integers(1, 6))
def test_discounts_are_above_zero_and_take_no_more_than_the_count(text, order):
    train, _, vocab_size = text
    discounts = KneserNey(train, vocab_size, order).discounts
    assert discounts.shape == (order, 3)
    assert (discounts > 0).all()
    assert (discounts <= [1, 2, 3]).all()


@given(streams(), st.integers(1, 6), st.data())
def test_a_text_in_pieces(text, order, data):
    """Only the last order - 1 tokens matter, and what comes later never does."""
    train, test, vocab_size = text
    model = KneserNey(train, vocab_size, order)
    cut = data.draw(st.integers(0, len(test)))
    first, overlap = model.log_probabilities(test[:cut]), min(cut, order - 1)
    rest = model.log_probabilities(test[cut - overlap :])[overlap:]
    np.testing.assert_array_equal(np.concatenate([first, rest]), model.log_probabilities(test))


@given(streams(), st.integers(1, 6), st.randoms(use_true_random=False))
def test_ids_are_only_names(text, order, random):
    train, test, vocab_size = text
    names = np.array(random.sample(range(vocab_size), vocab_size))
    renamed = KneserNey(names[train], vocab_size, order).log_probabilities(names[test])
    np.testing.assert_allclose(renamed, KneserNey(train, vocab_size, order).log_probabilities(test), rtol=1e-12)


@given(streams(), st.integers(1, 6))
def test_an_order_longer_than_train_adds_nothing(text, more):
    """But the order below counts neighbours then, and not occurrences."""
    train, test, vocab_size = text
    train = train[:10]
    longest, longer = (KneserNey(train, vocab_size, len(train) + by).log_probabilities(test) for by in (1, 1 + more))
    np.testing.assert_array_equal(longer, longest)


def test_by_hand():
    """0 1 0 1 2. Neighbours to the left: of 0 the start and 1, of 1 only 0, of 2 only 1; no count of 3: the fallback.

    p(0) = (2 - 1)/4 + γ/3, p(1) = p(2) = (1 - 1/2)/4 + γ/3, p(3) = 0 + γ/3 with γ = (1 + 1/2 + 1/2)/4 and 3 ids of 4
    seen. After 0: only 1, twice. After 1: 0 and 2, once each. After 2: nothing. 3 was never seen.
    """
    model = KneserNey(np.array([0, 1, 0, 1, 2]), vocab_size=4, order=2)
    p = [1 / 4 + 1 / 8, 1 / 8 + 1 / 8, 1 / 8 + 1 / 8, 1 / 8]
    first, *then = np.exp(model.log_probabilities(np.array([0, 1, 2, 0, 3, 1, 1])))
    assert first == pytest.approx(p[0])
    assert then == pytest.approx(
        [(2 - 1) / 2 + 1 / 2 * p[1], (1 - 1 / 2) / 2 + 1 / 2 * p[2], p[0], 1 / 2 * p[3], p[1], 1 / 2 * p[1]]
    )


def test_discounts_by_hand():
    """Counts 1 1 1 1 2 2 3 4: n = 4, 2, 1, 1 and Y = 4 / (4 + 2·2) = 1/2."""
    model = KneserNey(np.array([0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7]), 8, 1)
    assert model.discounts.tolist() == [[1 - 2 * 0.5 * 2 / 4, 2 - 3 * 0.5 * 1 / 2, 3 - 4 * 0.5 * 1 / 1]]


@pytest.mark.parametrize("n", [(4, 1, 2), (2, 2, 4), (0, 1, 1), (1, 0, 1), (1, 1, 0)], ids=str)
def test_the_fallback(n):
    """D2 = 2 - 3·2/3·2 would add to what was counted; D2 = 2 - 3·1/3·2 = 0 none to unseen ids; the rest divide by 0."""
    counts = np.repeat([1, 2, 3], n)
    model = KneserNey(np.repeat(np.arange(len(counts)), counts), 9, 1)
    assert model.discounts.tolist() == [[0.5, 1, 1.5]]
    assert np.isfinite(model.log_probabilities(np.array([8]))).all()


def test_neighbours_count_in_lower_orders_and_not_occurrences():
    """San Francisco: 9 follows nothing but 8, however often; 5 follows many. After the unseen 6, 5 is likelier."""
    model = KneserNey(np.array([8, 9] * 20 + [0, 5, 1, 5, 2, 5, 3, 5]), 10, 2)
    after = {token: model.log_probabilities(np.array([6, token]))[1] for token in (5, 9)}
    assert after[5] > after[9]
    assert model.log_probabilities(np.array([8, 9]))[1] > log(0.9)


def test_longer_contexts_help_where_there_is_something_to_learn():
    """A noisy cycle whose next id takes two to tell; the one known loss is approached from above."""
    generator, stream = np.random.default_rng(0), [0, 1]
    for noise in generator.random(20_000):
        stream.append((stream[-1] + stream[-2]) % 7 if noise < 0.9 else int(noise * 1e6) % 7)
    train, test = np.split(np.array(stream), [16_000])
    losses = [-KneserNey(train, 7, order).log_probabilities(test).mean() for order in (1, 2, 3)]
    best = -(0.9 + 0.1 / 7) * log(0.9 + 0.1 / 7) - 6 / 70 * log(1 / 70)
    assert losses[0] == pytest.approx(log(7), abs=0.05)
    assert losses[1] == pytest.approx(log(7), abs=0.05)
    assert losses[2] == pytest.approx(best, abs=0.03)
    assert losses[2] < KneserNey(train, 7, 6).log_probabilities(test).mean() * -1 < losses[1]


@pytest.mark.parametrize("type_", [np.uint8, np.int32, np.uint64])
def test_every_type_of_integer(type_):
    train, test = np.split(zipfian(300, 11, seed=0), [200])
    expected = KneserNey(train, 11, 3).log_probabilities(test)
    result = KneserNey(train.astype(type_), 11, 3).log_probabilities(test.astype(type_))
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.float64


def test_nothing_given_is_changed():
    train = np.array([0, 1, 0, 1, 2])
    train.flags.writeable = False
    assert (KneserNey(train, 3, 2).log_probabilities(train) < 0).all()


def test_no_tokens_no_probabilities():
    assert KneserNey(np.array([0]), 1, 3).log_probabilities(np.array([], dtype=np.int64)).shape == (0,)


def test_many_kinds_of_tokens_are_numbered_without_overflow():
    """Rows of n-grams times ids go past 32 bits here."""
    vocab_size = 2**40
    train = zipfian(500, 50, seed=0)
    far = KneserNey(train * 2**34, vocab_size, 4)
    near = KneserNey(train, vocab_size, 4)
    np.testing.assert_array_equal(far.log_probabilities(train[:99] * 2**34), near.log_probabilities(train[:99]))


@pytest.mark.parametrize(
    ("train", "vocab_size", "order", "error"),
    [
        ([], 5, 2, "KneserNey: train holds no token; give at least 1 to count"),
        ([0, 5], 5, 2, "KneserNey: train holds the token 5; ids below vocab_size are 0 to 4"),
        ([0, -1], 5, 2, "KneserNey: train holds the token -1; ids below vocab_size are 0 to 4"),
        ([[0, 1]], 5, 2, r"KneserNey: train has shape \(1, 2\) and type int64; it must be one row of integers"),
        ([0, 1], 5, 0, "KneserNey: order is 0; an n-gram holds at least 1 token"),
        (
            [0, 1],
            2**62,
            2,
            "KneserNey: 2 tokens of 4611686018427387904 kinds cannot be numbered in 64 bits; number the",
        ),
    ],
    ids=["empty", "above", "below", "shape", "order", "overflow"],
)
def test_refused(train, vocab_size, order, error):
    with pytest.raises(KassandraError, match=f"^{error}"):
        KneserNey(np.array(train, dtype=np.int64), vocab_size, order)


@pytest.mark.parametrize(
    ("tokens", "error"),
    [
        ([0, 3], "KneserNey: tokens holds the token 3; ids below vocab_size are 0 to 2"),
        ([0.0], r"KneserNey: tokens has shape \(1,\) and type float64; it must be one row of integers"),
    ],
    ids=["above", "float"],
)
def test_refused_later(tokens, error):
    with pytest.raises(KassandraError, match=f"^{error}$"):
        KneserNey(np.array([0, 1]), 3, 2).log_probabilities(np.array(tokens))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.lists(st.integers(0, 3), max_size=5), st.integers(1, 4))
def test_what_follows_is_what_the_stream_says(train, context, order):
    model = KneserNey(np.array(train), 4, order)
    following = model.following(context[max(0, len(context) - order + 1) :] if order > 1 else [])
    wanted = [model.log_probabilities(np.array([*context, token]))[-1] for token in range(4)]
    assert following == pytest.approx(wanted)
    assert np.exp(following).sum() == pytest.approx(1)
