"""A trained encoder-decoder: sentences in another language, captions of images."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.predictor import TrainedModel
from kassandra.targets.text.evaluate.together import Together
from kassandra.targets.text.train.encoder_decoder import search
from kassandra.targets.text.train.target import BEAM, LENGTH_PENALTY, are_captions

TOKENS_AT_ONCE = 1 << 16  # of the sources of a batch, once for each hypothesis


class Translation(NamedTuple):
    """Or a caption, whose source has no pieces but places.

    text: detokenised. source_pieces, pieces: tokens of the source and of the translation as they are spelled, "▁"
    where a space stands before, "</s>" at the end (not where writing had to be stopped). alignment: (pieces,
    source_pieces), of each piece where the model looked, rows sum to 1; None for a model without attention.
    log_probability: of all pieces, in nats."""

    text: str
    source_pieces: list[str]
    pieces: list[str]
    alignment: NDArray[np.float32] | None
    log_probability: float


class Predictor(TrainedModel):
    """A model that translates, or describes images; `kassandra.load` gives one."""

    def choices(self) -> str:
        return f"{self.meta['languages']['source']} into {self.meta['languages']['target']}"

    def translate(
        self, texts: str | Iterable[str], beam: int = BEAM, length_penalty: float = LENGTH_PENALTY,
        alignments: bool = True,
    ) -> list[Translation]:  # fmt: skip
        """One translation per sentence.

        Args:
            texts: sentences; a single one is taken for a list of one.
            beam: how many beginnings of a translation are followed at the same time; 1 takes the likeliest next token.
            length_penalty: 0 compares translations by their probability, which favours short ones; larger numbers make
                up for length (Wu et al. 2016, eq. 14).
            alignments: whether to return where the model looked, which takes memory where sentences are long.

        Raises:
            KassandraError: a text is empty, no text or not UTF-8, or a number is out of range.
        """
        if are_captions(self.meta):
            raise KassandraError("translate: this model describes images; `caption` does that")
        texts = [texts] if isinstance(texts, str) else list(texts)
        for number, text in enumerate(texts, 1):
            try:
                str(text).encode()
            except UnicodeEncodeError:  # lone surrogates, as Python reads bytes of another encoding
                raise KassandraError(f"text {number}: not UTF-8: {text!a}") from None
        return self.outputs(self.pair.own(texts), beam, length_penalty, alignments)

    def caption(
        self, images: Any, beam: int = BEAM, length_penalty: float = LENGTH_PENALTY, alignments: bool = True
    ) -> list[Translation]:
        """One caption per image.

        Args:
            images: an array as `own` of inputs/<kind>/train/captions.py takes it. The others are as of `translate`.

        Raises:
            KassandraError: the images are of another shape or type, or a number is out of range.
        """
        if not are_captions(self.meta):
            raise KassandraError("caption: this model translates texts; `translate` does that")
        return self.outputs(self.pair.own(images), beam, length_penalty, alignments)

    def outputs(
        self, split: Any, beam: int = BEAM, length_penalty: float = LENGTH_PENALTY, alignments: bool = True
    ) -> list[Translation]:
        """The translation of each source of a split that `pair` has read, in order, by all members together; see
        `translate`."""
        if not (beam >= 1 and 0 <= length_penalty < float("inf")):
            raise KassandraError(f"expected beam ≥ 1 and 0 ≤ length_penalty < ∞, got {beam} and {length_penalty:g}")
        target, by_row = self.pair.target, dict[int, Translation]()
        model: Any = self.models[0] if len(self.models) == 1 else Together(self.models)
        # Hypotheses are rows like others: with more of them, fewer sentences at once.
        for rows, batch in self.pair.numbered_batches(split, TOKENS_AT_ONCE // max(beam, BEAM)):
            longest = target.longest(batch)  # (batch,)
            hypotheses = search(model, batch.inputs, batch.lengths, longest, beam, length_penalty, alignments)
            lengths = [batch.inputs.shape[1]] * len(rows) if batch.lengths is None else batch.lengths.tolist()
            for row, ids, length, one in zip(rows, batch.inputs, lengths, hypotheses, strict=True):
                alignment = None if one.attention is None else one.attention[:, :length].float().cpu().numpy()
                pieces = target.pieces(one.tokens)
                source = [] if are_captions(self.meta) else self.pair.sequences.pieces(ids[:length].tolist())
                by_row[int(row)] = Translation(target.text(one.tokens), source, pieces, alignment, one.log_probability)
        return [by_row[row] for row in sorted(by_row)]
