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
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Image or sound files; texts, or a table of them; a table of series (.csv, .tsv, .parquet)."
        ),
    ] = None,
    invert: Annotated[bool, typer.Option(help="For dark on bright, as ink on paper: MNIST is bright on dark.")] = False,
    text: Annotated[str | None, typer.Option(help="Column of the table that holds the texts.")] = None,
    series: Annotated[
        str | None, typer.Option(help="Which of the series in train a table without names holds.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, with all that is known.")] = False,
) -> None:
    """The class of each image, recording or text, how probable it is to the model; of texts the words that mattered.

    Without inputs, texts are read from standard input, one per line. For a table, a table (CSV) is written. Of a table
    of series the next rows are told, with intervals: as a table on a terminal, as CSV into a file.

    Example: kassandra predict data/models/mnist seven.png --invert

    Example: kassandra predict data/models/imdb "A film to fall asleep in."

    Example: kassandra predict data/models/fsdd seven.wav

    Example: kassandra predict data/models/sp500 latest.csv --series sp500
    """
    from kassandra.cli.predict import predict as show

    show(folder, inputs or [], invert, text, series, as_json)


@app.command()
def generate(
    folder: Annotated[Path, typer.Argument(help="A trained language model, as data/models/shakespeare.")],
    prompt: Annotated[str, typer.Option(help="What to go on from; \\n stands for the end of a line.")] = "\\n",
    length: Annotated[int, typer.Option(help="Characters, or words, to write.")] = 500,
    temperature: Annotated[float, typer.Option(help="Below 1 likelier, above 1 bolder; 0 always the likeliest.")] = 0.8,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest pieces that together reach this.")] = 0.95,
    seed: Annotated[int, typer.Option(help="The same seed writes the same text.")] = 0,
) -> None:
    """Write on from a prompt, piece by piece.

    Example: kassandra generate data/models/shakespeare --prompt "ROMEO:" --temperature 0.8 --top-p 0.9 --seed 0
    """
    from kassandra.cli.generate import generate as show

    show(folder, prompt, length, temperature, top_p, seed)


@app.command()
def translate(
    folder: Annotated[Path, typer.Argument(help="A trained model that translates, as data/models/tatoeba.")],
    texts: Annotated[
        list[str] | None, typer.Argument(help="Sentences in quotes; lines of standard input if none.")
    ] = None,
    beam: Annotated[
        int, typer.Option(help="Beginnings followed at the same time; 1 is quicker, and a little worse.")
    ] = 5,
    length_penalty: Annotated[
        float, typer.Option(help="Above 0 makes up for length; larger prefers longer ones.")
    ] = 0.6,
    alignments: Annotated[bool, typer.Option(help="Also print where the model looked for each piece.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, with all that is known.")] = False,
) -> None:
    """Sentences in another language, one line each; the same ones every time.

    Example: kassandra translate data/models/tatoeba "How are you?"

    Example: kassandra translate data/models/tatoeba --alignments "She reads a book."

    Example: kassandra translate data/models/tatoeba < english.txt > french.txt
    """
    from kassandra.cli.translate import translate as show

    show(folder, texts or [], beam, length_penalty, alignments, as_json)


@app.command()
def params() -> None:
    """Every key of params.yaml: what it means, its range and its default."""
    from kassandra.cli.params import show

    show()


@app.command()
def add(
    recipe: Annotated[Path, typer.Argument(help="Sections as under 'pipelines' of params.yaml, with their comments.")],
    name: Annotated[str | None, typer.Option("--as", help="Another name for it; of a recipe with one section.")] = None,
) -> None:
    """Put a recipe into params.yaml, comments and all, once its values are checked; whole or not at all.

    Example: kassandra add recipes/books.yaml
    """
    from kassandra.cli.recipes import add as put_in

    put_in(recipe, name)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A pipeline of params.yaml.")]) -> None:
    """Take a pipeline and its comments out of params.yaml; its results stay, and are named.

    Example: kassandra remove books
    """
    from kassandra.cli.recipes import remove as take_out

    take_out(name)
