"""Tables of all results that are recorded, one for each question that was asked: models × seeds → ranked rows."""

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import sparse

from kassandra.before.results import described, is_of_before
from kassandra.contracts.seeds import by_seed
from kassandra.contracts.tables import read_table
from kassandra.experiments.recorded import Result, cached, cpu_seconds
from kassandra.judging.intervals import Estimate
from kassandra.judging.ranking import Entry, Rank, rank
from kassandra.judging.score import Score, scores_of

COUNTS = ("train.seeds", "model.pretrain.seeds")  # of members
ASKED = ("input", "target", "source", "prepare")  # what is asked of a model, not what it is


@dataclass(frozen=True)
class Row:
    """One model: same params but for the seed and the number of seeds, same code.

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
        names = differences([_params(each[0], asked=True) for each in questions.values()])
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
    names, ranks = differences(described_by, first="model.variant"), rank([_entry(group) for group in groups], larger)
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
        seeds=sorted({seed for result in group for seed in result.seeds}),
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
    """Of the members of all results, each seed once."""
    module = scores_of(group[0].target)
    known: list[Score] = [each for each in module.SCORES if each.name == group[0].headline] if module else []
    members: dict[int, tuple[Estimate, pd.DataFrame | None]] = {}
    for result in group:
        scores, tables = _of_members(result), _tables(result.predictions)
        if len(tables) != len(scores):
            tables = [None] * len(scores)
        for seed, own, table in zip(result.seeds, scores, tables, strict=True):
            members.setdefault(seed, (own, table))
    estimates = [estimate for estimate, _ in members.values()]
    reported = group[0].scores["intervals"][0]
    interval = Estimate(*(reported[end] for end in Estimate._fields)) if len(group) == 1 else None
    if module is None or not known:
        return Entry(estimates, interval=interval)
    score, every = known[0], [table for _, table in members.values() if table is not None]
    sums = [score.sums(table) for table in every]
    examples = {result.test for result in group}
    if len(examples) > 1 or len(every) < len(members) or any(each is None for each in sums):
        return Entry(estimates, score.largest, interval=interval)
    resampling = module.RESAMPLING
    units = resampling.ordered(every[0]) if resampling.test else resampling.units(every[0])
    summed = [each.toarray() if sparse.issparse(each) else each for each in map(units.sums, sums)]
    horizon = units.horizon if resampling.test else None
    return Entry(estimates, score.largest, examples.pop(), summed, score, horizon, interval)


def _of_members(result: Result) -> list[Estimate]:
    """The headline of each, with an interval as wide as that of what they answer together."""
    reported = result.scores["intervals"][0]
    joint = reported.get("together", reported)
    below, above = joint["value"] - joint["low"], joint["high"] - joint["value"]
    return [Estimate(value, value - below, value + above) for value in reported.get("members", [reported["value"]])]


@functools.cache
def _tables(predictions: str) -> Sequence[pd.DataFrame | None]:
    """Of each member; none where they are not known."""
    path = cached(predictions).get("test.parquet")
    table = read_table(path) if path and path.exists() else None
    return [] if table is None or is_of_before(table) else by_seed(table)


def _larger_is_better(result: Result) -> bool:
    return bool(described(result.scores["intervals"], result.target)[0]["better"] != "lower")


def _params(result: Result, asked: bool) -> dict[str, Any]:
    """Those that say what is asked of a model, or those that say what it is, however many members it has."""
    of = {key: value for key, value in result.params.items() if key not in COUNTS}
    return {key: value for key, value in of.items() if (key.partition(".")[0] in ASKED) == asked}


def differences(params: Sequence[dict[str, Any]], first: str | None = None) -> list[str]:
    """What each has that others have not: its values of the keys that differ, after that of the key `first`.

    >>> differences([{"model.variant": "a", "model.size": 1}, {"model.variant": "b"}], first="model.variant")
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
