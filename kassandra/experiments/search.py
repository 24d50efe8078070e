"""The search itself: draw params, train them as an experiment of DVC, give up early what does worse than most."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from optuna.trial import TrialState
from safetensors import SafetensorError, safe_open

from kassandra.contracts.artifacts import CHECKPOINTS
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import value_of
from kassandra.experiments import space as spaces
from kassandra.experiments import study as studies
from kassandra.experiments.space import Space
from kassandra.experiments.trial import Training, can_be_named, check_work, history, named, turn
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.rooms import code

LOSS = "valid_loss"
DIVERGED = "training diverged"  # so begins the sentence of kassandra/training/loop.py
TOO_MANY = 3  # trials that fail one after the other, for what is not their values' fault
Pruner = Literal["median", "hyperband", "none"]  # those of kassandra/cli/app.py


@dataclass(frozen=True)
class Search:
    """written: the pipeline as params.yaml has it. say: where sentences for people go."""

    pipeline: str
    study: optuna.Study
    space: Space
    written: dict[str, Any]
    seed: int
    say: Callable[[str], None]


def begin(pipeline: str, name: str, storage: str, space: Space, pruner: Pruner, say: Callable[[str], None]) -> Search:
    """
    Raises:
        KassandraError: params.yaml or the storage cannot be used; the study was begun with others; its name is taken.
    """
    if not can_be_named(name):
        raise KassandraError(f"--study {name!r}: cannot be the name of experiments; take letters, digits, - and _")
    params, seed = read_pipeline(pipeline)
    written = spaces.sections(pipeline)
    contents = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in code(params.input, params.target))
    begun = {
        "pipeline": pipeline,
        "seed": seed,
        "space": space.model_dump(),
        "params.yaml": spaces.without(written, space),
        "code": hashlib.sha256(contents).hexdigest()[:16],
    }
    larger = spaces.larger_is_better(space.score, params.target)
    with turn():
        check_work()
        study = studies.open_study(storage, name, larger, _pruner(pruner, space, params), json.loads(json.dumps(begun)))
        if not study.get_trials(deepcopy=False):
            if taken := named(name):
                raise KassandraError(
                    f"--study {name}: experiment {taken[0]!r} of another study is there already; give another name, or "
                    f"`dvc exp remove {' '.join(taken[:3])}{' …' if len(taken) > 3 else ''}`"
                )
            if first := _as_it_is(space, params):
                study.enqueue_trial(first, skip_if_exists=True)
    return Search(pipeline, study, space, written, seed, say)


def run(search: Search, trials: int) -> None:
    """Until the study has so many trials, those of other workers among them.

    Each trial draws from a sampler whose seed is the params' seed plus the number of trials before it that did not
    fail: with one worker, the same study again, wherever it was interrupted.

    Raises:
        KassandraError: several trials failed one after the other.
    """
    failed: list[str] = []
    while True:
        for number in studies.revive(search.study):
            search.say(f"trial {number} was left by a worker that is dead; its values are tried again")
        if studies.counted(search.study) >= trials:
            return
        trial = search.study.ask()
        earlier = search.study.get_trials(deepcopy=False)[: trial.number]
        before = sum(each.state != TrialState.FAIL for each in earlier)
        search.study.sampler = optuna.samplers.TPESampler(seed=search.seed + before)
        try:
            why = _try(search, trial)
        except studies.BROKEN as error:  # a server was stopped, say: from here on it is waited for
            why = f"its storage was lost: {' '.join(str(error.__cause__ or error).split())}"
            search.say(f"trial {trial.number}: its storage was lost; its values are tried again")
            _line_up_again(search, trial, "its storage was lost")
        except BaseException:  # Ctrl-C among them: the next run goes on with these values
            _line_up_again(search, trial, "it was interrupted")
            raise
        failed = [*failed, why] if why else []
        if len(failed) >= TOO_MANY:
            raise KassandraError(f"{TOO_MANY} trials failed one after the other, the last one for this: {why}")


def _line_up_again(search: Search, trial: optuna.Trial, why: str) -> None:
    studies.line_up_again(search.study, search.study.get_trials(deepcopy=False)[trial.number], why)


def _of_one_seed(written: dict[str, Any]) -> dict[str, Any]:
    """A trial is one training: seeds serve the verdict on what is chosen, and would cost each trial several times."""
    pretrained = value_of(written, "model.pretrain") is not None
    return {"train.seeds": 1} | ({"model.pretrain.seeds": 1} if pretrained else {})


def _try(search: Search, trial: optuna.Trial) -> str | None:
    """One trial to its end; returns why it failed, if it did and its values are not to blame."""
    study, say = search.study, search.say
    chosen = spaces.draw(search.space, trial, search.written)
    say(f"trial {trial.number}: " + ", ".join(f"{key} {_short(value)}" for key, value in chosen.items()))
    try:
        params = spaces.checked(search.pipeline, search.written, chosen)
    except KassandraError as error:
        _prune(search, trial, f"refused: {error}")
        return None
    name, losses, before, since = f"{study.study_name}-{trial.number}", [], 0, time.time()
    overrides = spaces.overrides(search.pipeline, chosen | _of_one_seed(search.written))
    with studies.alive(trial), Training(search.pipeline, name, overrides) as training:
        for line in training.lines():
            if not line.scores:
                before = line.epoch
                _report_again(study, trial, line.epoch)
                continue
            _require(search.space.score, line.scores)
            losses.append(line.scores[LOSS])
            if _gives_up(search, trial, line.epoch, line.scores[search.space.score], params.train.epochs):
                training.stop()
                _forget(search.pipeline, losses, before, since)
                return None
        why = training.error
    if why and DIVERGED in why:
        _prune(search, trial, why)
        return None
    if why:
        trial.set_user_attr(studies.WHY, why)
        study.tell(trial, state=TrialState.FAIL)
        say(f"  failed: {why}")
        return why
    epochs = history(search.pipeline, name)
    _require(search.space.score, [str(name) for name in epochs if name != "epoch"])
    reported = before + len(losses)  # not all where DVC had it in its cache, or an epoch is quicker than this process
    for epoch, score in zip(epochs["epoch"], epochs[search.space.score], strict=True):
        if epoch > reported and _gives_up(search, trial, int(epoch), float(score), params.train.epochs):
            return None
    by = params.train.keep_by
    best = epochs[LOSS].argmin() if by == "loss" else epochs[f"valid_{by}"].argmax()
    kept = int(best) if params.train.keep == "best" else len(epochs) - 1
    value = float(epochs[search.space.score].iloc[kept])
    study.tell(trial, value)
    say(f"  {search.space.score} {_short(value)}{' (best)' * (study.best_trial.number == trial.number)}")
    return None


def _require(score: str, known: Iterable[str]) -> None:
    if score not in known:
        raise KassandraError(f"there is no {score!r}; this target has {sorted(known)}")


def _gives_up(search: Search, trial: optuna.Trial, epoch: int, value: float, epochs: int) -> bool:
    """Report the score after an epoch; whether the trial ends with it, being worse than most."""
    trial.report(value, epoch)
    if epoch == epochs or not trial.should_prune():
        return False
    why = f"{search.space.score} {_short(value)} after epoch {epoch} of {epochs} is worse than most"
    _prune(search, trial, why)
    return True


def _prune(search: Search, trial: optuna.Trial, why: str) -> None:
    trial.set_user_attr(studies.WHY, why)
    search.study.tell(trial, state=TrialState.PRUNED)
    search.say(f"  given up: {why}")


def _report_again(study: optuna.Study, trial: optuna.Trial, until: int) -> None:
    """Training goes on from a checkpoint: what was reported before it was interrupted counts for this trial too."""
    before = trial.user_attrs.get(studies.AGAIN)
    values = {} if before is None else study.get_trials(deepcopy=False)[before].intermediate_values
    for step, value in sorted(values.items()):
        if step <= until:
            trial.report(value, step)


def _forget(pipeline: str, losses: list[float], before: int, since: float) -> None:
    """Delete the checkpoint of a training that was given up: nobody goes on from it.

    It is known by what it reported, of the epochs that followed on `before`; and was written after `since`, in seconds
    of the clock, when that training began.
    """
    for folder in CHECKPOINTS.glob(f"{pipeline}-*"):
        path = folder / "checkpoint.safetensors"
        try:
            if path.stat().st_mtime < since:
                continue
            with safe_open(path, framework="np") as file:
                rows = json.loads(file.metadata()["progress"])["history"]
        except (OSError, SafetensorError):  # being written, or of another kind
            continue
        saved, reported = ([f"{loss:.6g}" for loss in each] for each in ([row[LOSS] for row in rows], losses))
        if saved[before:][: len(reported)] == reported:  # it may be an epoch ahead
            shutil.rmtree(folder, ignore_errors=True)


def _as_it_is(space: Space, params: Pipeline) -> dict[str, Any]:
    """The values of params.yaml, those that the space has: what is to be beaten is tried first."""
    now, values = params.model_dump(), {}
    for key, each in space.space.items():
        value = value_of(now, key)
        if each.choices is not None:
            has_it = value in each.choices
        else:
            numeric = isinstance(value, int | float) and not isinstance(value, bool)
            has_it = numeric and (each.low or 0) <= value <= (each.high or 0)
        if has_it:
            values[key] = value
    return values


def _pruner(kind: Pruner, space: Space, params: Pipeline) -> optuna.pruners.BasePruner:
    if kind == "none":
        return optuna.pruners.NopPruner()
    if kind == "hyperband":
        epochs = space.space.get("train.epochs")
        most = int(epochs.high) if epochs and epochs.high else params.train.epochs
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=most)
    return optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
