"""`kassandra compare`: what another revision has changed in the results, as a table, JSON, or a comment in Markdown."""

import dataclasses
import json
import math
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from kassandra.cli.changed import warn_of_changes
from kassandra.comparison.compare import Comparison, Pipeline, Row
from kassandra.comparison.compare import compare as judge
from kassandra.comparison.files import SUFFIXES, compare_files
from kassandra.comparison.revisions import WORKSPACE, sides
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_json, in_markdown, in_terminal, visible
from kassandra.judging.intervals import Estimate
from kassandra.judging.method import ENOUGH

COLOURS = {"better": "green", "worse": "red", "not comparable": "yellow", "differs": "yellow"}
SIGNS = {"better": "✅", "worse": "❌", "no evidence": "➖", "identical": "🟰", "differs": "❔", "not comparable": "❔"}
MOST = 8  # decimals
WIDTH = 120  # columns of text, so that no number is cut where the output is no terminal
METHOD = "Verdicts are on the method: means over seeds, with intervals and p of other seeds and other test examples."
MODELS = "A verdict on two models holds for other test examples like these; another seed may change as much again."


def compare(
    a: str, b: str, names: list[str], as_json: bool, markdown: bool, plot: Path | None, fail_if_worse: bool
) -> int:
    """Prints the comparison of two revisions, or of two files of predictions; returns the exit status."""
    if as_json and markdown:
        raise KassandraError("kassandra compare: give either --json or --markdown")
    if plot and plot.suffix.lower() != ".png":
        raise KassandraError(f"--plot {plot}: the picture is a PNG; give a name that ends in .png")
    files = [Path(each).suffix in SUFFIXES for each in (a, b)]
    if any(files) and not all(files):
        raise KassandraError(
            f"kassandra compare {a} {b}: give two files of predictions or two revisions, not one of each"
        )
    if any(files) and names:
        raise KassandraError("--pipeline: two files of predictions have no pipelines; leave it out")
    if any(files):
        comparison = compare_files(Path(a), Path(b))
    else:
        with sides(a, b) as (one, other):
            comparison = judge(one, other, names)
        if WORKSPACE in (a, b):
            warn_of_changes(pipeline.name for pipeline in comparison.pipelines)
    if plot:
        from kassandra.comparison.forest import forest

        forest(comparison, plot)
    if as_json:
        print(in_json(_as_json(comparison), indent=2))
    elif markdown:
        print("\n".join(_as_markdown(comparison)))
    else:
        _show(comparison)
    if fail_if_worse and (none := [each.name for each in comparison.pipelines if not each.of_method]):
        why = f"no verdict on the method of {', '.join(none)}, so that nothing can fail there"
        print(
            f"--fail-if-worse: {why}; {ENOUGH} seeds or more on both sides (train.seeds; a column `seed`) give one",
            file=sys.stderr,
        )
    return int(fail_if_worse and bool(comparison.worse))


def _show(comparison: Comparison) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    console.print(f"A = {in_terminal(comparison.a)}, B = {in_terminal(comparison.b)}")
    for line in _beside(comparison):
        console.print(in_terminal(line))
    for pipeline in comparison.pipelines:
        colour = COLOURS.get(pipeline.verdict, "bold")
        console.print(f"\n[bold]{in_terminal(pipeline.name)}[/]: [{colour}]{_sentence(pipeline)}[/]")
        for line in _params(pipeline):
            console.print(f"  {in_terminal(line)}")
        if pipeline.verdict != "identical":
            console.print(_table(pipeline))
            console.print(f"  {_tests(pipeline)}")
        if scope := _scope(pipeline):
            console.print(f"  {in_terminal(scope)}")
        for note in pipeline.notes:
            console.print(f"  [yellow]Note:[/] {in_terminal(note)}")
    for sentence in _meanings(comparison):
        console.print(f"\n{sentence}")


def _table(pipeline: Pipeline) -> Table:
    table = Table("  score", "A", "B", "B - A", "95% interval", "p", "verdict", box=None)
    for row in pipeline.rows:
        colour = COLOURS.get(row.verdict, "default")
        name = f"  [bold]{row.score}[/]" if row is pipeline.headline else f"  {row.score}"
        table.add_row(name, *map(in_terminal, _cells(row)), f"[{colour}]{row.verdict}[/]")
    return table


def _scope(pipeline: Pipeline) -> str:
    """What a verdict is on, and the other one beside it; empty where nothing differs or could be compared."""
    row = pipeline.headline
    if row.difference is None or row.verdict == "identical":
        return ""
    if not pipeline.of_method:
        a, b = pipeline.seeds
        return f"Of these two models. No verdict on the method: it needs {ENOUGH} seeds a side, and A has {a}, B {b}."
    seeds = " and ".join(map(str, dict.fromkeys(pipeline.seeds)))
    means = f"Of the method: means over {seeds} seeds"
    if not pipeline.models:
        return f"{means}."
    return f"{means}. These two models, members together: {_sentence(pipeline, pipeline.models[0])}."


def _meanings(comparison: Comparison) -> list[str]:
    """What intervals and verdicts are of, once for all pipelines."""
    compared = [each for each in comparison.pipelines if _scope(each)]
    sentences = [METHOD] if any(each.of_method for each in compared) else []
    return sentences + ([MODELS] if any(not each.of_method for each in compared) else [])


def _tests(pipeline: Pipeline) -> str:
    """Which method gave p and interval of which scores."""
    by: dict[str, list[str]] = {}
    for row in pipeline.rows:
        if row.difference:
            by.setdefault(row.difference.test, []).append(row.score)
    if len(by) == 1:
        return f"By {next(iter(by))}."
    return "; ".join(f"{', '.join(scores)} by {test}" for test, scores in by.items()) + "." * bool(by)


def _cells(row: Row) -> list[str]:
    """A, B, the difference, its interval and p; the last three are empty where there was nothing to test.

    With as many digits as the interval has a use for, and as show the difference.
    """
    if row.difference is None:
        return ["" if row.a is None else f"{row.a:.4f}", f"{row.b:.4f}", "", "", ""]
    value, low, high, p, _ = row.difference
    sizes = [size for size in (abs(value), (high - low) / 10) if size]
    decimals = min(MOST, max([4, *(math.ceil(-math.log10(size)) for size in sizes)]))
    if row.verdict == "identical":
        return [f"{row.a:.{decimals}f}", f"{row.b:.{decimals}f}", "", "", ""]
    difference, interval = Estimate(value, low, high).text("+", least=decimals).split(" ", 1)
    return [f"{row.a:.{decimals}f}", f"{row.b:.{decimals}f}", difference, interval, _p(p)]


def _p(p: float) -> str:
    """
    >>> _p(0.61), _p(0.0123), _p(0.04996), _p(2e-7), _p(1.0)
    ('0.61', '0.012', '0.04996', '<0.0001', '1.00')
    """
    if p < 0.0001:
        return "<0.0001"
    decimals = 2 if p >= 0.1 else 3
    while round(p, decimals) == 0.05 and p != 0.05:  # which side of it decides
        decimals += 1
    return f"{p:.{decimals}f}" if p >= 0.001 else f"{p:.4f}"


def _sentence(pipeline: Pipeline, row: Row | None = None) -> str:
    """The verdict in words; of the headline, or of another row."""
    row = row or pipeline.headline
    if row.difference is None:
        return f"cannot be compared: {pipeline.notes[0]}" if row.a is None else f"{row.score} cannot be compared"
    if row.verdict == "identical":
        same = row is pipeline.headline and all(each.verdict == "identical" for each in pipeline.rows)
        return "identical results" if same else f"{row.score} is identical"
    a, b, difference, interval, p = _cells(row)
    numbers = f"{row.score} {a} → {b}, {difference} {interval}, p = {p}".replace("= <", "< ")
    if row.verdict == "no evidence":
        return f"no evidence of a difference ({numbers})"
    return f"B is {row.verdict} ({numbers})" if row.verdict != "differs" else f"{row.score} differs ({numbers})"


def _beside(comparison: Comparison) -> list[str]:
    """What is not of a pipeline that both have."""
    lines = [f"seed: {comparison.seed[0]} → {comparison.seed[1]}"] if comparison.seed else []
    lines += [f"{name}: new pipeline in B" for name in comparison.added]
    lines += [f"{name}: no longer a pipeline in B" for name in comparison.removed]
    return lines + [f"{name}: no results at {where}" for name, where in comparison.unfinished.items()]


def _params(pipeline: Pipeline) -> list[str]:
    def text(value: Any) -> str:
        if value is None:
            return "(not set)"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return [f"{key}: {text(old)} → {text(new)}" for key, (old, new) in pipeline.params.items()]


def _as_json(comparison: Comparison) -> dict[str, Any]:
    """Numbers in full; of a score without difference, null."""

    def plain(row: Row) -> dict[str, Any]:
        difference = row.difference._asdict() if row.difference else {}
        p, test = difference.pop("p", None), difference.pop("test", None)
        return dataclasses.asdict(row) | {"difference": difference or None, "p": p, "test": test}

    pipelines = {
        pipeline.name: {
            "verdict": pipeline.verdict,
            "headline": pipeline.headline.score,
            "params": {key: {"a": old, "b": new} for key, (old, new) in pipeline.params.items()},
            "about": "method" if pipeline.of_method else "models",
            "seeds": dict(zip("ab", pipeline.seeds, strict=True)),
            "scores": [plain(row) for row in pipeline.rows],
            "models": [plain(row) for row in pipeline.models],
            "notes": list(pipeline.notes),
        }
        for pipeline in comparison.pipelines
    }
    seed = dict(zip("ab", comparison.seed, strict=True)) if comparison.seed else None
    return dataclasses.asdict(dataclasses.replace(comparison, pipelines=())) | {"seed": seed, "pipelines": pipelines}


def _as_markdown(comparison: Comparison) -> list[str]:
    """A comment for a pull request: a line for each pipeline, and what else there is to know folded away."""
    lines = [f"### Results: {_code(comparison.b)} against {_code(comparison.a)}", ""]
    if comparison.pipelines:
        lines += ["| | pipeline | score | A | B | B − A, 95% interval | p | verdict |", "|-|-|-|-|-|-|-|-|"]
    for pipeline in comparison.pipelines:
        row = pipeline.headline
        a, b, difference, interval, p = _cells(row)
        verdict = f"**{row.verdict}**" if row.verdict in ("better", "worse") else row.verdict
        verdict += "" if pipeline.of_method or not _scope(pipeline) else " (these two models)"
        verdict += "" if row.paired or row.difference is None else " (unpaired)"
        change = f"{difference} {interval}".strip()
        lines.append(_line([SIGNS[row.verdict], _code(pipeline.name), row.score, a, b, change, p, verdict]))
    lines += ["", *[f"- {in_markdown(line)}" for line in _beside(comparison)]]
    for pipeline in comparison.pipelines:
        if details := _details(pipeline):
            lines += ["", f"<details><summary>{in_markdown(pipeline.name)}</summary>", "", *details, "", "</details>"]
    meanings = " ".join(_meanings(comparison))
    return [*lines, "", f"A = {_code(comparison.a)}, B = {_code(comparison.b)}. {meanings}".rstrip()]


def _details(pipeline: Pipeline) -> list[str]:
    lines = [f"- {_code(line)}" for line in _params(pipeline)]
    lines += [f"- {in_markdown(note)}" for note in pipeline.notes]
    if pipeline.verdict != "identical":
        lines += ["", "| score | A | B | B − A | 95% interval | p | verdict |", "|-|-|-|-|-|-|-|"]
        lines += [_line([row.score, *_cells(row), row.verdict]) for row in pipeline.rows]
        lines += ["", in_markdown(f"{_tests(pipeline)} {_scope(pipeline)}".rstrip())]
    return lines


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return "`" + " ".join(visible(text).replace("`", "'").replace("|", "\\|").split()) + "`"
