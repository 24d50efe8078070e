"""Any value under any key of any pair: it is read, or refused in a sentence that names the key, at once."""

import copy
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.cli.recipes import add
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check, sections_in
from kassandra.params.sections.pipeline import kinds, pipeline_of, read_pipeline, readers

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PAIRS = [(input, target) for target in kinds("targets") for input in readers(target)]
GOOD = {"source": {"path": "mine"}, "prepare": {}, "model": {"variant": "vanilla"}, "train": {}}
NESTED = {"distort": {}, "augment": {}, "pretrain": {}, "attention": {}}  # sections in sections
ENDLESS: list[object] = [1]
for _ in range(60):  # as twenty aliases of aliases in YAML give: its repr() would be as long as 2**60
    ENDLESS = [ENDLESS, ENDLESS]
ITSELF: list[object] = []
ITSELF.append(ITSELF)
WRONG = [
    None, True, False, 0, -1, 3, 2**31, 2**53, 2**63, 10**30, 10**400, 1 << 100_000, -(10**400), 0.0, -0.0, 0.5, 1e-320,
    1e308, float("inf"), float("-inf"), float("nan"), "", " ", "3", "true", "null", "vanilla", "a\nb", "\x1b[2J\x07",
    "\0", "\ud800", "x" * 1_000_000, "../../x", "${key}", [], [1], ["a"], [[]], [None] * 1000, {}, {"a": 1}, {1: 2},
    {None: None}, {"a": {"b": {"c": {"d": {}}}}}, ENDLESS, ITSELF, b"\xff", (1, 2), {3}, object,
]  # fmt: skip


def keys(kind, path=()):
    """The dotted place of every key that a section and those in it know, and what it takes."""
    for name, field in kind.model_fields.items():
        yield (*path, name), f"{field.annotation} {field.metadata}"
        for inside in sections_in(field.annotation):
            yield from keys(inside, (*path, name))


def pipeline(pair):
    tree = dict(zip(("input", "target"), pair, strict=True)) | copy.deepcopy(GOOD)
    if pair in (("series", "forecast"), ("series", "gap")):
        tree["source"] |= {"time": "t", "target": "y"}
    return tree


def put(tree, path, value):
    for key in path[:-1]:
        tree = tree.setdefault(key, copy.deepcopy(NESTED.get(key, {})))
    tree[path[-1]] = value


OF_PAIRS = {pair: list(dict.fromkeys(keys(pipeline_of(*pair)))) for pair in PAIRS}  # with what a key takes
# Each once, of the first pair that has it: what a key takes is the same wherever it stands.
PLACES = [(pair, path) for (path, _), pair in {key: pair for pair in PAIRS[::-1] for key in OF_PAIRS[pair]}.items()]


@pytest.mark.parametrize(("pair", "path"), PLACES, ids=["-".join([*pair, ".".join(path)]) for pair, path in PLACES])
def test_every_key_with_every_kind_of_value(pair, path):
    for wrong in [*WRONG, {path[-1]: {}}]:
        tree = pipeline(pair)
        put(tree, path, wrong)
        try:
            check(pipeline_of(*pair), tree, "pipelines.mine")
        except KassandraError as error:
            explained(str(error), path)


def explained(text, path):
    """A line per mistake, of which one is of this key; short, and without what a terminal would take for a command."""
    lines = text.split("\n")
    for line in lines:
        assert re.match(r"pipelines\.mine(\.\w+)*(\.[\w\[\]|, -]+)*: .", line), line[:300]
        assert len(line) < 2500
        assert line.isprintable(), line[:300]
    assert any(path[-1] in line or line.startswith(f"pipelines.mine.{path[0]}") for line in lines), text[:300]


@pytest.mark.parametrize(("pair", "path"), PLACES[:: len(PLACES) // 12])
def test_unknown_keys_beside_every_key(pair, path):
    for unknown in ("x", "x" * 100_000, "", "a\nb", "\x1b[2J", "é", 3, None, True, 1.5, (1, 2)):
        tree = pipeline(pair)
        put(tree, (*path[:-1], unknown), 3)
        with pytest.raises(KassandraError) as error:
            check(pipeline_of(*pair), tree, "pipelines.mine")
        assert len(str(error.value)) < 5000
        assert str(error.value).isprintable()


YAML = """\
seed: 0
pipelines:
  mine:
    input: images
    target: label
    source: {path: mine}
    prepare: {}
    model: {variant: vanilla}
    train: {epochs: 2}
"""
BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
FILES = {
    "empty": b"",
    "spaces": b"  \n \n",
    "tabs": YAML.replace("    ", "\t").encode(),
    "a key twice": YAML.replace("    target: label\n", "    target: label\n    target: next\n").encode(),
    "a pipeline twice": (YAML + YAML.partition("pipelines:\n")[2]).encode(),
    "two documents": f"{YAML}---\n{YAML}".encode(),
    "aliases of aliases": f"a0: &a0 [x]\n{BOMB}{YAML}".encode(),
    "aliases of aliases as a value": YAML.replace("seed: 0", f"seed: 0\na0: &a0 [x]\n{BOMB}")
    .replace("epochs: 2", "epochs: *a29").encode(),
    "an alias of itself": YAML.replace("{epochs: 2}", "&a {epochs: *a}").encode(),
    "an alias of nothing": YAML.replace("epochs: 2", "epochs: *nothing").encode(),
    "merged with itself": YAML.replace("{epochs: 2}", "&a {<<: *a}").encode(),
    "lists in lists": YAML.replace("2}", "[" * 20_000).encode(),
    "sections in sections": b"{a: " * 20_000,
    "indented": b"".join(b" " * n + b"a:\n" for n in range(600)),
    "a Python object": YAML.replace("2}", "!!python/object/apply:os.system ['touch sprung']}").encode(),
    "a tag of nobody": YAML.replace("2}", "!mine 2}").encode(),
    "a truth that is none": YAML.replace("2}", "!!bool perhaps}").encode(),
    "a number that is none": YAML.replace("2}", "!!int ''}").encode(),
    "a time that is none": YAML.replace("2}", "!!timestamp 3}").encode(),
    "bytes": YAML.replace("2}", "!!binary '/w=='}").encode(),
    "a number of 5,000 digits": YAML.replace("2}", f"{'9' * 5000}}}").encode(),
    "a number of 40,000 bits": YAML.replace("2}", f"0x{'f' * 10_000}}}").encode(),
    "a key that is a list": YAML.replace("epochs", "? [epochs]").encode(),
    "control characters": YAML.replace("mine}", '"mi\x07ne"}').encode(),
    "escaped control characters": YAML.replace("{path: mine}", r'"\x1b[2J\n\0"').encode(),
    "Latin-1": YAML.replace("mine}", "größe}").encode("latin-1"),
    "UTF-16": YAML.replace("2}", "two}").encode("utf-16"),
    "bytes of no encoding": bytes(range(256)) * 40,
    "zeros": bytes(100_000),
    "10 MB": YAML.replace("seed: 0", f"# {'x' * 10_000_000}\nseed: 0").encode(),
    "10 MB of pipelines": (YAML + "  x: {input: images}\n" * 500_000).encode(),
    "never ends": YAML.replace("mine}", '"mine').encode(),
    "a directive": f"%YAML 99.9\n---\n{YAML}".encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_whole_files(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_bytes(FILES[kind])
    with pytest.raises(KassandraError) as error:
        read_pipeline("mine", path)
    text = str(error.value)
    assert len(text) < 5000
    assert text.replace("\n", " ").isprintable()
    assert re.match(r"\S*params\.yaml: |pipelines\.mine|seed", text)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", FILES)
def test_whole_files_as_recipes(kind, tmp_path, monkeypatch):
    """What stands in params.yaml stays to the byte."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("pipelines:\n")
    (tmp_path / "recipe.yaml").write_bytes(FILES[kind])
    with pytest.raises(KassandraError) as error:
        add(Path("recipe.yaml"), None)
    text = str(error.value)
    assert len(text) < 5000
    assert text.replace("\n", " ").isprintable()
    assert (tmp_path / "params.yaml").read_text() == "pipelines:\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params.yaml", "recipe.yaml"]


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/b",
        "",
        ".",
        "..",
        ".x",
        "-x",
        "_x",
        "a\nb",
        "a\0b",
        "~",
        "a\\b",
        "a:b",
        "a b",
        "a.b",
        "x$(touch y)",
        "x" * 100_000,
    ],
)
def test_a_name_that_cannot_be_that_of_a_folder(name, tmp_path):
    (tmp_path / "params.yaml").write_text("pipelines: {}")
    with pytest.raises(KassandraError, match=r"cannot be the name of a pipeline|unknown pipeline") as error:
        read_pipeline(name, tmp_path / "params.yaml")
    assert len(str(error.value)) < 1000
    assert str(error.value).isprintable()


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(10**50), 10**50), st.floats(), st.text(max_size=30)
)
VALUES = st.recursive(
    SCALARS, lambda inside: st.lists(inside, max_size=4) | st.dictionaries(SCALARS, inside, max_size=4), max_leaves=12
)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@settings(max_examples=100)
@given(data=st.data())
def test_several_wrong_values_at_once(pair, data):
    tree = pipeline(pair)
    places = [path for path, _ in OF_PAIRS[pair]]
    drawn = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True))
    for path in sorted(drawn, key=len, reverse=True):  # the inner ones first, which an outer one may replace
        put(tree, path, data.draw(VALUES))
    text = "pipelines.mine"
    try:
        check(pipeline_of(*pair), tree, "pipelines.mine")
    except KassandraError as error:
        text = str(error)
    assert all(line.startswith("pipelines.mine") and len(line) < 2500 for line in text.split("\n"))
