"""Commands for before, during and after a training: a quick trial of the pipeline, its curves, what was recorded."""

from typing import Annotated

import typer

from kassandra.cli.app import app

Pipelines = Annotated[list[str] | None, typer.Argument(help="Pipelines; all that there are if none.")]


@app.command()
def watch(
    name: Annotated[str | None, typer.Argument(help="A pipeline; whatever is being trained if none.")] = None,
) -> None:
    """Follow the trainings that run here: loss and scores of every member after each epoch, until they end.

    On a terminal curves are drawn, into a file or a pipe a line is written for each epoch. Of a pipeline that is not
    being trained the curves of its last training are shown.

    Example: kassandra watch mnist
    """
    from kassandra.cli.watch import watch as follow

    raise typer.Exit(follow(name))
