"""The commands; each imports what it needs when it is called, so that `--help` answers at once."""

import contextlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

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


class Pruner(StrEnum):
    """Of `search`."""

    MEDIAN = "median"
    HYPERBAND = "hyperband"
    NONE = "none"


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


@app.command(rich_help_panel="The project")
def merge() -> None:
    """After a `git merge` of two branches that both ran: resolve dvc.lock and metrics/, stage by stage.

    What one branch ran is taken from it. Where both ran the same stage, what HEAD has is kept, and `dvc repro` decides
    whether it is right of what was merged. Everything else that conflicts, params.yaml first, is yours to resolve.

    Example: git merge my-branch; kassandra merge; dvc checkout; dvc repro; git commit
    """
    from kassandra.cli.merge import merge as resolve

    resolve()


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


@app.command(rich_help_panel="The project")
def push(
    remote: Annotated[str | None, typer.Option(help="A remote of DVC; the default one if none.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Read the remote, and send again what is damaged.")] = False,
) -> None:
    """Share what was made here: `dvc push --run-cache --all-commits`, and the metrics and runs that it leaves out.

    Elsewhere `dvc pull --run-cache` and then `dvc repro --pull` execute nothing that was executed here; see
    docs/sharing.md.

    Example: kassandra push
    """
    from kassandra.cli.push import push as send

    send(remote, check)


@app.command(rich_help_panel="The project")
def migrate() -> None:
    """Carry a project of Kassandra 0.1.0 over: params.yaml gets today's keys, and results stay valid.

    Comments and order of params.yaml stay. A pipeline whose results are all here needs not run again: dvc.lock is
    written as if today's code had made them. Of every other one it says why, and which command to run.

    Example: kassandra migrate
    """
    from kassandra.cli.migrate import migrate as carry_over

    carry_over()
