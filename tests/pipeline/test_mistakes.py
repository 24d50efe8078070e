"""What a user gets wrong is reported in a sentence, before any work, also by way of DVC."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.faults

SECTION = """\
  {name}:
    input: {input}
    target: {target}
    source: {source}
    prepare: {{}}
    model: {model}
    train: {train}
"""
RIGHT = {
    "input": "images",
    "target": "label",
    "source": "{path: pictures}",
    "model": "{variant: vanilla}",
    "train": "{epochs: 1}",
}
MISTAKES = {
    "typo": ({"model": "{variant: vanilla, hiden_size: 16}"}, "pipelines.typo.model: unknown key 'hiden_size'; known"),
    "kind": ({"train": "{epochs: two}"}, "pipelines.kind.train.epochs: expected a whole number, got 'two'"),
    "unused": ({"model": "{variant: vanilla, num_layers: 2}"}, "variant 'vanilla' does not use 'num_layers'; it uses"),
    "input": (
        {"input": "imags"},
        "pipelines.input.input: unknown input 'imags'; known inputs are 'audio', 'images', 'series', 'text' (did you",
    ),
    "pair": ({"target": "tags"}, "pipelines.pair: input 'images' does not go with target 'tags', which reads steps; "),
    "dataset": (
        {"source": "{dataset: mnits}"},
        "unknown data set 'mnits'; known data sets are ",
    ),
    "path": ({"source": "{path: my/pictures}"}, "source.path: my/pictures: no such file or folder (looked in "),
}


@pytest.mark.slow
def test_each_mistake_is_reported_before_any_work(source, tmp_path):
    clone = source.clone(tmp_path / "kassandra")
    sections = [SECTION.format(name=name, **RIGHT | wrong) for name, (wrong, _) in MISTAKES.items()]
    (clone.root / "params.yaml").write_text("".join(["pipelines:\n", *sections, "seed: 0\n"]))
    output = clone.dvc("repro", "--keep-going", fails=True)
    for sentence in (sentence for _, sentence in MISTAKES.values()):
        assert f"Error: {sentence}" in output or f": {sentence}" in output
    assert clone.executed(output) == [f"download@{name}" for name in MISTAKES]  # each refused by its first stage
    assert clone.made() == {}


def test_a_python_without_the_packages_says_so(root, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    done = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-B", "-m", "stages.train", "digits"],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert "lacks 'charset-normalizer', one of the packages in requirements.lock: run `make setup`" in sentence
