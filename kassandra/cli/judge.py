"""Commands that judge and search: ranks of what was recorded, searches for params, verdicts on two revisions."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kassandra.cli.app import Json, Names, app


class Pruner(StrEnum):
    """Of `search`."""

    MEDIAN = "median"
    HYPERBAND = "hyperband"
    NONE = "none"


@app.command(rich_help_panel="Judge and search")
def compare(
    rev_a: Annotated[str, typer.Argument(help="A branch, tag, commit, DVC experiment; or a file.")] = "HEAD",
    rev_b: Annotated[str, typer.Argument(help="The same; `workspace` is what lies here.")] = "workspace",
    pipeline: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a comment for a pull request.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw each headline's difference into this PNG.")] = None,
    fail_if_worse: Annotated[bool, typer.Option("--fail-if-worse", help="Exit with 1 if a headline is worse.")] = False,
) -> None:
    """Is B better than A? Params and scores of two revisions, each difference with a paired interval and a verdict.

    Everything is read from git and from DVC's cache or remote; nothing is checked out, nothing is changed. The verdict
    of a pipeline is that of its headline score, where p < 0.05; p and interval always agree.

    Example: kassandra compare

    Example: kassandra compare main my-branch --pipeline mnist

    Example: kassandra compare HEAD fuzzy-newt --plot difference.png

    Two files of predictions, of models of any framework, are compared in the same way (docs/comparing.md).

    Example: kassandra compare forest.csv network.parquet
    """
    from kassandra.cli.compare import compare as show

    raise typer.Exit(show(rev_a, rev_b, pipeline or [], as_json, markdown, plot, fail_if_worse))


@app.command(rich_help_panel="Judge and search")
def leaderboard(
    names: Names = None,
    output: Annotated[Path | None, typer.Option(help="Write the page there too (markdown).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write it though it loses rows.")] = False,
    as_json: Json = False,
) -> None:
    """Rank what was recorded: every model of the working tree, the last commit and the experiments of DVC.

    A model's score is its mean over seeds, with an interval for other seeds and other test examples. The best, and
    those that are not shown to be worse, are marked; a model with fewer than 3 seeds is listed, but not ranked.

    Example: dvc exp run --queue evaluate@mnist -S 'pipelines.mnist.model.variant=vanilla,attention' -S seed=0,1,2

    Example: kassandra leaderboard mnist

    Example: kassandra leaderboard --output docs/leaderboard.md
    """
    from kassandra.cli.leaderboard import leaderboard as show

    show(names or [], output, as_json, force)


@app.command(rich_help_panel="Judge and search")
def search(
    pipeline: Annotated[str, typer.Argument(help="A pipeline of params.yaml.")],
    trials: Annotated[int, typer.Option(min=1, help="Until the study has so many, earlier ones included.")] = 20,
    space: Annotated[
        Path | None, typer.Option(help="What to choose from; recipes/search/<pipeline>.yaml if none.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="A file, or the URL of a database (sqlite:///…); .optuna/<study>.log if none.")
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="Its name, with which those of its experiments begin; the pipeline's if none.")
    ] = None,
    pruner: Annotated[Pruner, typer.Option(help="How trials that do badly are given up.")] = Pruner.MEDIAN,
    plot: Annotated[Path | None, typer.Option(help="A picture (.png) of the study, drawn at the end.")] = None,
) -> None:
    """Search for better params of a pipeline, judged on validation; test is not looked at.

    Each trial is an experiment of DVC, <study>-<number>, trained in a copy of the repository. Interrupted or killed,
    the same command goes on. Run it twice at once, or on several machines with one storage, and they share the trials.

    The space is a YAML file: under `space:`, keys of the pipeline, as `model.hidden_size: {low: 32, high: 256, log:
    true}`; recipes/search/mnist.yaml shows all that a line may be, docs/searching.md explains it.

    Example: kassandra search mnist --trials 30 --plot search.png

    Example: kassandra search fsdd --storage postgresql://db.example.org/kassandra --study speech
    """
    from kassandra.cli.search import search as begin

    raise typer.Exit(begin(pipeline, trials, space, storage, study, pruner.value, plot))


@app.command(rich_help_panel="Judge and search")
def experiments(names: Names = None) -> None:
    """List what was recorded, one line for each run: score with interval, baseline, and the params that differ.

    Of the working tree, the last commit and every experiment of DVC; `kassandra leaderboard` ranks them.

    Example: kassandra experiments mnist
    """
    from kassandra.cli.experiments import experiments as show

    show(names or [])
