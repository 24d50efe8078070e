"""The table of the panel: how far init's settings are from the strongest baseline, and from a short search."""

from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.panel.runs import BALANCE, ERRORS
from benchmarks.panel.sets import PANEL

TABLE = Path("benchmarks/results/panel.csv")
POINTS, SHARE = 1.0, 2.0  # of accuracy or F1, and % of an error, that a set may be below its baseline
COLUMNS = (
    "set",
    "half",
    "what",
    "score",
    "first",
    "init",
    "baseline",
    "of baseline",
    "gain",
    "search",
    "gain of search",
)


def rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row per set that is done. `first` is what init wrote before the panel. Gains are points of accuracy, or % of
    an error, and above 0 where init, or the search, is better: than the baseline, and than init."""
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
            row["first"] = of["first"]["value"]
        if "search" in of:
            row |= {
                "search": of["search"]["value"],
                "gain of search": gain(score, of["search"]["value"], init["value"]),
            }
        shown.append(row)
    return shown


def markdown(shown: list[dict[str, Any]]) -> list[str]:
    """The table of the guide."""
    lines = [
        "| data | score | `init` before | `init` | strongest baseline | gain | search of 30 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in shown:
        score, unit = row["score"], "%" if row["score"] in ERRORS else " points"
        cells = [f"{row[key]:.4g}" if key in row else "" for key in ("first", "init", "search")]
        baseline = f"{row['of baseline']:.4g} ({row['baseline']})"
        all_cells = (row["what"], score, *cells[:2], baseline, f"{row['gain']:+.1f}{unit}", cells[2])
        lines.append(f"| {' | '.join(all_cells)} |")
    return lines


def of_balance(runs: list[dict[str, Any]]) -> list[str]:
    """The table of class weights and the like."""
    lines = ["| data | `train` | accuracy | macro F1 | log-loss | calibration error |", "|---|---|---|---|---|---|"]
    for one in runs:
        if one["how"] in BALANCE:
            scores = [one["scores"][name] for name in ("accuracy", "f1", "loss", "calibration_error")]
            cells = " | ".join(f"{score:.4f}" for score in scores)
            lines.append(f"| {PANEL[one['set']].what} | {one['how']} | {cells} |")
    return lines


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
    searched = [
        row["gain of search"] / (3 if row["score"] in ERRORS else 2) for row in shown if "gain of search" in row
    ]
    of = len(shown)
    lines = f"not below the strongest baseline: {held} of {of}; above it: {above} of {of}"
    if searched:
        lines += f"; behind a search, in the median: {pd.Series(searched).median():.2f} of what is allowed"
    return lines


def write(runs: list[dict[str, Any]]) -> str:
    """Writes the table; gives it with the bars, to be printed."""
    shown = rows(runs)
    frame = pd.DataFrame(shown, columns=list(COLUMNS))
    frame.to_csv(TABLE, index=False, float_format="%.4f")
    halves = {half: [row for row in shown if row["half"] == half] for half in ("choosing", "untouched")}
    bars = [f"{half}: {verdict(of)}" for half, of in halves.items() if of]
    return "\n".join([frame.round(4).to_string(index=False), *bars])
