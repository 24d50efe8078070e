"""What a params file may hold, and what is answered where it holds something else."""

import io
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kassandra.params.tasks.images import Distortion
from ruamel.yaml import YAML

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import sections_in
from kassandra.params import pipeline as params
from kassandra.params.sections.model import Attention, Decoder
from kassandra.params.sections.pipeline import pipeline_of, read_pipeline


def test_committed(root):
    path = root / "params.yaml"
    names = YAML(typ="safe", pure=True).load(path)["pipelines"]
    assert "mnist" in names
    for name in names:
        read_pipeline(name, path)


def test_read(read):
    params, seed = read()
    assert (seed, params.task, params.source.dataset, params.train.epochs) == (7, "images", "mnist", 3)
    assert params.model.hidden_size == 128
    assert read(("seed: 7\n", ""))[1] == 0


def test_unknown_section(refused):
    refused(
        "pipelines.mine: unknown key 'modle'; "
        "known keys are ['model', 'prepare', 'source', 'task', 'train'] (did you mean 'model'?)",
        ("    train:", "    modle: {}\n    train:"),
    )


@pytest.mark.parametrize("section", ["source", "prepare", "model", "train"])
def test_missing_section(text, file, section):
    file.write_text("".join(line for line in text.splitlines(True) if f"    {section}:" not in line))
    with pytest.raises(KassandraError, match=f"^pipelines.mine: key '{section}' is missing$"):
        read_pipeline("mine", file)


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_warmup_of_what_does_not_warm_up(refused, read, schedule):
    refused(
        f"pipelines.mine.train: schedule '{schedule}' does not use 'warmup'; 'triangular' and 'one-cycle' do",
        train=f"schedule: {schedule}, warmup: 0.3",
    )
    read(train=f"schedule: {schedule}")


@pytest.mark.parametrize("schedule", ["triangular", "one-cycle"])
def test_warmup(read, schedule):
    assert read(train=f"schedule: {schedule}, warmup: 0")[0].train.warmup == 0


@pytest.mark.parametrize("keys", ["", "dataset: mnist, path: mine", "dataset: null"])
def test_one_place(refused, keys):
    text = "pipelines.mine.source: give either 'dataset' (an entry of the catalogue) or 'path' (your own data)"
    refused(text, source=keys)


def test_nowhere_is_no_place(refused):
    for key in ("dataset", "path"):
        text = f"pipelines.mine.source.{key}: String should have at least 1 character, got ''"
        refused(text, source=f'{key}: ""')


def test_all_mistakes_at_once(refused):
    refused(
        "pipelines.mine.model.variant: 'vanila' is not one of 'vanilla', 'stacked', 'bidirectional' or 'attention'\n"
        "pipelines.mine.train.epochs: expected a whole number, got 'many'\n"
        "pipelines.mine.train.batch_size: 0 must be ≥ 1\n"
        "pipelines.mine.train.distort.scale: 2 must be < 1.0",
        model="variant: vanila",
        train="epochs: many, batch_size: 0, distort: {scale: 2}",
    )


@pytest.mark.parametrize(
    ("seed", "text"),
    [
        ("-1", "-1 must be ≥ 0"),
        ("4294967296", "4294967296 must be < 4294967296"),
        ("1.5", "expected a whole number, got 1.5"),
        ("true", "expected a whole number, got True"),
        ("null", "expected a whole number, got None"),
    ],
)
def test_seed(refused, read, seed, text):
    refused(f"seed: {text}", ("seed: 7", f"seed: {seed}"))
    assert read(("seed: 7", "seed: 4294967295"))[1] == 2**32 - 1  # what NumPy, scikit-learn and PyTorch all take


@pytest.mark.faults
@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected the keys 'seed' and 'pipelines', got None"),
        ("[1]", r"expected the keys 'seed' and 'pipelines', got \[1\]"),
        ("pipelines: 3", "'pipelines' must hold one section per pipeline, got 3"),
        ("seed: 1", "'pipelines' must hold one section per pipeline, got None"),
        (
            "pipelinse: {}",
            r"unknown key 'pipelinse'; known keys are \['pipelines', 'seed'\] \(did you mean 'pipelines'",
        ),
        (
            "pipelines: {mime: {}}",
            r"unknown pipeline 'mine'; known pipelines are \['mime'\] \(did you mean 'mime'\?\)$",
        ),
        ("pipelines: {}", r"unknown pipeline 'mine'; known pipelines are \[\]$"),
        ("a: [", "not valid YAML: while parsing a flow node, did not find expected node content \\(line 2\\)"),
        ("a: \0", "not valid YAML: unacceptable character"),
        ("a: 2026-05-45", "not valid YAML: write '2026-05-45' in quotes; DVC takes no date without them"),
        ("a: 1\na: 2", r"not valid YAML: key 'a' stands twice \(line 2\)"),
        ("a: !!python/object:os.system x", r"not valid YAML: tag '.*os.system' is unknown here"),
        ("[" * 600, "not valid YAML: lists and sections are more than 100 deep"),
        (f"a: {'9' * 5000}", "not valid YAML: Exceeds the limit"),
    ],
    ids=lambda text: text[:20],
)
def test_files_that_do_not_do(file, text, said):
    file.write_text(text)
    with pytest.raises(KassandraError, match=f"^{re.escape(str(file))}: {said}"):
        read_pipeline("mine", file)


def test_bytes_that_are_no_text(file):
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KassandraError, match="not valid YAML"):
        read_pipeline("mine", file)


def test_no_file(file):
    with pytest.raises(KassandraError, match=r"params.yaml: no such file; run this in the root of the repository$"):
        read_pipeline("mine", file)
    file.mkdir()
    with pytest.raises(KassandraError, match=r"params.yaml: cannot be read: Is a directory$"):
        read_pipeline("mine", file)


TASKS = ["forecast", "images", "language", "sentiment", "speech", "translation"]


def test_tasks():
    assert TASKS == params.TASKS
    for task in TASKS:
        assert get_args(pipeline_of(task).model_fields["task"].annotation) == (task,)


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("3", f": key 'task' is missing; tasks are {TASKS}"),
        ("{}", f": key 'task' is missing; tasks are {TASKS}"),
        ("{task: imags}", f".task: unknown task 'imags'; known tasks are {TASKS} (did you mean 'images'?)"),
        ("{task: 3}", f".task: unknown task '3'; known tasks are {TASKS}"),
        ("{task: {a: b}}", f".task: unknown task \"{{'a': 'b'}}\"; known tasks are {TASKS}"),
    ],
)
def test_task(file, section, text):
    file.write_text(f"pipelines: {{mine: {section}}}")
    with pytest.raises(KassandraError, match=f"^{re.escape('pipelines.mine' + text)}$"):
        read_pipeline("mine", file)


OF_TEXTS = """\
seed: 7
pipelines:
  mine:
    task: {}
    source: {{path: mine}}
    prepare: {{tokens: words}}
    model: {{variant: stacked}}
    train: {{epochs: 3}}
"""


@pytest.mark.parametrize("task", ["language", "sentiment"])
def test_read_of_texts(file, task):
    file.write_text(OF_TEXTS.format(task))
    params, seed = read_pipeline("mine", file)
    assert isinstance(params, pipeline_of(task))
    assert (seed, params.task, params.source.path, params.prepare.tokens) == (7, task, "mine", "words")
    assert (params.model.num_layers, params.model.embedding_size, params.train.epochs) == (2, 128, 3)


MINE = ("pipelines", "mine")


def places(task):
    """Where something may stand in the section of a task, and some places where nothing may."""
    found = [("seed",), ("pipelines",), MINE, *((*MINE, "model", "attention", key) for key in Attention.model_fields)]
    found += [(*MINE, key) for key in ("task", "source", "prepare", "model", "train", "other")]
    found += [(*MINE, "train", "distort", key) for key in Distortion.model_fields]
    found += [(*MINE, "model", "decoder", key) for key in Decoder.model_fields]
    for name, field in pipeline_of(task).model_fields.items():
        for section in sections_in(field.annotation):
            found += [(*MINE, name, key) for key in section.model_fields]
    return found


PLACES = {task: places(task) for task in TASKS}
CHOICES = ["vanilla", "stacked", "rows", "best", "images", "cosine", "additive", "bf16", "language", "unigram", "ends"]
WORDS = st.sampled_from(CHOICES)
TEXTS = st.sampled_from(["", "ß ≥ 𝄞", "a: b", "{", "- ", "#", "'", '"', "1e", "0x1F", "null", "~", "a\nb", "*a", "%"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | TEXTS | WORDS
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PLAIN, inner, max_size=2), max_leaves=4
)


@pytest.mark.faults
@pytest.mark.slow
@settings(max_examples=40)
@given(data=st.data())
@pytest.mark.parametrize("task", TASKS)
def test_whatever_stands_there_is_read_or_refused_by_a_sentence(task, text, tmp_path_factory, data):
    changes = data.draw(st.lists(st.tuples(st.sampled_from(PLACES[task]), ANYTHING), min_size=1, max_size=3))
    yaml = YAML(typ="safe", pure=True)
    tree = yaml.load(text if task == "images" else OF_TEXTS.format(task))
    for path, value in changes:
        place = tree
        for key in path[:-1]:
            if not isinstance(place.get(key), dict):
                place[key] = {}
            place = place[key]
        place[path[-1]] = value
    written = io.StringIO()
    yaml.dump(tree, written)
    read_or_refused(tmp_path_factory, written.getvalue())


@pytest.mark.faults
@settings(max_examples=60)
@given(
    start=st.integers(0, 150), length=st.integers(0, 9), instead=st.text("{}[]:,-&*!'\"#|>%@\\ \t\n1ea.", max_size=4)
)
def test_a_slip_of_the_pen_is_read_or_refused_by_a_sentence(text, tmp_path_factory, start, length, instead):
    read_or_refused(tmp_path_factory, text[:start] + instead + text[start + length :])


def read_or_refused(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "anything.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        read_pipeline("mine", file)
    except KassandraError as error:  # anything else is a traceback
        assert str(error).strip()  # noqa: PT017
