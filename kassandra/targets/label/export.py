"""A classifier as one graph: the probabilities of classes that all its members give together."""

import math
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import example_ids
from kassandra.contracts.graph import Comparison, Graph, Run
from kassandra.judging.score import value_of
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.lstm.rocket_ridge import RocketRidge
from kassandra.lstm.summaries import Attentive
from kassandra.targets.label.evaluate import scores


class Together(nn.Module):
    """The mean of the members' probabilities, its logarithm, and, where there is attention, the mean of theirs."""

    def __init__(self, members: list[Any]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
        encoded = [member.encode(inputs, lengths) for member in self.members]  # type: ignore[operator]
        logits = [member.answer(one) for member, one in zip(self.members, encoded, strict=True)]  # type: ignore[operator]
        each = torch.stack([one.float().log_softmax(1) for one in logits])  # (members, batch, classes)
        joint = each.logsumexp(0) - math.log(len(each))  # (batch, classes)
        attention = [one.attention for one in encoded if one.attention is not None]
        return (joint.exp(), joint, *([torch.stack(attention).mean(0)] if attention else []))


class FromGraph:
    """What `Predictor` asks of a model, by the graph."""

    embedding = None

    def __init__(self, model: Any, run: Run) -> None:
        self.linear, self.run = model.linear, run

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> Any:
        given = {"inputs": inputs.numpy()} | ({} if lengths is None else {"lengths": lengths.numpy()})
        outputs = {name: torch.from_numpy(np.array(value)) for name, value in self.run("model", given).items()}
        return SimpleNamespace(attention=outputs.get("attention"), joint=outputs["log_probabilities"])

    def answer(self, encoded: Any) -> Tensor:
        joint: Tensor = encoded.joint
        return joint


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths.

    Raises:
        KassandraError: MiniRocket stands beside the LSTM.
    """
    if isinstance(predictor.models[0].beside, RocketRidge):
        raise KassandraError("export: no graph has MiniRocket beside an LSTM (model.linear); train one without")
    spec, count = predictor.meta["spec"], len(predictor.classes)
    inputs = sequence_inputs(spec, padded)
    outputs: dict[str, tuple[str | int, ...]] = dict.fromkeys(("probabilities", "log_probabilities"), ("batch", count))
    if isinstance(predictor.models[0].encoder, Attentive):
        outputs["attention"] = ("batch", "time")
    return [Graph("model", Together(predictor.models), inputs, outputs, partial(sequence_example, spec, inputs))]


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graphs."""
    return type(predictor)([FromGraph(predictor.models[0], run)], predictor.pair, predictor.meta, predictor.fingerprint)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs."""
    return {"classes": meta["classes"]}


def answers(predictor: Any, test: Path) -> Any:
    """(examples, classes) log-probabilities of a test split."""
    return predictor.outputs(predictor.pair.read(test)).log_probabilities


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    arrays = map_arrays(test)
    targets = np.array(arrays["labels"], np.int64)
    examples = example_ids(arrays, len(targets))
    tables = [scores.predictions(examples, targets, each, predictor.classes) for each in (first, second)]
    values = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in scores.SCORES}
    largest = float(np.abs(np.exp(first) - np.exp(second)).max())
    changed = int((first.argmax(1) != second.argmax(1)).sum())
    return Comparison(values, largest, "probability", changed, len(targets))


PYTHON = """
probabilities = dict(zip(about["classes"], outputs["probabilities"][0].tolist()))
print(json.dumps(probabilities, ensure_ascii=False))
"""

JAVASCRIPT = """
const probabilities = Array.from(outputs.probabilities.data);
console.log(JSON.stringify(Object.fromEntries(about.classes.map((name, k) => [name, probabilities[k]]))));
"""
