"""The scores of a pipeline at two revisions on the same test examples, by task; and where that is impossible, why."""

import importlib
import math
from typing import Any, NamedTuple

from kassandra.comparison.revisions import Absent, Predicted, Side, Unpaired
from kassandra.contracts.artifacts import PREDICTIONS
from kassandra.judging.paired import Difference

# By task, the module of this room that knows what its data/predictions hold.
MODULES = {
    "images": "label",
    "sentiment": "label",
    "speech": "label",
    "language": "next",
    "forecast": "forecast",
    "translation": "text",
}
# Keys that decide what a score is of: where both the test examples and one of these differ, values of the two have
# nothing to do with each other.
UNITS = {
    "forecast": ("source", "prepare.predict", "prepare.horizon"),
    "language": ("source", "prepare.tokens", "prepare.vocab_size"),
    "translation": ("source",),
}
# Tasks whose predictions do not say which example a row is of, and the keys that decide which are in the test split.
UNNAMED = {"images", "sentiment", "speech"}
SPLIT = ("source", *(f"prepare.{key}" for key in ("valid_fraction", "test_fraction", "limit", "split", "speakers")))
FEWEST = 2  # test examples; with fewer, nothing can be told from chance


class Paired(NamedTuple):
    """scores: by name A's and B's value, and the difference. why: why there are no others.

    same_question: whether the values of the others have to do with each other at all.
    """

    scores: dict[str, tuple[float, float, Difference]]
    why: str
    same_question: bool = True


def pair(name: str, a: Side, b: Side, results: tuple[dict[str, Any], dict[str, Any]]) -> Paired:
    """
    Args:
        results: test.json of A and of B. A score that cannot be recomputed as it stands there is left out.
    """
    tasks = [_key(side, name, "task") for side in (a, b)]
    if tasks[0] != tasks[1]:
        return Paired({}, f"the task was {tasks[0]!r} and is {tasks[1]!r}", same_question=False)
    if tasks[0] not in MODULES:
        return Paired({}, f"task {tasks[0]!r} keeps nothing that is known here for each test example")
    changed = [key for key in UNITS.get(tasks[0], ()) if _key(a, name, key) != _key(b, name, key)]
    try:
        told = [_predicted(*side, name) for side in zip((a, b), results, strict=True)]
        module = importlib.import_module(f"kassandra.targets.{MODULES[tasks[0]]}.evaluate.compared")
        for side in told:
            if missing := [column for column in module.COLUMNS if column not in side.table]:
                raise Unpaired(f"{PREDICTIONS / name}/test.parquet of {side.side.label} has no column {missing[0]!r}")
            if len(side.table) < FEWEST:
                raise Unpaired("the test split is too small")
        if different := module.differ(told[0].table, told[1].table):
            why = f"the test examples are not the same: {different}"
            return Paired({}, why + (f"; {' and '.join(changed)} changed" if changed else ""), not changed)
        if doubt := _perhaps_others(name, a, b, tasks[0]):
            return Paired({}, f"the test examples may not be the same: {doubt}", not changed)
        found: dict[str, tuple[float, float, Difference]] = module.compared(*told)
    except Absent as absent:
        return Paired({}, f"{absent} (`dvc pull` fetches what `dvc push` has put into a remote)", not changed)
    except Unpaired as reason:
        return Paired({}, str(reason))
    kept = {
        score: (one, other, difference)
        for score, (one, other, difference) in found.items()
        if _as_stored(one, told[0].stored.get(score)) and _as_stored(other, told[1].stored.get(score))
    }
    astray = [score for score in found if score not in kept and all(score in side.stored for side in told)]
    if astray:
        return Paired(kept, f"data/predictions/{name} are not those that metrics/{name}/test.json scores")
    reasons = [why for score, why in getattr(module, "NOT_PAIRED", {}).items() if score in told[0].stored]
    return Paired(kept, reasons[0] if reasons else "data/predictions do not hold what it is made of")


def _perhaps_others(name: str, a: Side, b: Side, task: str) -> str:
    """Why rows that look alike may be of other examples; empty where dvc.lock says that they are the same ones.

    The labels of somebody's own data often stand in the order of their folders, whichever examples were drawn.
    """
    made = [side.made(name) for side in (a, b)]
    one, other = (each.data.get(f"data/prepared/{name}/test.npz") for each in made)
    if task not in UNNAMED | {"translation"} or (one and one == other):
        return ""
    one, other = (each.data.get(f"data/raw/{name}") for each in made)
    if not one or one != other:
        return f"data/raw/{name} changed" if one and other else "dvc.lock does not tell what they were made from"
    if task not in UNNAMED:
        return ""
    if made[0].params.get("seed") != made[1].params.get("seed"):
        return "another seed may draw others"
    changed = [key for key in SPLIT if _key(a, name, key) != _key(b, name, key)]
    return f"{changed[0]} changed" if changed else ""


def _predicted(side: Side, result: dict[str, Any], name: str) -> Predicted:
    stored = {score["score"]: float(score["value"]) for score in result["intervals"]}
    return Predicted(side, name, side.predictions(name), stored)


def _as_stored(value: float, stored: float | None) -> bool:
    """Up to what test.json rounds away, and probabilities that were stored in place of logarithms."""
    return stored is not None and math.isclose(value, stored, rel_tol=1e-4, abs_tol=2e-6)


def _key(side: Side, name: str, dotted: str) -> Any:
    value: Any = side.pipelines[name]
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
