"""A trained encoder-decoder: what sentences are in another language."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inference.loaded import Loaded
from kassandra.targets.text.train.beam_search import Hypothesis, search
from kassandra.targets.text.train.translator import Translator as TranslatorModel
from kassandra.training import folder as model_folder

BEAM = 5
LENGTH_PENALTY = 0.6  # α of beam_search.length_normaliser; of 0.6, 1 and 1.4 the best on multi30k's validation split
TOKENS_AT_ONCE = 1 << 16  # of the sources of a batch, once for each hypothesis


class Translation(NamedTuple):
    """text: detokenised. source_pieces, pieces: tokens of the source and of the translation as they are spelled, "▁"
    where a space stands before, "</s>" at the end (not where writing had to be stopped). alignment: (pieces,
    source_pieces), of each piece where the model looked, rows sum to 1; None for a model without attention.
    log_probability: of all pieces, in nats."""

    text: str
    source_pieces: list[str]
    pieces: list[str]
    alignment: NDArray[np.float32] | None
    log_probability: float


class Translator(Loaded):
    """A model that translates; `load` gives one."""

    def __init__(self, folder: Path, loaded: model_folder.Loaded, model: TranslatorModel, device: torch.device) -> None:
        super().__init__(folder, loaded, device)
        self.model = model.to(device)

    def translate(
        self,
        texts: str | Iterable[str],
        beam: int = BEAM,
        length_penalty: float = LENGTH_PENALTY,
        alignments: bool = True,
    ) -> list[Translation]:
        """One translation per sentence.

        Args:
            texts: sentences; a single one is taken for a list of one.
            beam: how many beginnings of a translation are followed at the same time; 1 takes the likeliest next token.
            length_penalty: 0 compares translations by their probability, which favours short ones; larger numbers make
                up for length (Wu et al. 2016, eq. 14).
            alignments: whether to tell where the model looked, which takes memory where sentences are long.

        Raises:
            KassandraError: a text is empty, no text or not UTF-8, or a number is out of range.
        """
        texts = [texts] if isinstance(texts, str) else list(texts)
        for number, text in enumerate(texts, 1):
            try:
                str(text).encode()
            except UnicodeEncodeError:  # lone surrogates, as Python reads bytes of another encoding
                raise KassandraError(f"text {number}: not UTF-8: {text!a}") from None
        return self.outputs(self.task.own_input(texts), beam, length_penalty, alignments)

    def outputs(
        self, split: Any, beam: int = BEAM, length_penalty: float = LENGTH_PENALTY, alignments: bool = True
    ) -> list[Translation]:
        """The translation of each source of a split that the task has read, in order; see `translate`."""
        if not (beam >= 1 and 0 <= length_penalty < float("inf")):
            raise KassandraError(f"expected beam ≥ 1 and 0 ≤ length_penalty < ∞, got {beam} and {length_penalty:g}")
        found: list[Translation | None] = [None] * len(split.source.lengths)
        # Hypotheses are rows like others: with more of them, fewer sentences at once.
        for rows, batch in self.task.numbered_batches(split, TOKENS_AT_ONCE // max(beam, BEAM)):
            longest = self.task.longest(batch.lengths)  # (batch,)
            hypotheses = search(self.model, batch.inputs, batch.lengths, longest, beam, length_penalty, alignments)
            for row, ids, length, one in zip(rows, batch.inputs, batch.lengths.tolist(), hypotheses, strict=True):
                found[row] = self._translation(ids[:length].tolist(), one)
        return [one for one in found if one is not None]

    def _translation(self, source: list[int], found: Hypothesis) -> Translation:
        looked = None if found.attention is None else found.attention[:, : len(source)].float().cpu().numpy()
        pieces = self.task.target_pieces(found.tokens)
        text = self.task.text(found.tokens)
        return Translation(text, self.task.source_pieces(source), pieces, looked, found.log_probability)
