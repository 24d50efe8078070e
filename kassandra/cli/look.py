"""Commands for before and during a training: a quick trial of the pipeline, its curves."""

from typing import Annotated

import typer

from kassandra.cli.app import app


@app.command("try", rich_help_panel="Make results")
def try_out(name: Annotated[str, typer.Argument(help="A pipeline of params.yaml.")]) -> None:
    """Try a pipeline before a long training: every stage on a hundredth of the data, and eight examples by heart.

    All happens in a scratch folder; nothing of the project changes. The scores are printed only to show that there are
    some. A model that cannot learn eight examples by heart is not wired as it should be. Exits with 1 then.

    Example: kassandra try mnist
    """
    import time

    from kassandra.trying import try_out as begin

    started = time.perf_counter()
    fit = begin(name, print)
    seconds = time.perf_counter() - started
    change = f"the loss of {fit.examples} examples went from {fit.first:.4g} to {fit.last:.4g} in {fit.steps} steps"
    if fit.learned:
        print(f"{name} works in {seconds:.0f} s: every stage ran, and {change}.")
        return
    if fit.cut_short:
        print(f"{name}: every stage ran; {change}, for which there was no more time. It should go to nothing.")
        return
    print(f"{name}: every stage ran, but {change}. It should go to nothing: see whether inputs and answers fit.")
    raise typer.Exit(1)


@app.command(rich_help_panel="Make results")
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
