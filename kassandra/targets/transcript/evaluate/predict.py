"""A trained recogniser: recordings as text, with the time of each word."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.predictor import TrainedModel
from kassandra.targets.transcript.train.decoding import BLANK, Next, Read, aligned, beam_search, greedy
from kassandra.targets.transcript.train.target import ctc, per_row
from kassandra.vocabulary import tokens
from kassandra.vocabulary.kneser_ney import KneserNey

AT_ONCE = 32  # recordings
Frames = NDArray[np.float64]  # (steps, outputs) log-probabilities of one recording


class Word(NamedTuple):
    """begin, end: seconds of the first and the last step at which one of its tokens is written. Steps before and after
    may write nothing though the word is spoken there."""

    word: str
    begin: float
    end: float


class Transcript(NamedTuple):
    """words: where they are said. greedy: the likeliest token of each step, which no beam has changed. log_probability:
    of the text given the recording, in nats. tokens: their ids. steps: of each member, see Frames."""

    text: str
    words: list[Word]
    greedy: str
    log_probability: float
    tokens: tuple[int, ...]
    steps: list[Frames]


class Predictor(TrainedModel):
    """A model that transcribes; `kassandra.load` gives one."""

    def choices(self) -> str:
        return f"{self.meta['spec']['outputs']:,} tokens ({self.meta['tokens']})"

    def transcribe(self, waveforms: Any) -> list[Transcript]:
        """One transcript per recording, (samples,) at `meta["sample_rate"]` Hz, or a list of such.

        Raises:
            KassandraError: one is no recording.
        """
        return self.outputs(self.pair.own(waveforms))

    def outputs(self, split: Any, decoder: Any = None) -> list[Transcript]:
        """The transcript of each recording of a split that `pair` has read, in order, by all members together.

        Args:
            decoder: how texts are read off, as `model.decoder` of params; None takes that of the model.
        """
        how = decoder or self.models[0].decoder
        follows = self._ngrams(how.ngram) if how.ngram else None
        by_row = dict[int, Transcript]()
        for rows, batch in self.pair.numbered_batches(split, AT_ONCE):
            with torch.no_grad():
                each = [per_row(model(batch.inputs, batch.lengths), batch.lengths) for model in self.models]
            for row, steps in zip(rows, zip(*each, strict=True), strict=True):
                by_row[int(row)] = self._transcript(list(steps), how.beam, follows)
        return [by_row[row] for row in sorted(by_row)]

    def _transcript(self, steps: list[Frames], beam: int, follows: Next | None) -> Transcript:
        spelling, reads = self.pair.target.spelling, [greedy(own) for own in steps]
        best = reads[0]
        plain = [best] if len(steps) == 1 else self._best(steps, reads)  # of several, one of their own
        if beam > 1:
            several = [read for own in steps for read in beam_search(own, beam, follows)]
            best = several[0] if len(steps) == 1 else self._best(steps, several)[0]
        else:
            best = plain[0]
        times = self._times(steps, best.tokens)
        words = [
            Word(one.text, times[one.tokens[0]][0], times[one.tokens[1]][1]) for one in spelling.words(best.tokens)
        ] if times else []  # fmt: skip
        return Transcript(
            spelling.text(best.tokens), words, spelling.text(plain[0].tokens), best.nats, best.tokens, steps
        )

    def _best(self, steps: list[Frames], reads: Sequence[Read]) -> list[Read]:
        """The different texts, first the one of the largest mean probability, with what an n-gram model adds to it.

        Members write at different steps, so that probabilities of steps have no mean that says anything.
        """
        different = {read.tokens: read.score - read.nats for read in reads}
        ranked = []
        for ids, added in different.items():
            nats = float(np.logaddexp.reduce([probability(own, ids) for own in steps]) - np.log(len(steps)))
            ranked.append(Read(ids, nats + added, nats))
        return sorted(ranked, key=lambda one: (-one.score, one.tokens))

    def _times(self, steps: list[Frames], ids: tuple[int, ...]) -> list[tuple[float, float]]:
        """Of each token the seconds at which it is written; by the member that finds the text likeliest."""
        if not ids:
            return []
        own = max(steps, key=lambda one: probability(one, ids))
        step, length = self.pair.sequences.seconds()
        return [
            (round(first * step, 3), round(last * step + length, 3)) for first, last in aligned(own, ids)
        ]  # fmt: skip

    @cached_property
    def _texts(self) -> NDArray[np.int64]:
        """(tokens,) of train, one text after another, BLANK at the ends."""
        texts = self.meta.get("train_texts") or []
        if not texts:
            raise KassandraError("model.decoder.ngram: meta.json keeps no texts of train")
        ids = tokens.encode(tokens.load(self.meta["tokenizer"]), list(texts))
        rows = [np.append(row, BLANK) for row in np.split(ids.flat, ids.offsets[1:-1])]
        return np.concatenate([[BLANK], *rows]).astype(np.int64)

    def _ngrams(self, how: Any) -> Next:
        model = KneserNey(self._texts, int(self.meta["spec"]["outputs"]), how.order)
        known = dict[tuple[int, ...], NDArray[np.float64]]()

        def follows(prefix: tuple[int, ...]) -> NDArray[np.float64]:
            context = (BLANK, *prefix)[max(0, len(prefix) + 2 - how.order) :]
            if context not in known:
                known[context] = how.weight * model.following(context) + how.bonus
            return known[context]

        return follows


def probability(steps: Frames, ids: Sequence[int]) -> float:
    """Nats of a text, summed over all ways in which the steps may write it; -inf where they are too few."""
    values = torch.from_numpy(np.maximum(steps, -1e4)).unsqueeze(0)  # (1, steps, outputs)
    targets = torch.tensor([list(ids)], dtype=torch.int64).reshape(1, -1)
    if len(steps) < len(ids) + sum(one == other for one, other in zip(ids[1:], ids, strict=False)):
        return -float("inf")
    return -float(ctc(values, None, targets)[0])
