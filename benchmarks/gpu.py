"""Does training work on this card, and how fast? → a report in Markdown to paste into an issue.

    make gpu-check                                    # tests on the card, data of the default pipelines, this
    python -m benchmarks.gpu                          # what of data/prepared/ is there; a minute or two per pipeline
    python -m benchmarks.gpu mnist --device cpu       # to try the script itself

Of each pipeline, at its own settings, on its own data, from seed 0:

- bits: two trainings have the same weights, and so has one that stops half-way and goes on from what a checkpoint
  keeps;
- speed: what is trained per second in fp32 and bf16, beside a bare loop around `nn.LSTM` (cuDNN's on a card) of the
  same sizes on random numbers: the share says what everything around the kernels costs. Medians of three.
"""

import argparse
import copy
import hashlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kassandra.contracts.artifacts import PREPARED, read_json
from kassandra.contracts.yaml import read
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.fingerprint import fingerprint, set_up
from kassandra.training.folder import build
from kassandra.training.pair import Pair

REPEATS = 3


class Training:
    """A pipeline's training, step by step, as kassandra.training.loop does it."""

    def __init__(self, name: str, device: torch.device, precision: str) -> None:
        self.params, _ = read_pipeline(name)
        meta = read_json(PREPARED / name / "meta.json")
        self.device, self.bf16 = device, precision == "bf16"
        self.pair = Pair.of(self.params.input, self.params.target, meta, device)
        self.split = self.pair.read(PREPARED / name / "train.npz")
        torch.manual_seed(0)
        self.model = build(self.params.target, meta, self.params.model).to(device).train()
        self.generator = torch.Generator().manual_seed(0)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), self.params.train.learning_rate, fused=True)
        self.state: Any = None

    def run(self, steps: int) -> int:
        """The next steps; returns how many units they trained on."""
        units = 0
        for done, batch in enumerate(self.pair.train_batches(self.split, self.params.train, self.generator)):
            if done == steps:
                break
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                loss, count, self.state = self.pair.loss(
                    self.model, batch if batch.begins else batch._replace(state=self.state), self.params.train
                )
            self.optimizer.zero_grad()
            (loss / count).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            units += count
        return units

    def digest(self) -> str:
        content = b"".join(value.detach().float().cpu().numpy().tobytes() for value in self.model.state_dict().values())
        return hashlib.sha256(content).hexdigest()[:12]


def bits(name: str, device: torch.device, precision: str, steps: int) -> dict[str, bool]:
    """Whether a training repeats its weights, and whether one that goes on from a checkpoint has them too."""
    digests = []
    for _ in range(2):
        training = Training(name, device, precision)
        training.run(steps)
        training.run(steps)
        digests.append(training.digest())
    first = Training(name, device, precision)
    first.run(steps)
    resumed = Training(name, device, precision)
    resumed.model.load_state_dict(first.model.state_dict())
    resumed.optimizer.load_state_dict(copy.deepcopy(first.optimizer.state_dict()))  # else both would share tensors
    resumed.generator.set_state(first.generator.get_state())
    resumed.state = first.state
    torch_state = torch.cuda.get_rng_state() if device.type == "cuda" else torch.get_rng_state()
    first.run(steps)
    (torch.cuda if device.type == "cuda" else torch).set_rng_state(torch_state)  # of dropout
    resumed.run(steps)
    return {"repeats": digests[0] == digests[1], "resumes": first.digest() == resumed.digest()}


def per_second(work: Callable[[], int], device: torch.device) -> float:
    def once() -> float:
        started = time.perf_counter()
        units = work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return units / (time.perf_counter() - started)

    once()
    return statistics.median(once() for _ in range(REPEATS))


def bare(training: Training, steps: int) -> Callable[[], int]:
    """A loop around nn.LSTM of the same layers, on random numbers of the shape of the first batch."""
    batch = next(iter(training.pair.train_batches(training.split, training.params.train, training.generator)))
    sizes, rows = training.params.model, batch.inputs.shape[0]
    features = getattr(sizes, "embedding_size", None) or batch.inputs.shape[2]
    both = sizes.variant == "bidirectional" or bool(getattr(sizes, "bidirectional", False))
    layers = getattr(sizes, "num_layers", 1)
    lstm = nn.LSTM(features, sizes.hidden_size, layers, batch_first=True, bidirectional=both).to(training.device)
    linear = nn.Linear(sizes.hidden_size * (1 + both), 10).to(training.device)
    inputs = torch.randn(rows, batch.inputs.shape[1], features, device=training.device)
    targets = torch.randint(10, (rows,), device=training.device)
    optimizer = torch.optim.AdamW([*lstm.parameters(), *linear.parameters()], fused=True)
    _, units, _ = training.pair.loss(training.model, batch, training.params.train)

    def work() -> int:
        for _ in range(steps):
            with torch.autocast(training.device.type, torch.bfloat16, enabled=training.bf16):
                loss = nn.functional.cross_entropy(linear(lstm(inputs)[0][:, -1]).float(), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return steps * units

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="pipelines; none: all whose data are prepared")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--steps", type=int, default=50, help="of each measurement (default: %(default)s)")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch sees no CUDA device here; `--device cpu` tries the script itself")
    device = set_up(args.device, 1)
    known = read(Path("params.yaml"))["pipelines"]
    names = args.names or [name for name in known if (PREPARED / name / "train.npz").exists()]
    if not names:
        sys.exit("no data are prepared: `dvc repro prepare@mnist`, or `make gpu-check`")
    card = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print(f"## {card}\n\n{fingerprint(device, 1, 'fp32')}\n")
    print("| pipeline | precision | repeats its bits | resumes to them | per second | bare nn.LSTM | share |")
    print("|---|---|---|---|--:|--:|--:|")
    for name in names:
        for precision in ("fp32", "bf16"):
            same = bits(name, device, precision, max(2, args.steps // 5))
            training = Training(name, device, precision)
            own = per_second(lambda training=training: training.run(args.steps), device)  # type: ignore[misc]
            loop = per_second(bare(training, args.steps), device)
            words = ["yes" if same[each] else "**no**" for each in ("repeats", "resumes")]
            print(
                f"| {name} | {precision} | {' | '.join(words)} | {own:,.0f} | {loop:,.0f} | {own / loop:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
