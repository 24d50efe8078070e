"""A trained model of numbers: the number of a text, a series, an image or a recording, with intervals."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.predictor import TrainedModel
from kassandra.contracts.spec import LEVELS
from kassandra.judging.pooling import pooled
from kassandra.lstm.explained import attention_of_rows, gradient_times_input

INTERVALS = {"90%": (0.05, 0.95), "50%": (0.25, 0.75)}
Numbers = NDArray[np.float64]


class Outputs(NamedTuple):
    """point: (examples,) in the unit of the number. quantiles: (levels, examples) at contracts.spec.LEVELS, or None for
    a model that predicts a point alone. attention: of each example (steps,), for the attention variant. distribution:
    by name, parameters of a distribution in closed form, (examples,) each; empty without one."""

    point: Numbers
    quantiles: Numbers | None
    attention: list[NDArray[np.float32]] | None
    distribution: dict[str, Numbers] = {}  # noqa: RUF012 (a default that nobody changes)


def together(members: Sequence[Outputs]) -> Outputs:
    """The mean of the members' distributions (linear pool; Stone 1961), and of their points and attention."""
    first, *others = members
    if not others:
        return first
    quantiles = None if first.quantiles is None else pooled([np.asarray(each.quantiles) for each in members])
    every = [each.attention for each in members if each.attention is not None]
    attention = [np.mean(rows, axis=0) for rows in zip(*every, strict=True)] if every else None
    return Outputs(np.mean([each.point for each in members], axis=0), quantiles, attention)


class Prediction(NamedTuple):
    """number: the mean. intervals: by name, the ends of the central 90% and 50%; empty of a model that predicts a point
    alone. members: the number of each member."""

    number: float
    intervals: dict[str, tuple[float, float]]
    members: list[float]


class Predictor(TrainedModel):
    """A model of numbers; `kassandra.load` gives one."""

    def choices(self) -> str:
        low, high = (self.meta["train_numbers"][name] for name in ("smallest", "largest"))
        return f"a number (of train, {low:.4g} to {high:.4g})"

    def predict(self, inputs: Any) -> list[Prediction]:
        """One prediction per example; `inputs` as for a classifier of the same input.

        Raises:
            KassandraError: they are something else.
        """
        return self.predictions(self.of_members(self.pair.own(inputs)))

    def predictions(self, members: Sequence[Outputs]) -> list[Prediction]:
        """What members predict together."""
        joint, each = together(members), np.array([one.point for one in members])  # each: (members, examples)
        places = {name: [LEVELS.index(level) for level in ends] for name, ends in INTERVALS.items()}
        made = []
        for row, point in enumerate(joint.point.tolist()):
            intervals = dict[str, tuple[float, float]]()
            if joint.quantiles is not None:
                ends = {name: joint.quantiles[both, row].tolist() for name, both in places.items()}
                intervals = {name: (low, high) for name, (low, high) in ends.items()}
            made.append(Prediction(point, intervals, each[:, row].tolist()))
        return made

    def outputs(self, split: Any) -> Outputs:
        """What all members predict together, for every example of a split that `pair` has read, in order."""
        return together(self.of_members(split))

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[Outputs]:
        """What each member predicts."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> Outputs:
        target, places, parts = self.pair.target, list[NDArray[np.intp]](), dict[str, list[Numbers]]()
        attention = list[NDArray[np.float32]]()
        for rows, batch in self.pair.numbered_batches(split):
            encoded = model.encode(batch.inputs, batch.lengths)
            raw = model.answer(encoded)  # (batch, 1, parameters)
            point, quantiles = target.predicted(model, raw)
            of_batch = {"point": point, **({} if quantiles is None else {"quantiles": quantiles})}
            for name, values in (of_batch | target.distribution(model, raw)).items():
                parts.setdefault(name, []).append(values)
            attention += attention_of_rows(encoded, batch.lengths)
            places.append(rows)
        if not places:
            return Outputs(np.empty(0), None, None)
        order = np.argsort(np.concatenate(places))
        values = {name: np.concatenate(each, axis=-1)[..., order] for name, each in parts.items()}
        point, quantiles = values.pop("point"), values.pop("quantiles", None)
        return Outputs(point, quantiles, [attention[row] for row in order] if attention else None, values)

    def contributions(self, inputs: Any) -> list[Numbers]:
        """Per text (tokens,): by how much each token raises the number, or lowers it, in the unit of the number (of its
        logarithm, where that is learned); see gradient_times_input. Of several members, the mean. Only for models that
        read token ids.
        """
        assert self.models[0].embedding is not None, "only texts have tokens"
        by_row, target = dict[int, Numbers](), self.pair.target
        for (row,), batch in self.pair.numbered_batches(self.pair.own(inputs), 1):
            each = [gradient_times_input(model, batch, _point_of(model)) for model in self.models]
            by_row[int(row)] = np.mean(each, axis=0) * target.std  # (time,)
        return [by_row[row] for row in sorted(by_row)]


def _point_of(model: Any) -> Any:
    def point(raw: Tensor) -> Tensor:
        """() of one row (1, parameters), standardised."""
        standard: Tensor = model.head.point(raw.unsqueeze(0))[0, 0]
        return standard

    return point
