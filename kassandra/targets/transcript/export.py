"""A recogniser as one graph: log-probabilities of each token, and of none, at each step, of each of its members.

Members write at different steps, so that probabilities of steps have no mean that says anything: texts are read off
each, and the one of the largest mean probability is taken, as `kassandra predict` does. The example program reads
greedily, the likeliest token of each step.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.graph import Axes, Comparison, Graph, Run
from kassandra.contracts.spec import UNK
from kassandra.judging.score import value_of
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.targets.transcript.evaluate import scores
from kassandra.targets.transcript.train.decoding import BLANK
from kassandra.targets.transcript.train.spelling import Spelling


class Members(nn.Module):
    """log_probabilities: (members, batch, time, tokens)."""

    def __init__(self, members: list[Any]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        return torch.stack([member(inputs, lengths) for member in self.members])


class FromGraph:
    """What `Predictor` asks of a member, by the graph."""

    def __init__(self, model: Any, run: Run, number: int) -> None:
        self.decoder, self.run, self.number = model.decoder, run, number

    def __call__(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        outputs = self.run("model", {"inputs": inputs.numpy(), "lengths": lengths.numpy()})
        return torch.from_numpy(np.array(outputs["log_probabilities"][self.number]))


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths, which recordings do."""
    spec = predictor.meta["spec"]
    inputs = sequence_inputs(spec, padded)
    outputs: dict[str, Axes] = {"log_probabilities": (len(predictor.models), "batch", "time", int(spec["outputs"]))}
    return [Graph("model", Members(predictor.models), inputs, outputs, partial(sequence_example, spec, inputs))]


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    models = [FromGraph(model, run, number) for number, model in enumerate(predictor.models)]
    return type(predictor)(models, predictor.pair, predictor.meta, predictor.fingerprint, predictor.seeds)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs: `pieces` by place; `blank` writes nothing, `unknown` is
    never read."""
    spelling = Spelling(meta)
    return {"tokens": spelling.kind, "pieces": spelling.pieces, "blank": BLANK, "unknown": UNK}


def answers(predictor: Any, test: Path) -> Any:
    """The Transcript of each recording of a test split, read off as `model.decoder` says."""
    return predictor.outputs(predictor.pair.read(test))


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    references = predictor.pair.target.read(test).texts
    examples, groups = example_ids(map_arrays(test), len(references)), [""] * len(references)
    tables = [
        scores.predictions(
            examples, groups, references, [one.text for one in each], [one.greedy for one in each],
            [one.log_probability for one in each],
        )
        for each in (first, second)
    ]  # fmt: skip
    values = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in scores.SCORES}
    both = [pair for one, other in zip(first, second, strict=True) for pair in zip(one.steps, other.steps, strict=True)]
    apart = max(float(np.abs(np.exp(one) - np.exp(other)).max()) for one, other in both)
    changed = sum(one.text != other.text for one, other in zip(first, second, strict=True))
    return Comparison(values, apart, "probability", changed, len(references))


PYTHON = """
members = outputs["log_probabilities"][:, 0].astype(np.float64)  # (members, steps, tokens)
members[:, :, about["unknown"]] = -np.inf
blank = about["blank"]


def greedy(steps):  # (token, first step, last step): the likeliest token of each step; equal ones in a row are one
    path = steps.argmax(1)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
    return [(int(path[a]), int(a), int(b) - 1) for a, b in zip(edges, edges[1:]) if path[a] != blank]


def probability(steps, tokens):  # nats, of all ways to write them (Graves et al. 2006, equations 6 and 7)
    labels = [blank, *(one for token in tokens for one in (token, blank))]
    skips = [place > 1 and labels[place] not in (blank, labels[place - 2]) for place in range(len(labels))]
    reached = np.where(np.arange(len(labels)) < 2, steps[0, labels], -np.inf)
    for row in steps[1:]:
        back = [np.concatenate([np.full(by, -np.inf), reached])[: len(labels)] for by in (1, 2)]
        reached = np.logaddexp.reduce([reached, back[0], np.where(skips, back[1], -np.inf)]) + row[labels]
    return np.logaddexp.reduce(reached[-2:])


def mean(read):  # of the probabilities that members give a text
    return np.logaddexp.reduce([probability(steps, [token for token, *_ in read]) for steps in members])


best = max(map(greedy, members), key=mean) if len(members) > 1 else greedy(members[0])
rate, hop, stack, signs, words, letters = about["sample_rate"], about["hop_length"], about["stack"], [], [], []
step, length = stack * hop / rate, ((stack - 1) * hop + about["frame_length"]) / rate  # seconds
for token, first, last in best:
    piece = about["pieces"][token]
    text = f" {piece}" if about["tokens"] == "words" else piece.replace("\\u2581", " ")
    signs += [(sign, round(first * step, 3), round(last * step + length, 3)) for sign in text]
for sign in [*signs, (" ", 0, 0)]:
    if not sign[0].isspace():
        letters.append(sign)
    elif letters:
        word = "".join(each[0] for each in letters)
        words.append({"word": word, "begin": letters[0][1], "end": letters[-1][2]})
        letters = []
print(json.dumps({"transcript": " ".join(word["word"] for word in words), "words": words}, ensure_ascii=False))
"""
