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
from kassandra.targets.number.evaluate import scores


class Members(nn.Module):
    """point: the mean of the members' standardised points. parameters: (members, batch, 1, parameters) of their heads.

    Members are not pooled here: a quantile of the mean of their distributions is found between theirs
    (kassandra/judging/pooling.py).
    """

    def __init__(self, members: list[Any]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        raw = [member(inputs, lengths) for member in self.members]  # (batch, 1, parameters) each
        heads = [member.head for member in self.members]
        points = [head.point(one) for head, one in zip(heads, raw, strict=True)]  # type: ignore[union-attr, operator]
        return torch.stack(points).mean(0).squeeze(1), torch.stack(raw)


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
    if predictor.models[0].beside is not None:
        raise KassandraError("ONNX has no linear model of bigrams (model.linear); export --to folder keeps it")
    spec, head = predictor.meta["spec"], predictor.models[0].head
    inputs = sequence_inputs(spec, padded)
    outputs: dict[str, Axes] = {"point": ("batch",)}
    outputs["parameters"] = (len(predictor.models), "batch", 1, head.parameters)
    return [Graph("model", Members(predictor.models), inputs, outputs, partial(sequence_example, spec, inputs))]


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    models = [FromGraph(model, run, number) for number, model in enumerate(predictor.models)]
    return type(predictor)(models, predictor.pair, predictor.meta, predictor.fingerprint, predictor.seeds)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs: number = standardised · target_std + target_mean; where
    `log` says so, its exponential."""
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
number = float(outputs["point"][0]) * about["target_std"] + about["target_mean"]
print(json.dumps({"number": float(np.exp(number)) if about["log"] else number}))
"""
JAVASCRIPT = """
const number = outputs.point.data[0] * about.target_std + about.target_mean;
console.log(JSON.stringify({ number: about.log ? Math.exp(number) : number }));
"""
