"""`kassandra params` says of every key what it means, its range and its default."""

import re

import pytest

from kassandra.params.pipeline import TASKS, pipeline_of
from kassandra.params.section import explained, sections_in


@pytest.fixture
def printed(kassandra):
    done = kassandra("params")
    assert (done.status, done.err) == (0, "")
    return done.out


def sections(kind, path=""):
    for name, field in kind.model_fields.items():
        for section in sections_in(field.annotation):
            yield f"{path}{name}", section
            yield from sections(section, f"{path}{name}.")


EVERY = [(task, *section) for task in TASKS for section in sections(pipeline_of(task))]
IDS = [f"{task}-{path}" for task, path, _ in EVERY]


def test_there_are_sections():
    paths = {path for task, path, _ in EVERY if task == "images"}
    assert paths == {"source", "prepare", "model", "model.attention", "train", "train.distort"}


@pytest.mark.parametrize(("task", "path", "section"), EVERY, ids=IDS)
def test_every_key_of_every_section(printed, task, path, section):
    (of_task,) = (part for part in printed.split("\npipelines.<name> with task: ") if part.startswith(f"{task}\n"))
    start = of_task.index(f"\n{path}:\n")
    end = min(place for other in ["\nnothing:\n", *(f"\n{other}:\n" for _, other, _ in EVERY)]
              if (place := (of_task + "\nnothing:\n").find(other, start + 1)) > 0)  # fmt: skip
    part = of_task[start:end]
    assert explained(section) in part
    for key, field in section.model_fields.items():
        if not list(sections_in(field.annotation)):
            assert part.count(f"\n  {key}: ") == 1


@pytest.mark.parametrize(("path", "section"), [one[1:] for one in EVERY], ids=IDS)
def test_every_key_is_explained(path, section):
    """As `name: …`, or as `name`, in the docstring of its section, but for the variant, which the README is about."""
    keys = {key for key, field in section.model_fields.items() if not list(sections_in(field.annotation))}
    unexplained = {key for key in keys if not re.search(rf"\b{key}(, \w+)*: |`{key}`", explained(section))}
    assert unexplained - {"variant"} == (set())


@pytest.mark.parametrize(
    "line",
    [
        "seed: whole number, ≥ 0, < 4294967296; default 0",
        "variant: one of vanilla, stacked, bidirectional, attention; required",
        "learning_rate: number, > 0, < 10; default 0.001",
        "clip: number or null, > 0; default 1.0",
        "limit: whole number or null, ≥ 100; default null",
        "permute: true or false; default false",
        "dataset: text or null; default null",
        'precision: one of fp32, bf16; default "fp32"',
        "shift: number, ≥ 0, ≤ 14; default 0.0",
    ],
)
def test_ranges_and_defaults(printed, line):
    assert f"\n  {line}\n" in printed


def test_help(kassandra):
    for arguments in ([], ["--help"], ["predict", "--help"], ["report", "--help"]):
        done = kassandra(*arguments)
        assert done.status in (0, 2)  # asked for nothing, it shows the help too
        assert "Usage:" in done.out + done.err
        assert "Example: kassandra" in done.out + done.err or arguments[:1] in ([], ["--help"])


def test_an_unknown_command(kassandra):
    done = kassandra("perdict")
    assert done.status == 2
    assert "No such command 'perdict'" in done.err
