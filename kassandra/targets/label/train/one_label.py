"""What is learned where each example has one label: cross-entropy of a softmax over classes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.lstm.batch import Batch
from kassandra.params.targets.label import Train
from kassandra.targets.label.train.balance import calibrate, weights_of_classes


class OneLabel:
    """See kassandra.targets.label.train.target."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.class_weights = weights_of_classes(meta.get("train_labels", [])).to(device)  # (classes,)

    def unknown(self, size: int) -> NDArray[np.int64]:
        return np.zeros(size, np.int64)

    def begin(self, model: Any) -> None:
        """A new model stays as it is."""

    def mean_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(logits, targets)

    def loss(self, logits: Tensor, targets: Tensor, params: Train) -> Tensor:
        """Cross-entropy, nats, summed over examples."""
        weights = self.class_weights if params.class_weights == "balanced" else None
        return F.cross_entropy(logits, targets, weights, reduction="sum", label_smoothing=params.label_smoothing)

    def scores(self, outputs: Iterable[tuple[Tensor, Tensor]], size: int) -> dict[str, float]:
        """`f1` is the mean over classes, 0 for one that is never right."""
        loss, pairs = 0.0, np.zeros((0, 0), np.int64)  # of target and prediction
        for logits, targets in outputs:
            loss += F.cross_entropy(logits, targets, reduction="sum").item()
            pairs = pairs if len(pairs) else np.zeros((logits.shape[1],) * 2, np.int64)
            np.add.at(pairs, (targets.cpu().numpy(), logits.argmax(1).cpu().numpy()), 1)
        right, both = pairs.diagonal(), pairs.sum(0) + pairs.sum(1)  # (classes,) each
        f1 = float((2 * right / np.maximum(both, 1)).mean())
        return {"loss": loss / size, "accuracy": int(right.sum()) / size, "f1": f1}

    def settle(self, model: Any, batches: Iterable[tuple[Any, Batch]], params: Train) -> list[str]:
        return [f"Calibrated on validation: temperature {calibrate(model, batches):.3f}"] if params.calibrate else []
