"""What is learned where an example has any number of labels: binary cross-entropy of a sigmoid for each label."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.lstm.batch import Batch
from kassandra.params.targets.label import Train
from kassandra.targets.label.train.thresholds import FEW, thresholds


class ManyLabels:
    """See kassandra.targets.label.train.target."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.classes = len(meta["classes"])
        self.shares = np.array(meta.get("train_labels", []), np.float64) / max(
            meta.get("examples", {}).get("train", 1), 1
        )

    def unknown(self, size: int) -> NDArray[np.uint8]:
        return np.zeros((size, self.classes), np.uint8)

    @torch.no_grad()
    def begin(self, model: Any) -> None:
        """A new model gives each label the probability that it has in train, which is far from 1/2 (Lin et al. 2017,
        section 3.3)."""
        shares = torch.from_numpy(np.clip(self.shares, 1e-4, 1 - 1e-4))
        model.linear.bias.copy_(torch.logit(shares))

    def mean_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="sum") / len(targets)

    def loss(self, logits: Tensor, targets: Tensor, params: Train) -> Tensor:
        """Binary cross-entropy, nats, summed over labels and examples."""
        return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="sum")

    def scores(self, outputs: Iterable[tuple[Tensor, Tensor]], size: int) -> dict[str, float]:
        """By the thresholds that are best here, as those of the weights that are kept will be: `f1` is the mean over
        labels, `micro_f1` of all labels together, `accuracy` the share of examples whose labels are all right."""
        both = list(outputs)
        logits, targets = (torch.cat(each) for each in zip(*both, strict=True))  # (examples, labels)
        probabilities, held = logits.double().sigmoid().cpu().numpy(), targets.cpu().numpy().astype(bool)
        given = probabilities >= thresholds(probabilities, held)
        right, sizes = (given & held).sum(0), given.sum(0) + held.sum(0)  # (labels,) each
        return {
            "loss": self.loss(logits, targets, Train()).item() / size,
            "accuracy": float((given == held).all(1).mean()),
            "f1": float((2 * right / np.maximum(sizes, 1)).mean()),
            "micro_f1": float(2 * right.sum() / max(int(sizes.sum()), 1)),
        }

    @torch.no_grad()
    def settle(self, model: Any, batches: Iterable[tuple[Any, Batch]], params: Train) -> list[str]:
        """Choose the thresholds, which become part of the weights."""
        model.eval()
        outputs = [(model(batch.inputs, batch.lengths).double().sigmoid(), batch.targets) for _, batch in batches]
        probabilities, targets = (torch.cat(each).cpu().numpy() for each in zip(*outputs, strict=True))
        chosen = thresholds(probabilities, targets.astype(bool))
        model.thresholds.copy_(torch.from_numpy(chosen))
        own = int((targets.sum(0) >= FEW).sum())
        few = f"; {self.classes - own} with fewer than {FEW} examples there share one" if own < self.classes else ""
        return [f"Thresholds chosen on validation by F1: {chosen.min():.3f} to {chosen.max():.3f}{few}"]
