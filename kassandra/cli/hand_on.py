"""Commands that hand a trained model on: its card, and the model in forms that need no Kassandra."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kassandra.cli.app import Member, app
from kassandra.contracts.errors import KassandraError

Model = Annotated[Path, typer.Argument(help="A trained model, as data/models/mnist; it may lie anywhere.")]
Licence = Annotated[
    str, typer.Option("--license", help="Of the weights, as model cards name it: cc-by-sa-4.0, apache-2.0.")
]


class Form(StrEnum):
    """Of `export`."""

    ONNX = "onnx"
    FOLDER = "folder"


@app.command(rich_help_panel="Hand a model on")
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


@app.command(rich_help_panel="Hand a model on")
def export(
    folder: Model,
    to: Annotated[Form, typer.Option(help="onnx: files for ONNX Runtime. folder: weights and card, for upload.")],
    int8: Annotated[bool, typer.Option("--int8", help="Of onnx: also with weights in 8 bits.")] = False,
    output: Annotated[Path | None, typer.Option(help="A folder; exports/<name> if none.")] = None,
    member: Member = None,
    licence: Licence = "unknown",
) -> None:
    """Write a model in a form that others can use, with its card.

    Files for ONNX Runtime need nothing of Kassandra; programs beside them show how to run them. They are compared with
    PyTorch at several sizes and, where it is here, on the whole test split; docs/export.md says what is in them.

    Example: kassandra export data/models/mnist --to onnx --int8

    Example: kassandra export data/models/mnist --to folder --license cc-by-sa-4.0
    """
    output = output or Path("exports") / folder.resolve().name
    if to is Form.FOLDER:
        _refuse(
            {"--int8": int8, "--member": member is not None}, "is of --to onnx; a folder has the weights as they are"
        )
        from kassandra.export.folder import export_folder

        missing = export_folder(folder, output, licence)
        _report([f"{output} written: weights, model.json, meta.json, README.md", *missing])
        return
    try:
        from kassandra.export.onnx_export import export_onnx
    except ModuleNotFoundError as error:
        raise _needs("an export to onnx", error, "export") from None
    export_onnx(folder, output, int8, member, licence)


@app.command(rich_help_panel="Hand a model on")
def explore(
    folder: Model,
    output: Annotated[Path | None, typer.Option(help="A folder for index.html; exports/<name>-page if none.")] = None,
    member: Annotated[int, typer.Option(min=0, help="The number of the member that is shown, from 0 on.")] = 0,
) -> None:
    """Write a page that opens from the disk: give a model something, and see its gates and states at each step.

    Draw a digit, type a review, drop a recording, continue a play; what each step adds to the answer, and what happens
    when a gate is held open or shut. Weights are in the page; it needs no server and no network.

    Example: kassandra explore data/models/mnist
    """
    from kassandra.export.explore import write_page

    path = write_page(folder, output or Path("exports") / f"{folder.resolve().name}-page", member)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB; open it in a browser")


@app.command(rich_help_panel="Hand a model on")
def serve(
    folders: Annotated[
        list[Path], typer.Argument(help="Trained models, as data/models/mnist; each is called as its folder.")
    ],
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    megabytes: Annotated[float, typer.Option(min=0.001, help="Of a request, at most.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.1, help="Until a request is answered, at most.")] = 30,
) -> None:
    """Answer over HTTP: JSON and files in, the predictions of `kassandra predict` out. Sends nothing anywhere.

    The page at / shows what there is to call, and lets you try it; docs/serving.md has examples.

    Example: kassandra serve data/models/mnist data/models/imdb --port 8080
    """
    try:
        import uvicorn

        from kassandra.serving.app import Limits, create_app
    except ModuleNotFoundError as error:
        raise _needs("a server", error, "serve") from None
    served = create_app(folders, Limits(bytes=int(megabytes * 1e6), seconds=seconds))
    print(
        f"Serving {', '.join(folder.resolve().name for folder in folders)} at http://{host}:{port} (Ctrl-C ends)",
        flush=True,
    )
    uvicorn.run(served, host=host, port=port, log_level="warning", server_header=False)


def _refuse(given: dict[str, bool], why: str) -> None:
    if stray := [name for name, is_given in given.items() if is_given]:
        raise KassandraError(f"{stray[0]}: {why}")


def _needs(what: str, error: ModuleNotFoundError, extra: str) -> KassandraError:
    return KassandraError(
        f"{what} needs {error.name!r}, which is not installed: `make setup`, or `pip install 'kassandra[{extra}]'`"
    )


def _report(sentences: list[str]) -> None:
    for sentence in sentences:
        print(sentence)
