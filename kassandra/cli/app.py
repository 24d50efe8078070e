"""The commands; each imports what it needs when it is called, so that `--help` answers at once."""

import contextlib
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from kassandra.cli.place import Commands


def _pairs() -> str:
    """Which inputs go with which target, as params/ declares it; without an import, which would take half a second."""
    sides = [sorted((Path(__file__).parents[1] / "params" / side).glob("[a-z]*.py")) for side in ("inputs", "targets")]
    inputs, targets = ({path.stem: path.read_text(encoding="utf-8") for path in side} for side in sides)
    pairs = []
    for target, text in targets.items():
        if reads := re.search(r"^READS = \((.*)\)$", text, re.MULTILINE):
            wanted = "|".join(re.findall(r"\w+", reads[1]))
            offered = re.compile(rf"^({wanted}) = ", re.MULTILINE)
            pairs.append(f"{', '.join(name for name, each in inputs.items() if offered.search(each))} → {target}")
    return f"Inputs and targets: {'; '.join(pairs)}. Recipes for them lie in recipes/; README has the table."


app = Commands(
    epilog=_pairs(),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    help="LSTM pipelines whose numbers can be believed. `dvc repro` makes results; these commands use them.",
)


Names = Annotated[list[str] | None, typer.Argument(help="Pipelines; all that have results if none.")]
Json = Annotated[bool, typer.Option("--json", help="Print every detail as JSON.")]
Member = Annotated[
    int | None, typer.Option(min=0, help="The number of the member that answers, from 0 on; all together if none.")
]


def _print_version(asked: bool) -> None:
    if asked:
        from kassandra.contracts.extras import version

        print(f"kassandra {version()}")
        raise typer.Exit


@app.callback()
def _commands(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    traceback: Annotated[  # which cli.main takes out of the arguments, wherever it stands
        bool, typer.Option("--traceback", help="Of an error, print where in the code it was raised.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors alone; the exit status says the rest.")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR=1 does the same.")] = False,
) -> None:
    if no_color:
        os.environ["NO_COLOR"] = "1"  # which rich reads
    if quiet:
        nowhere = context.with_resource(Path(os.devnull).open("w"))  # noqa: SIM115 (the context closes it)
        context.with_resource(contextlib.redirect_stdout(nowhere))


@app.command(rich_help_panel="Make results")
def report(
    names: Names = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the scores alone, as a page in Markdown.")
    ] = False,
) -> None:
    """Scores with intervals beside the baselines, what they cost, whether they reproduce the committed ones, pictures.

    Exits with 1 where the same params, code, data and machine gave other results than the committed ones.

    Example: kassandra report mnist

    Example: kassandra report --markdown > docs/results.md
    """
    from kassandra.cli.report import report as show

    raise typer.Exit(show(names or [], markdown))


@app.command(rich_help_panel="Make results")
def repro(
    names: Names = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Cores to share; as many as there are if not given.")
    ] = None,
) -> None:
    """Reproduce several pipelines at the same time: `dvc repro` for each, with the cores shared among them.

    All pipelines of params.yaml if none is named, those that took longest first. Never more processes compute than
    `--jobs` says, and results are the same for any number. Ctrl-C is safe: the next run goes on from the last epoch.

    Example: kassandra repro

    Example: kassandra repro mnist sp500 --jobs 2
    """
    from kassandra.cli.repro import repro as run

    raise typer.Exit(run(names or [], jobs))
