"""One class per example: an encoder, and a linear layer on its summary."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import AnswersOfRows, Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.linear_on_summary import LinearOnSummary
from kassandra.lstm.ngrams import Bigrams
from kassandra.lstm.rocket_ridge import RocketRidge
from kassandra.params.sections.model import Model
from kassandra.params.targets.label import Train
from kassandra.targets.label.train.balance import Balanced, calibrate, weights_of_classes
from kassandra.targets.label.train.beside import weigh, weigh_added

Labels = NDArray[np.int64]  # (examples,)
Validation = Callable[[], Iterable[tuple[Any, Batch]]]


class Classifier(LinearOnSummary):
    """Logits of the classes of a sequence that was read to its end. There is no softmax: CrossEntropyLoss has it."""


def build(spec: ModelSpec, params: Model) -> Classifier:
    """A classifier, its weights drawn from PyTorch's global generator: seed it first."""
    embedding, encoder = build_reader(spec, params)
    beside: Bigrams | RocketRidge | None = None
    if getattr(params, "linear", False):
        beside = Bigrams(spec.outputs) if spec.vocab_size else RocketRidge(spec.features, spec.outputs)
    return Classifier(encoder, spec.outputs, params.dropout, embedding, beside)


class Target(AnswersOfRows):
    """See kassandra.training.pair."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.class_weights = weights_of_classes(meta.get("train_labels", [])).to(device)  # (classes,)
        self._balanced: Balanced | None = None
        self._beside: list[tuple[Labels, Tensor]] = []  # splits, and what a linear model answers there, (rows, classes)

    def read(self, path: Path) -> Labels:
        return np.array(map_arrays(path)["labels"])

    def own(self, inputs: object, size: int) -> Labels:
        """Of examples whose class nobody knows."""
        return np.zeros(size, np.int64)

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

    def begin(self, model: Classifier, train: Any, valid: Any, batches: object) -> list[str]:
        """Fit a linear model of series, beside which the LSTM then learns: it begins by adding nothing."""
        if not isinstance(model.beside, RocketRidge):
            return []
        others = model.beside.fit(train.inputs, train.targets, train.inputs.groups)
        self._beside = [(train.targets, others), (valid.targets, model.beside.logits(valid.inputs))]
        for weight in model.linear.parameters():
            torch.nn.init.zeros_(weight)
        right = float((others.argmax(1).cpu().numpy() == train.targets).mean())
        return [f"MiniRocket + ridge fitted on train: accuracy {right:.4f} there, each series by models of other folds"]

    def finish(self, model: Classifier, train: Any, batches: Validation, params: Train) -> list[str]:
        """What is left to do with the weights that were kept, and what to print of it."""
        sentences = []
        model.eval()
        if isinstance(model.beside, RocketRidge):
            added = weigh_added(model, batches())
            nothing = "" if round(added, 2) else ": the LSTM, and where it looks, are no part of the answers"
            sentences.append(f"Weighed on validation: MiniRocket + ridge + {added:.2f} × what the LSTM adds{nothing}")
        elif model.beside is not None:
            each = weigh(model, train.inputs, train.targets, batches())
            sentences.append("Weighed on validation: {:.2f} × the LSTM + {:.2f} × the linear model".format(*each))
        if params.calibrate:
            sentences.append(f"Calibrated on validation: temperature {calibrate(model, batches()):.3f}")
        return sentences

    def loss(self, model: Classifier, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Cross-entropy, nats."""
        logits = model(batch.inputs, batch.lengths, batch.beside)  # (batch, classes)
        weights = self.class_weights if params.class_weights == "balanced" else None
        total = F.cross_entropy(
            logits.float(), batch.targets, weights, reduction="sum", label_smoothing=params.label_smoothing
        )
        return total, len(batch.targets), None

    def scores(self, model: Classifier, batches: Iterable[tuple[Any, Batch]], split: Labels) -> dict[str, float]:
        """`f1` is the mean over classes, 0 for one that is never right."""
        loss, pairs = 0.0, np.zeros((0, 0), np.int64)  # of target and prediction
        for _, batch in batches:
            logits = model(batch.inputs, batch.lengths, batch.beside).float()  # (batch, classes)
            loss += F.cross_entropy(logits, batch.targets, reduction="sum").item()
            pairs = pairs if len(pairs) else np.zeros((logits.shape[1],) * 2, np.int64)
            np.add.at(pairs, (batch.targets.cpu().numpy(), logits.argmax(1).cpu().numpy()), 1)
        right, both = pairs.diagonal(), pairs.sum(0) + pairs.sum(1)  # (classes,) each
        f1 = float((2 * right / np.maximum(both, 1)).mean())
        return {"loss": loss / len(split), "accuracy": int(right.sum()) / len(split), "f1": f1}
