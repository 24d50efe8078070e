"""`kassandra report --markdown`: the results of pipelines as a page, from what is committed of them."""

from typing import Any

from kassandra.contracts.artifacts import METRICS, read_json
from kassandra.judging.intervals import Estimate

HEAD = """\
# Results

Written by `kassandra report --markdown > docs/results.md` from `metrics/`; do not edit. Scores are of the test split.
Means are over trainings from different seeds, their 95% intervals of other seeds and other test examples; `together` is
what the members of a model answer jointly, with an interval of other test examples alone; a gain is paired.
"""


def page(names: list[str]) -> str:
    """Of these pipelines: a table of the headlines, and one table each."""
    results = {name: read_json(METRICS / name / "test.json") for name in names}
    parts = [HEAD, "\n".join(summary(results)) + "\n"]
    for name, scores in results.items():
        parts.append("\n".join([f"## {name}", "", *_pipeline(scores)]) + "\n")
    return "\n".join(parts)


def summary(results: dict[str, dict[str, Any]]) -> list[str]:
    """One row per pipeline: the headline, and the strongest baseline."""
    lines = [
        "| pipeline | score | mean over seeds | together | strongest baseline | gain |",
        "|---|---|---|---|---|---|",
    ]
    for name, scores in results.items():
        headline = scores["intervals"][0]
        least, strongest = headline["decimals"], min(scores["baselines"], key=lambda each: float(each["gain"]["value"]))
        own = _number(strongest[headline["score"]]["value"], least)
        lines.append(
            f"| `{name}` | {headline['score']} | **{_text(headline, least)}** | "
            f"{_number(headline.get('together', headline)['value'], least)} | {own} ({strongest['baseline']}) | "
            f"{_text(strongest['gain'], least, '+')} |"
        )
    return lines


def _pipeline(scores: dict[str, Any]) -> list[str]:
    headline, tests = scores["intervals"][0]["score"], scores.get("tests", [])
    lines = [
        f"{scores['examples']:,} test examples, {scores.get('seeds', 1)} seeds, {scores['parameters']:,} parameters; "
        f"{_machine(scores['trained_on'])}.",
        "",
        "| score | mean over seeds | members | together |",
        "|---|---|---|---|",
    ]
    for score in scores["intervals"]:
        least, each = score["decimals"], score.get("members", [score["value"]])
        unit = f" ({score['unit']})" if score["unit"] else ""
        shown = len(_text(score, least).split(" ")[0].partition(".")[2])  # decimals, as many as the mean has
        members = f"{_number(min(each), shown)} to {_number(max(each), shown)}"
        joint = _text(score.get("together", score), least)
        lines.append(f"| {score['score']}{unit} | {_text(score, least)} | {members} | {joint} |")
    of_tests = " | p (Diebold-Mariano, all steps)" if tests else ""
    lines += ["", f"| baseline | {headline} | gain{of_tests} |", "|---|---|---|" + "---|" * bool(tests)]
    for baseline in scores["baselines"]:
        least = scores["intervals"][0]["decimals"]
        row = [baseline["baseline"], _text(baseline[headline], least), _text(baseline["gain"], least, "+")]
        own = [test for test in tests if (test["baseline"], test["steps"]) == (baseline["baseline"], "all")]
        row += [f"{own[0]['p']:.4f}" if own else ""] if tests else []
        lines.append(f"| {' | '.join(row)} |")
        for each in baseline.get("beside", []):
            cells = [f"its {each['score']}", _text(each, least), _text(each["gain"], least, "+")]
            lines.append(f"| {' | '.join(cells)} |" + " |" * bool(tests))
    return [*lines, *(line for caution in scores.get("cautions", []) for line in ("", f"Caution: {caution}"))]


def _text(interval: dict[str, float], least: int, sign: str = "") -> str:
    return Estimate(interval["value"], interval["low"], interval["high"]).text(sign, least)


def _number(value: float, least: int) -> str:
    return f"{value:.{least}f}"


def _machine(fingerprint: list[str]) -> str:
    """
    >>> _machine(["torch: 2.13.0", "device: cpu", "threads: 1"])
    'torch 2.13.0, device cpu, threads 1'
    """
    return ", ".join(line.replace(": ", " ", 1) for line in fingerprint)
