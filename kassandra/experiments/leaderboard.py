"""Tables of all results that are recorded, one for each question that was asked: models × seeds → ranked rows."""

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import sparse

from kassandra.before.results import described, is_of_before
from kassandra.contracts.tables import read_table
from kassandra.experiments.recorded import Result, cached, cpu_seconds
from kassandra.judging.intervals import Estimate
from kassandra.judging.ranking import Entry, Rank, rank
from kassandra.judging.score import Score, scores_of

ASKED = ("input", "target", "source", "prepare")  # what is asked of a model, not what it is


@dataclass(frozen=True)
class Row:
    """One model: same params but for the seed, same code.

    name: the variant, and the params that other rows have not. baseline: the best one of the newest result, and its
    score. cpu_seconds: of a training, the mean over those that are known. weights: MD5 of each seed's.
    """

    name: str
    rank: Rank
    seeds: list[int]
    parameters: int
    cpu_seconds: float | None
    commit: str
    baseline: str
    baseline_score: float
    where: list[str]
    params: dict[str, Any]
    weights: list[str]


@dataclass(frozen=True)
class Board:
    """One pipeline, asked one question. asked: the params of this question that others of the pipeline have not."""

    pipeline: str
    asked: str
    headline: str
    larger_is_better: bool
    rows: list[Row]  # best first; those with few seeds last


def boards(results: Sequence[Result]) -> list[Board]:
    made = []
    for pipeline, own in sorted(_grouped(results, lambda result: result.pipeline).items()):
        questions = _grouped(own, lambda result: _named({**_params(result, asked=True), "score": result.headline}))
        names = _names([_params(each[0], asked=True) for each in questions.values()])
        made += [_board(pipeline, name, each) for name, each in zip(names, questions.values(), strict=True)]
    return made


def _grouped(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups


def _board(pipeline: str, asked: str, results: list[Result]) -> Board:
    models = _grouped(results, lambda result: _named({**_params(result, asked=False), "code": result.code}))
    groups = [sorted(group, key=lambda result: result.seed) for group in models.values()]
    larger = _larger_is_better(results[0])
    described_by = [{**_params(group[0], asked=False), "code": group[0].code[:7]} for group in groups]
    names, ranks = _names(described_by, first="model.variant"), rank([_entry(group) for group in groups], larger)
    rows, sign = [_row(*each) for each in zip(names, groups, ranks, strict=True)], -1 if larger else 1
    rows.sort(key=lambda row: (row.rank.standing == "few", sign * row.rank.mean, row.name))
    return Board(pipeline, asked, results[0].headline, larger, rows)


def _row(name: str, group: list[Result], ranked: Rank) -> Row:
    newest = group[0].scores
    headline, larger = group[0].headline, _larger_is_better(group[0])
    best = (max if larger else min)(newest["baselines"], key=lambda each: float(each[headline]["value"]))
    spent = [seconds for seconds in map(cpu_seconds, group) if seconds is not None]
    return Row(
        name=name,
        rank=ranked,
        seeds=[result.seed for result in group],
        parameters=newest["parameters"],
        cpu_seconds=sum(spent) / len(spent) if spent else None,
        commit=group[0].commit,
        baseline=best["baseline"],
        baseline_score=sum(float(each.scores[f"baseline_{headline}"]) for each in group) / len(group),
        where=[result.where for result in group],
        params=group[0].params,
        weights=[result.weights for result in group],
    )


def _entry(group: list[Result]) -> Entry:
    ends = [{end: result.scores["intervals"][0][end] for end in Estimate._fields} for result in group]
    scores, module = [Estimate(**each) for each in ends], scores_of(group[0].target)
    known: list[Score] = [each for each in module.SCORES if each.name == group[0].headline] if module else []
    if module is None or not known:
        return Entry(scores)
    score = known[0]
    tables, examples = [_table(result.predictions) for result in group], {result.test for result in group}
    sums = [None if table is None else score.sums(table) for table in tables]
    if len(examples) > 1 or tables[0] is None or any(each is None for each in sums):
        return Entry(scores, score.largest)
    units = module.RESAMPLING.units(tables[0])
    summed = [each.toarray() if sparse.issparse(each) else each for each in map(units.sums, sums)]
    return Entry(scores, score.largest, examples.pop(), summed, score, units)


@functools.cache
def _table(predictions: str) -> pd.DataFrame | None:
    path = cached(predictions).get("test.parquet")
    table = read_table(path) if path and path.exists() else None
    return None if table is None or is_of_before(table) else table


def _larger_is_better(result: Result) -> bool:
    return bool(described(result.scores["intervals"], result.target)[0]["better"] != "lower")


def _params(result: Result, asked: bool) -> dict[str, Any]:
    """Those that say what is asked of a model, or those that say what it is."""
    return {key: value for key, value in result.params.items() if (key.partition(".")[0] in ASKED) == asked}


def _names(params: Sequence[dict[str, Any]], first: str | None = None) -> list[str]:
    """What each has that others have not: its values of the keys that differ, after that of the key `first`.

    >>> _names([{"model.variant": "a", "model.size": 1}, {"model.variant": "b"}], first="model.variant")
    ['a, model.size 1', 'b, no model.size']
    """

    def text(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    keys = sorted({key for each in params for key in each if key != first})
    varied = [key for key in keys if len({repr(each.get(key)) for each in params}) > 1]
    return [
        ", ".join(
            ([str(each.get(first))] if first else [])
            + [f"{key} {text(each[key])}" if key in each else f"no {key}" for key in varied]
        )
        for each in params
    ]


def _named(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)
