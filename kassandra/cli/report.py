"""`kassandra report`: what `make repro` closes with: scores, and whether they are those that git has."""

import json
import math
import statistics
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.console import Console
from rich.table import Table

from kassandra.before.results import described
from kassandra.cli.changed import changed_source
from kassandra.cli.results_page import page
from kassandra.comparison.fingerprints import differing
from kassandra.contracts import lock
from kassandra.contracts.artifacts import COSTS, METRICS, MODELS, missing, read_json, weights_digest
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_terminal
from kassandra.experiments.recorded import content, run_here
from kassandra.judging.intervals import LEVEL, Estimate
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline

TOLERATED = 0.01  # share of correct reproductions that are said to differ
IN_INTERVAL = "each score within the committed 95% interval"
ALSO = ("accuracy", "f1")  # scores in which a verdict is given beside that of the headline
SPEAKERS = Path("recipes/results")  # of benchmarks.speakers
WIDTH = 120  # columns of a table in a file or a pipe, so that no row is cut in two
Verdict = Literal["identical", "agrees", "differs", "other inputs", "committed results", "nothing committed"]


class Reproduction(NamedTuple):
    """verdict: `identical` (the committed bytes again), `agrees` (another fingerprint, scores within the committed
    intervals), `differs` (the same inputs, yet other scores: not reproduced), `other inputs` (params, code or data are
    not the committed ones, so there is nothing to reproduce), `committed results` (git's, which this clone has not made
    itself), `nothing committed`.
    """

    verdict: Verdict
    sentence: str

    @property
    def failed(self) -> bool:
        return self.verdict == "differs"


def report(names: list[str], markdown: bool = False) -> int:
    """Print the report of each pipeline; returns the exit status, 1 where something was not reproduced.

    Args:
        markdown: print a page of the results alone.
    """
    names = names or sorted(path.parent.name for path in METRICS.glob("*/test.json"))
    if not names:
        raise KassandraError("metrics: no pipeline has results yet; `make repro` makes those of mnist")
    if markdown:
        print(page(names), end="")
        return 0
    return int(any([_one(name) for name in names]))  # noqa: C419 (a list: each is to be printed)


def _one(name: str) -> bool:
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    scores = read_json(METRICS / name / "test.json")
    pipeline: Pipeline | None = None
    problem = ""
    try:
        pipeline, _ = read_pipeline(name)
    except KassandraError as error:  # params.yaml has it no more, or is being edited
        problem = str(error)
    intervals = described(scores["intervals"], pipeline.target if pipeline else None)
    console.print(_table(name, scores, intervals))
    if tests := scores.get("tests"):
        console.print(_tests(tests))
    headline, seeds = intervals[0]["score"], scores.get("seeds", 1)
    if seeds > 1:
        console.print(_of_members(intervals[0], seeds))
    for sentence in _verdicts(scores, headline):
        console.print(sentence)
    for caution in [*scores.get("cautions", []), *_of_new_speakers(name, pipeline)]:
        console.print(f"[yellow]Caution:[/] {in_terminal(caution)}")
    for signature in scores.get("signatures", []):
        console.print(f"Signature of {in_terminal(signature)}")
    console.print(f"{scores['parameters']:,} parameters{_cost(name)}")
    if not lock.LOCK.exists():
        raise missing(lock.LOCK)
    reproduction = reproduced(name, scores, lock.LOCK.read_text(encoding="utf-8"))
    colour = {"differs": "red", "identical": "green", "agrees": "green"}.get(reproduction.verdict, "yellow")
    console.print(f"[{colour}]Reproduction: {reproduction.verdict}[/]: {reproduction.sentence}")
    if problem:
        lines = "\n".join(map(in_terminal, problem.split("\n")))
        console.print(f"[yellow]These are results of before[/]: {lines}")
    if sentence := changed_source(name, pipeline):
        console.print(f"[yellow]{in_terminal(sentence)}[/]")
    console.print("Pictures:")
    for picture in sorted((METRICS / name / "plots").glob("*.png")):
        console.print(f"  {picture}")
    return reproduction.failed


def _table(name: str, scores: dict[str, Any], intervals: list[dict[str, Any]]) -> Table:
    """Scores, then what each baseline has of the headline, and by how much the LSTM is better."""
    headline, least = intervals[0]["score"], intervals[0]["decimals"]
    seeds = scores.get("seeds", 1)
    table = Table("on test", title=f"{in_terminal(name)}: {scores['examples']:,} test examples", box=None)
    together = ["together"] if seeds > 1 else []
    for column in (f"mean of {seeds}" if seeds > 1 else "value", "95% interval", *together):
        table.add_column(column, no_wrap=True)
    for score in intervals:
        unit = f" ({score['unit']})" if score["unit"] else ""
        more = [f"{score['together']['value']:.{score['decimals']}f}"] if seeds > 1 else []
        table.add_row(f"[bold]{score['score']}[/]{unit}", *_cells(score, score["decimals"]), *more)
    for baseline in scores["baselines"]:
        table.add_row(f"{headline} of {in_terminal(baseline['baseline'])}", *_cells(baseline[headline], least))
        table.add_row("  what the LSTM adds (paired)", *_cells(baseline["gain"], least, "+"))
    return table


def _tests(tests: list[dict[str, Any]]) -> Table:
    """p of each baseline, in a column for each stretch of steps."""
    steps = list(dict.fromkeys(test["steps"] for test in tests))
    names = ["all steps" if each == "all" else f"step {each}" for each in steps]
    table = Table("p of equal forecasts (Diebold-Mariano)", *names, box=None)
    for baseline in dict.fromkeys(test["baseline"] for test in tests):
        own = {test["steps"]: test["p"] for test in tests if test["baseline"] == baseline}
        table.add_row(baseline, *(f"{own[each]:.4f}" if own[each] >= 0.0001 else "<0.0001" for each in steps))
    return table


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


def _of_members(headline: dict[str, Any], seeds: int) -> str:
    """How far members are apart, and what the two kinds of intervals are of."""
    name, decimals, each = headline["score"], headline["decimals"], headline["members"]
    return (
        f"Means over {seeds} trainings from different seeds; intervals are of other seeds and other test examples. "
        f"Each alone has {name} {min(each):.{decimals}f} to {max(each):.{decimals}f}; "
        f"together they answer with {' '.join(_cells(headline['together'], decimals))}, of other test examples alone."
    )


def _verdicts(scores: dict[str, Any], headline: str) -> list[str]:
    """On the headline, and on further scores in which it is another one."""
    sentences = [_verdict(scores["baselines"], scores.get("tests", []))]
    for other in (name for name in ALSO if name != headline):
        beside = [each for each in (_beside(baseline, other) for baseline in scores["baselines"]) if each]
        if beside and (verdict := _verdict(beside, [])) != sentences[0]:
            sentences.append(f"In {other}: {verdict}")
    return sentences


def _beside(baseline: dict[str, Any], score: str) -> dict[str, Any] | None:
    """A baseline in another score than the headline."""
    rows = [each for each in baseline.get("beside", []) if each["score"] == score]
    return {"baseline": baseline["baseline"], "gain": rows[0]["gain"]} if rows else None


def _verdict(baselines: list[dict[str, Any]], tests: list[dict[str, Any]]) -> str:
    """Against the baselines, in words: against all that are better for sure, else against all that may be, the one that
    is hardest to beat first."""
    by_gain = sorted(baselines, key=lambda baseline: float(baseline["gain"]["value"]))
    verdicts = {each["baseline"]: _against(each, tests) for each in by_gain}
    beginnings = {"worse": "The LSTM is worse than", "no evidence": "There is no evidence that the LSTM is better than"}
    for verdict, beginning in beginnings.items():
        if names := [name for name, each in verdicts.items() if each == verdict]:
            joint = " and " if verdict == "worse" else " or "
            all_of_them = joint.join(filter(None, [", ".join(names[:-1]), names[-1]]))
            return f"[yellow]{beginning} {all_of_them}[/], which cost{'s' if len(names) == 1 else ''} less."
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
    weights = sorted((MODELS / name).glob("*.safetensors"))
    cost = COSTS / name / f"{weights_digest(weights)}.json"
    if not weights or not cost.exists():
        return ""  # these weights came from a remote, or from a training elsewhere
    spent: dict[str, float] = read_json(cost)
    of = f"{len(weights)} members " if len(weights) > 1 else ""
    return f", {of}trained in {spent['seconds']:.0f} s ({spent['cpu_seconds']:.0f} CPU s)"


def reproduced(name: str, scores: dict[str, Any], locked: str, revision: str = "HEAD") -> Reproduction:
    """Compare a pipeline's test.json (as read) and dvc.lock (as text) in the working tree with those of a revision."""
    committed, committed_lock = content(revision, METRICS / name / "test.json"), content(revision, lock.LOCK)
    if committed is None or committed_lock is None:
        return Reproduction(
            "nothing committed", f"git has no results of {name!r} yet; commit these to compare with later"
        )
    then = committed_lock.decode("utf-8", "replace")
    if _inputs(name, locked, "dvc.lock") != _inputs(name, then, f"dvc.lock at {revision}"):
        return Reproduction("other inputs", "params, code or data are not those of the committed results")
    before = json.loads(committed)
    if before == scores and (why := run_here(name, lock.parse(locked, "dvc.lock").get(name, {}))):
        return Reproduction("committed results", why)
    return judge(before, scores)


def judge(before: dict[str, Any], now: dict[str, Any]) -> Reproduction:
    """Two test.json of the same params, code and data.

    On another machine every member is trained to other bits, as if from another seed. So both means over seeds must
    agree up to what seeds vary by: Student's t of both sides' members together, at 1% over all scores. Of a single
    member that is not known, and the committed interval, which is of test examples, has to do.
    """
    if before == now:
        return Reproduction("identical", "the same scores as the committed ones, to the last digit")
    fields: list[str] = []
    for where in ("trained on", "evaluated on"):
        here, there = differing(*(each[where.replace(" ", "_")] for each in (now, before))) or ("", "")
        if here and not any(here in field and there in field for field in fields):
            fields.append(f"{where} {here} here, {there} there")
    pairs = list(zip(before["intervals"], now["intervals"], strict=False))
    apart = [_apart(then, new, before["examples"], len(pairs)) for then, new in pairs]
    outside = [sentence for sentence in apart if sentence]
    machine = f"{'; '.join(fields)}, and"
    if not fields:
        sentence = "the same params, code, data and fingerprint gave other scores; please report this"
    elif outside:
        sentence = f"{machine} beyond its tolerance: {'; '.join(outside)}"
    else:
        by = "each score differs no more than seeds do" if _seeds(before) > 1 else IN_INTERVAL
        return Reproduction("agrees", f"{machine} {by}")
    return Reproduction("differs", sentence)


def _seeds(scores: dict[str, Any]) -> int:
    return int(scores.get("seeds", 1))


def _apart(then: dict[str, Any], now: dict[str, Any], examples: int, scores: int) -> str:
    """How a score is further off than it may be; empty where it is not."""
    from scipy.special import stdtrit  # 0.15 s, and most results are the same to the last digit

    value, name = f"{now['value']:.4f} here", then["score"]
    sides = [each.get("members", []) for each in (then, now)]
    if min(map(len, sides)) < 2:
        low, high = then["low"], then["high"]
        inside = low <= now["value"] <= high
        return "" if inside else f"{name} is {value}, {then['value']:.4f} [{low:.4f}, {high:.4f}] there"
    freedom = sum(map(len, sides)) - 2
    pooled = sum(statistics.pvariance(each) * len(each) for each in sides) / freedom
    # Members that agree to the last example are no proof that others would: one example more or less is nothing.
    least = (then["together"]["high"] - then["together"]["low"]) / math.sqrt(examples)
    error = math.sqrt(max(pooled, least**2) * sum(1 / len(each) for each in sides))
    reach = float(stdtrit(freedom, 1 - TOLERATED / scores / 2)) * error
    if abs(now["value"] - then["value"]) <= reach:
        return ""
    return f"{name} is {value}, {then['value']:.4f} there, and may be off by {reach:.4f}"


def _inputs(name: str, locked: str, where: str) -> dict[str, Any]:
    """What results follow from: the commands, params, code and raw data of each stage; not what stages make."""
    return {
        stage: (entry.command, entry.params, entry.code | (entry.outs if stage == "download" else {}))
        for stage, entry in lock.parse(locked, where).get(name, {}).items()
        if stage in lock.STAGES
    }
