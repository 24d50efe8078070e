"""Interpolated modified Kneser-Ney n-grams over ids.

Written here because NLTK's counts in Python, token by token, with one discount, and kenlm has to be compiled from C++.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError

FALLBACK = (Fraction(1, 2), Fraction(1), Fraction(3, 2))
"""D1, D2 and D3+ where they cannot be estimated: those that kenlm's `--discount_fallback` takes."""


class _Order(NamedTuple):
    """The n-grams of one length k that occur in train, and what they say of the token after their first k - 1."""

    # Each array ends with one entry more, for what is not in train: its row is -1.
    keys: NDArray[np.int64]  # (grams + 1,) ascending: row of the first k - 1 tokens · vocab_size + last token
    shares: NDArray[np.float64]  # (grams + 1,) (c - D(c)) / Σ c over all that follow the same context
    left_over: NDArray[np.float64]  # (contexts + 1,) ΣD / Σc, the equation's γ; 1 where nothing follows


class KneserNey:
    """p_k(w | h) = (c(hw) - D(c(hw))) / Σ_v c(hv) + γ(h) p_{k-1}(w | h without its first token), p_0 = 1 / vocab_size.

    Chen & Goodman (1998), "An Empirical Study of Smoothing Techniques for Language Modeling", TR-10-98, section 3.
    c counts occurrences for the highest order k, and for each lower one the different tokens seen to the left of the
    n-gram; the start of train is one of these, so that every n-gram of train counts. D(c) is D1, D2 or D3+ for a count
    of 1, 2, more: see `discounts`. A context that train continues with nothing leaves all to the order below.

    Train is one stream: contexts cross the ends of lines, as they do for a model that carries its state on.

    >>> model = KneserNey(np.array([0, 1, 0, 1, 2]), vocab_size=3, order=2)
    >>> np.exp(model.log_probabilities(np.array([0, 1]))).round(4)
    array([0.4167, 0.6458])
    """

    discounts: NDArray[np.float64]
    """(order, 3): D1, D2, D3+ of each order, the lowest first, 0 < D_i ≤ i. Estimated from how many n-grams of train
    have which count (eq. 26). An order takes all three from FALLBACK if no n-gram of it is counted once, or twice, or
    three times, or if an estimate is not above 0: the eq. says nothing then, or would leave an unseen token without
    any probability. So it is for single characters, all of which are frequent, and for tiny texts."""

    def __init__(self, train: NDArray[np.integer], vocab_size: int, order: int) -> None:
        """`train`: (tokens,) ids of 0 to vocab_size - 1; `order`: ≥ 1, the longest n-gram, its last token included.

        Raises:
            KassandraError: of a train that is empty or holds anything but ids below vocab_size, of an order below 1, or
                where len(train) · vocab_size is past 64 bits.
        """
        if order < 1:
            raise KassandraError(f"KneserNey: order is {order}; an n-gram holds at least 1 token")
        tokens = _ids("train", train, vocab_size)  # (time,)
        if not len(tokens):
            raise KassandraError("KneserNey: train holds no token; give at least 1 to count")
        if len(tokens) * vocab_size >= 2**63:
            raise KassandraError(
                f"KneserNey: {len(tokens)} tokens of {vocab_size} kinds cannot be numbered in 64 bits; "
                "number the tokens from 0 without gaps"
            )
        self.vocab_size, self.order = vocab_size, order
        keys: list[NDArray[np.int64]] = []
        counts: list[NDArray[np.int64]] = []
        rows = np.zeros(len(tokens) + 1, dtype=np.int64)  # of the n-gram that starts at each position: all are empty
        for length in range(1, order + 1):
            occurring = rows[:-1] * vocab_size + tokens[length - 1 :]  # (time - length + 1,)
            grams, firsts, inverse, occurrences = np.unique(
                occurring, return_index=True, return_inverse=True, return_counts=True
            )
            if length > 1:  # each n-gram is one different token to the left of the shorter one that it ends with
                counts[-1] = np.bincount(rows[1:][firsts], minlength=len(keys[-1]))
                counts[-1][rows[:1]] += 1  # the start of train
            keys.append(grams)
            counts.append(occurrences)
            rows = inverse
        discounts = [_discounts(each) for each in counts]
        contexts = [1, *map(len, keys[:-1])]
        self._orders = [_weighed(*each, vocab_size) for each in zip(keys, counts, discounts, contexts, strict=True)]
        self.discounts = np.array(discounts)

    def log_probabilities(self, tokens: NDArray[np.integer]) -> NDArray[np.float64]:
        """(time,) nats: log p(tokens[t] | tokens[max(0, t - order + 1) : t]), of the lower order while there are fewer.

        Raises:
            KassandraError: of tokens that are not ids of 0 to vocab_size - 1.
        """
        ids = _ids("tokens", tokens, self.vocab_size)
        probabilities = np.full(len(ids), 1 / self.vocab_size)
        rows = np.zeros(len(ids) + 1, dtype=np.int64)  # of the context from each position on, -1 if it is not in train
        for length, (keys, shares, left_over) in enumerate(self._orders, start=1):
            contexts = rows[:-1]  # (time - length + 1,)
            wanted = contexts * self.vocab_size + ids[length - 1 :]  # below 0 where the context is not in train
            rows = np.searchsorted(keys, wanted)
            rows[keys[rows] != wanted] = -1
            probabilities[length - 1 :] = shares[rows] + left_over[contexts] * probabilities[length - 1 :]
        logs: NDArray[np.float64] = np.log(probabilities)
        return logs

    def following(self, context: Sequence[int]) -> NDArray[np.float64]:
        """(vocab_size,) nats: of each token, that it comes after `context`.

        >>> model = KneserNey(np.array([0, 1, 0, 1, 2]), vocab_size=3, order=2)
        >>> np.exp(model.following([0])).round(4)
        array([0.2083, 0.6458, 0.1458])
        """
        probabilities = np.full(self.vocab_size, 1 / self.vocab_size)
        for length, (keys, shares, left_over) in enumerate(self._orders[: len(context) + 1], start=1):
            row = self._row(context[len(context) - length + 1 :])
            wanted = row * self.vocab_size + np.arange(self.vocab_size)
            rows = np.searchsorted(keys, wanted)
            rows[keys[rows] != wanted] = -1
            probabilities = shares[rows] + left_over[row] * probabilities
        return np.asarray(np.log(probabilities))

    def _row(self, tokens: Sequence[int]) -> int:
        """Of an n-gram among those of its length; -1 where it is not in train."""
        row = 0
        for token, (keys, _, _) in zip(tokens, self._orders, strict=False):
            wanted = row * self.vocab_size + token
            row = int(np.searchsorted(keys, wanted))
            if keys[row] != wanted:
                return -1
        return row


def _ids(name: str, tokens: NDArray[np.integer], vocab_size: int) -> NDArray[np.int64]:
    if tokens.ndim != 1 or not np.issubdtype(tokens.dtype, np.integer):
        raise KassandraError(
            f"KneserNey: {name} has shape {tokens.shape} and type {tokens.dtype}; it must be one row of integers"
        )
    strange = tokens[(tokens < 0) | (tokens >= vocab_size)]
    if len(strange):
        raise KassandraError(
            f"KneserNey: {name} holds the token {strange[0]}; ids below vocab_size are 0 to {vocab_size - 1}"
        )
    return tokens.astype(np.int64)


def _discounts(counts: NDArray[np.int64]) -> list[float]:
    """D1, D2 and D3+ of one order from the counts of its n-grams, `counts`: (grams,) ≥ 1; see KneserNey.discounts."""
    n = [int(of) for of in np.bincount(np.minimum(counts, 5), minlength=6)]  # n[c] n-grams are counted c times
    if not (n[1] and n[2] and n[3]):
        return [float(discount) for discount in FALLBACK]
    y = Fraction(n[1], n[1] + 2 * n[2])
    estimates = [i - (i + 1) * y * Fraction(n[i + 1], n[i]) for i in (1, 2, 3)]
    # They are exact: whether one is above 0 does not hang on rounding.
    return [float(discount) for discount in (estimates if min(estimates) > 0 else FALLBACK)]


def _weighed(
    keys: NDArray[np.int64], counts: NDArray[np.int64], discounts: list[float], contexts: int, vocab_size: int
) -> _Order:
    context = keys // vocab_size  # (grams,)
    discounted = np.array(discounts)[np.minimum(counts, 3) - 1]  # (grams,) D(c)
    totals = np.bincount(context, weights=counts, minlength=contexts)  # (contexts,) exact: whole numbers
    taken = np.bincount(context, weights=discounted, minlength=contexts)
    left_over = np.divide(taken, totals, out=np.ones(contexts), where=totals > 0)
    shares = (counts - discounted) / totals[context]
    return _Order(np.append(keys, np.iinfo(np.int64).max), np.append(shares, 0.0), np.append(left_over, 1.0))
