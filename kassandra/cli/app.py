"""The commands; each imports what it needs when it is called, so that `--help` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="LSTM pipelines whose numbers can be believed. `dvc repro` makes results; these commands use them.",
)


@app.callback()
def _commands() -> None: ...


@app.command()
def report(
    names: Annotated[list[str] | None, typer.Argument(help="Pipelines; all that have results if none.")] = None,
) -> None:
    """Scores with intervals beside the baselines, what they cost, whether they reproduce the committed ones, pictures.

    Exits with 1 where the same params, code, data and machine gave other results than the committed ones.

    Example: kassandra report mnist
    """
    from kassandra.cli.report import report as show

    raise typer.Exit(show(names or []))


@app.command()
def predict(
    folder: Annotated[Path, typer.Argument(help="A trained model, as data/models/mnist; it may lie anywhere.")],
    images: Annotated[list[Path], typer.Argument(help="Image files, in any format that Pillow reads.")],
    invert: Annotated[bool, typer.Option(help="For dark on bright, as ink on paper: MNIST is bright on dark.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per image, every class in it.")] = False,
) -> None:
    """The class of each image, and how probable the model thinks it is.

    Example: kassandra predict data/models/mnist seven.png --invert
    """
    from kassandra.cli.predict import predict as show

    show(folder, images, invert, as_json)


@app.command()
def params() -> None:
    """Every key of params.yaml: what it means, its range and its default."""
    from kassandra.cli.params import show

    show()
