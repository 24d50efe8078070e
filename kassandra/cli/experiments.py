"""`kassandra experiments`: what was recorded, a row for each run of a pipeline, in the eight columns that matter."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from kassandra.cli.changed import warn_of_changes
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_terminal, visible
from kassandra.experiments import recorded
from kassandra.experiments.leaderboard import differences
from kassandra.experiments.recorded import Result
from kassandra.judging.intervals import Estimate

COLUMNS = ("experiment", "begun from", "seeds", "score", "mean over seeds", "together", "best baseline", "differs in")
WIDTH = 140  # columns of text, so that no number is cut where the output is no terminal


def experiments(names: list[str]) -> None:
    """
    Raises:
        KassandraError: nothing is recorded of these pipelines; this is no repository of git and DVC.
    """
    record = recorded.read(names)
    if not record.results:
        which = " or ".join(names) or "any pipeline"
        raise KassandraError(f"no results of {which} are recorded; `dvc repro evaluate@{(names or ['mnist'])[0]}`")
    pipelines = sorted({result.pipeline for result in record.results})
    warn_of_changes(pipelines)
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    for pipeline in pipelines:
        own = [result for result in record.results if result.pipeline == pipeline]
        table = Table(*COLUMNS, title=in_terminal(pipeline), title_justify="left", box=None)
        for cells in rows(own):
            table.add_row(*map(in_terminal, cells))
        console.print(table)
    for sentence in record.left_out:
        print(f"Left out: {visible(sentence)}")
    print(
        "`kassandra leaderboard` ranks models; `dvc exp show` has all params: see docs/sweeps.md for a short form of it"
    )


def rows(results: Sequence[Result]) -> list[list[str]]:
    """The cells of each result of a pipeline, those of COLUMNS."""
    made = []
    for result, differs in zip(results, differences([result.params for result in results]), strict=True):
        headline: dict[str, Any] = result.scores["intervals"][0]
        least = int(headline.get("decimals", 4))
        mean = Estimate(headline["value"], headline["low"], headline["high"]).text("", least)
        together = f"{headline['together']['value']:z.{least}f}" if "together" in headline else ""
        baseline = f"{result.scores[f'baseline_{result.headline}']:z.{least}f}"
        seeds = f"{len(result.seeds)} from {result.seed}"
        made.append([result.where, result.commit, seeds, result.headline, mean, together, baseline, differs])
    return made
