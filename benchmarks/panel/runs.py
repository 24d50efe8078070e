"""What `kassandra init` writes for a file, trained and judged without DVC, and what a short search finds instead."""

import contextlib
import hashlib
import json
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import optuna

from benchmarks.panel.sets import PANEL, made
from kassandra import run
from kassandra.cli.init import Options, init
from kassandra.contracts import yaml
from kassandra.contracts.artifacts import MODELS, PREPARED, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.kinds import part
from kassandra.detection.proposal import Wish
from kassandra.experiments.space import Space, checked, draw
from kassandra.inference import load
from kassandra.notebook import NAME, working_in
from kassandra.training.fingerprint import set_up
from kassandra.training.pair import Pair

TRIALS = 30
ERRORS = ("rmse", "mae", "crps", "loss")  # of a headline, those that are to be small
# A number or a forecast is judged in its own unit here: r2 has no percentage.
HEADLINE = {"number": "rmse", "forecast": "rmse", "label": "accuracy"}
SPACES: dict[str, dict[str, Any]] = {
    "all": {
        "model.hidden_size": {"low": 16, "high": 128, "log": True},
        "model.dropout": {"low": 0.0, "high": 0.5},
        "train.learning_rate": {"low": 0.001, "high": 0.02, "log": True},
    },
    "text": {"model.word_dropout": {"low": 0.0, "high": 0.3}, "model.embedding_dropout": {"low": 0.0, "high": 0.5}},
    "label": {"train.label_smoothing": {"low": 0.0, "high": 0.1}},
    "forecast": {
        "prepare.normalise": {"choices": ["none", "last", "window"]},
        "model.linear": {"choices": [False, True, "fitted"]},
    },
}  # fmt: skip
UNEQUAL = ("questions", "messages")  # sets whose classes are
BALANCE: dict[str, dict[str, Any]] = {
    "as they are": {},
    "class_weights": {"train.class_weights": "balanced", "train.keep_by": "f1"},
    "sampling": {"train.sampling": "balanced", "train.keep_by": "f1"},
    "calibrate": {"train.calibrate": True},
}


def written(name: str, home: Path) -> dict[str, Any]:
    """The section of params.yaml that `kassandra init` writes for the file of a data set.

    Raises:
        KassandraError: init refuses it.
    """
    path = made(name, home)
    with tempfile.TemporaryDirectory() as folder, working_in(Path(folder)):
        Path("params.yaml").write_text("seed: 0\npipelines:\n", encoding="utf-8")
        init(path.absolute(), Wish(PANEL[name].wanted), Options(name, yes=True))
        section: dict[str, Any] = yaml.read(Path("params.yaml"))["pipelines"][name]
    return section


def judged(home: Path, section: dict[str, Any]) -> dict[str, Any]:
    """Three members of a section, on test, beside the baseline that is strongest there."""
    with logged(home / "log.txt") as seconds:
        done = run(_without_path(section), section["source"]["path"], home / "run")
    scores, headline = done.scores, HEADLINE[section["target"]]
    mean = next(each for each in scores["intervals"] if each["score"] == headline)
    others = {each["baseline"]: _score(each, headline) for each in scores["baselines"]}
    best = (min if headline in ERRORS else max)(others, key=lambda one: others[one])
    return {
        "score": headline, "value": mean["value"], "members": mean["members"], "together": mean["together"]["value"],
        "baseline": best, "of_baseline": others[best],
        "scores": {each["score"]: each["value"] for each in scores["intervals"]},
        "examples": scores["examples"], "cpu_seconds": round(seconds[0], 1), "section": _portable(section),
        "advice": _lines(home / "log.txt"), "cautions": scores["cautions"],
    }  # fmt: skip


def _score(baseline: dict[str, Any], name: str) -> float:
    if name in baseline:
        return float(baseline[name]["value"])
    return float(next(each["value"] for each in baseline["beside"] if each["score"] == name))


def advised(name: str, home: Path, section: dict[str, Any]) -> dict[str, Any] | None:
    """A section of an earlier run again, with what is printed to be tried: against a baseline, else after the training.
    None where nothing is."""
    section = {**section, "source": {**section["source"], "path": str(made(name, home))}}
    lines = [line for line in judged(home, section)["advice"] if line.startswith("Try: ")]
    if not lines:
        return None
    said = next((line for line in lines if "baseline" in line), lines[0])
    key, _, value = said.removeprefix("Try: ").partition("  #")[0].partition(": ")
    return {**judged(home, _changed(section, {key: yaml.parse(value, said)})), "tried": f"{key}: {value}"}


def balanced(home: Path, section: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each of BALANCE, of the LSTM alone: a linear model beside it is fitted to classes as they are."""
    for how, chosen in BALANCE.items():
        changed = _changed(section, chosen)
        changed["model"].pop("linear", None)
        yield how, judged(home, changed)


def searched(name: str, home: Path, section: dict[str, Any], trials: int = TRIALS) -> dict[str, Any]:
    """The section of the trial that is best on validation; each has one seed, the first is the section itself."""
    keys = SPACES["all"] | SPACES.get(section["input"], {}) | SPACES.get(section["target"], {})
    epochs = section["train"]["epochs"]
    keys |= {"train.epochs": {"low": max(2, epochs // 3), "high": 2 * epochs, "log": True}}
    space = Space.model_validate({"space": {key: value for key, value in keys.items() if _known(key, section)}})
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0), direction="minimize")
    study.enqueue_trial({key: set_ for key in space.space if (set_ := _value(section, key)) is not None})
    prepared: dict[str, Any] = {}

    def value(trial: optuna.Trial) -> float:
        chosen = draw(space, trial, section)
        try:
            checked(name, section, chosen)
        except KassandraError as error:
            raise optuna.TrialPruned(str(error)) from None
        changed = _changed(section, chosen | {"train.seeds": 1})
        with logged(home / "search.txt") as seconds:
            same = prepared.get("of") == changed["prepare"]
            prepared["of"] = changed["prepare"]
            mains = dict.fromkeys(("baseline", "download", "prepare")[: 3 if same else 1], _nothing)
            run(_without_path(changed), changed["source"]["path"], home / "search", last="train", mains=mains)
            loss = _on_validation(home / "search", changed)
        print(f"  {name} trial {trial.number}: {loss:.5f}, {seconds[0]:.0f} CPU s, {chosen}", flush=True)
        return loss

    study.optimize(value, n_trials=trials)
    best = optuna.trial.FixedTrial(study.best_params)  # what it has not chosen is not asked for
    found = _changed(section, draw(space, cast(optuna.Trial, best), section))
    shutil.rmtree(home / "search", ignore_errors=True)
    return found


def _on_validation(folder: Path, section: dict[str, Any]) -> float:
    """What a trial is chosen by: the loss of labels and numbers; of forecasts the error in the unit of the series,
    which does not depend on how windows are normalised."""
    with working_in(folder):
        prepared = PREPARED / NAME
        predictor = load(MODELS / NAME)
        pair = Pair.of(section["input"], section["target"], read_json(prepared / "meta.json"), set_up("cpu", 1))
        valid = pair.read(prepared / "valid.npz")
        if section["target"] != "forecast":
            return float(pair.scores(predictor.models[0], valid)["loss"])
        stage = part("targets", "forecast", "evaluate", "stage")
        table = stage.predictions(valid.inputs, predictor.outputs(valid), None, predictor.meta)
    module = part("targets", "forecast", "evaluate", "scores")
    rmse = next(each for each in module.SCORES if each.name == "rmse")
    return float(rmse.of(table)(np.ones(len(table), np.int64)))


def digest(section: dict[str, Any]) -> str:
    """Of what a run is made from; the place of the file is none of it."""
    return hashlib.sha256(json.dumps(_portable(section), sort_keys=True).encode()).hexdigest()[:16]


def _portable(section: dict[str, Any]) -> dict[str, Any]:
    return {**section, "source": {**section["source"], "path": Path(section["source"]["path"]).name}}


def _without_path(section: dict[str, Any]) -> dict[str, Any]:
    return {**section, "source": {key: value for key, value in section["source"].items() if key != "path"}}


def _value(section: dict[str, Any], key: str) -> Any:
    part_, _, last = key.partition(".")
    return section[part_].get(last)


def _known(key: str, section: dict[str, Any]) -> bool:
    """Whether a key can be set here: what is a return has no normalised windows."""
    return key != "prepare.normalise" or section["prepare"].get("predict", "value") != "return"


def _changed(section: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    changed = {key: dict(value) if isinstance(value, dict) else value for key, value in section.items()}
    for key, value in chosen.items():
        part_, _, last = key.partition(".")
        changed[part_][last] = value
    return changed


def _nothing(_name: str) -> None:
    """In place of a stage whose results are there."""


def _lines(log: Path) -> list[str]:
    said = log.read_text(encoding="utf-8").splitlines()
    return [line for line in said if line.startswith(("Caution: ", "Try: "))]


@contextlib.contextmanager
def logged(path: Path) -> Iterator[list[float]]:
    """What is printed goes into a file; gives the CPU seconds of this process and its children at the end."""

    def spent() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(each.ru_utime + each.ru_stime for each in used)

    path.parent.mkdir(parents=True, exist_ok=True)
    began, seconds = spent(), [0.0]
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        yield seconds
    seconds[0] = spent() - began
