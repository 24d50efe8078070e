"""`kassandra add` of a stranger's recipe: refused in a sentence within seconds, nothing is run, params.yaml stays."""

import time

import pytest

from tests.cases.harness import command

pytestmark = pytest.mark.faults

SECTION = "  input: text\n  target: label\n  source: {path: mine.csv}\n  prepare: {}\n  model: {variant: vanilla}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
)
HOSTILE = {
    "aliases of aliases": (BOMB, "aliases make it larger than"),
    "an alias of itself": ("a: &a {b: *a}\n", "holds itself by an alias"),
    "ever deeper": ("x: " + "[" * 100_000, "more than 100 deep"),
    "a call of Python": ("x: !!python/object/apply:os.system ['touch sprung']\n", "is unknown here"),
    "a name that is a command": (f"$(touch sprung):\n{SECTION}", "cannot name a pipeline"),
    "a name that is markup": (f"<b>:\n{SECTION}", "cannot name a pipeline"),
    "what moves a cursor": ("\x1b[2J: 1\n", "control characters are not allowed"),
    "a number of 5,000 digits": (f"mine:\n{SECTION}  train: {{epochs: {'9' * 5000}}}\n", "not valid YAML"),
    "a name that comes twice": (f"mine:\n{SECTION}mine:\n{SECTION}", "stands twice"),
    "10 MB": (f"mine:\n{SECTION}#{'x' * 10_000_000}", "too large"),
    "a list": ("- 1\n", "expected keys and sections"),
    "nothing": ("", "expected keys and sections"),
    "keys that are merged": ("<<: {mine: {input: text}}\n", "expected comments and sections"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_it_is_refused_and_nothing_is_run(kind, tmp_path, monkeypatch, capsys):
    content, why = HOSTILE[kind]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("seed: 0\npipelines: {}\n")
    (tmp_path / "recipe.yaml").write_text(content)
    began = time.process_time()
    status, output = command(monkeypatch, capsys, "add", "recipe.yaml")
    assert time.process_time() - began < 10
    assert status == 1
    assert why in output
    assert "defect" not in output
    assert len(output) < 500
    assert (tmp_path / "params.yaml").read_text() == "seed: 0\npipelines: {}\n"
    assert {path.name for path in tmp_path.iterdir()} == {"params.yaml", "recipe.yaml"}
