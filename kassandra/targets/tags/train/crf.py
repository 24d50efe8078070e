"""A linear-chain conditional random field: how probable a sequence of tags is, as a whole (Lafferty et al. 2001).

The score of tags y of a sequence with emissions e (one number for each step and tag) is

    s(y) = start[y_1] + Σ_t e[t, y_t] + Σ_t transitions[y_t-1, y_t] + end[y_T],    p(y) = exp(s(y)) / Z,

and Z = Σ_y exp(s(y)) is summed over all sequences of tags by the forward algorithm, in logarithms:

    α_1[j] = start[j] + e[1, j],    α_t[j] = e[t, j] + log Σ_i exp(α_t-1[i] + transitions[i, j]),
    log Z = log Σ_j exp(α_T[j] + end[j]).

Shapes: emissions (batch, time, tags), tags and masks (batch, time), lengths (batch,) ≥ 1. What stands in the padding
never matters.
"""

import torch
from torch import Tensor, nn

from kassandra.lstm.encoder import last_valid, valid_steps


class Chain(nn.Module):
    """start, end: (tags,), transitions: (tags from, tags to); logarithms of weights, any real numbers, 0 at first."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(tags))
        self.end = nn.Parameter(torch.zeros(tags))
        self.transitions = nn.Parameter(torch.zeros(tags, tags))

    def log_likelihood(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """(batch,) log p(y), nats ≤ 0."""
        return self.score(emissions, tags, lengths) - self.log_normaliser(emissions, lengths)

    def score(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """(batch,) s(y)."""
        valid = valid_steps(lengths, emissions.shape[1])  # (batch, time)
        at_steps = emissions.gather(2, tags.unsqueeze(2)).squeeze(2).masked_fill(~valid, 0)  # (batch, time)
        moves = self.transitions[tags[:, :-1], tags[:, 1:]].masked_fill(~valid[:, 1:], 0)  # (batch, time - 1)
        last = tags.gather(1, lengths.unsqueeze(1) - 1).squeeze(1)  # (batch,)
        return self.start[tags[:, 0]] + at_steps.sum(1) + moves.sum(1) + self.end[last]

    def log_normaliser(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """(batch,) log Z."""
        reached = last_valid(self._forwards(emissions, lengths), lengths)  # (batch, tags)
        return (reached + self.end).logsumexp(1)

    def log_marginals(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """(batch, time, tags) log p(y_t = j): the forward sums α, times those of what follows, β, over Z."""
        valid = valid_steps(lengths, emissions.shape[1]).unsqueeze(2)  # (batch, time, 1)
        ahead = self._forwards(emissions, lengths)  # (batch, time, tags)
        back = [self.end.expand(len(emissions), -1)]  # β_T[i] = end[i]
        for step in range(emissions.shape[1] - 1, 0, -1):
            # β_t-1[i] = log Σ_j exp(transitions[i, j] + e_t[j] + β_t[j])
            onward = emissions[:, step].masked_fill(~valid[:, step], 0) + back[-1]  # (batch, tags)
            before = _summed(onward, self.transitions.T)  # (batch, tags)
            back.append(torch.where(valid[:, step], before, self.end))  # a row begins at its last valid step
        both = ahead + torch.stack(back[::-1], 1)  # (batch, time, tags)
        return both.log_softmax(2).masked_fill(~valid, 0)

    def _forwards(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """(batch, time, tags) α."""
        valid = valid_steps(lengths, emissions.shape[1]).unsqueeze(2)  # (batch, time, 1)
        emissions = emissions.masked_fill(~valid, 0)
        every = [self.start + emissions[:, 0]]
        for step in range(1, emissions.shape[1]):
            moved = _summed(every[-1], self.transitions)  # (batch, tags)
            every.append(torch.where(valid[:, step], moved + emissions[:, step], every[-1]))
        return torch.stack(every, 1)


def _summed(scores: Tensor, transitions: Tensor) -> Tensor:
    """(batch, tags): log Σ_i exp(scores[i] + transitions[i, j]), as a product of matrices, with far fewer exponentials.

    The largest of either is taken out first, so that none overflows.
    """
    highest, most = scores.amax(1, keepdim=True).detach(), transitions.max().detach()
    return ((scores - highest).exp() @ (transitions - most).exp()).log() + highest + most


def best(
    emissions: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor | None = None
) -> list[list[int]]:
    """The tags of the highest score of each row (Viterbi 1967), of equal ones the first.

    Args:
        transitions: (tags, tags), start: (tags,), end: (tags,); -inf where one tag may not follow on another, or not
            begin, or not end.
    """
    scores, chosen = start + emissions[:, 0], []  # (batch, tags)
    for step in range(1, emissions.shape[1]):
        highest, before = (scores.unsqueeze(2) + transitions).max(1)  # (batch, tags) each
        inside = (step < lengths).unsqueeze(1)  # (batch, 1)
        scores = torch.where(inside, highest + emissions[:, step], scores)
        chosen.append(before)
    last = (scores if end is None else scores + end).argmax(1)  # (batch,)
    pointers = torch.stack(chosen, 1).cpu() if chosen else torch.empty(len(emissions), 0, emissions.shape[2])
    paths = []
    for row, (length, tag) in enumerate(zip(lengths.tolist(), last.tolist(), strict=True)):
        path = [tag]
        for step in range(length - 2, -1, -1):
            path.append(int(pointers[row, step, path[-1]]))
        paths.append(path[::-1])
    return paths
