"""What a params file may hold, and the error where it holds something else."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import sections_in
from kassandra.params.sections.pipeline import kinds, pipeline_of, read_pipeline
from tests.params.pairs import PAIRS


def test_committed(root):
    path = root / "params.yaml"
    names = YAML(typ="safe", pure=True).load(path)["pipelines"]
    assert "mnist" in names
    for name in names:
        read_pipeline(name, path)


def test_read(read):
    params, seed = read()
    assert (seed, params.input, params.source.dataset, params.train.epochs) == (7, "images", "mnist", 3)
    assert params.model.hidden_size == 128
    assert read(("seed: 7\n", ""))[1] == 0


def test_unknown_section(refused):
    refused(
        "pipelines.mine: unknown key 'modle'; "
        "known keys are ['evaluate', 'input', 'model', 'prepare', 'source', 'target', 'train'] (did you mean 'model'?)",
        ("    train:", "    modle: {}\n    train:"),
    )


@pytest.mark.parametrize("section", ["source", "prepare", "model", "train"])
def test_missing_section(text, file, section):
    file.write_text("".join(line for line in text.splitlines(True) if f"    {section}:" not in line))
    with pytest.raises(KassandraError, match=f"^pipelines.mine: key '{section}' is missing$"):
        read_pipeline("mine", file)


def test_all_mistakes_at_once(refused):
    refused(
        "pipelines.mine.model.variant: 'vanila' is not one of 'attention', 'bidirectional', 'stacked' or 'vanilla'\n"
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
@pytest.mark.parametrize(
    ("text", "error"),
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
def test_files_that_do_not_do(file, text, error):
    file.write_text(text)
    with pytest.raises(KassandraError, match=f"^{re.escape(str(file))}: {error}"):
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


INPUTS, TARGETS = kinds("inputs"), kinds("targets")


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("3", f": key 'input' is missing; inputs are {INPUTS}"),
        ("{input: images}", f": key 'target' is missing; targets are {TARGETS}"),
        (
            "{input: imags, target: label}",
            f".input: unknown input 'imags'; known inputs are {INPUTS} (did you mean 'images'?)",
        ),
        ("{input: 3}", f".input: unknown input '3'; known inputs are {INPUTS}"),
        ("{input: text, target: {a: b}}", f".target: unknown target \"{{'a': 'b'}}\"; known targets are {TARGETS}"),
        (
            "{input: images, target: next}",
            ": input 'images' does not go with target 'next', which reads stream; inputs that do are ['text']",
        ),
        (
            "{task: images}",
            ": 'task' is of Kassandra 0.1.0, and is 'input' and 'target' now; `kassandra migrate` rewrites params.yaml",
        ),
    ],
)
def test_input_and_target(file, section, text):
    file.write_text(f"pipelines: {{mine: {section}}}")
    with pytest.raises(KassandraError, match=f"^{re.escape('pipelines.mine' + text)}$"):
        read_pipeline("mine", file)


@pytest.mark.parametrize(("input", "target"), PAIRS)
def test_every_pair_has_a_section_of_defaults(text, file, input, target):
    section = "{path: mine, time: t, target: y}" if target in ("forecast", "gap") else "{path: mine}"
    for old, new in (("images", input), ("label", target), ("{dataset: mnist}", section), ("scan: rows", "")):
        text = text.replace(old, new)
    file.write_text(text)
    params, seed = read_pipeline("mine", file)
    assert isinstance(params, pipeline_of(input, target))
    assert (seed, params.input, params.target, params.train.epochs) == (7, input, target, 3)


MINE = ("pipelines", "mine")


def places(pair):
    """Where something may stand in the section of a pair, and some places where nothing may."""

    def below(kind, path):
        for key, field in kind.model_fields.items():
            yield (*path, key)
            for inner in sections_in(field.annotation):
                yield from below(inner, (*path, key))

    return [("seed",), ("pipelines",), MINE, (*MINE, "task"), (*MINE, "other"), *below(pipeline_of(*pair), MINE)]


CHOICES = ["vanilla", "stacked", "rows", "best", "images", "cosine", "additive", "bf16", "text", "unigram", "ends"]
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
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_whatever_stands_there_is_read_or_refused_by_a_sentence(pair, text, tmp_path_factory, data):
    changes = data.draw(st.lists(st.tuples(st.sampled_from(places(pair)), ANYTHING), min_size=1, max_size=3))
    yaml = YAML(typ="safe", pure=True)
    tree = yaml.load(text)
    tree["pipelines"]["mine"] |= {"input": pair[0], "target": pair[1], "prepare": {}}
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
