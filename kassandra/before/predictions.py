"""Tables of predictions of 0.1.0, which do not name their examples, beside another. To be deleted at 1.0."""

import math
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.section import value_of

BLEU = ["correct", "total", "hypothesis_length", "reference_length"]  # columns of what it is made of
SPLIT = [f"prepare.{key}" for key in ("valid_fraction", "test_fraction", "limit", "split", "speakers")]
OF_NUMBERS = ["origin", "scale", "naive", "last", "historical_mean"]  # columns of forecasts that 0.1.0 did not keep


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
    return [table.assign(bleu=_bleu(table)) if BLEU[0] in table else table for table in tables], ""


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


def _bleu(table: pd.DataFrame) -> Any:
    return [[*correct, *total, *lengths] for correct, total, *lengths in table[BLEU].to_numpy().tolist()]


def _forecasts(tables: list[pd.DataFrame]) -> tuple[list[pd.DataFrame], str]:
    """Named by the time of the first step; the columns that one does not have are those of the other."""
    keys, found = ["example", "step", "target"], []
    for table in tables:
        each = table.rename(columns={"truth": "observed"})
        size = int(each["step"].max()) * each["target"].nunique()  # rows of an origin, the first step first
        first = np.repeat(each["time"].to_numpy(str)[::size], size)
        found.append(each.assign(example=each["series"].astype(str) + " " + first, of=first))
    if all("scale" not in each for each in found):
        if found[0]["target"].nunique() > 1:
            return found, "0.1.0 did not keep what errors of several targets are divided by"
        found = [each.assign(scale=1.0) for each in found]
    for place, other in ((0, 1), (1, 0)):
        lacking = [column for column in OF_NUMBERS if column not in found[place] and column in found[other]]
        if lacking:
            found[place] = found[place].merge(found[other][keys + lacking], on=keys, how="left")
    return [each.assign(origin=each["of"]).drop(columns="of") for each in found], ""
