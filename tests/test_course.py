"""The course: each notebook is of its source, and ran to its end."""

import hashlib
import json

import pytest

from tests.test_docs import ROOT

COURSE = ROOT / "docs" / "course"
CHAPTERS = sorted(COURSE.glob("[0-9]_*.py"))


def test_seven_chapters_in_the_contents():
    named = [line for line in (COURSE / "index.md").read_text().splitlines() if line[:1].isdigit()]
    assert named == [path.stem for path in CHAPTERS]


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_the_notebook_is_of_this_source_and_has_no_error(source):
    """`make course` runs it again."""
    notebook = json.loads(source.with_suffix(".ipynb").read_text())
    assert notebook["metadata"]["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs) or source.stem == "3_padding"


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_each_chapter_ends_with_a_question_for_dvc(source):
    *_, last = source.read_text().split("# %% [markdown]")
    assert "**Your turn.**" in last
    assert "$ dvc " in last
