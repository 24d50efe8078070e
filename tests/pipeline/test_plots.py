"""What DVC draws by itself: templates, and a page that needs no network."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import get_args

from kassandra.params.sections.pipeline import pipeline_of
from tests.params.pairs import PAIRS

ROOT = Path(__file__).parents[2]
PLOTS = ROOT / ".dvc" / "plots"


def test_the_page_loads_nothing_from_elsewhere():
    page = (PLOTS / "page.html").read_text(encoding="utf-8")
    assert "{plot_divs}" in page
    outside = re.sub(r"(?<=<script>).*?(?=</script>)", "", page, flags=re.DOTALL)
    assert outside.count("<script>") == 4
    assert not re.search(r"\s(src|href)=", outside)
    assert "default-src 'none'" in page
    assert "html_template = plots/page.html" in (ROOT / ".dvc" / "config").read_text()


def test_the_page_runs_its_own_scripts_alone():
    """What DVC writes into it is text to a browser, to the end of the page."""
    page = (PLOTS / "page.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = "".join(f"'sha256-{each}' " for each in hashes)
    assert f"script-src {allowed}'unsafe-eval';" in page  # Vega compiles the expressions of templates
    assert page.endswith("<plaintext hidden>\n{plot_divs}\n")


def test_learning_curves_have_a_panel_for_each_score():
    (drawn,) = [
        part["fold"] for part in json.loads((PLOTS / "members.json").read_text())["transform"] if "fold" in part
    ]
    scores = {"loss"}
    for pair in PAIRS:
        scores.update(get_args(pipeline_of(*pair).model_fields["train"].annotation.model_fields["keep_by"].annotation))
    assert set(drawn) == {"train_loss", *(f"valid_{score}" for score in scores)}


def test_a_template_is_of_a_target():
    templates = {path.stem for path in PLOTS.glob("*.json")} - {"members"}
    assert templates <= {path.name for path in (ROOT / "kassandra" / "targets").iterdir()}
