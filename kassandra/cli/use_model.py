"""Commands that ask a trained model: to predict, to go on writing, to translate, to describe."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kassandra.cli.app import Json, Member, app


@app.command(rich_help_panel="Use a model")
def predict(
    folder: Annotated[Path, typer.Argument(help="A trained model, as data/models/mnist; it may lie anywhere.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(help="Image or sound files; texts, or a table of them; a table of series.")
    ] = None,
    invert: Annotated[
        bool, typer.Option("--invert", help="Images are dark on bright, as ink on paper; MNIST is bright on dark.")
    ] = False,
    text: Annotated[str | None, typer.Option(help="The column of a table that holds the texts.")] = None,
    series: Annotated[
        str | None, typer.Option(help="The series of train that a table holds, where no column names it.")
    ] = None,
    reject: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Name no class that is less probable; see train.calibrate."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Of tags: a page to write, the tags in colours.")] = None,
    member: Member = None,
    as_json: Json = False,
) -> None:
    """Predict: the class of images, recordings or texts with its probability, the tag of each word, or the next steps
    of series.

    Of texts also the words that mattered, of recordings when an attention model listened, of series intervals. Texts
    are read from standard input, one per line, if none are given. On a terminal a table is printed, into a file or a
    pipe CSV. A model of several seeds answers as all its members together, and shows how far they are apart.

    Example: kassandra predict data/models/mnist seven.png --invert

    Example: kassandra predict data/models/imdb "A film to fall asleep in."

    Example: kassandra predict data/models/fsdd seven.wav

    Example: kassandra predict data/models/sp500 latest.csv --series sp500

    Example: kassandra predict data/models/slots "play jazz by miles davis"
    """
    from kassandra.cli.predict import run

    of_kinds = {"invert": invert, "text": text, "series": series, "reject": reject, "html": html}
    run("predict", folder, inputs or [], as_json, of_kinds, member)


@app.command(rich_help_panel="Use a model")
def generate(
    folder: Annotated[Path, typer.Argument(help="A trained language model, as data/models/shakespeare.")],
    prompt: Annotated[str, typer.Option(help="The text to continue; \\n stands for the end of a line.")] = "\\n",
    length: Annotated[int, typer.Option(help="Characters, or words, to write.")] = 500,
    temperature: Annotated[
        float, typer.Option(help="Below 1 more predictable, above 1 less; 0 always takes the likeliest piece.")
    ] = 0.8,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest pieces that together reach this.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed writes the same text.")] = 0,
    member: Member = None,
) -> None:
    """Continue a prompt, piece by piece.

    Example: kassandra generate data/models/shakespeare --prompt "ROMEO:" --temperature 0.8 --top-p 0.9 --seed 0
    """
    from kassandra.cli.predict import run

    options: dict[str, Any] = {"length": length, "temperature": temperature, "top_p": top_p, "seed": seed}
    run("generate", folder, [prompt], member=member, **options)


@app.command(rich_help_panel="Use a model")
def translate(
    folder: Annotated[Path, typer.Argument(help="A trained model that translates, as data/models/tatoeba.")],
    texts: Annotated[
        list[str] | None, typer.Argument(help="Sentences in quotes; lines of standard input if none.")
    ] = None,
    beam: Annotated[int, typer.Option(help="Beginnings followed at once; 1 is quicker, and a little worse.")] = 5,
    length_penalty: Annotated[
        float, typer.Option(help="0 prefers short translations; larger numbers prefer longer ones.")
    ] = 0.6,
    alignments: Annotated[bool, typer.Option("--alignments", help="Print where the model looked, by piece.")] = False,
    member: Member = None,
    as_json: Json = False,
) -> None:
    """Translate sentences, one line each; the same input always gives the same translation.

    Example: kassandra translate data/models/tatoeba "How are you?"

    Example: kassandra translate data/models/tatoeba --alignments "She reads a book."

    Example: kassandra translate data/models/tatoeba < english.txt > french.txt
    """
    from kassandra.cli.predict import run

    options: dict[str, Any] = {"beam": beam, "length_penalty": length_penalty, "alignments": alignments}
    run("translate", folder, texts or [], as_json, member=member, **options)


@app.command(rich_help_panel="Use a model")
def caption(
    folder: Annotated[Path, typer.Argument(help="A trained model that describes images, as data/models/flickr8k.")],
    images: Annotated[list[str] | None, typer.Argument(help="Image files, or folders and archives of them.")] = None,
    beam: Annotated[int, typer.Option(help="Beginnings followed at once; 1 is quicker, and a little worse.")] = 5,
    length_penalty: Annotated[
        float, typer.Option(help="0 prefers short captions; larger numbers prefer longer ones.")
    ] = 0.6,
    attention: Annotated[
        bool, typer.Option("--attention", help="As JSON, with where the model looked for each piece of a caption.")
    ] = False,
    member: Member = None,
    as_json: Json = False,
) -> None:
    """Describe images, each with a sentence.

    Example: kassandra caption data/models/flickr8k photo.jpg

    Example: kassandra caption data/models/flickr8k holidays/ > captions.csv
    """
    from kassandra.cli.predict import run

    options: dict[str, Any] = {"beam": beam, "length_penalty": length_penalty, "alignments": attention}
    run("caption", folder, images or [], as_json, member=member, **options)
