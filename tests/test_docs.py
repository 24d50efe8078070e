"""docs/ and README.md: no placeholder was left, links lead somewhere, and tables are those of committed results."""

import re
from pathlib import Path

import pytest

from benchmarks.false_alarms import RESULTS, markdown
from kassandra.contracts.artifacts import read_json

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
