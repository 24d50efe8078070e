"""A language model as one graph that reads on: state in, and state out."""

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kassandra.contracts.graph import Arrays, Axes, Comparison, Graph, Run
from kassandra.judging.score import value_of
from kassandra.lstm.encoder import State
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.targets.next.evaluate import scores


class Together(nn.Module):
    """Log-probabilities of the next token after each, by the mean of the members' probabilities, and their states."""

    def __init__(self, members: list[Any], shapes: list[list[int]]) -> None:
        super().__init__()
        self.members, self.shapes = nn.ModuleList(members), shapes

    def forward(self, inputs: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
        given, each, reached = iter(parts), [], []
        for member, layers in zip(self.members, self.shapes, strict=True):
            read = member(inputs, [State(*(next(given) for _ in range(count))) for count in layers])
            each.append(member.logits(read.outputs).float().log_softmax(2))  # type: ignore[operator]
            reached += [part for state in read.state for part in state if part is not None]
        joint = torch.stack(each).logsumexp(0) - math.log(len(each))  # (batch, time, vocab_size)
        return (joint, *reached)


class Read(NamedTuple):
    outputs: Tensor  # (batch, time, vocab_size) log-probabilities
    state: list[Tensor]


class FromGraph:
    """What `Predictor` asks of a model, by the graph."""

    def __init__(self, model: Any, run: Run, states: Mapping[str, Axes]) -> None:
        self.parameters, self.run, self.states = model.parameters, run, states

    def __call__(self, ids: Tensor, state: list[Tensor] | None) -> Read:
        zeros = [torch.zeros(len(ids), int(axes[1])) for axes in self.states.values()]
        parts = {name: part.numpy() for name, part in zip(self.states, state or zeros, strict=True)}
        outputs = [
            torch.from_numpy(np.array(one)) for one in self.run("model", {"inputs": ids.numpy(), **parts}).values()
        ]
        return Read(outputs[0], outputs[1:])

    def logits(self, outputs: Tensor) -> Tensor:
        return outputs

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return -outputs.gather(1, targets.unsqueeze(1)).squeeze(1)


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths; the parts of a text are whole."""
    spec, states = predictor.meta["spec"], _states(predictor)
    inputs = {**sequence_inputs(spec, padded), **states}
    outputs: dict[str, Axes] = {"log_probabilities": ("batch", "time", int(spec["vocab_size"]))}
    outputs |= {f"next_{name}": axes for name, axes in states.items()}
    shapes = [[sum(part is not None for part in state) for state in member] for member in _example_states(predictor)]
    return [Graph("model", Together(predictor.models, shapes), inputs, outputs, partial(_example, spec, inputs))]


def _example_states(predictor: Any) -> list[list[State]]:
    """Of each member, those of each layer, after one token."""
    with torch.inference_mode():
        return [model(torch.zeros(1, 1, dtype=torch.long)).state for model in predictor.models]


def _states(predictor: Any) -> dict[str, Axes]:
    """Names and axes of all members' states: h and, of an LSTM, c of each layer."""
    every = [state for member in _example_states(predictor) for state in member]
    return {
        f"{name}_{number}": ("batch", part.shape[1])
        for number, state in enumerate(every)
        for name, part in zip(("h", "c"), state, strict=True)
        if part is not None
    }


def _example(
    spec: Mapping[str, Any], inputs: Mapping[str, Axes], sizes: Mapping[str, int], generator: np.random.Generator
) -> Arrays:
    drawn = sequence_example(spec, inputs, sizes, generator)
    for name, axes in inputs.items():
        if name not in drawn:
            drawn[name] = generator.uniform(-1, 1, (sizes["batch"], int(axes[1]))).astype(np.float32)
    return drawn


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    model = FromGraph(predictor.models[0], run, _states(predictor))
    return type(predictor)([model], predictor.pair, predictor.meta, predictor.fingerprint)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs: ids are places in `vocabulary`; the first two are never
    written."""
    return {}


def answers(predictor: Any, test: Path) -> Any:
    """(tokens - 1,) nats of each token of a test split but the first."""
    return predictor.losses(predictor.pair.read(test))


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    targets = np.array(predictor.pair.read(test).targets[1:], np.int64)
    characters = predictor.meta["characters"]["test"]
    tables = [scores.predictions(targets, each, characters) for each in (first, second)]
    values = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in scores.SCORES}
    return Comparison(values, float(np.abs(np.exp(-first) - np.exp(-second)).max()), "probability of a token")


PROGRAM = '''"""Writes on from a prompt, always the likeliest: python example.py "ROMEO:" [LENGTH]"""

import json
import os
import re
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(os.environ.get("MODEL", "model.onnx"))
about = json.loads(session.get_modelmeta().custom_metadata_map["kassandra"])
place = {token: number for number, token in enumerate(about["vocabulary"])}
prompt, length = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
parts = list(prompt) if about["tokens"] == "characters" else re.findall(r"\\n|[^\\s]+", prompt)
ids = [place["<eos>" if part == "\\n" and about["tokens"] == "words" else part] for part in parts]
state = {each.name: np.zeros((1, each.shape[1]), np.float32) for each in session.get_inputs()[1:]}
for _ in range(length):
    log_probabilities, *reached = session.run(None, {"inputs": np.array([ids]), **state})
    state = dict(zip(state, reached))
    ids = [int(log_probabilities[0, -1, 2:].argmax()) + 2]  # the first two are padding and unknown
    token = about["vocabulary"][ids[0]]
    print(token if about["tokens"] == "characters" else {"<eos>": "\\n"}.get(token, f" {token}"), end="", flush=True)
print()
'''
