"""The one training loop, for every pair and every model."""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.batch import Batch
from kassandra.params.sections.kind import Train
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.progress import Watcher
from kassandra.training.ranks import ALONE, Ranks

Schedule = Literal["triangular", "one-cycle", "cosine", "constant"]
REPORT_EVERY = 20  # steps between two updates of the live display; each costs a wait for the device


class Lesson(Protocol):
    """What the loop asks of what it trains a model on; a Pair is one. See kassandra.training.pair."""

    unit: str

    def size(self, split: Any) -> int: ...
    def steps(self, split: Any, params: Any) -> int: ...
    def train_batches(self, split: Any, params: Any, generator: torch.Generator) -> Iterator[Batch]: ...
    def loss(self, model: Any, batch: Batch, params: Any) -> tuple[Tensor, int, Any]: ...
    def scores(self, model: Any, split: Any) -> dict[str, float]: ...


class Trained(NamedTuple):
    weights: dict[str, Tensor]
    history: list[dict[str, float]]  # per epoch: epoch, train_loss, valid_<score>…, learning_rate
    kept_epoch: int  # the one the weights are of
    seconds: float
    cpu_seconds: float  # of this process, all threads


@dataclass
class Progress:
    """What a checkpoint keeps besides tensors. seconds, cpu_seconds: of all epochs so far."""

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


def train(
    model: nn.Module, lesson: Lesson, train_split: Any, valid_split: Any, params: Any, seed: int,
    checkpoint: Checkpoint, watcher: Watcher, ranks: Ranks = ALONE,
) -> Trained:  # fmt: skip
    """Train, keep the weights that `params.keep` asks for, choose on validation only.

    Continues from the checkpoint where there is one, and then ends with the same bytes as an uninterrupted run.

    Args:
        params: the `train:` section of the pair. watcher: shows how far it is.
        ranks: who trains together; each of them calls this.

    Raises:
        KassandraError: the loss is not finite.
    """
    generator = torch.Generator().manual_seed(seed)  # of order and distortion, on the CPU for every device
    how = {"betas": (0.9, params.beta2), "weight_decay": params.weight_decay, "fused": True}
    optimizer = torch.optim.AdamW(model.parameters(), **how)
    progress, best = Progress(), _copy(model)
    ranks.same_file(checkpoint.path)
    if restored := checkpoint.restore(model, optimizer, generator):
        progress, best = Progress(**restored[0]), restored[1]
        watcher.note(f"Continuing after epoch {len(progress.history)} of {params.epochs}")
        for past in progress.history:
            watcher.row(past, True)
    history = progress.history
    watcher.begin(params.epochs, lesson.size(train_split), lesson.unit, len(history))
    for number in range(len(history) + 1, params.epochs + 1):
        if params.patience and history and number - 1 - progress.best_epoch >= params.patience:
            break
        started, cpu_started = time.perf_counter(), time.process_time()
        ranks.same_weights(model)
        loss, rate, per_second = _epoch(
            number, model, lesson, train_split, params, generator, optimizer, watcher, ranks, seed
        )
        scores = ranks.of_first(lambda: _validate(model, lesson, valid_split, params))
        if not math.isfinite(loss + scores["loss"]):  # the last step may have spoilt the weights, too
            raise KassandraError(
                f"training diverged: loss {loss:g}, on validation {scores['loss']:g}, in epoch {number}; "
                f"lower train.learning_rate ({params.learning_rate:g}) or set train.clip ({params.clip})"
            )
        row = {"epoch": number, "train_loss": loss, **{f"valid_{name}": value for name, value in scores.items()}}
        better = not history or _is_better(params.keep_by, row, history)
        if better or params.keep == "last":
            best = _copy(model)
        progress.best_epoch = number if better else progress.best_epoch
        history.append(row | {"learning_rate": rate})
        progress.seconds += time.perf_counter() - started
        progress.cpu_seconds += time.process_time() - cpu_started
        if ranks.first:
            checkpoint.save(model, best, optimizer, generator, asdict(progress))
        watcher.row(history[-1])
        watcher.epoch(row, per_second, better)
    kept_epoch = progress.best_epoch if params.keep == "best" else len(history)
    return Trained(best, history, kept_epoch, progress.seconds, progress.cpu_seconds)


def _is_better(score: str, row: dict[str, float], history: list[dict[str, float]]) -> bool:
    """Than every epoch before. A loss is better the lower it is, and every other score the higher."""
    sign, name = (-1 if score == "loss" else 1), f"valid_{score}"
    return sign * row[name] > max(sign * past[name] for past in history)


def _epoch(
    number: int, model: nn.Module, lesson: Lesson, split: Any, params: Any, generator: torch.Generator,
    optimizer: torch.optim.Optimizer, watcher: Watcher, ranks: Ranks, seed: int,
) -> tuple[float, float, float]:  # fmt: skip
    """One pass over the train split: its loss, the learning rate of the last step, units per second."""
    device, started = next(model.parameters()).device, time.perf_counter()
    steps, state, rate = lesson.steps(split, params), None, 0.0
    total, count = torch.zeros((), dtype=torch.float64, device=device), 0
    model.train()
    for place, batch in enumerate(lesson.train_batches(split, params, generator)):
        step = (number - 1) * steps + place
        rate = params.learning_rate * factor(params.schedule, step, params.epochs * steps, params.warmup)
        for group in optimizer.param_groups:
            group["lr"] = rate
        if not batch.begins:
            batch = batch._replace(state=state)
        optimizer.zero_grad()
        loss, units, state = ranks.learn(model, lesson, batch, params, (seed, step))
        if params.clip:
            nn.utils.clip_grad_norm_(model.parameters(), params.clip)
        optimizer.step()
        total, count = total + loss, count + units
        if watcher.live and place % REPORT_EVERY == 0:
            watcher.step(number, count, total.item() / count, count / _since(started))
    return total.item() / count, rate, count / _since(started)


@torch.no_grad()
def _validate(model: nn.Module, lesson: Lesson, split: Any, params: Train) -> dict[str, float]:
    model.eval()
    device = next(model.parameters()).device
    with torch.autocast(device.type, torch.bfloat16, enabled=params.precision == "bf16"):
        return lesson.scores(model, split)


def _since(started: float) -> float:
    """Seconds, above 0 also where the clock has stood still or was put back."""
    return max(time.perf_counter() - started, 1e-9)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def factor(schedule: Schedule, step: int, steps: int, warmup: float = 0.3) -> float:
    """What the peak learning rate is multiplied by at a step: of it alone, so that a resumed training needs no state.

    triangular: linear up, linear down to 0 (Smith 2017). one-cycle: cosine flanks from 1/25 of the peak, down to 0
    (Smith & Topin 2018). cosine: down from the peak (Loshchilov & Hutter 2017). constant: 1.

    Args:
        step: ≥ 0, the optimiser steps already made. steps: ≥ 1, those of the whole training.
        warmup: share of the steps that rise, in [0, 1).
    """
    rising = warmup * steps
    up = (step + 1) / (rising + 1) if step < rising else 1.0  # in (0, 1]; the first step already moves
    down = (steps - step) / max(steps - rising, 1) if step >= rising else 1.0  # in (0, 1]
    match schedule:
        case "triangular":
            return min(up, down, 1.0)
        case "one-cycle":
            return 0.04 + 0.96 * _cosine(up) if step < rising else _cosine(min(down, 1.0))
        case "cosine":
            return _cosine((steps - step) / steps)
        case "constant":
            return 1.0


def _cosine(share: float) -> float:
    return (1 - math.cos(math.pi * share)) / 2  # half a wave from 0 (share 0) to 1 (share 1)
