"""Prefix beam search and the alignment of a text against every path that there is, on cases small enough for that."""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.targets.transcript.train.decoding import BLANK, aligned, beam_search, greedy


def steps_of(seed, steps=4, outputs=3):
    logits = np.random.default_rng(seed).normal(0, 1.5, (steps, outputs))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def collapsed(path):
    kept = [token for place, token in enumerate(path) if place == 0 or token != path[place - 1]]
    return tuple(token for token in kept if token != BLANK)


def every_text(steps):
    """Nats of each text, summed over all paths."""
    sums = defaultdict(lambda: -np.inf)
    for path in product(range(steps.shape[1]), repeat=len(steps)):
        nats = sum(steps[place, token] for place, token in enumerate(path))
        sums[collapsed(path)] = np.logaddexp(sums[collapsed(path)], nats)
    return dict(sums)


@pytest.mark.slow
@given(st.integers(0, 10_000))
def test_a_beam_that_is_wide_enough_sums_every_path(seed):
    steps = steps_of(seed)
    wanted = every_text(steps)
    reads = beam_search(steps, beam=1000, faint=np.inf)
    assert {read.tokens: read.nats for read in reads} == pytest.approx(wanted)
    assert reads[0].tokens == max(wanted, key=lambda text: wanted[text])


@given(st.integers(0, 10_000))
def test_what_follows_is_added_for_each_token(seed):
    steps = steps_of(seed)
    scores = np.random.default_rng(seed + 1).normal(0, 1, 3)
    wanted = {text: nats + sum(scores[token] for token in text) for text, nats in every_text(steps).items()}
    reads = beam_search(steps, 1000, lambda prefix: scores, faint=np.inf)
    assert {read.tokens: read.score for read in reads} == pytest.approx(wanted)


def test_greedy_is_the_text_of_the_likeliest_path():
    for seed in range(50):
        steps = steps_of(seed)
        paths = product(range(3), repeat=4)
        best = max(paths, key=lambda path: sum(steps[place, token] for place, token in enumerate(path)))
        assert greedy(steps).tokens == collapsed(best)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 2), max_size=3))
def test_an_alignment_is_of_the_likeliest_path_that_writes_the_text(seed, tokens):
    steps = steps_of(seed)
    writing = [path for path in product(range(3), repeat=4) if collapsed(path) == tuple(tokens)]
    spans = aligned(steps, tokens)
    if not writing:
        assert spans == []
        return
    best = max(writing, key=lambda path: sum(steps[place, token] for place, token in enumerate(path)))
    places = [place for place, token in enumerate(best) if token != BLANK]
    covered = [place for first, last in spans for place in range(first, last + 1)]
    assert covered == places
    assert [best[first] for first, _ in spans] == tokens
