"""An encoder-decoder as two graphs: the encoder, and one step of the decoder, which beam search calls again and again.

`encoder` reads sources and gives what the decoder looks at and where it begins; `decoder` takes these, the tokens
written last, and gives log-probabilities of the next ones and where it then stands. Names begin with the member's
number: `0_values`, `0_keys` (with attention), `0_state_0`, …, `0_fed` (with input feeding).
"""

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kassandra.contracts.graph import Arrays, Axes, Comparison, Graph, Run, sized
from kassandra.lstm.encoder import State, valid_steps
from kassandra.lstm.export_inputs import sequence_example, sequence_inputs
from kassandra.targets.text.evaluate.scores import corpus_bleu, ngrams
from kassandra.targets.text.train.decoder import Memory, Standing
from kassandra.targets.text.train.encoder_decoder import Memorised
from kassandra.targets.text.train.target import BEAM, LENGTH_PENALTY


def flat_memory(source: Memorised) -> list[Tensor]:
    return [] if source.memory is None else [source.memory.values, source.memory.keys]


def flat_standing(standing: Standing) -> list[Tensor]:
    parts = [part for state in standing.layers for part in state if part is not None]
    return parts if standing.fed is None else [*parts, standing.fed]


class Encoder(nn.Module):
    def __init__(self, members: list[Any]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
        parts: list[Tensor] = []
        for member in self.members:
            source = member.read(inputs, lengths)  # type: ignore[operator]
            standing = source.standing
            if (
                standing.fed is not None
            ):  # zeros of a size that is computed: a traced `new_zeros` has that of the example
                zero = standing.layers[0].h[:, :1] * 0  # (batch, 1)
                standing = standing._replace(fed=zero.repeat(1, standing.fed.shape[1]))
            parts += [*flat_memory(source), *flat_standing(standing)]
        return tuple(parts)


class Step(nn.Module):
    """`padded`: whether the second input is the lengths of sources, behind which nobody looks."""

    def __init__(self, members: list[Any], padded: bool) -> None:
        super().__init__()
        self.members, self.padded = nn.ModuleList(members), padded

    def forward(self, tokens: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
        given, each, reached, looked = iter(parts), [], [], []
        lengths = next(given) if self.padded else None
        for member in self.members:
            log_probabilities, standing, attention = member.next(_whole(member, lengths, given), tokens)  # type: ignore[operator]
            each.append(log_probabilities)
            reached += flat_standing(standing)
            looked += [] if attention is None else [attention]
        joint = torch.stack(each).logsumexp(0) - math.log(len(each))  # (batch, outputs)
        return (joint, *reached, *([torch.stack(looked).mean(0)] if looked else []))


def _whole(member: Any, lengths: Tensor | None, given: Any) -> Memorised:
    """What was flattened, of one member."""
    decoder, memory = member.decoder, None
    if decoder.attention is not None:
        values, keys = next(given), next(given)
        padded = None if lengths is None else ~valid_steps(lengths, values.shape[1]).unsqueeze(1)
        memory = Memory(values, keys, padded)
    layers = [State(*(next(given) for _ in range(decoder.parts))) for _ in decoder.sizes]
    return Memorised(memory, Standing(layers, next(given) if decoder.feeding else None))


class _Rows(NamedTuple):
    """Tensors of rows, of which `search` takes some."""

    parts: list[Tensor]

    def take(self, rows: Tensor) -> "_Rows":
        return _Rows([part[rows] for part in self.parts])


class FromGraphs:
    """What `search` asks of a model, by the graphs."""

    def __init__(self, run: Run, memory: dict[str, Axes], standing: dict[str, Axes]) -> None:
        self.run, self.memory, self.standing = run, memory, standing

    def read(self, ids: Tensor, lengths: Tensor | None) -> Any:
        of_source = {} if lengths is None else {"lengths": lengths}
        outputs = self.run("encoder", {name: each.numpy() for name, each in {"inputs": ids, **of_source}.items()})
        parts = {name: torch.from_numpy(np.array(value)) for name, value in outputs.items()}
        self.looked_at = [*(of_source if self.memory else {}), *self.memory]
        memory = _Rows([(of_source | parts)[name] for name in self.looked_at])
        return Memorised(memory, _Rows([parts[name] for name in self.standing]))  # type: ignore[arg-type]

    def next(self, source: Any, tokens: Tensor) -> tuple[Tensor, Any, Tensor | None]:
        given = {"tokens": tokens.numpy()}
        given |= {name: part.numpy() for name, part in zip(self.looked_at, source.memory.parts, strict=True)}
        given |= {name: part.numpy() for name, part in zip(self.standing, source.standing.parts, strict=True)}
        outputs = {name: torch.from_numpy(np.array(value)) for name, value in self.run("decoder", given).items()}
        standing = _Rows([outputs[f"next_{name}"] for name in self.standing])
        return outputs["log_probabilities"], standing, outputs.get("attention")


def _names(predictor: Any) -> tuple[dict[str, Axes], dict[str, Axes]]:
    """Names and axes of what there is to look at, and of where a decoder stands, of all members."""
    memory: dict[str, Axes] = {}
    standing: dict[str, Axes] = {}
    with torch.inference_mode():
        for number, model in enumerate(predictor.models):
            features = int(predictor.meta["spec"].get("features", 0))
            two = torch.zeros(1, 2, features) if features else torch.zeros(1, 2, dtype=torch.long)
            source = model.read(two, torch.tensor([2]))
            for name, part in zip(("values", "keys"), flat_memory(source), strict=False):
                memory[f"{number}_{name}"] = ("batch", "time", part.shape[2])
            fed = source.standing.fed
            for place, part in enumerate(flat_standing(source.standing._replace(fed=None))):
                standing[f"{number}_state_{place}"] = ("batch", part.shape[1])
            if fed is not None:
                standing[f"{number}_fed"] = ("batch", fed.shape[1])
    return memory, standing


def graphs(predictor: Any, padded: bool) -> list[Graph]:
    """`padded`: whether the input gives lengths."""
    spec, (memory, standing) = predictor.meta["spec"], _names(predictor)
    source = sequence_inputs(spec, padded)
    by_member: dict[str, Axes] = {}
    for number in range(len(predictor.models)):
        by_member |= {name: axes for name, axes in (memory | standing).items() if name.startswith(f"{number}_")}
    encoder = Graph("encoder", Encoder(predictor.models), source, by_member, partial(sequence_example, spec, source))
    of_source: dict[str, Axes] = {"lengths": ("batch",)} if memory and padded else {}
    inputs: dict[str, Axes] = {"tokens": ("batch",), **of_source, **by_member}
    outputs: dict[str, Axes] = {"log_probabilities": ("batch", int(spec["outputs"]))}
    outputs |= {f"next_{name}": axes for name, axes in standing.items()}
    if memory:
        outputs["attention"] = ("batch", "time")
    return [
        encoder,
        Graph("decoder", Step(predictor.models, bool(of_source)), inputs, outputs, partial(_example, spec, inputs)),
    ]


def _example(
    spec: Mapping[str, Any], inputs: Mapping[str, Axes], sizes: Mapping[str, int], generator: np.random.Generator
) -> Arrays:
    drawn: Arrays = {"tokens": generator.integers(4, int(spec["outputs"]), sizes["batch"])}
    if "lengths" in inputs:
        drawn["lengths"] = generator.integers(1, sizes["time"] + 1, sizes["batch"])
    for name in [each for each in inputs if each not in drawn]:
        drawn[name] = generator.uniform(-1, 1, sized(inputs[name], sizes)).astype(np.float32)
    return drawn


def from_graphs(predictor: Any, run: Run) -> Any:
    """A predictor that answers by the graphs."""
    return type(predictor)([FromGraphs(run, *_names(predictor))], predictor.pair, predictor.meta, predictor.fingerprint)


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """What whoever runs the graphs has to know of their outputs. At most `longest` tokens are written; where it is 0,
    twice as many as the source has, and 10."""
    return {"beam": BEAM, "length_penalty": LENGTH_PENALTY, "longest": int(meta.get("longest", 0))}


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name: the tokenizer of what is written."""
    *_, (kind, content) = meta["tokenizers"].items()  # `joint`, or `target` after `source`
    return {"tokenizer.json" if kind == "joint" else f"tokenizer-{kind}.json": content}


def answers(predictor: Any, test: Path) -> Any:
    """The translation of each source of a test split, by beam search."""
    return [one.text for one in predictor.outputs(predictor.pair.read(test), beam=BEAM, alignments=False)]


def compared(predictor: Any, test: Path, first: Any, second: Any) -> Comparison:
    """Two sets of answers, as `answers` gives them."""
    target = predictor.pair.target
    references = target.read(test).references
    values = [
        float(corpus_bleu(ngrams(texts, references, target.bleu_tokenizer).sum(0).astype(float)))
        for texts in (first, second)
    ]
    changed = sum(ours != theirs for ours, theirs in zip(first, second, strict=True))
    return Comparison({"bleu": (values[0], values[1])}, changed=changed, examples=len(references))


PROGRAM = '''"""Writes what an input becomes, by beam search: python example.py INPUT (ENDING=.int8.onnx: in 8 bits)"""

import json
import os
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ending = os.environ.get("ENDING", ".onnx")
encoder, decoder = (onnxruntime.InferenceSession(name + ending) for name in ("encoder", "decoder"))
about = json.loads(encoder.get_modelmeta().custom_metadata_map["kassandra"])
# INPUT
target = Tokenizer.from_file("tokenizer.json" if os.path.exists("tokenizer.json") else "tokenizer-target.json")
BOS, EOS, SPECIAL = 2, 3, 4
names, steps = [each.name for each in encoder.get_outputs()], feeds["inputs"].shape[1]
read = dict(zip(names, encoder.run(None, feeds)))
outputs = [each.name for each in decoder.get_outputs()]
standing = [name.removeprefix("next_") for name in outputs if name.startswith("next_")]
beam, longest, finished = about["beam"], about["longest"] or 2 * steps + 10, []
rows = [(0.0, [], {name: read[name][0] for name in standing})]  # log-probability, tokens, where the decoder stands
for step in range(1, longest + 1):
    size = len(rows)
    given = {"tokens": np.array([row[1][-1] if row[1] else BOS for row in rows]), "lengths": np.full(size, steps)}
    given |= {name: np.repeat(value, size, 0) for name, value in read.items() if name not in standing}
    given |= {name: np.stack([row[2][name] for row in rows]) for name in standing}
    given = {each.name: given[each.name] for each in decoder.get_inputs()}
    result = dict(zip(outputs, decoder.run(None, given)))
    totals = np.array([row[0] for row in rows])[:, None] + result["log_probabilities"].astype(np.float64)
    best, going = np.argsort(-totals, axis=None, kind="stable")[: 2 * beam], []
    for place, (row, token) in enumerate(zip(*np.unravel_index(best, totals.shape))):
        total, written = totals[row, token], [*rows[row][1], int(token)]
        if (token == EOS or step == longest) and place < beam and len(finished) < beam:
            finished.append((total / ((5 + len(written)) / 6) ** about["length_penalty"], written))
        if token != EOS:
            going.append((total, written, {name: result[f"next_{name}"][row] for name in standing}))
    rows = going[:beam]
    if len(finished) >= beam:
        break
print(" ".join(target.decode([token for token in max(finished)[1] if token >= SPECIAL]).split()))
'''
