"""The likeliest translation, looked for among the likeliest beginnings."""

from typing import NamedTuple

import torch
from torch import Tensor

from kassandra.contracts.spec import BOS, EOS
from kassandra.targets.text.train.encoder_decoder import EncoderDecoder, Memorised


class Hypothesis(NamedTuple):
    """tokens: what was written, EOS last where the end was reached. log_probability: of all of them, in nats. score: by
    which hypotheses are compared. attention: (tokens, time), None for a model without."""

    tokens: list[int]
    log_probability: float
    score: float
    attention: Tensor | None


def length_normaliser(tokens: int, length_penalty: float) -> float:
    """What log-probabilities are divided by: ((5 + tokens) / 6)^α, Wu et al. (2016), eq. 14. α 0 does not normalise; a
    larger one prefers longer translations."""
    return float(((5 + tokens) / 6) ** length_penalty)


class _Beams:
    """The unfinished hypotheses of all sources: `beam` for each, of which those that do not exist have -inf."""

    def __init__(self, sources: int, beam: int, device: torch.device) -> None:
        self.scores = torch.full((sources, beam), float("-inf"), dtype=torch.float64, device=device)
        self.scores[:, 0] = 0  # one hypothesis to begin with: nothing
        self.tokens = torch.zeros(sources, beam, 0, dtype=torch.long, device=device)  # (sources, beam, steps)

    def best(self, log_probabilities: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(sources, 2 · beam) each: the best totals of going on, of which hypotheses, and with which tokens.

        Of so many, at least `beam` have not ended, since each beginning ends in one way only.

        Args:
            log_probabilities: (sources · beam, vocabulary) of the next token.
        """
        (sources, beam), vocabulary = self.scores.shape, log_probabilities.shape[1]
        # In double precision: sums of many tokens, by which hypotheses are compared.
        totals = self.scores.unsqueeze(2) + log_probabilities.double().view(-1, beam, vocabulary)
        best, places = totals.view(sources, -1).topk(min(2 * beam, beam * vocabulary), dim=1)
        return best, places // vocabulary, places % vocabulary


@torch.inference_mode()
def search(
    model: EncoderDecoder, ids: Tensor, lengths: Tensor | None, longest: Tensor, beam: int, length_penalty: float = 1.0,
    keep_attention: bool = False,
) -> list[Hypothesis]:  # fmt: skip
    """The best hypothesis for each source, all sources at once; with `beam` 1 the likeliest token at each step.

    Of all ways to go on from the `beam` best beginnings, the best `beam` that have not ended go on, and those among the
    best `beam` that have ended are finished. A source is done when `beam` are finished, or after `longest` tokens; what
    has not ended by then is taken as it is.

    Args:
        model: in evaluation mode.
        ids, lengths: as in EncoderDecoder.read. longest: (batch,) ≥ 1, at most so many tokens of each translation.
        beam: ≥ 1. length_penalty: α of `length_normaliser`. keep_attention: whether hypotheses have their attention.
    """
    count, device = len(ids), ids.device
    finished: list[list[Hypothesis]] = [[] for _ in range(count)]
    active = torch.arange(count, device=device)  # of the sources that are not done, their rows in `finished`
    beams = _Beams(count, beam, device)
    source = _rows(model.read(ids, lengths), active.repeat_interleave(beam))
    last = torch.full((count * beam,), BOS, device=device)
    trail: list[tuple[Tensor, Tensor]] = []  # of each step, where it looked (rows, time), and the rows that went on
    for step in range(1, int(longest.max()) + 1):
        log_probabilities, standing, looked = model.next(source, last)
        looked = looked if keep_attention else None
        best, parents, tokens = beams.best(log_probabilities)
        ended = tokens == EOS
        at_limit = (longest[active] <= step).unsqueeze(1)  # (active, 1)
        among_best = torch.arange(best.shape[1], device=device) < beam
        leaves = (ended | at_limit) & among_best & best.isfinite()
        for row, place in leaves.nonzero().tolist():
            own = finished[int(active[row])]
            if len(own) < beam:
                parent, total = int(parents[row, place]), float(best[row, place])
                written = [*beams.tokens[row, parent].tolist(), int(tokens[row, place])]
                attention = None if looked is None else _attention(trail, looked, row * beam + parent)
                own.append(
                    Hypothesis(written, total, total / length_normaliser(len(written), length_penalty), attention)
                )
        # The best `beam` that have not ended, in the order of their scores.
        order = ended.to(torch.int8).argsort(dim=1, stable=True)[:, :beam]  # (active, beam)
        goes_on = torch.tensor([len(finished[row]) < beam for row in active.tolist()], device=device)
        goes_on &= ~at_limit.squeeze(1)
        if not goes_on.any():
            break
        parents, tokens, best = (
            part.gather(1, order)[goes_on] for part in (parents, tokens, best.masked_fill(ended, float("-inf")))
        )
        first = torch.arange(len(active), device=device)[goes_on].unsqueeze(1) * beam  # row of each source's first beam
        rows = (first + parents).view(-1)  # (active · beam,)
        if looked is not None:
            trail.append((looked, rows))
        history = beams.tokens.flatten(0, 1)[rows].view(*parents.shape, step - 1)
        beams.tokens, beams.scores = torch.cat([history, tokens.unsqueeze(2)], 2), best
        memory = source.memory  # the same for all hypotheses of a source: taken anew only when a source is done
        if memory is not None and not goes_on.all():
            memory = memory.take(rows)
        source = Memorised(memory, standing.take(rows))
        active, last = active[goes_on], tokens.reshape(-1)
    return [max(found, key=lambda hypothesis: hypothesis.score) for found in finished]


def _rows(source: Memorised, rows: Tensor) -> Memorised:
    return Memorised(None if source.memory is None else source.memory.take(rows), source.standing.take(rows))


def _attention(trail: list[tuple[Tensor, Tensor]], looked: Tensor, row: int) -> Tensor:
    """(steps, time): where the hypothesis looked whose last step is in `row`, found from its end to its beginning."""
    steps = [looked[row]]
    for before, rows in reversed(trail):
        row = int(rows[row])
        steps.append(before[row])
    return torch.stack(steps[::-1])
