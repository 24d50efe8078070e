"""`kassandra report`: what `make repro` closes with."""

from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kassandra.before.scores import described
from kassandra.cli.reproduction import compare
from kassandra.contracts.artifacts import COSTS, METRICS, MODELS, RAW, missing, read_json, sha256
from kassandra.contracts.errors import KassandraError
from kassandra.judging.intervals import LEVEL, Estimate
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.sources.folder import has_changed

SPEAKERS = Path("recipes/results")  # of benchmarks.speakers


def report(names: list[str]) -> int:
    """Print the report of each pipeline; returns the exit status, 1 where something was not reproduced."""
    names = names or sorted(path.parent.name for path in METRICS.glob("*/test.json"))
    if not names:
        raise KassandraError("metrics: no pipeline has results yet; `make repro` makes those of mnist")
    return int(any([_one(name) for name in names]))  # noqa: C419 (a list: each is to be printed)


def _one(name: str) -> bool:
    console = Console(highlight=False, soft_wrap=True)
    scores = read_json(METRICS / name / "test.json")
    pipeline, problem = _pipeline(name)
    intervals = described(scores["intervals"], pipeline.target if pipeline else None)
    headline, least = intervals[0]["score"], intervals[0]["decimals"]
    tests = scores.get("tests", [])
    steps = list(dict.fromkeys(str(test["steps"]) for test in tests))
    of_steps = f", steps {', '.join(steps)}" if len(steps) > 1 else ""
    columns = ["on test", "value", "95% interval", *(["p (Diebold-Mariano)" + of_steps] if tests else [])]
    table = Table(*columns, title=f"{name}: {scores['examples']:,} test examples", box=None)
    for score in intervals:
        unit = f" ({score['unit']})" if score["unit"] else ""
        table.add_row(f"[bold]{score['score']}[/]{unit}", *_cells(score, score["decimals"]))
    for baseline in scores["baselines"]:
        table.add_row(f"{headline} of {baseline['baseline']}", *_cells(baseline[headline], least))
        own = [test for test in tests if test["baseline"] == baseline["baseline"]]
        equal = ["  ".join(f"{test['p']:.4f}" if test["p"] >= 0.0001 else "<0.0001" for test in own)] if tests else []
        table.add_row("  what the LSTM adds (paired)", *_cells(baseline["gain"], least, "+"), *equal)
    console.print(table)
    console.print(_verdict(scores))
    for caution in [*scores.get("cautions", []), *_of_new_speakers(name, pipeline)]:
        console.print(f"[yellow]Caution:[/] {escape(caution)}")
    for signature in scores.get("signatures", []):
        console.print(f"Signature of {escape(signature)}")
    console.print(f"{scores['parameters']:,} parameters{_cost(name)}")
    if not Path("dvc.lock").exists():
        raise missing(Path("dvc.lock"))
    reproduction = compare(name, scores, Path("dvc.lock").read_text(encoding="utf-8"))
    colour = "red" if reproduction.failed else "green" if reproduction.verdict in ("identical", "agrees") else "yellow"
    console.print(f"[{colour}]Reproduction: {reproduction.verdict}[/]: {reproduction.sentence}")
    if problem:
        console.print(f"[yellow]These are results of before[/]: {escape(problem)}")
    path = pipeline.source.path if pipeline else None  # DVC watches its copy in data/raw, and not the path itself
    if path and (RAW / name).is_dir() and has_changed(Path(path), RAW / name):
        again = f"`dvc repro -f download@{name}`, then `dvc repro evaluate@{name}`"
        console.print(f"[yellow]{path} has changed since it was read[/]: {again}")
    console.print("Pictures:")
    for picture in sorted((METRICS / name / "plots").glob("*.png")):
        console.print(f"  {picture}")
    return reproduction.failed


def _pipeline(name: str) -> tuple[Pipeline | None, str]:
    """The pipeline as params.yaml has it; or why it has it no more, as where it was removed or is being edited."""
    try:
        return read_pipeline(name)[0], ""
    except KassandraError as error:
        return None, str(error)


def _of_new_speakers(name: str, now: Pipeline | None) -> list[str]:
    """What the same model has of speakers that it was not trained on, where the study that holds each out was made."""
    path = SPEAKERS / f"{name}-speakers.json"
    if not path.exists():
        return []
    study = read_json(path)
    mean, by_speaker = study["accuracy"], sorted(study["speakers"], key=lambda row: float(row["value"]))
    worst, best = (f"{row['value']:.4f} ({row['speaker']})" for row in (by_speaker[0], by_speaker[-1]))
    changed = now and (study["model"], study["train"]) != (now.model.used(), now.train.model_dump())
    return [
        f"these speakers were heard in training. Of a speaker that was not, expect less: {mean['value']:.4f} "
        f"[{mean['low']:.4f}, {mean['high']:.4f}], the mean of {len(by_speaker)} held out in turn, "
        f"from {worst} to {best}" + (f"; measured with other params than those of now ({path})" if changed else "")
    ]


def _cells(score: dict[str, float], least: int, sign: str = "") -> list[str]:
    """The value, and its interval; the bracket is no markup of rich."""
    value, interval = Estimate(score["value"], score["low"], score["high"]).text(sign, least).split(" ", 1)
    return [value, interval.replace("[", r"\[")]


def _verdict(scores: dict[str, Any]) -> str:
    """Against the baselines, in words: against those that are better for sure, else against those that may be; of
    several, the one that is hardest to beat."""
    by_gain = sorted(scores["baselines"], key=lambda baseline: float(baseline["gain"]["value"]))
    verdicts = {each["baseline"]: _against(each, scores.get("tests", [])) for each in by_gain}
    beginnings = {"worse": "The LSTM is worse than", "no evidence": "There is no evidence that the LSTM is better than"}
    for verdict, beginning in beginnings.items():
        if names := [name for name, each in verdicts.items() if each == verdict]:
            return f"[yellow]{beginning} {names[0]}[/], which costs less."
    return f"The LSTM is better than every baseline, {next(iter(verdicts))} among them."


def _against(baseline: dict[str, Any], tests: list[dict[str, Any]]) -> Literal["better", "worse", "no evidence"]:
    """Where there are tests besides the interval of the gain, that of all steps has to say the same."""
    gain = baseline["gain"]
    if gain["low"] <= 0 <= gain["high"]:
        return "no evidence"
    better = gain["low"] > 0
    own = [each for each in tests if (each["baseline"], each["steps"]) == (baseline["baseline"], "all")]
    agrees = own and own[0]["p"] < 1 - LEVEL and (own[0]["statistic"] > 0) == better
    return "no evidence" if tests and not agrees else "better" if better else "worse"


def _cost(name: str) -> str:
    """Seconds of training, if they are known of the very weights that lie in data/models."""
    weights = MODELS / name / "weights.safetensors"
    cost = COSTS / name / f"{sha256(weights)}.json" if weights.exists() else weights
    if not cost.exists():
        return ""  # these weights came from a remote, or from a training elsewhere
    spent: dict[str, float] = read_json(cost)
    return f", trained in {spent['seconds']:.0f} s ({spent['cpu_seconds']:.0f} CPU s)"
