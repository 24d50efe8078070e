"""Texts with labels: reviews and whether they praise; read token by token, answered once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from kassandra.contracts.artifacts import map_arrays, write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged, batches_by_length, shuffled_batches
from kassandra.contracts.spec import UNK, ModelSpec
from kassandra.inputs.text.prepare import labelled as reviews
from kassandra.params.tasks.sentiment import SentimentPrepare, SentimentTrain, TextSource
from kassandra.tasks import Batch, class_loss, class_scores
from kassandra.vocabulary import tokens

EVALUATION_TOKENS = 32768  # of a batch; scores do not depend on it, the speed does


def prepare(raw: Path, folder: Path, params: SentimentPrepare, seed: int, source: TextSource) -> str:
    """Raw texts → train.npz, valid.npz, test.npz and meta.json in `folder`; returns a line that says what was done.

    Vocabulary and labels are fitted on train only. A text of train that is in test too is dropped and counted, and so
    is a text that train has twice.

    Raises:
        KassandraError: the data cannot be read, a label of test is not in train, or a class is too small to be split.
    """
    read = reviews.read(raw, source.dataset, source.text, source.label)
    unique = list({text: (text, label) for text, label in reversed(read.train)}.values())[::-1]  # the first of equals
    twice, leaked = len(read.train) - len(unique), 0
    if read.test is None:
        train, test = _split(unique, params.test_fraction, seed, "prepare.test_fraction")
    else:
        test, in_test = read.test, {text for text, _ in read.test}
        train = [row for row in unique if row[0] not in in_test]
        leaked = len(unique) - len(train)
        if not train:
            raise KassandraError(f"{raw}: every text of train is in test too, so none is left to train on")
    if params.limit:
        train, test = _limited(train, params.limit, seed), _limited(test, params.limit, seed)
    train, valid = _split(train, params.valid_fraction, seed, "prepare.valid_fraction")
    classes = sorted({label for _, label in train})
    if unseen := sorted({label for _, label in valid + test} - set(classes)):
        raise KassandraError(f"{raw}: label {unseen[0]!r} of test is in no text of train; the labels are {classes}")
    if len(classes) < 2:
        raise KassandraError(f"{raw}: every text has the label {classes[0]!r}; there is nothing to tell apart")
    tokenizer = tokens.fit(
        params.tokens, (text for text, _ in train), params.vocab_size, params.min_frequency, params.lowercase
    )  # fitted on train only
    unknown = {}
    splits = {"train": train, "valid": valid, "test": test}
    for name, split in splits.items():
        texts = [text for text, _ in split]
        ids = tokens.encode(tokenizer, texts)
        unknown[name] = float((ids.flat == UNK).mean().round(6))
        ids, content = tokens.shortened(ids, params.max_length, params.keep), Ragged.of_texts(texts)
        labels = np.array([classes.index(label) for _, label in split], np.int64)
        write_arrays(
            folder / f"{name}.npz",
            ids=ids.flat, offsets=ids.offsets, labels=labels, text=content.flat, text_offsets=content.offsets,
        )  # fmt: skip
    size = tokenizer.get_vocab_size()
    meta = {
        "task": "sentiment",
        "spec": ModelSpec("many_to_one", outputs=len(classes), vocab_size=size).to_json(),
        "classes": classes,
        "max_length": params.max_length,
        "keep": params.keep,
        "examples": {name: len(split) for name, split in splits.items()},
        "dropped_from_train_because_in_test": leaked,
        "dropped_because_repeated": twice,
        "refused_rows": read.refused,
        "unknown_tokens": unknown,
        "tokenizer": tokenizer.to_str(),
    }
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(f"{len(split)} {name}" for name, split in splits.items())
    dropped = f"{leaked} texts of train dropped as they are in test too, {twice} as repeated"
    said = f"{sizes} texts in {len(classes)} classes; {dropped}; {size} tokens, <unk> {unknown['test']:.2%} of test"
    return "\n".join(filter(None, [read.said, said]))


class Split(NamedTuple):
    ids: Ragged
    labels: NDArray[np.int64]  # (texts,)
    texts: Ragged | None = None  # their UTF-8 bytes


class Task:
    """See kassandra.tasks.Task. Rows are padded inside a batch only, and batches are of about equal lengths."""

    unit = "texts"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.max_length, self.keep = int(meta["max_length"]), str(meta["keep"])
        self.tokenizer = tokens.load(meta["tokenizer"])

    def read(self, split: Path) -> Split:
        arrays = map_arrays(split)
        texts = Ragged(arrays["text"], arrays["text_offsets"])
        return Split(Ragged(arrays["ids"], arrays["offsets"]), np.array(arrays["labels"]), texts)

    def size(self, split: Split) -> int:
        return len(split.labels)

    def steps(self, split: Split, params: SentimentTrain) -> int:
        return sum(1 for _ in shuffled_batches(split.ids.lengths, params.batch_tokens, np.random.default_rng(0)))

    def train_batches(self, split: Split, params: SentimentTrain, generator: torch.Generator) -> Iterator[Batch]:
        order = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        for rows in shuffled_batches(split.ids.lengths, params.batch_tokens, order):
            yield self._batch(split, rows)

    def numbered_batches(
        self, split: Split, tokens_at_once: int = EVALUATION_TOKENS
    ) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for rows in batches_by_length(split.ids.lengths, tokens_at_once):
            yield rows, self._batch(split, rows)

    def _batch(self, split: Split, rows: NDArray[np.intp]) -> Batch:
        ids, lengths = (torch.from_numpy(array).to(self.device) for array in split.ids.padded(rows))
        return Batch(ids, lengths, torch.from_numpy(split.labels[rows]).to(self.device))

    def pieces(self, text: str) -> tuple[list[str], list[int | None]]:
        """See `tokens.pieces`."""
        return tokens.pieces(self.tokenizer, text, self.max_length, self.keep)

    def loss(self, model: nn.Module, batch: Batch, params: SentimentTrain) -> tuple[Tensor, int]:
        return class_loss(model, batch, params.label_smoothing)

    def scores(self, model: nn.Module, split: Split) -> dict[str, float]:
        return class_scores(model, (batch for _, batch in self.numbered_batches(split)))

    def own_input(self, texts: list[str]) -> Split:
        """Somebody's texts as a split without labels.

        Raises:
            KassandraError: they are no texts, or one holds nothing.
        """
        if isinstance(texts, str):
            texts = [texts]
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str) or not text.strip():
                raise KassandraError(f"text {number}: expected some words, got {text!r}")
        ids = tokens.shortened(tokens.encode(self.tokenizer, list(texts)), self.max_length, self.keep)
        return Split(ids, np.zeros(len(texts), np.int64))


def _split(texts: reviews.Texts, fraction: float, seed: int, key: str) -> tuple[reviews.Texts, reviews.Texts]:
    """By class, `fraction` of it in the second."""
    labels = [label for _, label in texts]
    rarest, count = min(Counter(labels).items(), key=lambda item: item[1]) if labels else ("", 0)
    if count < 3:
        raise KassandraError(f"{key}: class {rarest!r} has {count} texts, too few to be split; at least 3 are needed")
    try:
        first, second = train_test_split(texts, test_size=fraction, random_state=seed, stratify=labels)
    except ValueError as error:
        raise KassandraError(f"{key}: {fraction} of {len(texts)} texts cannot be split by class: {error}") from None
    if lacking := sorted(set(labels) - {label for _, label in second}):
        raise KassandraError(
            f"{key}: with {fraction} of each class, none of the {labels.count(lacking[0])} texts of class "
            f"{lacking[0]!r} is left for this part; take a larger share, or give it more texts"
        )
    return list(first), list(second)


def _limited(texts: reviews.Texts, limit: int, seed: int) -> reviews.Texts:
    if len(texts) <= limit:
        return texts
    chosen = np.random.default_rng(seed).permutation(len(texts))[:limit]
    return [texts[row] for row in chosen]
