"""A trained classifier: the class of an image, a text or a recording."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel


class Outputs(NamedTuple):
    log_probabilities: NDArray[np.float64]  # (examples, classes)
    attention: list[NDArray[np.float32]] | None  # per example (steps,), for the attention variant


class Prediction(NamedTuple):
    label: str
    probability: float  # of the label, in (0, 1]
    probabilities: dict[str, float]  # of every class; they sum to 1


class Predictor(TrainedModel):
    """A classifier; `kassandra.load` gives one."""

    def __init__(self, model: Any, pair: Any, meta: dict[str, Any], fingerprint: dict[str, str]) -> None:
        super().__init__(model, pair, meta, fingerprint)
        classes, expected = meta["classes"], model.linear.out_features
        if not (isinstance(classes, list) and len(classes) == expected):
            raise ValueError(f"'classes' are not {expected} names")
        self.classes = [str(name) for name in classes]

    def choices(self) -> str:
        return f"{len(self.classes)} classes"

    def predict(self, inputs: Any) -> list[Prediction]:
        """One prediction per example.

        Args:
            inputs: for images an array (height, width) or (examples, height, width), whole numbers in [0, 255] or
                fractions in [0, 1], bright on dark like the images it was trained on; for texts a list of them; for
                recordings an array (samples,), or a list of such, at the sample rate that `meta` names.

        Raises:
            KassandraError: they are something else.
        """
        return self.predictions(self.outputs(self.pair.own(inputs)))

    def predictions(self, outputs: Outputs) -> list[Prediction]:
        """The outputs by name."""
        return [
            Prediction(self.classes[row.argmax()], float(row.max()), dict(zip(self.classes, row.tolist(), strict=True)))
            for row in np.exp(outputs.log_probabilities)  # (classes,) each
        ]

    @torch.inference_mode()
    def outputs(self, split: Any) -> Outputs:
        """The model's outputs for every example of a split that `pair` has read, in order."""
        batches = [(rows, *self._batch_outputs(batch)) for rows, batch in self.pair.numbered_batches(split)]
        order = np.argsort(np.concatenate([rows for rows, _, _ in batches])) if batches else np.empty(0, np.intp)
        log_probabilities = np.concatenate([np.empty((0, len(self.classes))), *(values for _, values, _ in batches)])
        attention = [weights for _, _, each in batches for weights in each]
        return Outputs(log_probabilities[order], [attention[row] for row in order] if attention else None)

    def _batch_outputs(self, batch: Any) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
        """(batch, classes) log-probabilities, and the attention of each row if the model has any."""
        encoded = self.model.encode(batch.inputs, batch.lengths)
        log_probabilities = self.model.answer(encoded).double().log_softmax(1).cpu().numpy()
        if encoded.attention is None:
            return log_probabilities, []
        weights = encoded.attention.float().cpu().numpy()  # (batch, time)
        lengths = [weights.shape[1]] * len(weights) if batch.lengths is None else batch.lengths.tolist()
        return log_probabilities, [row[:length].copy() for row, length in zip(weights, lengths, strict=True)]

    def contributions(self, inputs: Any) -> list[NDArray[np.float64]]:
        """Per text (tokens,): how much each token speaks for the label that is predicted, or against it.

        The gradient of the label's log-odds times the token's vector: to first order what the log-odds would lose
        without it (Denil et al. 2014, eq. 1). Only for models that read token ids.
        """
        assert self.model.embedding is not None, "only texts have tokens"
        by_row: dict[int, NDArray[np.float64]] = {}
        for (row,), batch in self.pair.numbered_batches(self.pair.own(inputs), 1):
            # cuDNN refuses the backward pass of a recurrent layer in evaluation mode.
            with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
                vectors = self.model.embedding(batch.inputs).detach().requires_grad_()  # (1, time, size)
                logits = self.model.answer(self.model.encoder(vectors, batch.lengths))[0]  # (classes,)
                label = int(logits.argmax())
                others = torch.cat([logits[:label], logits[label + 1 :]]).logsumexp(0)
                (gradient,) = torch.autograd.grad(logits[label] - others, vectors)
            by_row[int(row)] = (gradient * vectors).sum(2)[0].detach().double().cpu().numpy()  # (time,)
        return [by_row[row] for row in sorted(by_row)]
