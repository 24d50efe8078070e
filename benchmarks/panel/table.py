"""The table of the panel: how far init's settings are from the strongest baseline, and from a short search."""

from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.panel.runs import BALANCE, ERRORS
from benchmarks.panel.sets import PANEL

TABLE = Path("benchmarks/results/panel.csv")
POINTS, SHARE = 1.0, 2.0  # of accuracy or F1, and % of an error, that a set may be below its baseline
COLUMNS = ["set", "half", "what", "score", "first", "gain of first", "init", "baseline", "of baseline", "gain"]
COLUMNS += ["search", "gain of search"]


def rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row per set that is done. `first` is what init wrote before the panel, beside its own baseline, as its windows
    may be others. Gains are points of accuracy, or % of an error, above 0 where init is better than the baseline, and
    the search better than init."""
    shown = []
    for name, each in PANEL.items():
        of = {one["how"]: one for one in runs if one["set"] == name}
        if "init" not in of:
            continue
        init, score = of["init"], of["init"]["score"]
        row = {"set": name, "half": each.half, "what": each.what, "score": score, "init": init["value"],
               "baseline": init["baseline"], "of baseline": init["of_baseline"],
               "gain": gain(score, init["value"], init["of_baseline"])}  # fmt: skip
        if "first" in of and of["first"]["score"] == score:
            row |= {"first": of["first"]["value"], "gain of first": gain(score, *_both(of["first"]))}
        if "search" in of:
            row |= {
                "search": of["search"]["value"],
                "gain of search": gain(score, of["search"]["value"], init["value"]),
            }
        shown.append(row)
    return shown


def markdown(shown: list[dict[str, Any]], half: str) -> list[str]:
    """The table of a half, as the guide has it."""
    lines = [
        "| data | score | `init` | strongest baseline | gain | before | a search gains |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in (one for one in shown if one["half"] == half):
        unit = "%" if row["score"] in ERRORS else " points"
        gains = [f"{row[key]:+.1f}{unit}" if key in row else "" for key in ("gain", "gain of first", "gain of search")]
        baseline = f"{row['of baseline']:.4g} ({row['baseline']})"
        lines.append(f"| {row['what']} | {row['score']} | {row['init']:.4g} | {baseline} | {' | '.join(gains)} |")
    return lines


def of_balance(runs: list[dict[str, Any]]) -> list[str]:
    """The table of class weights and the like; none where they were not run."""
    lines = []
    for one in (each for each in runs if each["how"] in BALANCE):
        scores = [one["scores"][name] for name in ("accuracy", "f1", "loss", "calibration_error")]
        cells = " | ".join(f"{score:.4f}" for score in scores)
        lines.append(f"| {PANEL[one['set']].what} | {one['how']} | {cells} |")
    head = ["| data | `train` | accuracy | macro F1 | log-loss | calibration error |", "|---|---|---|---|---|---|"]
    return [*head, *lines] if lines else []


def of_advice(runs: list[dict[str, Any]]) -> list[str]:
    """The table of what is printed to be tried; none where it was not."""
    first = {one["set"]: one for one in runs if one["how"] == "first"}
    lines = []
    for one in (each for each in runs if each["how"] == "advised"):
        values = [f"{value:.4g}" for value in (first[one["set"]]["value"], one["value"], one["of_baseline"])]
        lines.append(f"| {PANEL[one['set']].what} | `{one['tried']}` | {one['score']} | {' | '.join(values)} |")
    head = ["| data | printed | score | without | with it | strongest baseline |", "|---|---|---|---|---|---|"]
    return [*head, *lines] if lines else []


def _both(run: dict[str, Any]) -> tuple[float, float]:
    return run["value"], run["of_baseline"]


def gain(score: str, value: float, other: float) -> float:
    """By how much `value` is better than `other`: points of what is to be large, % of an error."""
    return 100 * (other - value) / other if score in ERRORS else 100 * (value - other)


def room(score: str) -> float:
    return SHARE if score in ERRORS else POINTS


def verdict(shown: list[dict[str, Any]]) -> str:
    """The bars, of the sets that are done."""
    if not shown:
        return "nothing is done yet"
    held = sum(row["gain"] >= -room(row["score"]) for row in shown)
    above = sum(row["gain"] > 0 for row in shown)
    said = f"not below the strongest baseline {held} of {len(shown)}, above it {above}"
    behind = [row["gain of search"] / (3 if row["score"] in ERRORS else 2) for row in shown if "gain of search" in row]
    if behind:
        said += f"; a search of {len(behind)} gains in the median {pd.Series(behind).median():.0%} of what is allowed"
    return said


def bars(shown: list[dict[str, Any]]) -> list[str]:
    """Of each half, and of all."""
    halves = {half: [row for row in shown if row["half"] == half] for half in ("choosing", "untouched")}
    return [f"{half}: {verdict(of)}" for half, of in {**halves, "all": shown}.items() if of]


def write(runs: list[dict[str, Any]]) -> str:
    """Writes the table; gives it with the bars, to be printed."""
    shown = rows(runs)
    frame = pd.DataFrame(shown, columns=COLUMNS)
    frame.to_csv(TABLE, index=False, float_format="%.4f")
    return "\n".join([frame.round(4).to_string(index=False), *bars(shown)])
