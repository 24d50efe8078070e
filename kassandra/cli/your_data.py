"""Commands for your data and params.yaml: what is in a file, which section reads it, and the sections themselves."""

from pathlib import Path
from typing import Annotated

import typer

from kassandra.cli.app import app


@app.command(rich_help_panel="Your data")
def params(
    of: Annotated[
        str | None, typer.Argument(metavar="[NAME|KEY]", help="A pipeline of params.yaml, or a key; all keys if none.")
    ] = None,
    as_schema: Annotated[
        bool,
        typer.Option("--schema", help="Print params.yaml as a JSON Schema, for editors; params.schema.json is it."),
    ] = False,
) -> None:
    """Explain the keys of params.yaml: their meaning, range and default.

    Example: kassandra params mnist

    Example: kassandra params train.batch_size
    """
    if as_schema:
        import json

        from kassandra.cli.schema import schema

        print(json.dumps(schema(), indent=1, ensure_ascii=False))
        return
    from kassandra.cli.params import show

    show(of)


@app.command(rich_help_panel="Your data")
def add(
    recipe: Annotated[
        Path,
        typer.Argument(help="Of recipes/, by its name; or a file of sections as under 'pipelines' of params.yaml."),
    ],
    name: Annotated[str | None, typer.Option("--as", help="Another name for it; of a recipe with one section.")] = None,
) -> None:
    """Put a recipe into params.yaml, comments and all, once its values are checked; whole or not at all.

    Example: kassandra add books
    """
    from kassandra.cli.recipes import add as put_in

    put_in(recipe, name)


@app.command(rich_help_panel="Your data")
def init(
    path: Annotated[Path, typer.Argument(help="Your file or folder; it stays where it is.")],
    name: Annotated[str | None, typer.Option(help="Of the pipeline; from the file's name if none.")] = None,
    target: Annotated[str | None, typer.Option(help="The column that is to be predicted.")] = None,
    as_: Annotated[
        str | None,
        typer.Option("--as", help="The kind of target, as label or forecast; all are listed where a name is wrong."),
    ] = None,
    time: Annotated[str | None, typer.Option(help="The column of times.")] = None,
    time_format: Annotated[str | None, typer.Option(help="How its times are written, as '%d/%m/%Y'.")] = None,
    decimal: Annotated[str | None, typer.Option(help="The mark before the decimals of numbers: . or ,")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What parts the cells of a line.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text: latin-1, cp1251, …")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the section, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; guesses are stated.")] = False,
) -> None:
    """Look at your file or folder, and write the section of params.yaml that reads it.

    The section's comment says what was seen and what was guessed. It is tried on the data before it is written. Where
    something may be read in two ways (the day or the month first), both are shown, with the option that decides.

    Example: kassandra init "Apple Stock Price History.csv" --target Price

    Example: kassandra init photos/ --dry-run
    """
    from kassandra.cli.init import Options
    from kassandra.cli.init import init as look_at
    from kassandra.detection.proposal import Wish
    from kassandra.detection.table import Asked

    wish = Wish(target, as_, Asked(decimal, delimiter, time, time_format, encoding))
    look_at(path, wish, Options(name, dry_run, yes))


@app.command(rich_help_panel="Your data")
def check(
    names: Annotated[list[str] | None, typer.Argument(help="Pipelines of params.yaml; all if none.")] = None,
    output: Annotated[Path | None, typer.Option(help="A folder for the report as a page (.html) and picture.")] = None,
) -> None:
    """Read the data as the stages will, and report what is in them: before hours are spent on training.

    Rows used and dropped, with lines; examples per split and label, lengths, vocabulary, duplicates, leaks, gaps,
    outliers, and what the stages will take.

    Example: kassandra check mnist

    Example: kassandra check tickets --output report
    """
    from kassandra.cli.check import check as look_at

    raise typer.Exit(look_at(names or [], output))


@app.command(rich_help_panel="Your data")
def remove(name: Annotated[str, typer.Argument(help="A pipeline of params.yaml.")]) -> None:
    """Take a pipeline and its comments out of params.yaml; its results stay, and are named.

    Example: kassandra remove books
    """
    from kassandra.cli.recipes import remove as take_out

    take_out(name)


@app.command(rich_help_panel="Your data")
def rename(
    old: Annotated[str, typer.Argument(help="A pipeline of params.yaml.")],
    new: Annotated[str, typer.Argument(help="Its other name.")],
) -> None:
    """Give a pipeline another name; its data, model and results go with it, and nothing runs again.

    Example: kassandra rename reviews film-reviews
    """
    from kassandra.cli.rename import rename as give_name

    give_name(old, new)
