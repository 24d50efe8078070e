"""A classifier as one graph: the probabilities of classes, or of labels, that all its members give together."""

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
    """The mean of the members' probabilities, its logarithm, and, where there is attention, the mean of theirs; of any
    number of labels before that also 1 where one is given."""

    thresholds: Tensor

    def __init__(self, members: list[Any], thresholds: Any = None) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.many = thresholds is not None
        given = [] if thresholds is None else thresholds
        self.register_buffer("thresholds", torch.as_tensor(given, dtype=torch.float32), persistent=False)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
        encoded = [member.encode(inputs, lengths) for member in self.members]  # type: ignore[operator]
        logits = [member.answer(one) for member, one in zip(self.members, encoded, strict=True)]  # type: ignore[operator]
        log = _log_sigmoid if self.many else partial(torch.log_softmax, dim=1)
        each = torch.stack([log(one.float()) for one in logits])  # (members, batch, classes)
        joint = each.logsumexp(0) - math.log(len(each))  # (batch, classes)
        attention = [one.attention for one in encoded if one.attention is not None]
        given = [(joint.exp() >= self.thresholds).to(torch.int64)] if self.many else []
        return (joint.exp(), joint, *given, *([torch.stack(attention).mean(0)] if attention else []))


def _log_sigmoid(logits: Tensor) -> Tensor:
    """As torch's, in operations that ONNX has, which stay finite."""
    return logits.clamp(max=0) - torch.log(1 + torch.exp(-logits.abs()))


class FromGraph:
    """What `Predictor` asks of a model, by the graph."""

    embedding = None

    def __init__(self, model: Any, run: Run) -> None:
        self.linear, self.run = model.linear, run
        self.thresholds = getattr(model, "thresholds", None)

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> Any:
        given = {"inputs": inputs.numpy()} | ({} if lengths is None else {"lengths": lengths.numpy()})
        outputs = {name: torch.from_numpy(np.array(value)) for name, value in self.run("model", given).items()}
        return SimpleNamespace(attention=outputs.get("attention"), joint=outputs["log_probabilities"])

    def answer(self, encoded: Any) -> Tensor:
        joint: Tensor = encoded.joint
        if self.thresholds is None:
            return joint
        return joint - torch.log1p(-joint.exp().clamp(max=1 - 1e-7))  # log-odds, whose sigmoid is the probability


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
    outputs |= {"given": ("batch", count)} if predictor.many else {}
    if isinstance(predictor.models[0].encoder, Attentive):
        outputs["attention"] = ("batch", "time")
    return [
        Graph(
            "model",
            Together(predictor.models, predictor.thresholds),
            inputs,
            outputs,
            partial(sequence_example, spec, inputs),
        )
    ]


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graphs."""
    own = [FromGraph(predictor.models[0], run)]
    answering = type(predictor)(own, predictor.pair, predictor.meta, predictor.fingerprint)
    answering.thresholds = predictor.thresholds  # of all members together
    return answering


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs."""
    return {"classes": meta["classes"]} | ({"labels": "many"} if meta.get("labels") == "many" else {})


def answers(predictor: Any, test: Path) -> Any:
    """(examples, classes) log-probabilities of a test split."""
    return predictor.outputs(predictor.pair.read(test)).log_probabilities


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    arrays = map_arrays(test)
    targets = np.array(arrays["labels"], np.int64)
    examples, both = example_ids(arrays, len(targets)), (first, second)
    if predictor.many:
        given = [predictor.given(each) for each in both]
        tables = [
            scores.labelled(examples, targets == 1, labels, each, predictor.classes)
            for labels, each in zip(given, both, strict=True)
        ]
        changed = int((given[0] != given[1]).any(1).sum())
    else:
        tables = [scores.predictions(examples, targets, each, predictor.classes) for each in both]
        changed = int((first.argmax(1) != second.argmax(1)).sum())
    known = [score for score in scores.SCORES if score.of(tables[0]) is not None]
    values = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in known}
    largest = float(np.abs(np.exp(first) - np.exp(second)).max())
    return Comparison(values, largest, "probability", changed, len(targets))


PYTHON = """
probabilities = dict(zip(about["classes"], outputs["probabilities"][0].tolist()))
print(json.dumps(probabilities, ensure_ascii=False))
"""

JAVASCRIPT = """
const probabilities = Array.from(outputs.probabilities.data);
console.log(JSON.stringify(Object.fromEntries(about.classes.map((name, k) => [name, probabilities[k]]))));
"""
