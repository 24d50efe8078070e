"""The page of `kassandra explore` in headless Chromium: drawn on, typed into, read; it asks for nothing."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import kassandra
from kassandra.export.explore import write_page

pytestmark = pytest.mark.slow  # starts a browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def visit(tmp_path):
    """Opens the page of a model and does something with it; returns what is seen."""
    if not CHROMIUM or not (Path(os.environ.get("NODE_MODULES", "")) / "playwright").is_dir():
        pytest.skip("there is no Chromium, or NODE_MODULES names no folder with playwright: `npm install playwright`")

    def visit(folder, *what):
        page = write_page(folder, tmp_path / "page")
        program = Path(__file__).with_name("explore_page.mjs")
        command = ["node", program, CHROMIUM, page, *what]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        seen = json.loads(ran.stdout)
        assert (seen["errors"], seen["asked"]) == ([], [])
        assert seen["width"] <= 375  # of a phone
        assert seen["maps"] == len("ifgoch")
        assert seen["reading"].startswith("Step 1 (")
        assert "unit 1: i 0." in seen["reading"]
        assert "→" in seen["held"]
        return seen

    return visit


def test_a_digit_is_drawn_by_pointer_and_by_keyboard(visit, images):
    seen = visit(images(variant="attention", attention={"kind": "additive"}), "draw")
    for answer in (seen["drawn"], seen["typed"]):
        assert answer.startswith("It is most likely ")
        assert answer.split("likely ")[1].rpartition(":")[0] in ("cat", "$dog|", "<b>")  # a name is no markup


def test_a_review_is_typed(visit, reviews):
    folder, text = reviews(), "No good film, <b>none</b> at all"
    (prediction,) = kassandra.load(folder).predict([text])
    assert (
        visit(folder, "type", text)["answer"] == f"It is most likely {prediction.label}: {prediction.probability:.1%}"
    )
