"""docs/ and README.md: no placeholder was left, links lead somewhere, and tables are those of committed results."""

import csv
import re
import runpy
from pathlib import Path

import pytest

from benchmarks.false_alarms import RESULTS, markdown
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
