"""Two revisions, pipeline by pipeline: what changed in params, each score's difference, and a plain verdict."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from scipy.special import ndtr

from kassandra.comparison.pairing import Paired, pair
from kassandra.comparison.revisions import Side
from kassandra.contracts.errors import KassandraError
from kassandra.judging.intervals import Z
from kassandra.judging.paired import ALPHA, Difference
from kassandra.params.section import unknown

Verdict = Literal["better", "worse", "no evidence", "identical", "differs", "not comparable"]
UNPAIRED = "the intervals of A and B, unpaired (normal approximation)"
PER_CHARACTER = "bits_per_character"  # the same unit, however a text is cut into tokens
# Which way is better. Of other scores (`coverage_90` should be 0.9) it is only said that they differ.
LARGER = {"accuracy", "precision", "recall", "f1", "roc_auc", "average_precision", "r2", "directional_accuracy", "bleu"}
LARGER |= {"bleu_greedy", "bleu_lowercase", "bleu_lowercase_greedy", "chrf"}
SMALLER = {"loss", "perplexity", PER_CHARACTER, "calibration_error", "rmse", "mae", "mase", "smape", "pinball", "crps"}
SMALLER |= {"qlike"}
SHOWN = 3  # names of a longer list


@dataclass(frozen=True)
class Row:
    """One score at A (None if it has no such score) and at B; `difference` is B less A, None where the two have nothing
    to do with each other.

    verdict: of B. `better` and `worse` where p < 0.05, else `no evidence`; `identical` where the values and all that
        they are made of are the same; `differs` where p < 0.05 and neither more nor less is better.
    """

    score: str
    a: float | None
    b: float
    difference: Difference | None
    paired: bool
    verdict: Verdict


@dataclass(frozen=True)
class Pipeline:
    """rows: the first is the headline, and its verdict the pipeline's. params: by dotted key, A's value and B's (None
    where it is not set). notes: sentences that whoever reads the verdict should know."""

    name: str
    rows: tuple[Row, ...]
    params: dict[str, tuple[Any, Any]]
    notes: tuple[str, ...]

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
        return [pipeline.name for pipeline in self.pipelines if pipeline.verdict == "worse"]


def compare(a: Side, b: Side, names: list[str]) -> Comparison:
    """All pipelines that both sides have, or those of `names`.

    Raises:
        KassandraError: a side has no results, or a name is no pipeline of either.
    """
    known = {**a.pipelines, **b.pipelines}
    for side in (a, b):
        if not side.pipelines:
            raise KassandraError(
                f"{side}: has no pipelines: params.yaml is missing there, or has no section 'pipelines'"
            )
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
    compared = []
    for name in both:
        at_a, at_b = results[name]
        if at_a and at_b:
            compared.append(_pipeline(name, a, b, (at_a, at_b)))
    missing = {name: [str(s) for s, found in zip((a, b), results[name], strict=True) if not found] for name in both}
    return Comparison(
        str(a),
        str(b),
        seeds if seeds[0] != seeds[1] else None,
        tuple(name for name in chosen if name not in a.pipelines),
        tuple(name for name in chosen if name not in b.pipelines),
        {name: " and ".join(where) for name, where in missing.items() if where},
        tuple(compared),
    )


def _pipeline(name: str, a: Side, b: Side, results: tuple[dict[str, Any], dict[str, Any]]) -> Pipeline:
    changed = _changed(a.pipelines[name], b.pipelines[name], f"pipelines.{name}")
    notes = [note for side in (a, b) if (note := _stale(side, name))]
    scores = [{score["score"]: score for score in result["intervals"]} for result in results]
    if scores[0] == scores[1] and results[0]["examples"] == results[1]["examples"]:
        same = Difference(0.0, 0.0, 0.0, 1.0, "the same to the last digit")
        rows = [Row(score, each["value"], each["value"], same, True, "identical") for score, each in scores[0].items()]
        return Pipeline(name, tuple(rows), changed, tuple(notes))
    found = pair(name, a, b, results)
    rows = [_row(score, scores[0][score], scores[1][score], found) for score in scores[1] if score in scores[0]]
    headlines = [next(iter(each)) for each in scores]
    if not rows or headlines[0] != headlines[1]:
        why = f"the headline was {headlines[0]} and is {headlines[1]}"
        nothing = Row(headlines[1], None, scores[1][headlines[1]]["value"], None, False, "not comparable")
        return Pipeline(name, (nothing, *rows), changed, (why, *notes))
    signed = [dict(line.split(": ", 1) for line in result.get("signatures", [])) for result in results]
    rows = [
        Row(row.score, row.a, row.b, None, False, "not comparable")
        if signed[0].get(row.score) != signed[1].get(row.score)
        else row
        for row in rows
    ]
    test = f"data/prepared/{name}/test.npz"
    if found.scores and a.made(name).data.get(test) != b.made(name).data.get(test):
        notes.append(f"{test} changed; the examples count as the same, since what they should be told as is the same.")
    unpaired = [row.score for row in rows if not row.paired]
    if unpaired:
        what = "No score could" if len(unpaired) == len(rows) else f"{', '.join(unpaired)} could not"
        how = "Judged by the intervals of both" if found.same_question else "Values have nothing to do with each other"
        notes.insert(0, f"{what} be compared example by example: {found.why}. {how}.")
    return Pipeline(name, tuple(rows), changed, (*notes, *_causes(name, a, b, results, changed)))


def _row(name: str, a: dict[str, float], b: dict[str, float], found: Paired) -> Row:
    if name in found.scores:
        difference = found.scores[name][2]
        return Row(name, a["value"], b["value"], difference, True, _verdict(name, difference))
    if not found.same_question and name != PER_CHARACTER:
        return Row(name, a["value"], b["value"], None, False, "not comparable")
    value, errors = b["value"] - a["value"], [(each["high"] - each["low"]) / (2 * Z) for each in (a, b)]
    error = math.hypot(*errors)
    p = 2 * float(ndtr(-abs(value) / error)) if error else float(value == 0)
    difference = Difference(value, value - Z * error, value + Z * error, p, UNPAIRED)
    return Row(name, a["value"], b["value"], difference, False, _verdict(name, difference))


def _verdict(score: str, difference: Difference) -> Verdict:
    if difference.value == difference.low == difference.high == 0:
        return "identical"
    if difference.p >= ALPHA:
        return "no evidence"
    if score not in LARGER | SMALLER:
        return "differs"
    return "better" if (difference.value > 0) == (score in LARGER) else "worse"


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
    found = {
        key: each
        for name in old | new
        for key, each in _changed(old.get(name), new.get(name), f"{where}.{name}").items()
    }
    return found or {where: (a, b)}


def _stale(side: Side, name: str) -> str:
    """Whether the results are of other params or code than those there, as in a work tree that was edited since."""
    how = f"; `dvc repro evaluate@{name}` makes new ones."
    made = side.made(name).params
    tree = {"seed": side.tree.get("seed", 0), "pipelines": side.pipelines}
    for key, before in made.items():
        now: Any = tree
        for part in key.split("."):
            now = now.get(part) if isinstance(now, dict) else None
        if now != before:
            return f"{side}: these are results of before {key} was changed{how}"
    if changed := side.changed_code(name):
        return f"{side}: these are results of before changes in {_some(changed)}{how}"
    return ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _causes(
    name: str, a: Side, b: Side, results: tuple[dict[str, Any], dict[str, Any]], changed: dict[str, Any]
) -> list[str]:
    """What differs beside params: code, raw data, the machine."""
    one, other = a.made(name), b.made(name)
    if not one.code or not other.code:
        return [f"{a if not one.code else b}: dvc.lock does not tell what {name} was made from."]
    code = sorted(path for path in one.code | other.code if one.code.get(path) != other.code.get(path))
    notes = []
    if code:
        notes.append(f"Code that it depends on changed too: {_some(code)}.")
    raw = f"data/raw/{name}"
    if one.data.get(raw) != other.data.get(raw):
        notes.append(f"{raw} changed too.")
    machine = [
        f"{before} → {now.partition(': ')[2]}"
        for before, now in zip(results[0].get("trained_on", []), results[1].get("trained_on", []), strict=False)
        if before != now
    ]
    if machine:
        notes.append(f"Trained on another machine: {'; '.join(machine)}.")
    return notes
