"""The page of `dvc plots show` in headless Chromium: names of strangers are shown in it, and nothing of them is run."""

import html
import re
import shutil
import subprocess

import pytest
from dvc_render.html import render_html
from dvc_render.image import ImageRenderer
from dvc_render.vega import VegaRenderer

pytestmark = [pytest.mark.slow, pytest.mark.faults]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
RUN = "document.title='sprung'"
REVISION = f"<img/src=x/onerror={RUN}>"  # which git takes as the name of a branch
NAMES = [
    "$a_$", r"$\frac{1", "[/x]", f"<script>{RUN}</script>", f"</script><script>{RUN}</script>", "=1+1", "{plot_divs}",
    f"</plaintext><img src=x onerror={RUN}>", f"<!--<script>{RUN}", "x" * 12_000, "שלום", "a\x1b[2Jb", "&lt;", "'\"`\\",
]  # fmt: skip


@pytest.fixture
def seen(root, tmp_path):
    """What a browser makes of the page of a confusion of these names, and of a picture, written as DVC writes it."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium")

    def seen(template):
        shutil.copy(root / "metrics" / "mnist" / "plots" / "confusion.png", tmp_path)
        rows = [{"actual": name, "predicted": name, "examples": "3", "rev": REVISION} for name in NAMES]
        table = VegaRenderer(rows, "a.csv", template="label", template_dir=str(root / ".dvc" / "plots"))
        picture = ImageRenderer([{"rev": REVISION, "src": "confusion.png"}], "confusion.png")
        render_html([table, picture], tmp_path / "index.html", template)
        options = ["--headless", "--no-sandbox", "--virtual-time-budget=20000", f"--user-data-dir={tmp_path / 'home'}"]
        address = (tmp_path / "index.html").as_uri()
        ran = subprocess.run([CHROMIUM, *options, "--dump-dom", address], capture_output=True, text=True, timeout=120)
        return ran.stdout

    return seen


def test_all_is_shown_and_nothing_is_run(seen, root):
    page = seen(root / ".dvc" / "plots" / "page.html")
    assert "<title>Kassandra: plots</title>" in page  # which each of these names would have changed
    body = page[page.rindex("<body>") :]
    texts = html.unescape(re.sub(r"<[^>]*>", "\n", body)).split("\n")
    for name in (*NAMES, REVISION):
        assert any(text.removesuffix("…") == name[: len(text.removesuffix("…"))] for text in texts if text), name
    assert (body.count("<svg"), body.count("<img"), body.count("<script")) == (2, 1, 0)  # one svg is the menu's


def test_in_a_page_of_dvc_they_are_run(seen, tmp_path):
    """What ours is for; where DVC has learnt to escape names, it may go."""
    (tmp_path / "page.html").write_text("<html><head><title>DVC</title></head><body>{plot_divs}</body></html>")
    assert "<title>sprung</title>" in seen(tmp_path / "page.html")
