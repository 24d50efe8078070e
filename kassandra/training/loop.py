"""The one training loop, for every task and every model."""

import math
import time
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kassandra.contracts.errors import KassandraError
from kassandra.params.pipeline import Train
from kassandra.tasks import Task
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.progress import Display
from kassandra.training.schedule import factor

REPORT_EVERY = 20  # steps between two updates of the live display; each costs a wait for the device


class Trained(NamedTuple):
    weights: dict[str, Tensor]
    history: list[dict[str, float]]  # per epoch: epoch, train_loss, valid_<score>…, learning_rate
    kept_epoch: int  # the one the weights are of
    seconds: float
    cpu_seconds: float  # of this process, all threads


def train(
    model: nn.Module, task: Task, train_split: Any, valid_split: Any, params: Train, seed: int, checkpoint: Checkpoint
) -> Trained:
    """Train, keep the weights that `params.keep` asks for, choose on validation only.

    Continues from the checkpoint where there is one, and then ends with the same bytes as an uninterrupted run.

    Raises:
        KassandraError: the loss is not finite.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)  # of order and distortion, on the CPU for every device
    optimizer = torch.optim.AdamW(
        model.parameters(), betas=(0.9, params.beta2), weight_decay=params.weight_decay, fused=True
    )
    examples, steps_per_epoch = task.size(train_split), task.steps(train_split, params)
    history: list[dict[str, float]] = []
    best, best_epoch, seconds, cpu_seconds = _copy(model), 0, 0.0, 0.0
    if restored := checkpoint.restore(model, optimizer, generator):
        progress, best = restored
        history, best_epoch = progress["history"], progress["best_epoch"]
        seconds, cpu_seconds = progress["seconds"], progress["cpu_seconds"]
        print(f"Continuing after epoch {len(history)} of {params.epochs}", flush=True)

    with Display(params.epochs, examples, task.unit, done=len(history)) as display:
        for epoch in range(len(history) + 1, params.epochs + 1):
            if params.patience and history and epoch - 1 - best_epoch >= params.patience:
                break
            started, cpu_started = time.perf_counter(), time.process_time()
            model.train()
            total, seen = torch.zeros((), dtype=torch.float64, device=device), 0
            for number, batch in enumerate(task.train_batches(train_split, params, generator)):
                step = (epoch - 1) * steps_per_epoch + number
                rate = params.learning_rate * factor(
                    params.schedule, step, params.epochs * steps_per_epoch, params.warmup
                )
                for group in optimizer.param_groups:
                    group["lr"] = rate
                with torch.autocast(device.type, torch.bfloat16, enabled=params.precision == "bf16"):
                    loss, count = task.loss(model, batch, params)
                optimizer.zero_grad()
                (loss / count).backward()
                if params.clip:
                    nn.utils.clip_grad_norm_(model.parameters(), params.clip)
                optimizer.step()
                total, seen = total + loss.detach(), seen + count
                if number % REPORT_EVERY == 0 and display.live:
                    display.step(epoch, seen, total.item() / seen, seen / _since(started))
            train_loss = total.item() / seen
            per_second = seen / _since(started)
            scores = _validate(model, task, valid_split, params, device)
            if not math.isfinite(train_loss + scores["loss"]):  # the last step may have spoilt the weights, too
                raise KassandraError(
                    f"training diverged: loss {train_loss:g}, on validation {scores['loss']:g}, in epoch {epoch}; "
                    f"lower train.learning_rate ({params.learning_rate:g}) or set train.clip ({params.clip})"
                )
            row = {
                "epoch": epoch,
                "train_loss": train_loss,
                **{f"valid_{name}": value for name, value in scores.items()},
            }
            better = not history or scores["loss"] < min(past["valid_loss"] for past in history)
            if better or params.keep == "last":
                best = _copy(model)
            best_epoch = epoch if better else best_epoch
            history.append(row | {"learning_rate": rate})
            seconds += time.perf_counter() - started
            cpu_seconds += time.process_time() - cpu_started
            spent = {"seconds": seconds, "cpu_seconds": cpu_seconds}
            checkpoint.save(model, best, optimizer, generator, {"history": history, "best_epoch": best_epoch, **spent})
            display.epoch(row, per_second, better)
    kept_epoch = best_epoch if params.keep == "best" else len(history)
    return Trained(best, history, kept_epoch, seconds, cpu_seconds)


@torch.no_grad()
def _validate(model: nn.Module, task: Task, split: Any, params: Train, device: torch.device) -> dict[str, float]:
    model.eval()
    with torch.autocast(device.type, torch.bfloat16, enabled=params.precision == "bf16"):
        return task.scores(model, split)


def _since(started: float) -> float:
    """Seconds, above 0 also where the clock has stood still or was put back."""
    return max(time.perf_counter() - started, 1e-9)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
