"""A sequence for a sequence: an encoder reads the source, a decoder writes the target, by the likeliest token at each
step, or what is likeliest as a whole among the likeliest beginnings."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.spec import BOS, EOS, PAD, UNK
from kassandra.lstm.embedding import Embedding, LockedDropout
from kassandra.lstm.encoder import Encoded, Encoder, reverse_valid
from kassandra.targets.text.train.decoder import Memory, RecurrentDecoder, Standing, Written


class Memorised(NamedTuple):
    """A batch of sources after they were read: what there is to look at, and where writing begins."""

    memory: Memory | None
    standing: Standing

    def take(self, rows: Tensor) -> "Memorised":
        """Some rows of the batch, in that order; a row may be taken several times."""
        return Memorised(None if self.memory is None else self.memory.take(rows), self.standing.take(rows))


class EncoderDecoder(nn.Module):
    """Encoder-decoder (Sutskever et al. 2014), with attention (Bahdanau et al. 2015; Luong et al. 2015) or without.

    Args:
        embedding: of source tokens; None where sources are numbers.
        encoder: reads `embedding.size` numbers per step, or those of the source.
        decoder: writes; `decoder.size` is that of the vectors that its outputs are compared with.
        outputs: number of target tokens.
        tied: whether these vectors are those of the decoder's embedding (Press & Wolf 2017).
        dropout: probability of zeroing an element of outputs of encoder and decoder, the same at all steps of a row.
        reverse_source: whether sources are read from their end (Sutskever et al. 2014, section 3.3).
    """

    def __init__(
        self, embedding: Embedding | None, encoder: Encoder, decoder: RecurrentDecoder, outputs: int, tied: bool,
        dropout: float = 0.0, reverse_source: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.decoder = decoder
        self.dropout = LockedDropout(dropout)
        self.tied, self.reverse_source = tied, reverse_source
        self.bias = nn.Parameter(torch.zeros(outputs))
        if not tied:
            self.weight = nn.Parameter(torch.empty(outputs, decoder.size).uniform_(-0.1, 0.1))

    def read(self, ids: Tensor, lengths: Tensor | None) -> Memorised:
        """Read sources (batch, time) of token ids, or (batch, time, features) of numbers; `lengths` as in Encoder.
        Attention is over places of the source as it stands, whichever way it was read."""
        if self.reverse_source:
            given = ids if ids.ndim == 3 else ids.unsqueeze(2)  # (batch, time, features or 1)
            ids = reverse_valid(given, lengths) if ids.ndim == 3 else reverse_valid(given, lengths).squeeze(2)
        encoded: Encoded = self.encoder(ids if self.embedding is None else self.embedding(ids), lengths)
        standing = self.decoder.begin(encoded.summary)
        if self.decoder.attention is None:
            return Memorised(None, standing)
        outputs = self.dropout(encoded.outputs)  # (batch, time, encoder_size)
        if self.reverse_source:
            outputs = reverse_valid(outputs, lengths)
        return Memorised(self.decoder.attention.memory(outputs, lengths), standing)

    def write(self, source: Memorised, ids: Tensor) -> Written:
        """Read `ids` (batch, steps), what was written so far from BOS on, and say what comes after each of them."""
        written: Written = self.decoder(ids, source.standing, source.memory)
        return written._replace(outputs=self.dropout(written.outputs))

    def logits(self, outputs: Tensor) -> Tensor:
        """(…, outputs) of `outputs` (…, size)."""
        return F.linear(outputs, self.decoder.embedding.table.weight if self.tied else self.weight, self.bias)

    def losses(self, ids: Tensor, lengths: Tensor | None, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """(tokens,) nats of each token of `targets` (batch, steps) that is not padding, predicted from those
        before it (teacher forcing). Each row ends with EOS; the first token is predicted from BOS.

        label_smoothing: share of the target probability that is spread over all tokens (Szegedy et al. 2016, section
        7).
        """
        real = targets != PAD  # (batch, steps)
        begin = targets.new_full((len(targets), 1), BOS)
        written = self.write(self.read(ids, lengths), torch.cat([begin, targets[:, :-1]], 1))
        logits = self.logits(written.outputs[real]).float()  # (tokens, outputs)
        return F.cross_entropy(logits, targets[real], reduction="none", label_smoothing=label_smoothing)

    def next(self, source: Memorised, tokens: Tensor) -> tuple[Tensor, Standing, Tensor | None]:
        """One step of writing.

        tokens: (batch,), written last. Returns log-probabilities (batch, outputs) of what comes next, never padding, a
        beginning or an unknown token; where the decoder then stands; and the attention (batch, time), if there is one.
        """
        written = self.write(source, tokens.unsqueeze(1))
        log_probabilities = self.logits(written.outputs[:, 0]).float().log_softmax(1)  # (batch, outputs)
        log_probabilities[:, [PAD, UNK, BOS]] = float("-inf")
        looked = None if written.attention is None else written.attention[:, 0]
        return log_probabilities, written.standing, looked

    def greedy(self, ids: Tensor, lengths: Tensor | None, longest: Tensor) -> list[list[int]]:
        """The likeliest token at each step, until EOS or `longest` (batch,) tokens, for each source (batch, time)."""
        source, token = self.read(ids, lengths), torch.full((len(ids),), BOS, device=ids.device)
        written = torch.full((len(ids), int(longest.max())), PAD, device=ids.device)
        going = torch.ones_like(token, dtype=torch.bool)  # (batch,)
        for step in range(written.shape[1]):
            log_probabilities, standing, _ = self.next(source, token)
            source, token = source._replace(standing=standing), log_probabilities.argmax(1)  # (batch,)
            written[:, step] = token.masked_fill(~going, PAD)
            going &= (token != EOS) & (longest > step + 1)
            if not going.any():
                break
        return [row[row != PAD].tolist() for row in written]


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

        Of so many, at least `beam` have not ended, since each beginning ends in one way only. `log_probabilities`
        (sources · beam, vocabulary) are of the next token.
        """
        (sources, beam), vocabulary = self.scores.shape, log_probabilities.shape[1]
        # In double precision: sums of many tokens, by which hypotheses are compared.
        totals = self.scores.unsqueeze(2) + log_probabilities.double().view(-1, beam, vocabulary)
        best, places = totals.view(sources, -1).topk(min(2 * beam, beam * vocabulary), dim=1)
        return best, places // vocabulary, places % vocabulary


@torch.inference_mode()
def search(
    model: Any, ids: Tensor, lengths: Tensor | None, longest: Tensor, beam: int, length_penalty: float = 1.0,
    keep_attention: bool = False,
) -> list[Hypothesis]:  # fmt: skip
    """The best hypothesis for each source, all sources at once; with `beam` 1 the likeliest token at each step.

    Of all ways to go on from the `beam` best beginnings, the best `beam` that have not ended go on, and those among the
    best `beam` that have ended are finished. A source is done when `beam` are finished, or after `longest` tokens; what
    has not ended by then is taken as it is.

    Args:
        model: an EncoderDecoder in evaluation mode, or what has its `read` and `next`.
        ids, lengths: as in EncoderDecoder.read. longest: (batch,) ≥ 1, at most so many tokens of each translation.
        beam: ≥ 1. length_penalty: α of `length_normaliser`. keep_attention: whether hypotheses have their attention.
    """
    count, device = len(ids), ids.device
    finished: list[list[Hypothesis]] = [[] for _ in range(count)]
    active = torch.arange(count, device=device)  # of the sources that are not done, their rows in `finished`
    beams = _Beams(count, beam, device)
    source = model.read(ids, lengths).take(active.repeat_interleave(beam))
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
                score = total / length_normaliser(len(written), length_penalty)
                own.append(Hypothesis(written, total, score, attention))
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
    return [max(several, key=lambda hypothesis: hypothesis.score) for several in finished]


def _attention(trail: list[tuple[Tensor, Tensor]], looked: Tensor, row: int) -> Tensor:
    """(steps, time): where the hypothesis looked whose last step is in `row`, followed from its end."""
    steps = [looked[row]]
    for before, rows in reversed(trail):
        row = int(rows[row])
        steps.append(before[row])
    return torch.stack(steps[::-1])
