"""Sentences and what they are in another language: read to the end, then written piece by piece."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged, batches_by_length, shuffled_batches
from kassandra.contracts.spec import EOS, PAD
from kassandra.params.tasks.translation import TranslationTrain
from kassandra.tasks import Batch
from kassandra.vocabulary import tokens
from kassandra.vocabulary.languages import bleu_tokenizer

EVALUATION_TOKENS = 16384  # of a batch; scores do not depend on it, the speed does
SPLITS = ("train", "valid", "test")
LONG = "too many tokens"  # as a reason to be dropped


class Split(NamedTuple):
    """Rows are pairs in train, and different sources in valid and test.

    source, target: token ids, of the first reference, without <s> and </s>. sources, references: what they are in
    words.
    """

    source: Ragged
    target: Ragged
    source_text: Ragged | None = None
    target_text: Ragged | None = None
    first: NDArray[np.int64] | None = None  # (rows + 1,): references of row r are texts first[r]:first[r + 1]

    @property
    def sources(self) -> list[str]:
        assert self.source_text is not None
        return self.source_text.texts()

    @property
    def references(self) -> list[list[str]]:
        assert self.target_text is not None
        assert self.first is not None
        texts = self.target_text.texts()
        return [texts[a:b] for a, b in zip(self.first[:-1], self.first[1:], strict=True)]

    @property
    def longer(self) -> NDArray[np.int64]:
        """(rows,) tokens of the longer side, its end among them."""
        return np.maximum(self.source.lengths, self.target.lengths) + 1


class Task:
    """See kassandra.tasks.Task. A source is read to </s>, a target told from <s> to </s>; both are padded inside a
    batch only, and batches are of pairs of about equal lengths."""

    unit = "tokens"  # of targets, their ends among them

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        found = [tokens.load(content) for content in meta["tokenizers"].values()]
        self.reader, self.writer = found[0], found[-1]
        self.lowercase = bool(meta["lowercase"])
        self.bleu_tokenizer = bleu_tokenizer(meta["languages"]["target"])

    def read(self, split: Path) -> Split:
        arrays = map_arrays(split)
        names = ("source", "target", "source_text", "target_text")
        sides = [Ragged(arrays[name], arrays[f"{name}_offsets"]) for name in names]
        return Split(sides[0], sides[1], sides[2], sides[3], np.array(arrays["references"]))

    def size(self, split: Split) -> int:
        return len(split.target.flat) + len(split.target.lengths)

    def steps(self, split: Split, params: TranslationTrain) -> int:
        return sum(1 for _ in shuffled_batches(split.longer, params.batch_tokens, np.random.default_rng(0)))

    def train_batches(self, split: Split, params: TranslationTrain, generator: torch.Generator) -> Iterator[Batch]:
        order = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        for rows in shuffled_batches(split.longer, params.batch_tokens, order):
            yield self._batch(split, rows)

    def numbered_batches(
        self, split: Split, tokens_at_once: int = EVALUATION_TOKENS
    ) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for rows in batches_by_length(split.longer, tokens_at_once):
            yield rows, self._batch(split, rows)

    def _batch(self, split: Split, rows: NDArray[np.intp]) -> Batch:
        (source, lengths), (target, _) = (_ended(*side.padded(rows)) for side in (split.source, split.target))
        return Batch(*(torch.from_numpy(array).to(self.device) for array in (source, lengths, target)))

    def loss(self, model: Any, batch: Batch, params: TranslationTrain) -> tuple[Tensor, int]:
        losses = model.losses(*batch, params.label_smoothing)
        return losses.sum(), len(losses)

    def scores(self, model: Any, split: Split) -> dict[str, float]:
        """The loss of the first references, each token told from those before it; BLEU of what is written greedily."""
        loss, written = 0.0, [""] * len(split.source.lengths)
        for rows, batch in self.numbered_batches(split):
            assert batch.lengths is not None
            loss += model.losses(*batch).double().sum().item()
            found = model.greedy(batch.inputs, batch.lengths, self.longest(batch.lengths))
            for row, ids in zip(rows, found, strict=True):
                written[row] = self.text(ids)
        score = bleu(written, split.references, self.lowercase, self.bleu_tokenizer)
        return {"loss": loss / self.size(split), "bleu": score}

    def longest(self, lengths: Tensor) -> Tensor:
        """(batch,): at most so many tokens are written for sources of `lengths` (batch,) tokens."""
        return 2 * lengths + 10

    def text(self, ids: Iterable[int]) -> str:
        """What was written, in words."""
        return tokens.decode(self.writer, ids)

    def source_pieces(self, ids: Iterable[int]) -> list[str]:
        return [str(self.reader.id_to_token(number)) for number in ids]

    def target_pieces(self, ids: Iterable[int]) -> list[str]:
        return [str(self.writer.id_to_token(number)) for number in ids]

    def own_input(self, texts: list[str]) -> Split:
        """Somebody's sentences as a split without translations.

        Raises:
            KassandraError: they are no texts, or one holds nothing.
        """
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str) or not text.strip():
                raise KassandraError(f"text {number}: expected some words, got {text!r}")
        return Split(tokens.encode(self.reader, texts), Ragged.of(([] for _ in texts), np.int32))


def bleu(written: list[str], references: list[list[str]], lowercase: bool, tokenizer: str = "13a") -> float:
    """Of the corpus, in [0, 100]; the number of references may differ from sentence to sentence.

    Args:
        tokenizer: of sacrebleu, by name.
    """
    from sacrebleu import BLEU  # here: it is not needed for preparing data

    most = max(map(len, references))
    # sacrebleu wants the n-th references of all sentences together, None where there is none.
    streams: Any = [[each[n] if n < len(each) else None for each in references] for n in range(most)]
    return float(BLEU(lowercase=lowercase, tokenize=tokenizer).corpus_score(written, streams).score)


def _ended(padded: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows with </s> after their last token: (rows, longest + 1), and lengths that count it."""
    with_end = np.pad(padded, ((0, 0), (0, 1)), constant_values=PAD)
    with_end[np.arange(len(lengths)), lengths] = EOS
    return with_end, lengths + 1
