"""`kassandra search`: begin or go on with a study, and print its best trial at the end."""

from pathlib import Path

import numpy as np
import optuna
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.trial import FrozenTrial, TrialState

from kassandra.cli.changed import warn_of_changes
from kassandra.contracts.errors import KassandraError
from kassandra.experiments import search as searches
from kassandra.experiments import space as spaces
from kassandra.experiments import study as studies
from kassandra.experiments.search import Pruner, Search
from kassandra.judging import figures
from kassandra.params.sections.pipeline import read_pipeline

FEW = 4  # finished trials, with fewer of which importances mean nothing


def search(
    pipeline: str, trials: int, space: Path | None, storage: str | None, study: str | None, pruner: Pruner,
    plot: Path | None,
) -> int:  # fmt: skip
    """Returns the exit status: 130 after Ctrl-C.

    Raises:
        KassandraError: something given cannot be used; several trials failed one after the other.
    """
    read_pipeline(pipeline)
    warn_of_changes([pipeline])
    name = study or pipeline
    where = storage or f".optuna/{name}.log"
    read = spaces.read(space or Path(f"recipes/search/{pipeline}.yaml"), pipeline)

    def say(sentence: str) -> None:
        print(sentence, flush=True)

    begun = searches.begin(pipeline, name, where, read, pruner, say)
    say(f"Study {name!r} in {studies.shown(where)}: {_counts(begun.study)}; until there are {trials} trials")
    interrupted = False
    try:
        try:
            searches.run(begun, trials)
        except KeyboardInterrupt:
            interrupted = True
            say("\nInterrupted. The same command goes on from here.")
        finally:
            _summary(begun)
    except studies.BROKEN as error:
        why = " ".join(str(error.__cause__ or error).split())
        shown = studies.shown(where)
        raise KassandraError(f"--storage {shown}: failed: {why}; once it is mended the same command goes on") from None
    if plot:
        picture(begun.study, read.score, plot)
        say(f"Drew {plot}")
    return 130 if interrupted else 0


def _counts(study: optuna.Study) -> str:
    states = [trial.state for trial in study.get_trials(deepcopy=False)]
    names = {"finished": TrialState.COMPLETE, "given up": TrialState.PRUNED, "failed": TrialState.FAIL}
    return ", ".join(f"{states.count(state)} {name}" for name, state in names.items())


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _summary(search: Search) -> None:
    study, pipeline = search.study, search.pipeline
    print(f"Trials: {_counts(study)}")
    if not _finished(study):
        return
    best = study.best_trial
    experiment = f"{study.study_name}-{best.number}"
    print(f"Best: {experiment}, with {search.space.score} {best.value:.6g} on validation")
    for key, value in best.params.items():
        print(f"  {key}: {value}")
    print("Each trial had one seed, and nothing was scored on test yet. Three seeds give a verdict on the method:")
    print(f"  dvc exp apply {experiment}")
    print(f"  dvc exp run evaluate@{pipeline} -S ++pipelines.{pipeline}.train.seeds=3")
    print(f"  kassandra compare --pipeline {pipeline}")


def picture(study: optuna.Study, score: str, path: Path) -> None:
    """Every trial's value in the order of time, with the best so far, and how much each param mattered (fANOVA; Hutter,
    Hoos & Leyton-Brown 2014).

    Raises:
        KassandraError: no trial is finished.
    """
    finished = _finished(study)
    if not finished:
        raise KassandraError(f"--plot {path}: no trial of study {study.study_name!r} is finished, so nothing to draw")
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    numbers, values = [trial.number for trial in finished], [float(trial.value or 0) for trial in finished]
    best = np.minimum if study.direction == optuna.study.StudyDirection.MINIMIZE else np.maximum
    left.plot(numbers, values, "o", color=figures.GREY, label="finished")
    left.step(numbers, best.accumulate(values), where="post", color=figures.BLUE, label="best so far")
    pruned = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    drawn = [(trial.number, trial.intermediate_values[max(trial.intermediate_values)])
             for trial in pruned if trial.intermediate_values]  # fmt: skip
    if drawn:
        left.plot(*zip(*drawn, strict=True), "x", color=figures.ORANGE, label="given up")
    left.set(xlabel="trial", ylabel=score, title="Score on validation")
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    left.legend(frameon=False)
    if importances := _importances(study):
        right.barh(list(importances)[::-1], list(importances.values())[::-1], color=figures.BLUE)
        right.set(xlabel="share of the variance of the score", title="What mattered")
    else:
        right.text(0.5, 0.5, "Too few finished trials to judge what mattered", ha="center")
        right.set_axis_off()
    figures.save(figure, path)


def _importances(study: optuna.Study) -> dict[str, float]:
    finished = _finished(study)
    shared = set.intersection(*(set(trial.params) for trial in finished))
    if len(finished) < FEW or len({trial.value for trial in finished}) < 2 or not shared:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=evaluator, params=sorted(shared))
