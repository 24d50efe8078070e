"""A trained classifier: the class, or the labels, of an image, a text or a recording."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from kassandra.contracts.predictor import TrainedModel
from kassandra.lstm.explained import attention_of_rows, gradient_times_input


class Outputs(NamedTuple):
    log_probabilities: NDArray[np.float64]  # (examples, classes); of many labels, those of each by itself
    attention: list[NDArray[np.float32]] | None  # per example (steps,), for the attention variant


def together(members: Sequence[Outputs]) -> Outputs:
    """The mean of the members' probabilities, and of their attention."""
    if len(members) == 1:
        return members[0]
    log_probabilities = np.logaddexp.reduce([each.log_probabilities for each in members]) - math.log(len(members))
    every = [each.attention for each in members if each.attention is not None]
    attention = [np.mean(rows, axis=0) for rows in zip(*every, strict=True)] if every else None
    return Outputs(log_probabilities, attention)


class Prediction(NamedTuple):
    label: str
    probability: float  # of the label, in (0, 1]
    probabilities: dict[str, float]  # of every class; they sum to 1
    members: list[float]  # probability of the label by each member


class Labels(NamedTuple):
    labels: list[str]  # those from whose threshold on the probability is, the most probable first; perhaps none
    probabilities: dict[str, float]  # of every label, each in (0, 1)
    thresholds: dict[str, float]  # of every label; chosen on validation


class Predictor(TrainedModel):
    """A classifier; `kassandra.load` gives one.

    many: whether an example may have any number of labels. thresholds: (labels,) then, the probabilities from which
    each is given: means over the members.
    """

    def __init__(self, models: Sequence[Any], pair: Any, meta: dict[str, Any], *described: Any) -> None:
        super().__init__(models, pair, meta, *described)
        classes, expected = meta["classes"], models[0].linear.out_features
        if not (isinstance(classes, list) and len(classes) == expected):
            raise ValueError(f"'classes' are not {expected} names")
        self.classes = [str(name) for name in classes]
        self.many = meta.get("labels") == "many"
        each = [model.thresholds.double().cpu().numpy() for model in models] if self.many else []
        self.thresholds = np.mean(each, axis=0) if each else None

    def choices(self) -> str:
        return f"any of {len(self.classes)} labels" if self.many else f"{len(self.classes)} classes"

    def predict(self, inputs: Any) -> list[Prediction] | list[Labels]:
        """One prediction per example.

        Args:
            inputs: for images an array (height, width) or (examples, height, width), whole numbers in [0, 255] or
                fractions in [0, 1], bright on dark like the images it was trained on; for texts a list of them; for
                recordings an array (samples,), or a list of such, at the sample rate that `meta` names.

        Raises:
            KassandraError: they are something else.
        """
        return self.predictions(self.of_members(self.pair.own(inputs)))

    def given(self, log_probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(examples, labels) which of many labels are given."""
        return np.asarray(np.exp(log_probabilities) >= self.thresholds)

    def predictions(self, members: Sequence[Outputs]) -> list[Prediction] | list[Labels]:
        """What members answer together, by name."""
        if self.many:
            return self._labels(together(members).log_probabilities)
        joint, each = np.exp(together(members).log_probabilities), np.exp([one.log_probabilities for one in members])
        return [
            Prediction(
                self.classes[row.argmax()],
                float(row.max()),
                dict(zip(self.classes, row.tolist(), strict=True)),
                each[:, number, row.argmax()].tolist(),
            )
            for number, row in enumerate(joint)  # (classes,) each
        ]

    def _labels(self, log_probabilities: NDArray[np.float64]) -> list[Labels]:
        assert self.thresholds is not None
        thresholds = dict(zip(self.classes, self.thresholds.tolist(), strict=True))
        named = []
        for row, given in zip(np.exp(log_probabilities), self.given(log_probabilities), strict=True):
            order = [place for place in np.argsort(-row, kind="stable") if given[place]]
            probabilities = dict(zip(self.classes, row.tolist(), strict=True))
            named.append(Labels([self.classes[place] for place in order], probabilities, thresholds))
        return named

    def outputs(self, split: Any) -> Outputs:
        """What all members answer together, for every example of a split that `pair` has read, in order."""
        return together(self.of_members(split))

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[Outputs]:
        """What each member answers."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> Outputs:
        batches = [
            (rows, *_batch_outputs(model, batch, self.many)) for rows, batch in self.pair.numbered_batches(split)
        ]
        order = np.argsort(np.concatenate([rows for rows, _, _ in batches])) if batches else np.empty(0, np.intp)
        log_probabilities = np.concatenate([np.empty((0, len(self.classes))), *(values for _, values, _ in batches)])
        attention = [weights for _, _, each in batches for weights in each]
        return Outputs(log_probabilities[order], [attention[row] for row in order] if attention else None)

    def contributions(self, inputs: Any) -> list[NDArray[np.float64]]:
        """Per text (tokens,): how much each token speaks for the label that is predicted (of many the most probable
        one), or against it.

        The gradient of the label's log-odds times the token's vector: to first order what the log-odds would lose
        without it (Denil et al. 2014, eq. 1). Of several members, the mean. Only for models that read token ids.
        """
        assert self.models[0].embedding is not None, "only texts have tokens"
        split, by_row = self.pair.own(inputs), dict[int, NDArray[np.float64]]()
        labels = self.outputs(split).log_probabilities.argmax(1)  # (examples,)
        for (row,), batch in self.pair.numbered_batches(split, 1):
            log_odds = partial(_own_log_odds if self.many else _log_odds, label=int(labels[row]))
            added = [gradient_times_input(model, batch, log_odds) for model in self.models]
            by_row[int(row)] = np.mean(added, axis=0)  # (time,)
        return [by_row[row] for row in sorted(by_row)]


def _batch_outputs(model: Any, batch: Any, many: bool) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
    """(batch, classes) log-probabilities, and the attention of each row if the model has any."""
    encoded = model.encode(batch.inputs, batch.lengths)
    logits = model.answer(encoded).double()
    log_probabilities = (logsigmoid(logits) if many else logits.log_softmax(1)).cpu().numpy()
    return log_probabilities, attention_of_rows(encoded, batch.lengths)


def _log_odds(logits: Tensor, label: int) -> Tensor:
    """() of a class against the others, of logits (classes,)."""
    others = torch.cat([logits[:label], logits[label + 1 :]]).logsumexp(0)
    return logits[label] - others


def _own_log_odds(logits: Tensor, label: int) -> Tensor:
    """() of a label against its absence, of logits (labels,) of many."""
    return logits[label]
