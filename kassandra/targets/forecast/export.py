"""A model of the next values as one graph: of a standardised window the parameters of each member's head."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kassandra.contracts.graph import Arrays, Axes, Comparison, Graph, Run
from kassandra.contracts.spec import LEVELS
from kassandra.judging.score import value_of
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.targets.forecast.evaluate import scores
from kassandra.targets.forecast.evaluate.stage import predictions


class Members(nn.Module):
    """point: the mean of the members' points. parameters: (members, batch, outputs, parameters) of their heads.

    All are in the standardised unit of training. Members are not pooled here: the mean of their distributions is no
    distribution of the same kind; a quantile of it is found between theirs (kassandra/judging/pooling.py).
    """

    def __init__(self, members: list[Any]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        raw = [member(inputs) for member in self.members]  # (batch, outputs, parameters) each
        points = [member.head.point(one) for member, one in zip(self.members, raw, strict=True)]  # type: ignore[union-attr, operator]
        return torch.stack(points).mean(0), torch.stack(raw)


class FromGraph:
    """What `Predictor` asks of a member, by the graph."""

    def __init__(self, model: Any, run: Run, number: int) -> None:
        self.head, self.forecast, self.run, self.number = model.head, model.forecast, run, number

    def encode(self, inputs: Tensor) -> Any:
        parameters: Arrays = self.run("model", {"inputs": inputs.numpy()})
        return SimpleNamespace(attention=None, raw=torch.from_numpy(np.array(parameters["parameters"][self.number])))

    def answer(self, encoded: Any, inputs: Tensor) -> Tensor:
        raw: Tensor = encoded.raw
        return raw


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths; windows are of one length, which is part of the model."""
    meta, model = predictor.meta, predictor.models[0]
    own = sequence_inputs(meta["spec"], padded)["inputs"]
    inputs: dict[str, Axes] = {"inputs": ("batch", int(meta["window"]), *own[2:])}
    outputs: dict[str, Axes] = {"point": ("batch", model.outputs)}
    outputs["parameters"] = (len(predictor.models), "batch", model.outputs, model.head.parameters)
    return [Graph("model", Members(predictor.models), inputs, outputs, partial(sequence_example, meta["spec"], inputs))]


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    models = [FromGraph(model, run, number) for number, model in enumerate(predictor.models)]
    return type(predictor)(models, predictor.pair, predictor.meta, predictor.fingerprint, predictor.seeds)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs: value = standardised · target_std + target_mean, each
    (series, horizon, targets), and further as `normalise` says."""
    keys = ("predict", "targets", "horizon", "target_mean", "target_std", "value_std")
    return {key: meta[key] for key in keys} | {"levels": list(LEVELS)}


def answers(predictor: Any, test: Path) -> Any:
    """The Forecast of every origin of a test split."""
    return predictor.outputs(predictor.pair.read(test))


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    split, meta = predictor.pair.read(test).inputs, predictor.meta
    tables = [predictions(split, each, None, meta) for each in (first, second)]
    values = {}
    for score in scores.scores_for(meta["predict"]):
        pair = (value_of(score, tables[0]), value_of(score, tables[1]))
        if np.isfinite(pair).all():  # `r2` is beside a baseline, which is not part of the model
            values[score.name] = pair
    spread = np.abs(first.point).max()
    apart = float(np.abs(first.point - second.point).max() / max(spread, np.finfo(float).tiny))
    return Comparison(values, apart, "share of the largest forecast")


PYTHON = """
shape = (about["horizon"], len(about["targets"]))
point = outputs["point"].reshape(shape) * np.array(about["target_std"][0]) + np.array(about["target_mean"][0])
centre = scale = None  # of the window's own, where about["normalise"] is not "none": add them back
print(json.dumps({"targets": about["targets"], "steps ahead": point.tolist()}))
"""
JAVASCRIPT = ""
