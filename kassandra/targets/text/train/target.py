"""A text for each input, as a translation or a caption is, written token by token."""

from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_embedding, build_encoder, build_reader
from kassandra.lstm.layers import VanillaLSTM
from kassandra.params.targets.text import Model, Train
from kassandra.targets.text.train import decoder
from kassandra.targets.text.train.encoder_decoder import EncoderDecoder, search
from kassandra.vocabulary import tokens
from kassandra.vocabulary.languages import bleu_tokenizer

BEAM = 5
LENGTH_PENALTY = (
    0.6  # α of encoder_decoder.length_normaliser; of 0.6, 1 and 1.4 the best on multi30k's validation split
)


def build(spec: ModelSpec, params: Model) -> EncoderDecoder:
    """An encoder-decoder, its weights drawn from PyTorch's global generator: seed it first."""
    if spec.features:  # `params` are of token ids, but of the target's alone
        embedding, encoder = None, build_encoder(spec.features, params)
    else:
        embedding, encoder = build_reader(spec, params)
    how = params.decoder
    hidden_size, num_layers = how.hidden_size or params.hidden_size, how.num_layers or params.num_layers
    own = embedding if spec.joint and embedding is not None else build_embedding(spec.outputs, params)
    size = own.size if how.tied else hidden_size  # of the output of a step
    read = [own.size + size * how.input_feeding, *[hidden_size] * (num_layers - 1)]  # by each layer
    layers = [VanillaLSTM(each, hidden_size, params.cell, params.weight_dropout) for each in read]
    attention: decoder.CrossAttention | None = None
    match how.attention:
        case "additive":
            attention = decoder.AdditiveAttention(encoder.step_size, hidden_size, how.attention_size or hidden_size)
        case "general":
            attention = decoder.GeneralAttention(encoder.step_size, hidden_size)
        case "dot":
            attention = decoder.DotAttention()
    context_size = 0 if attention is None else encoder.step_size
    writer = decoder.RecurrentDecoder(
        own, layers, attention, encoder.output_size, context_size, size, how.input_feeding, params.dropout
    )
    return EncoderDecoder(embedding, encoder, writer, spec.outputs, how.tied, params.dropout, params.reverse_source)


def are_captions(meta: dict[str, Any]) -> bool:
    """Whether texts are those of images, and not of sentences; `meta` is what prepare wrote."""
    return meta.get("reading") == "captions"


class Texts(NamedTuple):
    """ids: of the first reference of each row, without <s> and </s>. texts, first: references of row r are the texts
    first[r]:first[r + 1]; in train there is one each."""

    ids: Ragged
    texts: Ragged | None = None
    first: NDArray[np.int64] | None = None  # (rows + 1,)

    @property
    def references(self) -> list[list[str]]:
        assert self.texts is not None, "nobody knows the references of a user's inputs"
        assert self.first is not None
        texts = self.texts.texts()
        return [texts[a:b] for a, b in zip(self.first[:-1], self.first[1:], strict=True)]


class Target:
    """See kassandra.training.pair. A target is predicted from <s> to </s>, and padded inside a batch only."""

    unit = "tokens"  # of targets, their ends among them

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.tokenizer = tokens.load(list(meta["tokenizers"].values())[-1])  # `joint`, or `target` after `source`
        self.lowercase = bool(meta["lowercase"])
        self.bleu_tokenizer = bleu_tokenizer(meta["languages"]["target"])
        self.most = int(meta.get("longest", 0))  # tokens of a text of train; 0: it depends on that of the source

    def read(self, path: Path) -> Texts:
        arrays = map_arrays(path)
        ids, texts = (Ragged(arrays[name], arrays[f"{name}_offsets"]) for name in ("target", "target_text"))
        return Texts(ids, texts, np.array(arrays["references"]))

    def own(self, inputs: object, size: int) -> Texts:
        """Of inputs whose texts nobody knows."""
        return Texts(Ragged.of(([] for _ in range(size)), np.int32))

    def size(self, split: Texts) -> int:
        return len(split.ids.flat) + len(split.ids.lengths)

    def lengths(self, split: Texts) -> NDArray[np.int64]:
        """(rows,) tokens, the end among them."""
        return split.ids.lengths + 1

    def batch(self, split: Texts, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        return Batch(inputs, lengths, torch.from_numpy(split.ids.ended(rows)[0]).to(self.device))

    def loss(self, model: EncoderDecoder, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Cross-entropy, nats."""
        losses = model.losses(batch.inputs, batch.lengths, batch.targets, params.label_smoothing)
        return losses.sum(), len(losses), None

    def scores(self, model: EncoderDecoder, batches: Iterable[tuple[Any, Batch]], split: Texts) -> dict[str, float]:
        """The loss of the first references, each token predicted from those before it; BLEU of greedy decoding."""
        loss, hypotheses = 0.0, [""] * len(split.ids.lengths)
        for rows, batch in batches:
            loss += model.losses(batch.inputs, batch.lengths, batch.targets).double().sum().item()
            decoded = model.greedy(batch.inputs, batch.lengths, self.longest(batch))
            for row, ids in zip(rows, decoded, strict=True):
                hypotheses[row] = self.text(ids)
        score = bleu(hypotheses, split.references, self.lowercase, self.bleu_tokenizer)
        return {"loss": loss / self.size(split), "bleu": score}

    def predictions(self, model: EncoderDecoder, batches: Iterable[tuple[Any, Batch]], split: Texts) -> list[str]:
        """What beam search writes for each row, in order: the column of a baseline that is trained."""
        hypotheses = [""] * len(split.ids.lengths)
        for rows, batch in batches:
            decoded = search(model, batch.inputs, batch.lengths, self.longest(batch), BEAM, LENGTH_PENALTY)
            for row, hypothesis in zip(rows, decoded, strict=True):
                hypotheses[row] = self.text(hypothesis.tokens)
        return hypotheses

    def longest(self, batch: Batch) -> Tensor:
        """(batch,): at most so many tokens are written for each input."""
        lengths = batch.lengths
        if self.most:
            return torch.full((len(batch.inputs),), self.most, device=batch.inputs.device)
        if lengths is None:
            lengths = torch.full((len(batch.inputs),), batch.inputs.shape[1], device=batch.inputs.device)
        return 2 * lengths + 10

    def text(self, ids: Iterable[int]) -> str:
        """Tokens as a text."""
        return tokens.decode(self.tokenizer, ids)

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """How each token is spelled."""
        return [str(self.tokenizer.id_to_token(number)) for number in ids]


def bleu(hypotheses: list[str], references: list[list[str]], lowercase: bool, tokenizer: str = "13a") -> float:
    """Of the corpus, in [0, 100], by a tokenizer of sacrebleu; sentences may have different numbers of references."""
    from sacrebleu import BLEU  # here: it is not needed for preparing data

    # sacrebleu wants the n-th references of all sentences together, None where there is none.
    streams: Any = list(zip_longest(*references))
    return float(BLEU(lowercase=lowercase, tokenize=tokenizer).corpus_score(hypotheses, streams).score)
