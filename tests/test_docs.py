"""docs/ and README.md: no placeholder was left, links lead somewhere, and tables are those of committed results."""

import csv
import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer.main

from benchmarks.false_alarms import RESULTS, markdown
from kassandra.cli.app import app
from kassandra.cli.results_page import page
from kassandra.contracts.artifacts import read_json
from kassandra.params.sections.pipeline import kinds, readers

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_placeholder_was_left(page):
    assert re.findall(r"^[A-Z][A-Z_]{4,}$|TODO|FIXME|XXX", page.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_table_of_false_alarms_is_that_of_the_last_simulation():
    assert "\n".join(markdown(read_json(RESULTS)["rates"])) in (ROOT / "docs" / "comparing.md").read_text()


def test_the_table_of_equal_recipes_is_that_of_the_last_trainings():
    lines = (ROOT / "benchmarks" / "results" / "equal_recipes.csv").read_text().splitlines()
    page = (ROOT / "docs" / "comparing.md").read_text()
    for row in csv.DictReader(lines):
        shares = (f"{float(row[column]):.1%}" for column in ("one model each", "method"))
        assert f"| {row['recipe']} | {row['score']} | {' | '.join(shares)} |\n" in page


@pytest.mark.slow
def test_predictions_of_other_frameworks_are_compared_as_the_page_says(kassandra, tmp_path, monkeypatch):
    """The examples run, and give the verdict that is printed there; numbers may differ by the processor."""
    page = (ROOT / "docs" / "comparing.md").read_text()
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for example in examples:
        exec(compile(example, "comparing.md", "exec"), {})
    done = kassandra("compare", "linear.csv", "lstm.parquet")
    assert (done.status, done.err) == (0, "")
    (shown,) = re.findall(r"^\$ kassandra compare linear.csv lstm.parquet\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for text in (done.out, shown):
        assert "\nlabel: B is worse (accuracy 0.9" in text
        assert "\n  Note: Paired on all 597 examples.\n" in text


def test_the_page_of_results_is_that_of_the_committed_ones(monkeypatch):
    """`kassandra report --markdown > docs/results.md` writes it; README shows its first table."""
    monkeypatch.chdir(ROOT)
    written = page(sorted(path.parent.name for path in Path("metrics").glob("*/test.json")))
    assert (ROOT / "docs" / "results.md").read_text() == written
    table = written[written.index("| pipeline |") :].partition("\n\n")[0]
    assert table in (ROOT / "README.md").read_text()


def test_the_drawings_are_those_of_the_script():
    """But for the one of a trained model."""
    draw = runpy.run_path(str(ROOT / "docs" / "pictures" / "draw.py"))
    for name in ("stages", "variants"):
        drawn = (ROOT / "docs" / "pictures" / f"{name}.svg").read_text()
        assert "\n".join(draw[name]()) in drawn


def commands() -> list[tuple[str, str]]:
    """(page, command) of all that the pages show as typed, README and the course among them."""
    pages = [*PAGES, *(ROOT / "docs" / "course").glob("*.py"), *(ROOT / "recipes").glob("*.yaml")]
    found = []
    for path in pages:
        text = re.sub(r"^# ?", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
        typed = re.findall(r"^\s*\$ (.+)$", text, re.MULTILINE)
        typed += re.findall(r"`((?:kassandra|make) [a-z][^`]*)`", text)
        found += [(path.name, command) for command in typed]
    return found


def options(command, arguments):
    """Read them as the command line does, without running anything."""
    context = command.context_class(command, info_name=command.name)
    _, rest, _ = command.make_parser(context).parse_args(list(arguments))
    if hasattr(command, "resolve_command") and rest:
        _, chosen, rest = command.resolve_command(context, rest)
        options(chosen, rest)


@pytest.mark.parametrize("typed", ["predict m --nosuch", "nosuch m", "init a --as"])
def test_a_command_that_does_not_exist_is_found(typed):
    with pytest.raises(Exception, match=r"No such option|No such command|requires an argument"):
        options(typer.main.get_command(app), shlex.split(typed))


def test_every_command_of_the_pages_exists():
    """Each with its options; what stands for a name (NAME, <name>, …) is taken for one."""
    whole = typer.main.get_command(app)
    made = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    wrong, seen = [], 0
    for where, typed in commands():
        for part in re.split(r" (?:\||&&|;|<|>|2>|#) .*", typed)[0].split(" && "):
            name, *arguments = shlex.split(part.replace("…", "x").partition(" # ")[0], comments=True)
            if name == "make":
                wrong += [f"{where}: {typed}" for each in arguments if "=" not in each and each not in made]
            elif name == "kassandra":
                seen += 1
                try:
                    options(whole, arguments)
                except Exception as error:  # of Typer, which gives them no public name
                    wrong.append(f"{where}: {typed}: {getattr(error, 'message', error)}")
    assert seen > 60
    assert wrong == []


def test_readme_is_two_screens():
    assert (ROOT / "README.md").stat().st_size <= 8192


def test_readme_has_every_pair_of_inputs_and_targets():
    _, text = (ROOT / "README.md").read_text().split("\n\n| input ↓")
    head, _, *rows = text.split("\n\n")[0].splitlines()
    targets = re.findall(r"`(\w+)`", head)
    assert sorted(targets) == kinds("targets")
    cells = {row.split("|")[1].strip(" `"): [cell.strip() for cell in row.split("|")[2:-1]] for row in rows}
    assert sorted(cells) == kinds("inputs")
    for name, row in cells.items():
        assert [bool(cell) for cell in row] == [name in readers(target) for target in targets], name


@pytest.mark.slow
def test_readme_shows_what_report_prints(kassandra, monkeypatch):
    """But for seconds, and for what only a clone that has trained can say."""
    monkeypatch.chdir(ROOT)
    printed = [line.rstrip() for line in kassandra("report", "mnist").out.splitlines()]
    shown = (ROOT / "README.md").read_text().split("```\nmnist: ")[1].split("```")[0].splitlines()
    of_the_run = ("Reproduction: ", "90,506 parameters, ")
    assert [line for line in shown[1:] if line not in printed and not line.startswith(of_the_run)] == []


def test_memory_by_the_amount_of_data_is_what_the_benchmark_gave():
    with (ROOT / "benchmarks" / "results" / "growth.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert not any(row["failed"] for row in rows)
    page = (ROOT / "docs" / "own-data.md").read_text()
    for kind in {row["kind"] for row in rows}:
        of = {(row["times"], row["stage"]): row for row in rows if row["kind"] == kind}
        examples = " → ".join(f"{int(of[times, 'prepare']['examples']):,}" for times in ("1", "16"))
        cells = [
            " → ".join(of[times, stage]["megabytes"] for times in ("1", "16"))
            for stage in ("prepare", "baseline", "train", "evaluate")
        ]
        assert f"| {' | '.join([examples, *cells])} |" in page, kind


def test_the_page_that_is_committed_is_of_the_explorer_as_it_is():
    """`kassandra explore data/models/mnist` makes it again: index.html of its folder."""
    page = (ROOT / "docs" / "examples" / "mnist.html").read_text(encoding="utf-8")
    parts = ROOT / "kassandra" / "export" / "explorer"
    assert [part.name for part in parts.glob("*.*") if part.suffix in (".js", ".css")]
    for part in [*parts.glob("*.js"), *parts.glob("*.css")]:
        assert part.read_text(encoding="utf-8").strip() in page, part.name
