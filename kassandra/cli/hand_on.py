"""Commands that hand a trained model on: its card, and the model in forms that need no Kassandra."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kassandra.cli.app import app

Model = Annotated[Path, typer.Argument(help="A trained model, as data/models/mnist; it may lie anywhere.")]
Licence = Annotated[
    str, typer.Option("--license", help="Of the weights, as model cards name it: cc-by-sa-4.0, apache-2.0.")
]


class Form(StrEnum):
    """Of `export`."""

    FOLDER = "folder"


@app.command()
def card(
    folder: Model,
    output: Annotated[Path | None, typer.Option(help="A folder for README.md; it is printed if none.")] = None,
    licence: Licence = "unknown",
) -> None:
    """Write the card of a model (README.md, as Hugging Face lays them out): data, scores with intervals, cautions.

    The scores are those of metrics/ where dvc.lock says that they are of these very weights; else the card says that
    none are known.

    Example: kassandra card data/models/mnist

    Example: kassandra card data/models/mnist --license cc-by-sa-4.0 --output cards/mnist
    """
    from kassandra.export.card import model_card
    from kassandra.export.folder import write_card

    if output is None:
        print(model_card(folder, licence)[0], end="")
        return
    missing = write_card(folder, output, licence)
    _report([f"{output / 'README.md'} written", *missing])


@app.command()
def export(
    folder: Model,
    to: Annotated[Form, typer.Option(help="folder: weights and card, to be uploaded as it is.")],
    output: Annotated[Path | None, typer.Option(help="A folder; exports/<name> if none.")] = None,
    licence: Licence = "unknown",
) -> None:
    """Write a model in a form that others can use.

    Example: kassandra export data/models/mnist --to folder --license cc-by-sa-4.0
    """
    from kassandra.export.folder import export_folder

    output = output or Path("exports") / folder.resolve().name
    missing = export_folder(folder, output, licence)
    _report([f"{output} written: weights, model.json, meta.json, README.md", *missing])


def _report(sentences: list[str]) -> None:
    for sentence in sentences:
        print(sentence)
