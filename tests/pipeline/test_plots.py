"""What DVC draws by itself: templates, and a page that needs no network."""

import json
import re
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
PLOTS = ROOT / ".dvc" / "plots"


def test_the_page_loads_nothing_from_elsewhere():
    page = (PLOTS / "page.html").read_text(encoding="utf-8")
    assert "{plot_divs}" in page
    outside = re.sub(r"(?<=<script>).*?(?=</script>)", "", page, flags=re.DOTALL)
    assert outside.count("<script>") == 3
    assert not re.search(r"\s(src|href)=", outside)
    assert "default-src 'none'" in page
    assert "html_template = plots/page.html" in (ROOT / ".dvc" / "config").read_text()


def test_learning_curves_have_a_panel_for_each_score():
    (drawn,) = [
        part["fold"] for part in json.loads((PLOTS / "members.json").read_text())["transform"] if "fold" in part
    ]
    for path in sorted((ROOT / "metrics").glob("*/history.csv")):
        columns = [name for name in pd.read_csv(path) if name.startswith("valid_") or name == "train_loss"]
        assert set(columns) <= set(drawn), path


def test_a_template_is_of_a_target():
    templates = {path.stem for path in PLOTS.glob("*.json")} - {"members"}
    assert templates <= {path.name for path in (ROOT / "kassandra" / "targets").iterdir()}
