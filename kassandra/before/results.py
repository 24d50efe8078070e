"""Results of 0.1.0: tables of predictions that do not name their examples, scores that do not say what is better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kassandra.contracts.section import value_of

if TYPE_CHECKING:
    import pandas as pd

BLEU = ["correct", "total", "hypothesis_length", "reference_length"]  # columns of what it is made of
OF_A_SCORE = ("better", "unit", "decimals")
SPLIT = [f"prepare.{key}" for key in ("valid_fraction", "test_fraction", "limit", "split", "speakers")]
OF_NUMBERS = ["origin", "scale", "naive", "last", "historical_mean"]  # columns of forecasts that 0.1.0 did not keep


def described(intervals: list[dict[str, Any]], target: str | None) -> list[dict[str, Any]]:
    """`intervals` of a test.json; what an entry does not say of its score, the target of today does."""
    if all(key in each for each in intervals for key in OF_A_SCORE):
        return intervals
    from kassandra.judging.score import scores_of  # imports pandas and scipy, of which results of today have no need

    module = scores_of(target) if target else None
    known = {score.name: {key: getattr(score, key) for key in OF_A_SCORE} for score in module.SCORES} if module else {}
    unknown = {"better": None, "unit": "", "decimals": 4}
    return [known.get(each.get("score", ""), unknown) | each for each in intervals]


def is_of_before(table: pd.DataFrame) -> bool:
    return "example" not in table


def named(
    tables: list[pd.DataFrame], target: str, results: list[dict[str, Any]], doubt: str
) -> tuple[list[pd.DataFrame], str]:
    """Two tables, one of them at least of before, with the same names for the same examples; or why that is impossible.

    Args:
        doubt: why examples in equal rows may not be the same; empty where they are. Forecasts and tokens say
            themselves what they are.
    """
    if target == "forecast":
        return _forecasts(tables)
    if target == "next":
        return [_tokens(table, result) for table, result in zip(tables, results, strict=True)], ""
    if doubt:
        return tables, f"the test examples may not be the same: {doubt}"
    tables = [table.assign(example=np.arange(len(table)).astype(str)) for table in tables]
    for place, table in enumerate(tables):
        if BLEU[0] in table:
            bleu: Any = [[*correct, *total, *lengths] for correct, total, *lengths in table[BLEU].to_numpy().tolist()]
            tables[place] = table.assign(bleu=bleu)
    return tables, ""


def doubts(name: str, sections: list[dict[str, Any]], made: list[Any]) -> str:
    """Why equal rows of two tables may be of other examples; empty where dvc.lock says that they are the same ones.

    The labels of a user's own data often stand in the order of their folders, whichever examples were drawn.

    Args:
        sections: of params.yaml. made: what dvc.lock says of each; see comparison.revisions.Made.
    """
    one, other = (each.data.get(f"data/prepared/{name}/test.npz") for each in made)
    if one and one == other:
        return ""
    one, other = (each.data.get(f"data/raw/{name}") for each in made)
    if not one or one != other:
        return f"data/raw/{name} changed" if one and other else "dvc.lock does not say what they were made from"
    if made[0].params.get("seed") != made[1].params.get("seed"):
        return "another seed may draw others"
    sources = [section.get("source") or {} for section in sections]
    keys = SPLIT + [f"source.{key}" for key in sources[0] if key in sources[1]]
    changed = [key for key in keys if value_of(sections[0], key) != value_of(sections[1], key)]
    return f"{changed[0]} changed" if changed else ""


def _tokens(table: pd.DataFrame, result: dict[str, Any]) -> pd.DataFrame:
    """Named by their position; how many characters they have follows from the bits per character."""
    bits = {each["score"]: float(each["value"]) for each in result["intervals"]}.get("bits_per_character", math.nan)
    table = table.assign(example=np.arange(len(table)))
    if "characters" in table:
        return table
    return table.assign(characters=-table["log_probability"].to_numpy(np.float64).mean() / math.log(2) / bits)


def _forecasts(tables: list[pd.DataFrame]) -> tuple[list[pd.DataFrame], str]:
    """Named by the time of the first step; the columns that one does not have are those of the other."""
    keys, known = ["example", "step", "target"], []
    for table in tables:
        each = table.rename(columns={"truth": "observed"})
        size = int(each["step"].max()) * each["target"].nunique()  # rows of an origin, the first step first
        first = np.repeat(each["time"].to_numpy(str)[::size], size)
        known.append(each.assign(example=each["series"].astype(str) + " " + first, of=first))
    if all("scale" not in each for each in known):
        if known[0]["target"].nunique() > 1:
            return known, "0.1.0 did not keep what errors of several targets are divided by"
        known = [each.assign(scale=1.0) for each in known]
    for place, other in ((0, 1), (1, 0)):
        lacking = [column for column in OF_NUMBERS if column not in known[place] and column in known[other]]
        if lacking:
            known[place] = known[place].merge(known[other][keys + lacking], on=keys, how="left")
    return [each.assign(origin=each["of"]).drop(columns="of") for each in known], ""
