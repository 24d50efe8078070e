"""The site: `make docs` builds these pages into docs/_build, without a network, and checks every link between them.

`reference/params.md`, `commands.md`, `where.md`, `recipes.md` and `readme.md` are written here each time (git ignores
them).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import typer.main

from kassandra import __version__
from kassandra.cli.app import app as commands_of_kassandra
from kassandra.cli.params import Key, keys_of
from kassandra.contracts import yaml
from kassandra.contracts.artifacts import read_json
from kassandra.judging.intervals import Estimate
from kassandra.params.sections.pipeline import Seed, kinds, pipeline_of, readers

ROOT = Path(__file__).parents[1]

project, version, release = "Kassandra", __version__, __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build", "jupyter_execute", "course/*.py", "reference/readme.md"]
html_theme, html_title = "furo", "Kassandra"
html_show_sphinx = False
html_copy_source = False
copybutton_prompt_text = "$ "
nb_execution_mode = "off"  # chapters of the course are committed with what they printed
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath", "deflist"]
suppress_warnings = ["myst.header"]
autodoc_typehints = "description"
autodoc_member_order = "bysource"
maximum_signature_line_length = 100


RECIPES = """\
# Recipes

Pipelines beyond the six of params.yaml: `kassandra add NAME`, then `dvc repro evaluate@NAME`. Each file
says what it takes, how its settings were chosen, and what did not help. Of several seeds the score is their mean, and
its 95% interval that of seeds and test examples; of one seed the interval is of test examples alone, and there is no
verdict on the method. The gain over the strongest baseline is paired.

| recipe | pair | score | on test | seeds | strongest baseline | gain |
|---|---|---|---|--:|---|---|"""


def setup(app: Any) -> None:
    app.connect("builder-inited", _write_reference)


def _write_reference(app: Any) -> None:
    pages = {"params": params(), "commands": commands(), "where": where(), "readme": readme(), "recipes": recipes()}
    for name, lines in pages.items():
        path = Path(app.srcdir) / "reference" / f"{name}.md"
        text = "\n".join(lines) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # an unchanged page is not built again
            path.write_text(text, encoding="utf-8")


def readme() -> Iterator[str]:
    """README.md with its links as they are seen from docs/, for the first page."""

    def moved(link: re.Match[str]) -> str:
        path = link[2]
        if path.startswith("docs/"):
            path = path.removeprefix("docs/")
        elif not (ROOT / "docs" / path).exists():
            path = f"../{path}"
        return f"{link[1]}{path}"

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    yield re.sub(r"(\]\(|src=\")(?!https?:|#)([^)#\"\s]+)", moved, text)


def params() -> Iterator[str]:
    """The keys of params.yaml: those of all pairs once, then those of each pair."""
    pairs = {
        (source, target): [*keys_of(Seed), *keys_of(pipeline_of(source, target))]
        for target in kinds("targets")
        for source in readers(target)
    }
    common = set.intersection(*(set(keys) for keys in pairs.values()))
    yield "# Keys of params.yaml\n"
    yield "What `kassandra params` prints, from the sections that check them. First the keys of every pair.\n"
    yield from _table([key for key in next(iter(pairs.values())) if key in common])
    for (source, target), keys in sorted(pairs.items()):
        yield f"\n## `input: {source}`, `target: {target}`\n"
        yield from _table([key for key in keys if key not in common])


def _table(keys: list[Key]) -> Iterator[str]:
    yield from ("| key | value | meaning |", "|---|---|---|")
    yield from (f"| `{key.path}` | {_cell(key.limits)} | {_cell(key.meaning)} |" for key in keys)


def _cell(text: str) -> str:
    """Any text in a cell of a table."""
    plain = " ".join(text.replace("\b", "").split())
    for mark in ("\\", "|", "<", "*", "_", "$", "[", "~"):
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def commands() -> Iterator[str]:
    """What `--help` says of each command."""
    yield "# Commands\n\n`kassandra COMMAND --help` prints the same.\n"
    group: Any = typer.main.get_command(commands_of_kassandra)
    above = typer.Context(group, info_name="kassandra")
    for name, command in sorted(group.commands.items()):
        if not command.hidden:
            yield f"## kassandra {name}\n\n```text\n{(command.help or '').replace(chr(8) + chr(10), '').strip()}\n```\n"
            context = typer.Context(command, info_name=name, parent=above)
            yield from ("| | |", "|---|---|")
            for parameter in command.get_params(context):
                option = parameter.param_type_name == "option"
                names = (
                    (*parameter.opts, *parameter.secondary_opts) if option else (parameter.metavar or parameter.name,)
                )
                yield f"| {', '.join(f'`{each}`' for each in names)} | {_cell(parameter.help or '')} |"
            yield ""


def recipes() -> Iterator[str]:
    """What each recipe gave when it was run: recipes/results."""
    yield RECIPES
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        for name, section in yaml.read(path).items():
            result = read_json(ROOT / "recipes" / "results" / f"{name}.json")
            headline = result["intervals"][0]
            score, least = headline["score"], headline.get("decimals", 4)
            best = min(result["baselines"], key=lambda each: float(each["gain"]["value"]))
            cells = [
                f"`{name}`", f"{section['input']} → {section['target']}", score,
                _interval(headline, least), str(result.get("seeds", 1)),
                f"{best[score]['value']:.{least}f} ({best['baseline']})", _interval(best["gain"], least, "+"),
            ]  # fmt: skip
            yield f"| {' | '.join(cells)} |"


def _interval(of: dict[str, float], least: int, sign: str = "") -> str:
    return Estimate(of["value"], of["low"], of["high"]).text(sign, least)


def where() -> Iterator[str]:
    """Every module, by what it says of itself."""
    yield "# Where is …\n\nEvery module, by the first sentence of its docstring."
    room = ""
    for path in sorted([*(ROOT / "stages").glob("*.py"), *(ROOT / "kassandra").rglob("*.py")]):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        within = path.parent.relative_to(ROOT).as_posix()
        if about:
            if within != room:
                room = within
                yield f"\n## {room}\n\n| module | |\n|---|---|"
            yield f"| `{path.name}` | {_cell(about.partition(chr(10) * 2)[0])} |"
