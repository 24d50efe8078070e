"""A model that fills gaps as one graph, of the values around a gap: what it is given of edges and seasons
(train/edges.py) is computed in the graph. Values and answers are standardised."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.graph import Arrays, Axes, Comparison, Graph, Run, sized
from kassandra.contracts.spec import LEVELS
from kassandra.judging.distributions import predictions
from kassandra.judging.score import value_of
from kassandra.lstm.batch import Batch
from kassandra.targets.gap.evaluate import scores
from kassandra.targets.gap.evaluate.stage import cells
from kassandra.targets.gap.train import target
from kassandra.targets.gap.train.edges import REPEATS


class Reader(nn.Module):
    """edges.read in operations that ONNX has; of values (batch, margin + steps + margin, targets), NaN if missing."""

    def __init__(self, steps: int, seasons: Sequence[int]) -> None:
        super().__init__()
        self.steps, self.seasons = steps, list(seasons)
        self.margin = REPEATS * max(self.seasons, default=0)

    def forward(self, values: Tensor) -> Tensor:
        """(batch, steps, …)"""
        known = ~values.isnan()
        values = values.where(known, 0)
        own, there = (self._at(each, 0) for each in (values, known))
        at = self._edges(own, there)
        behind, ahead = (self._sides(values, known, sign) for sign in (-1, 1))
        expected, of_past = at.line, at.before
        if self.seasons:
            longest = self.seasons.index(max(self.seasons))
            before, after = behind[longest], ahead[longest]
            count = (before.there.float() + after.there.float()).clamp(min=1)
            usual = ((before.mean + after.mean) / count).where(before.there | after.there, at.line)
            expected = usual + self._edges(own - usual, there).line
            usual = before.mean.where(before.there, at.before)
            of_past = usual + self._edges(own - usual, there).before
        parts = [own, there.float(), of_past, at.before, self._distance(at.since)]
        parts += [part for each in behind for part in (each.nearest, each.mean, each.there.float())]
        parts += [expected, at.line, at.after, self._distance(at.until)]
        parts += [part for each in ahead for part in (each.nearest, each.mean, each.there.float())]
        return torch.cat(parts, dim=2)

    def _at(self, values: Tensor, by: int) -> Tensor:
        """What stands so many steps later, or before where it is negative."""
        return values[:, self.margin + by : self.margin + by + self.steps]

    def _edges(self, values: Tensor, known: Tensor) -> Any:
        before, since = self._nearest(values, known)
        after, until = (each.flip(1) for each in self._nearest(values.flip(1), known.flip(1)))
        both = (since >= 0) & (until >= 0)
        share = since / (since + until).clamp(min=1)
        line = (before + (after - before) * share).where(both, before + after)
        return SimpleNamespace(before=before, since=since, after=after, until=until, line=line)

    def _nearest(self, values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """The last known value up to each step, 0 where there is none, and how many steps back, -1 where there is none;
        the largest place so far, by doubling what is looked back at."""
        place = torch.arange(self.steps, device=values.device).unsqueeze(1).float()  # (steps, 1)
        last = torch.where(known, place, torch.full_like(place, -1))  # (batch, steps, targets)
        by = 1
        while by < self.steps:
            last = torch.cat([last[:, :by], torch.maximum(last[:, by:], last[:, :-by])], dim=1)
            by *= 2
        there = last >= 0
        found = values.gather(1, last.clamp(min=0).long()).where(there, 0)
        return found, (place - last).where(there, -1)

    def _sides(self, values: Tensor, known: Tensor, sign: int) -> list[Any]:
        sides = []
        for length in self.seasons:
            away = [sign * times * length for times in range(1, REPEATS + 1)]
            total = sum(self._at(values, by) for by in reversed(away))
            count = sum(self._at(known, by).float() for by in away)
            assert isinstance(count, Tensor)
            nearest, mean = self._at(values, away[0]), total / count.clamp(min=1)
            sides.append(SimpleNamespace(nearest=nearest, mean=mean, there=count > 0))
        return sides

    def _distance(self, count: Tensor) -> Tensor:
        return (count.clamp(min=0).log1p() / float(np.log1p(self.steps))).where(count >= 0, 1)


class Members(nn.Module):
    """point: the mean of the members' points, (batch, steps, targets). parameters: (members, batch, steps, targets,
    parameters) of their heads. stretch: (members,) by which distances of quantiles from the point are multiplied."""

    def __init__(self, members: list[Any], reader: Reader, beside: bool) -> None:
        super().__init__()
        self.members, self.reader, self.beside = nn.ModuleList(members), reader, beside
        self.register_buffer("stretch", torch.stack([member.stretch for member in members]))

    def forward(self, values: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        shown, lengths = self.reader(values), others[-1]
        inputs = torch.cat([others[0], shown], dim=2) if self.beside else shown
        raw = [member(inputs, lengths) for member in self.members]  # (batch, steps, targets, parameters) each
        points = [
            member.head.point(one.flatten(0, 1)).unflatten(0, (-1, self.reader.steps))  # type: ignore[union-attr, operator]
            for member, one in zip(self.members, raw, strict=True)
        ]
        return torch.stack(points).mean(0), torch.stack(raw), self.stretch  # type: ignore[return-value]


class Unread(target.Target):
    """Batches whose inputs are what a graph is given: values, NaN where they are missing or removed."""

    def _batch(
        self, split: Any, rows: Any, places: Any, there: Any, hidden: Any, asked: Any, inputs: Tensor, lengths: Any
    ) -> Batch:
        batch = super()._batch(split, rows, places, there, hidden, asked, inputs, lengths)
        values = split.values[places]
        shown = np.where(there[:, :, None] & ~hidden, values, np.float32(np.nan))
        full = torch.full((len(values),), self.window)
        given = {"values": shown, "beside": inputs.numpy(), "lengths": (full if lengths is None else lengths).numpy()}
        return batch._replace(inputs=given)  # type: ignore[arg-type]


class FromGraph:
    """What `Predictor` asks of a member, by the graph."""

    def __init__(self, model: Any, run: Run, number: int) -> None:
        self.head, self.stretch, self.run, self.number = model.head, model.stretch, run, number

    def __call__(self, given: Arrays, lengths: Any) -> Tensor:
        outputs = self.run("model", {name: each for name, each in given.items() if each.size})  # "beside" may be none
        return torch.from_numpy(np.array(outputs["parameters"][self.number]))


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths: of series that are shorter than a window, whose length is part of the
    model."""
    meta, first, count = predictor.meta, predictor.models[0], len(predictor.models)
    steps, targets = int(meta["window"]), len(meta["targets"])
    reader, beside = Reader(steps, meta["seasons"]), len(meta["inputs"]) - targets
    inputs: dict[str, Axes] = {"values": ("batch", reader.margin + steps + reader.margin, targets)}
    inputs |= {"beside": ("batch", steps, beside)} if beside else {}
    inputs["lengths"] = ("batch",)
    outputs: dict[str, Axes] = {"point": ("batch", steps, targets)}
    outputs["parameters"] = (count, "batch", steps, targets, first.head.parameters)
    outputs["stretch"] = (count,)
    module = Members(predictor.models, reader, bool(beside))
    return [Graph("model", module, inputs, outputs, partial(_example, inputs, steps))]


def _example(
    inputs: Mapping[str, Axes], steps: int, sizes: Mapping[str, int], generator: np.random.Generator
) -> Arrays:
    """Four values of ten are missing, and of one target in one row all are."""
    drawn: Arrays = {name: generator.standard_normal(sized(axes, sizes)) for name, axes in inputs.items()}
    drawn = {name: each.astype(np.float32) for name, each in drawn.items()}
    drawn["values"][generator.random(drawn["values"].shape) < 0.4] = np.nan
    drawn["values"][0, :, 0] = np.nan
    return drawn | {"lengths": generator.integers(1, steps + 1, sizes["batch"])}


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graph."""
    models = [FromGraph(model, run, number) for number, model in enumerate(predictor.models)]
    pair = type(predictor.pair)(predictor.pair.sequences, Unread(predictor.meta, torch.device("cpu")))
    return type(predictor)(models, pair, predictor.meta, predictor.fingerprint, predictor.seeds)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graph has to know: `margin` rows are read for seasons before and after a window; value =
    standardised · input_std + input_mean, of the target's column, by series."""
    margin = REPEATS * max(meta["seasons"], default=0)
    keys = ("targets", "longest", "lacking")
    return {key: meta[key] for key in keys} | {"margin": margin, "levels": list(LEVELS)}


def answers(predictor: Any, test: Path) -> Any:
    """The Filling of every gap of a test split."""
    return predictor.outputs(predictor.pair.read(test))


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    asked = cells(predictor.pair.read(test).targets, predictor.meta)
    tables = [predictions(asked, each) for each in (first, second)]
    pairs = {score.name: (value_of(score, tables[0]), value_of(score, tables[1])) for score in scores.SCORES}
    values = {name: pair for name, pair in pairs.items() if np.isfinite(pair).all()}
    scale: NDArray[np.float64] = asked["scale"].to_numpy(np.float64)
    spread = max(float(np.abs(first.point / scale).max()), np.finfo(float).tiny)
    apart = float(np.abs((first.point - second.point) / scale).max() / spread)
    return Comparison(values, apart, "share of the largest value", examples=len(asked))


PROGRAM = '''"""Fills the gaps of a table of the first series: python example.py table.npy

The table is (rows, columns), columns as in about["inputs"] but those that end in "is missing"; NaN where one is.
"""

import json
import os
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(os.environ.get("MODEL", "model.onnx"))
about = json.loads(session.get_modelmeta().custom_metadata_map["kassandra"])
own, window, margin = about["target_inputs"], about["window"], about["margin"]
table = np.load(sys.argv[1]).astype(np.float64)
flags, rows = np.isnan(table[:, about["lacking"]]), len(table)
mean, std = np.array(about["input_mean"][0]), np.array(about["input_std"][0])
scaled = (np.hstack([table, flags]) - mean) / std
others = [place for place in range(scaled.shape[1]) if place not in own]
filled = {}
for column, place in enumerate(own):
    edges = np.flatnonzero(np.diff(np.isnan(table[:, place]), prepend=False, append=False))
    for first, end in zip(edges[::2], edges[1::2]):  # a run of missing values
        if end - first > about["longest"]:
            continue
        begin = max(min(first + (end - first) // 2 - window // 2, rows - window), 0)
        at = np.arange(begin - margin, begin + window + margin)
        inside = (at >= 0) & (at < rows)
        values = np.where(inside[:, None], scaled[at.clip(0, rows - 1)][:, own], np.nan)
        middle = slice(margin, margin + window)
        beside = np.where(inside[middle, None], scaled[at[middle].clip(0, rows - 1)][:, others], 0)
        feeds = {"values": values, "beside": np.nan_to_num(beside)}
        feeds = {each.name: feeds[each.name][None].astype(np.float32) for each in session.get_inputs()[:-1]}
        point = session.run(["point"], feeds | {"lengths": np.array([inside[middle].sum()])})[0][0]
        made = point[first - begin : end - begin, column] * std[place] + mean[place]
        filled |= {(int(row), column): float(value) for row, value in zip(range(first, end), made)}
names = about["targets"]
print(json.dumps([{"row": row, "target": names[column], "value": filled[row, column]}
                  for row, column in sorted(filled)]))
'''
