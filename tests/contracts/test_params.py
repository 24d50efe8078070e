"""What a params file may hold, and what is answered where it holds something else."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.model_params import ModelParams
from kassandra.contracts.params import Distortion, ImagesPrepare, ImagesTrain, read_pipeline


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
        ("a: [", "not valid YAML: while parsing a flow node expected the node content"),
        ("a: \0", "not valid YAML: unacceptable character"),
        ("a: 2026-05-45", "not valid YAML: day"),
        ("a: 1\na: 2", 'not valid YAML: while constructing a mapping .* found duplicate key "a"'),
        ("a: !!python/object:os.system x", "not valid YAML: could not determine a constructor"),
        ("[" * 600, "not valid YAML: maximum recursion"),
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


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("3", ": key 'task' is missing; tasks are ['images']"),
        ("{}", ": key 'task' is missing; tasks are ['images']"),
        ("{task: imags}", ".task: unknown task 'imags'; known tasks are ['images'] (did you mean 'images'?)"),
        ("{task: 3}", ".task: unknown task '3'; known tasks are ['images']"),
        ("{task: {a: b}}", ".task: unknown task \"{'a': 'b'}\"; known tasks are ['images']"),
    ],
)
def test_task(file, section, text):
    file.write_text(f"pipelines: {{mine: {section}}}")
    with pytest.raises(KassandraError, match=f"^{re.escape('pipelines.mine' + text)}$"):
        read_pipeline("mine", file)


MINE = ("pipelines", "mine")
SECTIONS = {("prepare",): ImagesPrepare, ("model",): ModelParams, ("train",): ImagesTrain}
SECTIONS[("train", "distort")] = Distortion
PLACES = [("seed",), ("pipelines",), MINE, (*MINE, "model", "attention", "kind"), (*MINE, "model", "attention", "size")]
PLACES += [(*MINE, key) for key in ("task", "source", "prepare", "model", "train", "other")]
PLACES += [(*MINE, *section, key) for section, kind in SECTIONS.items() for key in kind.model_fields]
WORDS = st.sampled_from(["vanilla", "stacked", "rows", "best", "images", "cosine", "additive", "bf16"])
TEXTS = st.sampled_from(["", "ß ≥ 𝄞", "a: b", "{", "- ", "#", "'", '"', "1e", "0x1F", "null", "~", "a\nb", "*a", "%"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | TEXTS | WORDS
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PLAIN, inner, max_size=2), max_leaves=4
)


@settings(max_examples=40)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
def test_whatever_stands_there_is_read_or_refused_by_a_sentence(text, tmp_path_factory, changes):
    yaml = YAML(typ="safe", pure=True)
    tree = yaml.load(text)
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
