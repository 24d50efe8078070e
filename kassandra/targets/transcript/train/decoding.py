"""Texts read off the probabilities of each step: the likeliest token at each step, or by prefix beam search."""

from collections.abc import Callable, Sequence
from math import exp, inf, log1p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.spec import PAD

BLANK = PAD  # id of "no token here", whose place in the vocabulary is free
FAINT = 7.0  # nats below a step's likeliest token, from where on a token is not tried

LogProbabilities = NDArray[np.float64]  # (steps, outputs)
Next = Callable[[tuple[int, ...]], NDArray[np.float64]]  # (outputs,) what to add for each token that follows a prefix


class Read(NamedTuple):
    """tokens: of the text. score: by which beginnings are compared. nats: log-probability of the text, as far as the
    beam has summed it; of greedy reading that of its one path."""

    tokens: tuple[int, ...]
    score: float
    nats: float


def greedy(log_probabilities: LogProbabilities) -> Read:
    """The likeliest token of each step; equal ones in a row are one, blanks are none (Graves et al. 2006, 3.2).

    >>> greedy(np.log(np.eye(3)[[1, 1, 0, 1, 2]] * 0.9 + 0.03)).tokens
    (1, 1, 2)
    """
    path = log_probabilities.argmax(1)
    kept = (path != BLANK) & np.concatenate([[True], path[1:] != path[:-1]])
    nats = float(log_probabilities.max(1).sum())
    return Read(tuple(path[kept].tolist()), nats, nats)


def beam_search(
    log_probabilities: LogProbabilities, beam: int, follows: Next | None = None, faint: float = FAINT
) -> list[Read]:
    """The best texts among the `beam` likeliest beginnings at each step, best first (Hannun et al. 2014, algorithm 1).

    Of each beginning two probabilities are kept, of the paths that end in a blank and of those that end in its last
    token, so that different paths to the same text add up.
    """
    ends: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -inf)}  # by beginning: in a blank, in its token
    added: dict[tuple[int, ...], float] = {(): 0.0}  # what `follows` adds, summed over the tokens of a beginning
    for row in log_probabilities:
        likely = np.flatnonzero(row >= row.max() - faint)
        tokens = likely[likely != BLANK].tolist()
        blank, now = float(row[BLANK]), dict[tuple[int, ...], tuple[float, float]]()
        for prefix, (in_blank, in_token) in ends.items():
            either = _sum(in_blank, in_token)
            stays = in_token + float(row[prefix[-1]]) if prefix else -inf
            _add(now, prefix, either + blank, stays)
            scores = follows(prefix) if follows and tokens else None
            for token in tokens:
                longer = (*prefix, token)
                # After the same token a new one needs a blank in between.
                before = in_blank if prefix and prefix[-1] == token else either
                if before > -inf:
                    _add(now, longer, -inf, before + float(row[token]))
                    added[longer] = added[prefix] + (float(scores[token]) if scores is not None else 0.0)
        best = sorted(now, key=lambda one: (-_sum(*now[one]) - added[one], one))[:beam]
        ends, added = {one: now[one] for one in best}, {one: added[one] for one in best}
    sums = {one: _sum(*both) for one, both in ends.items()}
    reads = [Read(one, nats + added[one], nats) for one, nats in sums.items()]
    return sorted(reads, key=lambda one: (-one.score, one.tokens))


def _add(
    now: dict[tuple[int, ...], tuple[float, float]], prefix: tuple[int, ...], in_blank: float, in_token: float
) -> None:
    before = now.get(prefix, (-inf, -inf))
    now[prefix] = (_sum(before[0], in_blank), _sum(before[1], in_token))


def _sum(one: float, other: float) -> float:
    """Of two probabilities, all in nats; NumPy takes ten times as long for single numbers."""
    low, high = (one, other) if one < other else (other, one)
    return high + log1p(exp(low - high)) if low > -inf else high


def aligned(log_probabilities: LogProbabilities, tokens: Sequence[int]) -> list[tuple[int, int]]:
    """Of each token the first and the last step at which the likeliest path that writes `tokens` is in it (Viterbi).

    Empty where there are fewer steps than the tokens need.

    >>> aligned(np.log(np.eye(3)[[0, 1, 1, 0, 2]] * 0.9 + 0.03), [1, 2])
    [(1, 2), (4, 4)]
    """
    labels = [BLANK, *(one for token in tokens for one in (token, BLANK))]
    states, steps = len(labels), len(log_probabilities)
    skips = np.array([at > 1 and labels[at] not in (BLANK, labels[at - 2]) for at in range(states)], bool)
    best = np.full(states, -np.inf)
    best[:2] = log_probabilities[0, labels[:2]]
    came_from = np.zeros((steps, states), np.int64)  # how many states back
    for step in range(1, steps):
        ways = np.full((3, states), -np.inf)
        ways[0], ways[1, 1:], ways[2, 2:] = best, best[:-1], np.where(skips[2:], best[:-2], -np.inf)
        came_from[step] = ways.argmax(0)
        best = ways.max(0) + log_probabilities[step, labels]
    state = states - 1 if states == 1 or best[-1] >= best[-2] else states - 2
    if not np.isfinite(best[state]):
        return []
    spans: list[list[int]] = [[steps, -1] for _ in tokens]
    for step in range(steps - 1, -1, -1):
        if state % 2:
            span = spans[state // 2]
            span[0], span[1] = step, max(span[1], step)
        state -= int(came_from[step, state])
    return [(first, last) for first, last in spans]
