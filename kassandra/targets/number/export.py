"""A model of numbers as one graph: the parameters of each member's head, standardised, and the mean of their points."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import example_ids
from kassandra.contracts.graph import Axes, Comparison, Graph, Run
from kassandra.contracts.spec import LEVELS
from kassandra.judging.distributions import predictions
from kassandra.judging.score import value_of
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.lstm.heads import Student
from kassandra.targets.number.evaluate import scores
from kassandra.targets.number.train.target import LARGEST_LOG


class Members(nn.Module):
    """number: what `kassandra predict` answers, the mean of the members' numbers. point: the mean of their standardised
    points. parameters: (members, batch, 1, parameters) of their heads.

    Members are not pooled here: a quantile of the mean of their distributions is found between theirs
    (kassandra/judging/pooling.py).
    """

    def __init__(self, members: list[Any], meta: dict[str, Any]) -> None:
        super().__init__()
        self.members, self.log = nn.ModuleList(members), bool(meta["log"])
        self.mean, self.std = float(meta["target_mean"]), float(meta["target_std"])

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        raw = [member(inputs, lengths) for member in self.members]  # (batch, 1, parameters) each
        heads = [member.head for member in self.members]
        points = [head.point(one) for head, one in zip(heads, raw, strict=True)]  # type: ignore[union-attr, operator]
        numbers = [self._number(head, one) for head, one in zip(heads, raw, strict=True)]
        return torch.stack(numbers).mean(0).squeeze(1), torch.stack(points).mean(0).squeeze(1), torch.stack(raw)

    def _number(self, head: Any, raw: Tensor) -> Tensor:
        """(batch, 1) in its own unit; see train.target.Target.predicted."""
        quantiles = head.quantiles(raw) if self.log else None  # (levels, batch, 1)
        return self._restored(head.point(raw)) if quantiles is None else self._restored(quantiles).mean(0)

    def _restored(self, standard: Tensor) -> Tensor:
        values = standard.double() * self.std + self.mean
        return values.clamp(max=LARGEST_LOG).exp() if self.log else values


class FromGraph:
    """What `Predictor` asks of a member, by the graph."""

    embedding = None

    def __init__(self, model: Any, run: Run, number: int) -> None:
        self.head, self.predicted, self.run, self.number = model.head, model.predicted, run, number

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> Any:
        given = {"inputs": inputs.numpy()} | ({} if lengths is None else {"lengths": lengths.numpy()})
        parameters = self.run("model", given)["parameters"][self.number]
        return SimpleNamespace(attention=None, raw=torch.from_numpy(np.array(parameters)))

    def answer(self, encoded: Any) -> Tensor:
        raw: Tensor = encoded.raw
        return raw


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths."""
    meta, head = predictor.meta, predictor.models[0].head
    spec = meta["spec"]
    if meta["log"] and isinstance(head, Student):
        raise KassandraError(
            "export: ONNX has no quantiles of Student's t, whose mean is the number where its logarithm is learned "
            "(prepare.log, model.head: student); `--to folder` keeps the model"
        )
    inputs = sequence_inputs(spec, padded)
    outputs: dict[str, Axes] = {"number": ("batch",), "point": ("batch",)}
    outputs["parameters"] = (len(predictor.models), "batch", 1, head.parameters)
    return [Graph("model", Members(predictor.models, meta), inputs, outputs, partial(sequence_example, spec, inputs))]


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    models = [FromGraph(model, run, number) for number, model in enumerate(predictor.models)]
    return type(predictor)(models, predictor.pair, predictor.meta, predictor.fingerprint, predictor.seeds)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs: `point` and what `parameters` say are standardised, their
    unit is · target_std + target_mean; where `log` says so, that of the logarithm."""
    return {key: meta[key] for key in ("log", "target_mean", "target_std")} | {"levels": list(LEVELS)}


def answers(predictor: Any, test: Path) -> Any:
    """The Outputs of a test split."""
    return predictor.outputs(predictor.pair.read(test))


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    arrays = map_arrays(test)
    numbers = np.array(arrays["numbers"])
    examples = example_ids(arrays, len(numbers))
    asked = pd.DataFrame({"example": examples, "observed": numbers})
    tables = [predictions(asked, each) for each in (first, second)]
    pairs = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in scores.SCORES}
    values = {name: pair for name, pair in pairs.items() if np.isfinite(pair).all()}
    apart = float(np.abs(first.point - second.point).max() / max(np.abs(first.point).max(), np.finfo(float).tiny))
    return Comparison(values, apart, "share of the largest prediction", examples=len(numbers))


PYTHON = """
print(json.dumps({"number": float(outputs["number"][0])}))
"""
JAVASCRIPT = """
console.log(JSON.stringify({ number: outputs.number.data[0] }));
"""
