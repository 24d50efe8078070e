"""A tagger as one graph: the emissions of each of its members, and what their chains learned.

The likeliest tags of a sequence need loops over its steps, which the example programs have: with one member Viterbi's
algorithm on its emissions and its chain, with several on the mean of the probabilities that each gives at each step.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.graph import Arrays, Axes, Comparison, Graph, Run
from kassandra.judging.score import value_of
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.targets.tags.evaluate import scores
from kassandra.targets.tags.evaluate.stage import table_of


class Members(nn.Module):
    """emissions: (members, batch, time, tags). start, end: (members, tags), transitions: (members, tags from, tags to),
    as of crf.Chain; 0 of members that have none, which changes nothing of what they answer."""

    def __init__(self, members: list[Any], longest: int) -> None:
        super().__init__()
        self.members, self.longest = nn.ModuleList(members), longest
        tags = members[0].linear.out_features
        shapes = {"start": (tags,), "end": (tags,), "transitions": (tags, tags)}
        for name, shape in shapes.items():
            each = [torch.zeros(shape) if one.chain is None else getattr(one.chain, name).detach() for one in members]
            self.register_buffer(name, torch.stack(each))

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        if self.longest:  # so that words are cut whatever their letters: a trace keeps the way that its example took
            inputs = F.pad(inputs, (0, self.longest))
        each = [member(inputs, lengths).float() for member in self.members]  # (batch, time, tags) each
        return torch.stack(each), self.start, self.end, self.transitions  # type: ignore[return-value]


class FromGraph:
    """What `Predictor` asks of a member, by the graph."""

    def __init__(self, model: Any, run: Run, number: int) -> None:
        self.linear, self.run, self.number = model.linear, run, number
        self.decode, self.log_probabilities = model.decode, model.log_probabilities

    def __call__(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        outputs = self.run("model", {"inputs": inputs.numpy(), "lengths": lengths.numpy()})
        return torch.from_numpy(np.array(outputs["emissions"][self.number]))


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths; each step has an answer, so that it does."""
    spec, members = predictor.meta["spec"], predictor.models
    tags, count = len(predictor.tags), len(members)
    inputs = sequence_inputs(spec, padded)
    if spec.get("letters"):
        inputs["inputs"] = ("batch", "time", "spelled")  # a word, and its letters
    outputs: dict[str, Axes] = {"emissions": (count, "batch", "time", tags), "start": (count, tags)}
    outputs |= {"end": (count, tags), "transitions": (count, tags, tags)}
    longest = max(getattr(member.embedding, "longest", 0) for member in members)
    return [Graph("model", Members(members, longest), inputs, outputs, partial(_example, spec, inputs))]


def _example(
    spec: Mapping[str, Any], inputs: Mapping[str, Axes], sizes: Mapping[str, int], generator: np.random.Generator
) -> Arrays:
    """Words of up to as many letters as there are steps, those of most shorter."""
    if not spec.get("letters"):
        return sequence_example(spec, inputs, sizes, generator)
    words = sequence_example(spec, {**inputs, "inputs": ("batch", "time")}, sizes, generator)
    batch, time = words["inputs"].shape
    letters = generator.integers(2, max(3, spec["letters"]), (batch, time, time))
    letters[np.arange(time) >= generator.integers(1, time + 1, (batch, time, 1))] = 0
    return words | {"inputs": np.concatenate([words["inputs"][..., None], letters], axis=2)}


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    models = [FromGraph(model, run, number) for number, model in enumerate(predictor.models)]
    return type(predictor)(models, predictor.pair, predictor.meta, predictor.fingerprint, predictor.seeds)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know of its outputs: where tags are spans, an I- goes on with a B- or I- of
    its type."""
    return {key: meta[key] for key in ("tags", "spans")}


def answers(predictor: Any, test: Path) -> Any:
    """The Outputs of a test split."""
    return predictor.together(predictor.of_members(predictor.pair.read(test)))


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    answered, names = predictor.pair.target.read(test), [*predictor.tags, *predictor.meta["unseen_tags"]]
    observed = [[names[tag] for tag in row] for row in np.split(answered.flat, answered.offsets[1:-1])]
    examples = example_ids(map_arrays(test), len(observed))
    tables = [table_of(predictor, examples, observed, each) for each in (first, second)]
    pairs = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in scores.SCORES}
    values = {name: pair for name, pair in pairs.items() if np.isfinite(pair).all()}
    apart = max(
        float(np.abs(np.exp(one) - np.exp(other)).max())
        for one, other in zip(first.log_probabilities, second.log_probabilities, strict=True)
    )
    changed = sum(one != other for one, other in zip(first.tags, second.tags, strict=True))
    return Comparison(values, apart, "probability", changed, len(observed))


PYTHON = """
def marginals(emissions, start, end, moves):  # (steps, tags), of each step by itself: forwards and backwards
    ahead, back = [start + emissions[0]], [end]
    for row in emissions[1:]:
        ahead.append(np.logaddexp.reduce(ahead[-1][:, None] + moves) + row)
    for row in emissions[:0:-1]:
        back.append(np.logaddexp.reduce(moves + row + back[-1], axis=1))
    both = np.array(ahead) + back[::-1]
    return both - np.logaddexp.reduce(both, axis=1)[:, None]


tags = about["tags"]
may = lambda before, tag: not (about["spans"] and tag[:2] == "I-") or before[2:] == tag[2:]
refused = np.array([[0 if may(before, tag) else -np.inf for tag in tags] for before in ["", *tags]])
parts = [outputs["emissions"][:, 0], outputs["start"], outputs["end"], outputs["transitions"]]
members = list(zip(*(part.astype(np.float64) for part in parts)))
joint = np.logaddexp.reduce([marginals(*member) for member in members]) - np.log(len(members))
emissions, start, end, moves = members[0] if len(members) == 1 else (joint, 0, 0, 0)
reached, came_from = start + refused[0] + emissions[0], []
for row in emissions[1:]:  # Viterbi's algorithm
    ways = reached[:, None] + moves + refused[1:]
    came_from.append(ways.argmax(0))
    reached = ways.max(0) + row
path = [int((reached + end).argmax())]
for before in came_from[::-1]:
    path.append(int(before[path[-1]]))
path.reverse()
sure = [float(np.exp(joint[step, tag])) for step, tag in enumerate(path)]
print(json.dumps({"tags": [tags[tag] for tag in path], "probabilities": sure}, ensure_ascii=False))
"""

JAVASCRIPT = """
const { tags } = about;
const [count, , length, size] = outputs.emissions.dims;
const sumOfPowers = (logs) => {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - most), 0));
};
const every = tags.map((_, k) => k);
const members = Array.from({ length: count }, (_, k) => {
  const row = (name, at) => outputs[name].data.slice(at * size, (at + 1) * size);
  const rows = (name, from, many) => Array.from({ length: many }, (_, t) => row(name, from + t));
  const [start] = rows("start", k, 1), [end] = rows("end", k, 1);
  return { emissions: rows("emissions", k * length, length), start, end, moves: rows("transitions", k * size, size) };
});
const marginals = ({ emissions, start, end, moves }) => { // of each step by itself: forwards and backwards
  const ahead = [every.map((j) => start[j] + emissions[0][j])], back = [Array.from(end)];
  for (const row of emissions.slice(1)) {
    const before = ahead[ahead.length - 1];
    ahead.push(every.map((j) => sumOfPowers(every.map((i) => before[i] + moves[i][j])) + row[j]));
  }
  for (const row of emissions.slice(1).reverse()) {
    const [after] = back;
    back.unshift(every.map((i) => sumOfPowers(every.map((j) => moves[i][j] + row[j] + after[j]))));
  }
  return ahead.map((row, step) => {
    const both = row.map((value, j) => value + back[step][j]), whole = sumOfPowers(both);
    return both.map((value) => value - whole);
  });
};
const all = members.map(marginals);
const mean = (logs) => sumOfPowers(logs) - Math.log(count);
const joint = all[0].map((_, step) => every.map((j) => mean(all.map((one) => one[step][j]))));
const zero = every.map(() => 0), together = { emissions: joint, start: zero, end: zero, moves: every.map(() => zero) };
const { emissions, start, end, moves } = count === 1 ? members[0] : together;
const goesOn = (before, tag) => !(about.spans && tag.startsWith("I-")) || before.slice(2) === tag.slice(2);
const refused = (before, tag) => (goesOn(before, tag) ? 0 : -Infinity);
const largest = (values) => values.indexOf(Math.max(...values));
let reached = every.map((j) => start[j] + refused("", tags[j]) + emissions[0][j]);
const cameFrom = [];
for (const row of emissions.slice(1)) { // Viterbi's algorithm
  const ways = every.map((j) => every.map((i) => reached[i] + moves[i][j] + refused(tags[i], tags[j])));
  cameFrom.push(ways.map(largest));
  reached = ways.map((own, j) => Math.max(...own) + row[j]);
}
const path = [largest(reached.map((value, j) => value + end[j]))];
for (const before of cameFrom.reverse()) path.unshift(before[path[0]]);
const sure = path.map((tag, step) => Math.exp(joint[step][tag]));
console.log(JSON.stringify({ tags: path.map((tag) => tags[tag]), probabilities: sure }));
"""
