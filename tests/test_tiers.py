"""The tiers of tests: whatever `make test` leaves out has a name, a target of make, and a line in .ci/run."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
FOLDERS = {  # tier → files whose tests are all of it
    "faults": ["faults/test_*.py"],
    "cases": ["cases/test_*.py"],
    "pipelines": [f"pipeline/test_{name}.py" for name in ("adding", "migrate", "stale", "texts")],
    "sharing": ["pipeline/sharing/test_*.py"],
    "statistics": ["judging/test_false_alarms.py"],
    "sweeps": [f"pipeline/test_{name}.py" for name in ("experiment", "repro", "search", "sweep")],
}


def chosen(target):
    """What a target of make gives to `pytest -m`."""
    recipe = re.search(rf"^{target}: setup\n\tpython -m pytest .*-m (.*)$", MAKEFILE, re.MULTILINE)[1]
    rest = re.search(r"^REST = (.*)$", MAKEFILE, re.MULTILINE)[1]
    return recipe.strip('"').replace("$(REST)", rest)


def test_every_test_is_of_make_test_or_of_a_tier():
    markers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    assert {line.partition(":")[0] for line in markers} == {"slow", *FOLDERS}
    assert chosen("test") == f"not ({' or '.join(FOLDERS)})"
    assert chosen("test-unit") == f"not slow and {chosen('test')}"
    assert [chosen(f"test-{tier}") for tier in FOLDERS] == list(FOLDERS)


def test_ci_runs_them_all_and_the_most_telling_first():
    first, *others = FOLDERS
    called = re.findall(r"^make (.*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert chosen("test-tiers") == " or ".join(others)
    assert called == ["test", "lint", "guard", "docs", f"test-{first}", "test-tiers"]


@pytest.mark.parametrize("tier", FOLDERS)
def test_each_file_carries_the_marker_of_its_tier(tier):
    files = [path for pattern in FOLDERS[tier] for path in sorted((ROOT / "tests").glob(pattern))]
    assert len(files) >= len(FOLDERS[tier])
    carries = re.compile(rf"^pytestmark = .*pytest\.mark\.{tier}\b", re.MULTILINE)
    assert [path.name for path in files if not carries.search(path.read_text())] == []
