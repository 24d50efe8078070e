"""What a model learns of texts before it sees an answer: to predict the next token of the train texts.

Dai & Le (2015). Each direction that the model reads in learns on its own, with token vectors of the forward one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kassandra.contracts import stream
from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import PAD
from kassandra.inputs.text.train.stream import Ids, Positions, Sequences
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_embedding, build_encoder
from kassandra.lstm.language_model import LanguageModel, token_losses, window_loss
from kassandra.params.inputs.text import ExamplesModel, StreamTrain
from kassandra.params.sections.model import TokenModel

VECTORS = "embedding.table.weight"
VALID_TOKENS = 100_000  # more would cost more time than they help to tell epochs apart


class NextToken(Sequences):
    """One direction; a lesson for the training loop (see kassandra.training.loop.Lesson)."""

    unit = "words"

    def __init__(self, name: str, model: ExamplesModel, device: torch.device) -> None:
        assert model.pretrain is not None
        self.name, self.model, self.device = name, model, device
        self.how = model.pretrain

    @property
    def params(self) -> StreamTrain:
        return StreamTrain(**self.how.model_dump(exclude={"samples"}))

    def build(self, vocab_size: int, learned: dict[str, Tensor]) -> LanguageModel:
        """A language model of the same layers in one direction; without dropout, as so few passes do not overfit.

        Args:
            learned: what `kept` gave of the lessons before; their token vectors are taken, and learned no further.
        """
        sizes = {name: getattr(self.model, name) for name in ("cell", "hidden_size", "embedding_size")}
        layers = self.model.num_layers
        variant = {"variant": "stacked", "num_layers": layers} if layers > 1 else {"variant": "vanilla"}
        params = TokenModel.model_validate(sizes | variant)
        embedding = build_embedding(vocab_size, params)
        encoder = build_encoder(embedding.size, params)
        model = LanguageModel(embedding, encoder, vocab_size, tied=True, samples=self.how.samples)
        if learned:
            model.load_state_dict({VECTORS: learned[VECTORS]}, strict=False)
            model.get_parameter(VECTORS).requires_grad_(False)
        return model.to(self.device)

    def read(self, path: Path) -> Ids:
        """(tokens,) of all texts of a split one after the other, or from the end to the beginning. No labels."""
        ids = map_arrays(path)["ids"]
        return ids if self.name == "ahead" else ids[::-1]

    def train_batches(self, split: Ids, params: StreamTrain, generator: torch.Generator) -> Iterator[Batch]:
        return self._windows(split, self.shuffled(split, params, generator))

    def loss(self, model: LanguageModel, batch: Batch, params: object) -> tuple[Tensor, int, Any]:
        total, count, read = window_loss(model, batch)
        return total, count, [state.detached() for state in read.state]

    def scores(self, model: LanguageModel, split: Ids) -> dict[str, float]:
        split = split[:VALID_TOKENS]
        return {"loss": token_losses(model, self._windows(split, self.ordered(split))).mean().item()}

    def kept(self, weights: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
        """Those that the classifier has too, as `Classifier.begin_with` names them."""
        for name, value in weights.items():
            if name.startswith("encoder."):
                yield name.replace("encoder.", f"encoder.{self.name}.", 1) if self.model.bidirectional else name, value
            elif name == VECTORS:
                # The softmax over tied vectors has moved that of padding, which is to be zero in a classifier.
                value[PAD] = 0
                yield name, value

    def _windows(self, split: Ids, positions: Iterator[Positions]) -> Iterator[Batch]:
        for number, rows in enumerate(positions):
            targets = torch.from_numpy(stream.following(split, rows)).to(self.device)
            yield Batch(*self.batch(split, rows), targets, begins=number == 0)


def lessons(model: ExamplesModel, device: torch.device) -> list[NextToken]:
    """In the order in which they are learned."""
    return [NextToken(name, model, device) for name in (("ahead", "back") if model.bidirectional else ("ahead",))]
