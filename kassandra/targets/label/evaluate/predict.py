"""A trained classifier: what class an image, a text or a recording is of."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.artifacts import damaged
from kassandra.inference.loaded import Loaded
from kassandra.targets.label.train.classifier import Classifier
from kassandra.training import folder as model_folder


class Outputs(NamedTuple):
    log_probabilities: NDArray[np.float64]  # (examples, classes)
    attention: list[NDArray[np.float32]] | None  # per example (steps,), for the attention variant


class Prediction(NamedTuple):
    label: str
    probability: float  # of the label, in (0, 1]
    probabilities: dict[str, float]  # of every class; they sum to 1


class Predictor(Loaded):
    """A classifier; `load` gives one."""

    def __init__(self, folder: Path, loaded: model_folder.Loaded, model: Classifier, device: torch.device) -> None:
        super().__init__(folder, loaded, device)
        self.model = model.to(device)
        classes = self.meta.get("classes")
        if not (isinstance(classes, list) and len(classes) == model.linear.out_features):
            raise damaged(folder / "meta.json", ValueError(f"'classes' are not {model.linear.out_features} names"))
        self.meta["classes"] = [str(name) for name in classes]

    def predict(self, inputs: Any) -> list[Prediction]:
        """One prediction per example.

        Args:
            inputs: for images an array (height, width) or (examples, height, width), whole numbers in [0, 255] or
                fractions in [0, 1], bright on dark like the images it was trained on; for texts a list of them; for
                recordings an array (samples,), or a list of such, at the sample rate that `meta` names.

        Raises:
            KassandraError: they are something else.
        """
        return self.predictions(self.outputs(self.task.own_input(inputs)))

    def predictions(self, outputs: Outputs) -> list[Prediction]:
        """What `outputs` say, by name."""
        classes = self.meta["classes"]
        return [
            Prediction(classes[row.argmax()], float(row.max()), dict(zip(classes, row.tolist(), strict=True)))
            for row in np.exp(outputs.log_probabilities)  # (classes,) each
        ]

    @torch.inference_mode()
    def outputs(self, split: Any) -> Outputs:
        """What the model says of every example of a split that the task has read, in order."""
        count = self.task.size(split)
        log_probabilities = np.empty((count, len(self.meta["classes"])))
        attention: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * count
        weighs = False
        for rows, batch in self.task.numbered_batches(split):
            encoded = self.model.encode(batch.inputs, batch.lengths)
            log_probabilities[rows] = self.model.answer(encoded).double().log_softmax(1).cpu()  # (batch, classes)
            if encoded.attention is not None:
                weighs = True
                weights = encoded.attention.float().cpu().numpy()  # (batch, time)
                lengths = [weights.shape[1]] * len(rows) if batch.lengths is None else batch.lengths.tolist()
                for row, length, shares in zip(rows, lengths, weights, strict=True):
                    attention[row] = shares[:length]
        return Outputs(log_probabilities, attention if weighs else None)

    def contributions(self, inputs: Any) -> list[NDArray[np.float64]]:
        """Per text (tokens,): how much each token speaks for the label that is predicted, or against it.

        The gradient of the label's log-odds times the token's vector: to first order what the log-odds would lose
        without it (Denil et al. 2014, eq. 1). Only for models that read token ids.
        """
        assert self.model.embedding is not None, "images have no tokens"
        found, split = [], self.task.own_input(inputs)
        order = [(row, batch) for rows, batch in self.task.numbered_batches(split, 1) for row in rows]
        for _, batch in sorted(order, key=lambda numbered: int(numbered[0])):
            # cuDNN refuses the backward pass of a recurrent layer in evaluation mode.
            with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
                vectors = self.model.embedding(batch.inputs).detach().requires_grad_()  # (1, time, size)
                logits = self.model.answer(self.model.encoder(vectors, batch.lengths))[0]  # (classes,)
                label = int(logits.argmax())
                others = torch.cat([logits[:label], logits[label + 1 :]]).logsumexp(0)
                (gradient,) = torch.autograd.grad(logits[label] - others, vectors)
            found.append((gradient * vectors).sum(2)[0].detach().double().cpu().numpy())  # (time,)
        return found
