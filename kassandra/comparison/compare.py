"""Two revisions, pipeline by pipeline: what changed in params, each score's difference, and a plain verdict."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr

from kassandra.comparison.fingerprints import differing
from kassandra.comparison.pairing import Paired, Results, pair
from kassandra.comparison.revisions import Side
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown, value_of
from kassandra.judging.intervals import Z
from kassandra.judging.method import ENOUGH, over_seeds, welch
from kassandra.judging.paired import ALPHA, Compared, Difference

Verdict = Literal["better", "worse", "no evidence", "identical", "differs", "not comparable"]
UNPAIRED = "the intervals of A and B, unpaired (normal approximation)"
SHOWN = 3  # names of a longer list


@dataclass(frozen=True)
class Row:
    """One score at A (None if it has no such score) and at B; `difference` is B less A, None where the two have nothing
    to do with each other.

    better: which values are.
    verdict: of B. `better` and `worse` where p < 0.05, else `no evidence`; `identical` where the values and all that
        they are made of are the same; `differs` where p < 0.05 and neither more nor less is better.
    """

    score: str
    better: Literal["higher", "lower"] | None
    a: float | None
    b: float
    difference: Difference | None
    paired: bool
    verdict: Verdict


@dataclass(frozen=True)
class Pipeline:
    """rows: of the method (means over seeds) where both sides have seeds enough, else of these two models; the first is
    the headline, and its verdict the pipeline's. params: by dotted key, A's value and B's (None where it is not set).
    notes: sentences that whoever reads the verdict should know.

    seeds: how many of A and of B. models: where `rows` are of the method, those of these two models, as their members
    answer together.
    """

    name: str
    rows: tuple[Row, ...]
    params: dict[str, tuple[Any, Any]]
    notes: tuple[str, ...]
    seeds: tuple[int, int] = (1, 1)
    models: tuple[Row, ...] = ()

    @property
    def of_method(self) -> bool:
        """Whether the verdict is on the method."""
        return min(self.seeds) >= ENOUGH

    @property
    def headline(self) -> Row:
        return self.rows[0]

    @property
    def verdict(self) -> Verdict:
        return self.headline.verdict


@dataclass(frozen=True)
class Comparison:
    """a, b: the sides as they are shown. added, removed: pipelines that only B, or only A, has. unfinished: by name,
    the side that has no results. seed: A's and B's, where they differ."""

    a: str
    b: str
    seed: tuple[Any, Any] | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    unfinished: dict[str, str]
    pipelines: tuple[Pipeline, ...]

    @property
    def worse(self) -> list[str]:
        """Pipelines whose method is worse at B."""
        return [pipeline.name for pipeline in self.pipelines if pipeline.of_method and pipeline.verdict == "worse"]


def compare(a: Side, b: Side, names: list[str]) -> Comparison:
    """All pipelines that both sides have, or those of `names`.

    Raises:
        KassandraError: a side has no results, or a name is no pipeline of either.
    """
    known = {**a.pipelines, **b.pipelines}
    for side in (a, b):
        if not side.pipelines:
            why = "params.yaml is missing there, or has no section 'pipelines'"
            raise KassandraError(f"{side}: has no pipelines: {why}")
    for name in names:
        if name not in known:
            raise KassandraError(unknown(f"--pipeline of {a} or {b}", "pipeline", name, known))
    chosen = [name for name in known if name in names or not names]
    results = {name: (a.results(name), b.results(name)) for name in chosen}
    for number, side in enumerate((a, b)):
        of_side = [result[number] for name, result in results.items() if name in side.pipelines]
        if of_side and not any(of_side):
            which = f" of {', '.join(names)}" if names else ""
            raise KassandraError(f"{side}: no results{which}: git has no metrics/<pipeline>/test.json there")
    both = [name for name in chosen if name in a.pipelines and name in b.pipelines]
    seeds = a.tree.get("seed", 0), b.tree.get("seed", 0)
    missing = {name: [str(s) for s, result in zip((a, b), results[name], strict=True) if not result] for name in both}
    return Comparison(
        str(a),
        str(b),
        seeds if seeds[0] != seeds[1] else None,
        tuple(name for name in chosen if name not in a.pipelines),
        tuple(name for name in chosen if name not in b.pipelines),
        {name: " and ".join(where) for name, where in missing.items() if where},
        tuple(_pipeline(name, a, b, (one, other)) for name in both for one, other in [results[name]] if one and other),
    )


def _pipeline(name: str, a: Side, b: Side, results: Results) -> Pipeline:
    changed = _changed(a.pipelines[name], b.pipelines[name], f"pipelines.{name}")
    notes = [note for side in (a, b) if (note := _stale(side, name))]
    seeds = results[0].get("seeds", 1), results[1].get("seeds", 1)
    scores = [{score["score"]: score for score in result["intervals"]} for result in results]
    ends = [{name: [score[end] for end in ("value", "low", "high")] for name, score in each.items()} for each in scores]
    if ends[0] == ends[1] and results[0]["examples"] == results[1]["examples"]:
        same = Difference(0.0, 0.0, 0.0, 1.0, "the same to the last digit")
        rows = [Row(score, each["better"], each["value"], each["value"], same, True, "identical")
                for score, each in scores[1].items()]  # fmt: skip
        return Pipeline(name, tuple(rows), changed, tuple(notes), seeds)
    paired = pair(name, a, b, results)
    for side, here in zip((a, b), (a.results_here(name), b.results_here(name)), strict=True):
        if here:
            notes.append(
                f"{side}: its params, code and data as they were run on this machine, not its committed results."
            )
    results = (a.results_here(name) or results[0], b.results_here(name) or results[1])
    seeds = results[0].get("seeds", 1), results[1].get("seeds", 1)
    scores = [{score["score"]: score for score in result["intervals"]} for result in results]
    signed = [dict(line.split(": ", 1) for line in result.get("signatures", [])) for result in results]
    both = [(scores[0][score], scores[1][score]) for score in scores[1] if score in scores[0]]

    def rows_of(row: Callable[[Any, Any, Paired], Row], end: Callable[[Any], Any]) -> list[Row]:
        same = [signed[0].get(each["score"]) == signed[1].get(each["score"]) for each, _ in both]
        return [
            row(one, other, paired) if alike else _incomparable(other, end(one)["value"], end(other)["value"])
            for (one, other), alike in zip(both, same, strict=True)
        ]

    models = rows_of(_row_of_models, _together)
    rows = rows_of(_row_of_methods, lambda score: score) if min(seeds) >= ENOUGH else models
    headlines = [next(iter(each)) for each in scores]
    if not rows or headlines[0] != headlines[1]:
        why = f"the headline was {headlines[0]} and is {headlines[1]}"
        none = _incomparable(scores[1][headlines[1]], None, scores[1][headlines[1]]["value"])
        return Pipeline(name, (none, *rows), changed, (why, *notes), seeds)
    notes = [*_of_pairs(name, a, b, paired, rows), *notes, *_causes(name, a, b, results)]
    return Pipeline(name, tuple(rows), changed, tuple(notes), seeds, tuple(models) if rows is not models else ())


def _of_pairs(name: str, a: Side, b: Side, paired: Paired, rows: list[Row]) -> list[str]:
    """What a reader should know of the examples on which scores are compared."""
    notes = []
    if unpaired := [row.score for row in rows if not row.paired]:
        what = "No score could" if len(unpaired) == len(rows) else f"{', '.join(unpaired)} could not"
        related = any(row.difference for row in rows if not row.paired)
        how = "Judged by the intervals of both" if related else "Values have nothing to do with each other"
        notes.append(f"{what} be compared example by example: {paired.why}. {how}.")
    if paired.note:
        notes.append(f"{paired.note[0].upper()}{paired.note[1:]}. Differences are of these.")
    test = f"data/prepared/{name}/test.npz"
    if paired.scores and not paired.note and a.made(name).data.get(test) != b.made(name).data.get(test):
        notes.append(f"{test} changed; the examples count as the same, since their ids and answers are.")
    return notes


def _incomparable(score: dict[str, Any], a: float | None, b: float) -> Row:
    return Row(score["score"], score["better"], a, b, None, False, "not comparable")


def _together(score: dict[str, Any]) -> dict[str, Any]:
    """What all members answer together; of a single one, what it answers."""
    joint: dict[str, Any] = score.get("together", score)
    return joint


def _row_of_models(a: dict[str, Any], b: dict[str, Any], paired: Paired) -> Row:
    ends = [_together(each) for each in (a, b)]
    if b["score"] in paired.scores:
        return _row(b, paired.scores[b["score"]], ends, paired)
    if b["score"] in paired.unrelated:
        return _incomparable(b, ends[0]["value"], ends[1]["value"])
    value, errors = ends[1]["value"] - ends[0]["value"], [_error(each) for each in ends]
    error = math.hypot(*errors)
    p = 2 * float(ndtr(-abs(value) / error)) if error else float(value == 0)
    difference = Difference(value, value - Z * error, value + Z * error, p, UNPAIRED)
    return _unpaired(b, ends, difference)


def _row_of_methods(a: dict[str, Any], b: dict[str, Any], paired: Paired) -> Row:
    if paired.methods and b["score"] in paired.methods:
        return _row(b, paired.methods[b["score"]], [a, b], paired)
    if b["score"] in paired.unrelated:
        return _incomparable(b, a["value"], b["value"])
    seeds = [(over_seeds(np.array(each["members"])), len(each["members"]) - 1) for each in (a, b)]
    examples = [(_error(each["together"]) ** 2, math.inf) for each in (a, b)]
    return _unpaired(b, [a, b], welch(b["value"] - a["value"], seeds, examples, 0.0))


def _row(score: dict[str, Any], compared: Compared, reported: list[dict[str, Any]], paired: Paired) -> Row:
    one, other, difference = compared
    if not paired.note:  # of all examples: as it is reported
        one, other = (each["value"] for each in reported)
    return Row(score["score"], score["better"], one, other, difference, True, verdict_of(score["better"], difference))


def _unpaired(score: dict[str, Any], ends: list[dict[str, Any]], difference: Difference) -> Row:
    a, b = (each["value"] for each in ends)
    return Row(score["score"], score["better"], a, b, difference, False, verdict_of(score["better"], difference))


def _error(interval: dict[str, Any]) -> float:
    """The standard error that a reported interval stands for."""
    return float(interval["high"] - interval["low"]) / (2 * Z)


def verdict_of(better: str | None, difference: Difference) -> Verdict:
    if difference.value == difference.low == difference.high == 0:
        return "identical"
    if difference.p >= ALPHA:
        return "no evidence"
    if better is None:
        return "differs"
    return "better" if (difference.value > 0) == (better == "higher") else "worse"


def _changed(a: Any, b: Any, where: str) -> dict[str, tuple[Any, Any]]:
    """By dotted key, the values that are not the same; None where a key is not there.

    >>> _changed({"epochs": 1, "clip": 1.0}, {"epochs": 2, "clip": 1.0, "threads": 1}, "train")
    {'train.epochs': (1, 2), 'train.threads': (None, 1)}
    """
    if a == b and type(a) is type(b):
        return {}
    if not (isinstance(a, dict) or isinstance(b, dict)):
        return {where: (a, b)}
    old, new = (each if isinstance(each, dict) else {} for each in (a, b))
    changes: dict[str, tuple[Any, Any]] = {}
    for name in old | new:
        changes |= _changed(old.get(name), new.get(name), f"{where}.{name}")
    return changes or {where: (a, b)}


def _stale(side: Side, name: str) -> str:
    """Whether the results are of other params or code than those there, as in a work tree that was edited since."""
    how = f"; `dvc repro evaluate@{name}` makes new ones."
    made = side.made(name).params
    tree = {"seed": side.tree.get("seed", 0), "pipelines": side.pipelines}
    if key := next((key for key, value in made.items() if value_of(tree, key) != value), ""):
        return f"{side}: these are results of before {key} was changed{how}"
    if changed := side.changed_code(name):
        return f"{side}: these are results of before changes in {_some(changed)}{how}"
    return ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _causes(name: str, a: Side, b: Side, results: Results) -> list[str]:
    """What differs beside params: code, raw data, the machine."""
    one, other = a.made(name), b.made(name)
    if not one.code or not other.code:
        return [f"{a if not one.code else b}: dvc.lock does not say what {name} was made from."]
    code = sorted(path for path in one.code | other.code if one.code.get(path) != other.code.get(path))
    notes = [f"Code that it depends on changed too: {_some(code)}."] if code else []
    raw = f"data/raw/{name}"
    if one.data.get(raw) != other.data.get(raw):
        notes.append(f"{raw} changed too.")
    if machine := differing(*(result.get("trained_on", []) for result in results)):
        notes.append(f"Trained on another machine: {' → '.join(machine)}.")
    return notes
