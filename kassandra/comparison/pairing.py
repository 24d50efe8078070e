"""The scores of a pipeline at two revisions on the same test examples; and where that is impossible, why."""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.before.results import doubts, is_of_before, named
from kassandra.comparison.revisions import Absent, Side, Unpaired
from kassandra.contracts.section import value_of
from kassandra.contracts.seeds import by_seed
from kassandra.judging.method import compare_methods
from kassandra.judging.paired import Compared, compare
from kassandra.judging.score import scores_of

Results = tuple[dict[str, Any], dict[str, Any]]  # test.json of A and of B
FEWEST = 2  # test examples; with fewer, nothing is evidence


class Paired(NamedTuple):
    """scores: by name, of the two models on the same examples: what all members answer together. methods: the same of
    means over seeds; None where a side has fewer than 3. why: why there are no others.

    note: how many examples are the same, where not all are; empty where they are. unrelated: names of the scores whose
    values at A and B have nothing to do with each other where they are not paired.
    """

    scores: dict[str, Compared]
    why: str
    methods: dict[str, Compared] | None = None
    note: str = ""
    unrelated: frozenset[str] = frozenset()


def pair(name: str, a: Side, b: Side, results: Results) -> Paired:
    sections = [side.pipelines[name] for side in (a, b)]
    target, now = (section.get("target") for section in sections)
    every = frozenset(score["score"] for score in results[1]["intervals"])
    if target != now:
        return Paired({}, f"the target was {target!r} and is {now!r}", unrelated=every)
    module = scores_of(str(target))
    if module is None:
        return Paired({}, f"no target {target!r} is known here")
    keys = dict.fromkeys(["input", *(key for score in module.SCORES for key in score.depends_on)])
    changed = [key for key in keys if value_of(sections[0], key) != value_of(sections[1], key)]
    unrelated = frozenset(score.name for score in module.SCORES if {"input", *score.depends_on} & set(changed))
    try:
        tables = [side.predictions(name) for side in (a, b)]
        if any(map(is_of_before, tables)):
            doubt = doubts(name, sections, [side.made(name) for side in (a, b)])
            tables, why = named(tables, str(target), list(results), doubt)
            if why:
                raise Unpaired(why)
        members = [by_seed(table) for table in tables]
        rows, note = matching(members[0][0], members[1][0], module)
        joint = [
            side.predictions(name, "together") if len(each) > 1 else each[0]
            for side, each in zip((a, b), members, strict=True)
        ]
    except Absent as absent:
        made = f"`git stash; dvc repro evaluate@{name}; git stash pop` makes those of HEAD"
        why = f"{absent}; `dvc pull` fetches what `dvc push` has put into a remote, {made}"
        return Paired({}, why, unrelated=unrelated)
    except Unpaired as reason:
        because = f"; {' and '.join(changed)} changed" if changed else ""
        return Paired({}, f"{reason}{because}", unrelated=unrelated)
    at = [{score["score"] for score in result["intervals"]} for result in results]
    known = [score for score in module.SCORES if score.name in at[0] & at[1]]
    which, reasons = [score for score in known if not score.unpaired], [score.unpaired for score in known]
    one_joint, other_joint = (taken(table, each) for table, each in zip(joint, rows, strict=True))
    of_models = compare(which, one_joint, other_joint, module.RESAMPLING)
    one, other = ([taken(table, each) for table in side] for side, each in zip(members, rows, strict=True))
    of_methods = compare_methods(which, one, other, module.RESAMPLING)
    why = next(filter(None, reasons), "data/predictions do not hold what it is made of")
    return Paired(of_models, why, of_methods, note, unrelated if note else frozenset())


def taken(table: pd.DataFrame, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Some rows, in that order."""
    return table.iloc[rows].reset_index(drop=True)


def matching(
    a: pd.DataFrame, b: pd.DataFrame, module: ModuleType
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], str]:
    """The rows of each that are of the same examples, in the order of A; and a note, where not all are.

    Args:
        module: of the target's scores: its KEYS name a row, and `asked` is what must be the same at both.

    Raises:
        Unpaired: no example is at both, or it is a text and not the same throughout.
    """
    keys, sides = list(module.KEYS), []
    for table in (a, b):
        if missing := [key for key in keys if key not in table]:
            raise Unpaired(f"data/predictions have no column {missing[0]!r}")
        side = table[keys].astype({"example": str}).assign(asked=module.asked(table), row=np.arange(len(table)))
        if side.duplicated(keys).any():
            raise Unpaired(f"data/predictions have two rows of one example: {' '.join(keys)} are not unique")
        sides.append(side)
    both = sides[0].merge(sides[1], on=keys, suffixes=("_a", "_b"))
    same = both[both["asked_a"] == both["asked_b"]].sort_values("row_a")
    ids = [set(side["example"]) for side in sides]
    shared = set(same["example"])
    if len(same) == len(a) == len(b):
        note = ""
    else:
        others = len((ids[0] & ids[1]) - shared)
        counts = {"only at A": len(ids[0] - ids[1]), "only at B": len(ids[1] - ids[0]), "with another answer": others}
        apart = ", ".join(f"{count:,} {where}" for where, count in counts.items() if count)
        note = f"paired on {len(shared):,} of {len(ids[0] | ids[1]):,} examples: {apart}"
    if len(same) < FEWEST or (note and module.RESAMPLING.whole):
        raise Unpaired(f"the test examples are not the same: {note}" if note else "the test split is too small")
    return (same["row_a"].to_numpy(), same["row_b"].to_numpy()), note


def join(a: pd.DataFrame, b: pd.DataFrame, module: ModuleType) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """The rows of both that are of the same examples; see `matching`."""
    rows, note = matching(a, b, module)
    return taken(a, rows[0]), taken(b, rows[1]), note
