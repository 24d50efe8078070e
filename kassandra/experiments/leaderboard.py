"""Tables of all results that are recorded, one for each question that was asked: models × seeds → ranked rows."""

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kassandra.contracts.tables import read_table
from kassandra.experiments.recorded import Result, cached, cpu_seconds
from kassandra.judging.examples import Units, units
from kassandra.judging.intervals import Score
from kassandra.judging.ranking import Entry, Rank, rank

LARGEST = {"accuracy": 1.0}  # where a headline has an end
ASKED = ("task", "source", "prepare")  # sections that say what is asked of a model, not what the model is


@dataclass(frozen=True)
class Row:
    """One model: same params but for the seed, same code.

    name: the variant, and what else tells it from other rows. baseline: the best one of the newest result, and its
    score. cpu_seconds: of a training, the mean over those that are known.
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


@dataclass(frozen=True)
class Board:
    """One pipeline, asked one question. asked: the params that tell this question from others of the pipeline."""

    pipeline: str
    asked: str
    headline: str
    larger_is_better: bool
    rows: list[Row]  # best first; those with few seeds last


def boards(results: Sequence[Result]) -> list[Board]:
    by_pipeline: dict[str, list[Result]] = {}
    for result in results:
        by_pipeline.setdefault(result.pipeline, []).append(result)
    found = []
    for pipeline, own in sorted(by_pipeline.items()):
        questions: dict[str, list[Result]] = {}
        for result in own:
            questions.setdefault(_named({**_asked(result), "score": result.headline}), []).append(result)
        names = _names([_asked(each[0]) for each in questions.values()])
        found += [_board(pipeline, name, each) for name, each in zip(names, questions.values(), strict=True)]
    return found


def _board(pipeline: str, asked: str, results: list[Result]) -> Board:
    models: dict[str, list[Result]] = {}
    for result in results:
        models.setdefault(_named({**_model(result), "code": result.code}), []).append(result)
    groups = [sorted(group, key=lambda result: result.seed) for group in models.values()]
    larger = _larger_is_better(results)
    tells = [{**_model(group[0]), "code": group[0].code[:7]} for group in groups]
    rows = [
        _row(name, group, ranked)
        for name, group, ranked in zip(
            _names(tells, first="model.variant"), groups, rank([_entry(group) for group in groups], larger), strict=True
        )
    ]
    sign = -1 if larger else 1
    rows.sort(key=lambda row: (row.rank.standing == "few", sign * row.rank.mean, row.name))
    return Board(pipeline, asked, results[0].headline, larger, rows)


def _row(name: str, group: list[Result], ranked: Rank) -> Row:
    newest = group[0].scores
    headline, larger = group[0].headline, _larger_is_better(group)
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
    )


def _entry(group: list[Result]) -> Entry:
    scores, largest = [], LARGEST.get(group[0].headline, math.inf)
    for result in group:
        first = result.scores["intervals"][0]
        scores.append(Score(first["value"], first["low"], first["high"]))
    examples = {result.test for result in group}
    told = [_units(result.predictions, result.headline) for result in group]
    known = [each for each, score in zip(told, scores, strict=True) if each and _agrees(each, score)]
    if len(examples) > 1 or len(known) < len(group):
        return Entry(scores, largest=largest)
    return Entry(scores, known, examples.pop(), largest)


def _agrees(told: Units, score: Score) -> bool:
    """Whether the predictions give the recorded score again; those of several targets, each with a scale, do not."""
    return abs(told.score - score.value) <= 1e-4 * abs(score.value) + 1e-12


@functools.cache
def _units(predictions: str, headline: str) -> Units | None:
    path = cached(predictions).get("test.parquet")
    return units(read_table(path), headline) if path is not None and path.exists() else None


def _larger_is_better(results: Sequence[Result]) -> bool:
    """The gains over the baselines in test.json are positive where the model is better, and so tell the direction."""
    agreement = 0.0
    for result in results:
        value = float(result.scores["intervals"][0]["value"])
        for each in result.scores["baselines"]:
            agreement += float(each["gain"]["value"]) * (value - float(each[result.headline]["value"]))
    return agreement > 0


def _asked(result: Result) -> dict[str, Any]:
    return {key: value for key, value in result.params.items() if key.partition(".")[0] in ASKED}


def _model(result: Result) -> dict[str, Any]:
    return {key: value for key, value in result.params.items() if key.partition(".")[0] not in ASKED}


def _names(tells: Sequence[dict[str, Any]], first: str | None = None) -> list[str]:
    """What tells each from the others: its values of the keys that not all have alike, after that of the key `first`.

    >>> _names([{"model.variant": "a", "model.size": 1}, {"model.variant": "b"}], first="model.variant")
    ['a, model.size 1', 'b, no model.size']
    """
    keys = sorted({key for each in tells for key in each if key != first})
    varied = [key for key in keys if len({repr(each.get(key)) for each in tells}) > 1]
    return [
        ", ".join(
            ([str(each.get(first))] if first else [])
            + [f"{key} {_plain(each[key])}" if key in each else f"no {key}" for key in varied]
        )
        for each in tells
    ]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _named(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)
