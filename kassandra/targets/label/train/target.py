"""One class per example, or any number of labels: an encoder, and a linear layer on its summary."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import AnswersOfRows, Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.linear_on_summary import LinearOnSummary
from kassandra.lstm.ngrams import Bigrams
from kassandra.lstm.rocket_ridge import RocketRidge
from kassandra.params.sections.model import Model
from kassandra.params.targets.label import Train
from kassandra.targets.label.train.balance import Balanced
from kassandra.targets.label.train.beside import weigh, weigh_added
from kassandra.targets.label.train.many_labels import ManyLabels
from kassandra.targets.label.train.one_label import OneLabel

Labels = NDArray[Any]  # (examples,) int64, the class of each; or (examples, classes) uint8, 1 where one has a label
Validation = Callable[[], Iterable[tuple[Any, Batch]]]


class Classifier(LinearOnSummary):
    """Logits of the classes of a sequence that was read to its end. There is no softmax: CrossEntropyLoss has it."""


class Labeller(LinearOnSummary):
    """Logits of labels, any number of which a sequence may have. There is no sigmoid: the loss has it.

    thresholds: (outputs,) the probability from which a label is given; see ManyLabels.settle.
    """

    thresholds: Tensor

    def __init__(self, encoder: Any, outputs: int, *more: Any) -> None:
        super().__init__(encoder, outputs, *more)
        self.register_buffer("thresholds", torch.full((outputs,), 0.5, dtype=torch.float64))


def build(spec: ModelSpec, params: Model) -> Classifier | Labeller:
    """A classifier, its weights drawn from PyTorch's global generator: seed it first."""
    embedding, encoder = build_reader(spec, params)
    beside: Bigrams | RocketRidge | None = None
    if getattr(params, "linear", False):
        if spec.many and not spec.vocab_size:
            raise KassandraError("model.linear: the linear model of series gives one class of each; leave it out")
        beside = Bigrams(spec.outputs) if spec.vocab_size else RocketRidge(spec.features, spec.outputs)
    return (Labeller if spec.many else Classifier)(encoder, spec.outputs, params.dropout, embedding, beside)


class Target(AnswersOfRows):
    """See kassandra.training.pair. `answers` knows what is learned of one label, or of many."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.answers = (ManyLabels if meta.get("labels") == "many" else OneLabel)(meta, device)
        self._balanced: Balanced | None = None
        self._beside: list[tuple[Labels, Tensor]] = []  # splits, and what a linear model answers there, (rows, classes)

    def read(self, path: Path) -> Labels:
        return np.array(map_arrays(path)["labels"])

    def own(self, inputs: object, size: int) -> Labels:
        """Of examples whose labels nobody knows."""
        return self.answers.unknown(size)

    def batch(self, split: Labels, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        beside = next((logits[torch.from_numpy(rows)] for known, logits in self._beside if known is split), None)
        return Batch(inputs, lengths, torch.from_numpy(split[rows]).to(self.device), beside=beside)

    def drawn(
        self, split: Labels, rows: NDArray[np.intp], params: Train, generator: torch.Generator
    ) -> NDArray[np.intp]:
        """The rows of a batch of training in place of `rows`, where params ask for others."""
        if params.sampling == "all":
            return rows
        self._balanced = self._balanced or Balanced(split)
        return self._balanced.draw(len(rows), generator)

    def begin(self, model: Any, train: Any, valid: Any, batches: object) -> list[str]:
        """Fit a linear model of series, beside which the LSTM then learns: it begins by adding nothing."""
        self.answers.begin(model)
        if not isinstance(model.beside, RocketRidge):
            return []
        others = model.beside.fit(train.inputs, train.targets, train.inputs.groups)
        self._beside = [(train.targets, others), (valid.targets, model.beside.logits(valid.inputs))]
        for weight in model.linear.parameters():
            torch.nn.init.zeros_(weight)
        right = float((others.argmax(1).cpu().numpy() == train.targets).mean())
        return [f"MiniRocket + ridge fitted on train: accuracy {right:.4f} there, each series by models of other folds"]

    def finish(self, model: Any, train: Any, batches: Validation, params: Train) -> list[str]:
        """What is left to do with the weights that were kept, and what to print of it."""
        sentences = []
        model.eval()
        if isinstance(model.beside, RocketRidge):
            added = weigh_added(model, batches())
            nothing = "" if round(added, 2) else ": the LSTM, and where it looks, are no part of the answers"
            sentences.append(f"Weighed on validation: MiniRocket + ridge + {added:.2f} × what the LSTM adds{nothing}")
        elif model.beside is not None:
            each = weigh(model, train.inputs, train.targets, batches(), self.answers.mean_loss)
            sentences.append("Weighed on validation: {:.2f} × the LSTM + {:.2f} × the linear model".format(*each))
        return sentences + self.answers.settle(model, batches(), params)

    def loss(self, model: Any, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Cross-entropy, nats; of many labels the sum of the binary ones."""
        logits = model(batch.inputs, batch.lengths, batch.beside)  # (batch, classes)
        return self.answers.loss(logits.float(), batch.targets, params), len(batch.targets), None

    def scores(self, model: Any, batches: Iterable[tuple[Any, Batch]], split: Labels) -> dict[str, float]:
        outputs = ((model(batch.inputs, batch.lengths, batch.beside).float(), batch.targets) for _, batch in batches)
        return self.answers.scores(outputs, len(split))
