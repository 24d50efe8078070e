"""Names of classes as strangers write them, from the table through `dvc repro` to commands and pages that show them."""

import csv
import io
import json
import re

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

RUN = "document.title='sprung'"
CLASSES = [
    "$a_$", r"$\frac{1", "[/x]", "<script>document.title='sprung'</script>", f"</script><script>{RUN}</script>",
    f"</plaintext><img src=x onerror={RUN}>", f"<!--<script>{RUN}", "=1+1", "x" * 12_000, "\u202eabc שלום",
    "{plot_divs}", "a\x1b[2Jb", "猫 café 👩‍👩‍👧", "$(touch sprung)", "'\"`\\",
]  # fmt: skip
PARAMS = """\
seed: 0
pipelines:
  small:
    input: text
    target: label
    source: {path: mine.csv, text: text, label: label}
    prepare: {vocab_size: 100, max_length: 10, min_frequency: 1}
    model: {variant: vanilla, hidden_size: 7, embedding_size: 5}
    train: {seeds: 1, epochs: 1, batch_tokens: 400}
"""


@pytest.fixture(scope="module")
def clone(undisturbed, tmp_path_factory):
    """One in which a pipeline with these classes was reproduced and committed."""
    clone = undisturbed("text-label").copy(tmp_path_factory.mktemp("classes") / "kassandra")
    (clone.root / "params.yaml").write_text(PARAMS)
    with (clone.root / "mine.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [(f"text {row} of class {number}", name) for number, name in enumerate(CLASSES) for row in range(15)]
        csv.writer(file).writerows([("text", "label"), *rows])
    clone.dvc("repro")
    clone.commit()
    yield clone
    assert not (clone.root / "sprung").exists()


def test_they_are_classes(clone):
    meta = json.loads((clone.root / "data/prepared/small/meta.json").read_text())
    assert sorted(meta["classes"]) == sorted(CLASSES)


@pytest.mark.parametrize(
    "arguments",
    [
        ("report",),
        ("report", "--markdown"),
        ("check", "small"),
        ("compare", "HEAD", "workspace"),
        ("experiments",),
        ("predict", "data/models/small", "--json", "text 3 of class 4"),
        ("card", "data/models/small"),
        ("export", "data/models/small", "--to", "folder", "--output", "handed-on"),
        ("explore", "data/models/small", "--output", "page"),
    ],
    ids=" ".join,
)
def test_commands_show_them_as_they_are(arguments, clone):
    output = clone.run("kassandra", *arguments)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", output)


def test_a_csv_has_them_to_the_letter(clone):
    """It is for programs: a terminal gets a table."""
    output = clone.run("kassandra", "predict", "data/models/small", "text 3 of class 4")
    header = next(csv.reader(io.StringIO(output, newline="")))
    assert {f"probability_{name}" for name in CLASSES} <= set(header)


def test_dvc_shows_them_too(clone):
    for arguments in (("metrics", "show"), ("params", "diff"), ("exp", "show"), ("plots", "diff", "HEAD")):
        clone.dvc(*arguments)


def test_the_page_of_dvc_runs_none_of_them(clone):
    """test_plots_page.py opens it in a browser."""
    clone.dvc("plots", "show")
    page = (clone.root / "dvc_plots" / "index.html").read_text(encoding="utf-8")
    ours, _, theirs = page.partition("<plaintext hidden>")  # after which a browser reads nothing as markup, to the end
    assert RUN in theirs
    assert RUN not in ours
    assert "script-src 'sha256-" in ours
    assert "unsafe-inline" not in re.search("script-src[^;]*", ours)[0]
