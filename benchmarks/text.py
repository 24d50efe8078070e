"""What variable lengths cost: one epoch of training on reviews, five ways, with the same weights and the same texts.

    dvc repro download@imdb && python -m benchmarks.text          # about 10 minutes on 2 cores
    python -m benchmarks.text --texts 500 --repeats 1             # a quick look
    python -m benchmarks.text --longest 400                       # texts cut as the default pipeline cuts them

All train a bidirectional LSTM layer of 128 on vectors of 128, answer from the last state of each direction, with Adam,
in one thread and fp32 (the last one in bfloat16), on the same random reviews of IMDB's train split, cut at 1,000 tokens
(1 in 80 is longer):

- tutorial: a DataLoader of random batches of 64, each padded to its longest text, pack_padded_sequence, nn.LSTM;
- packed: our batches of about equal length, but packed;
- padded: every text padded to 1,000 tokens, batches of 64, nn.LSTM without a word on lengths (other answers than ours);
- ours: batches of about equal length; each direction a fused run, the backward one over rows reversed by a gather;
- ours, bf16: the same as the pipeline trains.

Interleaved, medians of process CPU seconds. Before that, ours and packed are compared: outputs and gradients.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch._dynamo  # imported by the first optimiser: here, to be out of the times
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader

from benchmarks import training
from kassandra.contracts.artifacts import read_arrays, write_json
from kassandra.contracts.ragged import Ragged, shuffled_batches
from kassandra.contracts.section import check
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.layers import Bidirectional, VanillaLSTM
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label.train.target import Classifier

RESULT = Path("benchmarks/results/text.json")
SIZE, BATCH, TOKENS = 128, 64, 8192
Batch = tuple[Tensor, Tensor, Tensor]  # ids (batch, time), lengths (batch,), targets (batch,)


class Packed(nn.Module):
    """What the tutorials build. With `lengths` it is packed, without them padding is read like words."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, SIZE, padding_idx=0)
        self.lstm = nn.LSTM(SIZE, SIZE, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(2 * SIZE, 2)

    def forward(self, ids: Tensor, lengths: Tensor | None) -> Tensor:
        inputs: Any = self.embedding(ids)  # (batch, time, SIZE)
        if lengths is not None:
            inputs = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(inputs)  # (2, batch, SIZE)
        logits: Tensor = self.linear(torch.cat([h[0], h[1]], dim=1))  # (batch, 2)
        return logits


def models(vocab_size: int) -> tuple[Classifier, Packed]:
    """Ours and the tutorials', with the same weights."""
    torch.manual_seed(0)
    ours = Classifier(
        Bidirectional(VanillaLSTM(SIZE, SIZE), VanillaLSTM(SIZE, SIZE)), 2, embedding=Embedding(vocab_size, SIZE)
    )
    theirs = Packed(vocab_size)
    weights = ours.state_dict()
    renamed = {
        "embedding.weight": "embedding.table.weight",
        "linear.weight": "linear.weight",
        "linear.bias": "linear.bias",
    }
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
        renamed[f"lstm.{name}"] = f"encoder.ahead.recurrence.{name}"
        renamed[f"lstm.{name}_reverse"] = f"encoder.back.recurrence.{name}"
    theirs.load_state_dict({name: weights[other].clone() for name, other in renamed.items()})
    return ours, theirs


def by_length(ids: Ragged, labels: np.ndarray[Any, Any]) -> Iterator[Batch]:
    for rows in shuffled_batches(ids.lengths, TOKENS, np.random.default_rng(0)):
        yield batch(ids, labels, rows)


def batch(ids: Ragged, labels: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Batch:
    padded, lengths = ids.padded(rows)
    return torch.from_numpy(padded), torch.from_numpy(lengths), torch.from_numpy(labels[rows])


def tutorial_batches(ids: Ragged, labels: np.ndarray[Any, Any], longest: int | None) -> Iterator[Batch]:
    texts = [ids.take(np.array([row])).flat.tolist() for row in range(len(labels))]

    def collate(rows: list[int]) -> Batch:
        lengths = [len(texts[row]) for row in rows]
        width = longest or max(lengths)
        padded = torch.tensor([texts[row] + [0] * (width - len(texts[row])) for row in rows])
        return padded, torch.tensor(lengths), torch.tensor([int(labels[row]) for row in rows])

    generator = torch.Generator().manual_seed(0)
    rows: Any = range(len(labels))
    yield from DataLoader(rows, BATCH, shuffle=True, generator=generator, collate_fn=collate)


def epoch(model: nn.Module, batches: Iterator[Batch], with_lengths: bool, precision: torch.dtype | None) -> float:
    """CPU seconds of one epoch."""
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    started = time.process_time()
    for ids, lengths, targets in batches:
        with torch.autocast("cpu", precision or torch.bfloat16, enabled=precision is not None):
            loss = F.cross_entropy(model(ids, lengths if with_lengths else None), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.process_time() - started


def differences(ids: Ragged, labels: np.ndarray[Any, Any], vocab_size: int) -> dict[str, float]:
    """The largest difference between ours and packed: of logits, and of gradients relative to the largest."""
    ours, theirs = models(vocab_size)
    lengths = np.random.default_rng(0).permutation(len(labels))[:32]  # of all lengths, so much is padded
    inputs = batch(ids, labels, lengths)
    logits = [model(inputs[0], inputs[1]) for model in (ours, theirs)]
    for one in logits:
        F.cross_entropy(one, inputs[2]).backward()
    gradients = []
    encoder: Any = ours.encoder
    for one, other in ((encoder.ahead, ""), (encoder.back, "_reverse")):
        mine = one.recurrence.weight_hh_l0.grad
        packed = getattr(theirs.lstm, f"weight_hh_l0{other}").grad
        gradients.append(((mine - packed).abs().max() / packed.abs().max()).item())
    return {"logits": (logits[0] - logits[1]).abs().max().item(), "gradients": max(gradients)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--longest", type=int, default=1000, help="tokens at which a text is cut")
    parser.add_argument("--texts", type=int, default=2000, help="how many texts an epoch has")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        section = {"input": "text", "target": "label", "source": {"dataset": "imdb"}, "train": {}}
        section |= {"prepare": {"max_length": arguments.longest}, "model": {"variant": "bidirectional"}}
        params = check(pipeline_of("text", "label"), section, "benchmark")
        training.prepare(params, "imdb", Path(folder), 0)
        arrays = read_arrays(Path(folder) / "train.npz")
    rows = np.random.default_rng(0).permutation(len(arrays["labels"]))[: arguments.texts]
    ids = Ragged(arrays["ids"], arrays["offsets"]).take(rows)
    labels, vocab_size = arrays["labels"][rows], int(arrays["ids"].max()) + 1

    ways: dict[str, Callable[[Classifier, Packed], float]] = {
        "tutorial": lambda _, theirs: epoch(theirs, tutorial_batches(ids, labels, None), True, None),
        "packed": lambda _, theirs: epoch(theirs, by_length(ids, labels), True, None),
        "padded": lambda _, theirs: epoch(theirs, tutorial_batches(ids, labels, arguments.longest), False, None),
        "ours": lambda ours, _: epoch(ours, by_length(ids, labels), True, None),
        "ours, bf16": lambda ours, _: epoch(ours, by_length(ids, labels), True, torch.bfloat16),
    }
    apart = differences(ids, labels, vocab_size)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(arguments.repeats):
        for name, run in ways.items():
            seconds[name].append(run(*models(vocab_size)))
            print(f"{repeat + 1}/{arguments.repeats}  {name}: {seconds[name][-1]:.1f} CPU s", flush=True)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    result = {"texts": len(labels), "longest": arguments.longest, "tokens": len(ids.flat)}
    write_json(RESULT, result | {"ours and packed differ by": apart, "cpu_seconds": seconds})
    table = Table("one epoch", "CPU s (median)", "tokens/s", "times ours", box=None)
    for name, median in medians.items():
        table.add_row(name, f"{median:.1f}", f"{len(ids.flat) / median:,.0f}", f"{median / medians['ours']:.1f}")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"ours and packed differ by {apart['logits']:.0e} in logits, {apart['gradients']:.0e} in gradients")


if __name__ == "__main__":
    main()
