"""`kassandra add` and `kassandra remove`: what is put in is taken out to the byte, and nothing is half written."""

import contextlib
import re
from textwrap import indent
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kassandra.cli.recipes import add, remove
from kassandra.params.sections.pipeline import read_pipeline

PARAMS = """\
# The choices
seed: 7 # any

pipelines: # one or more
  # The digits
  mine:
    input: images
    target: label
    source: {dataset: mnist} # where from
    prepare: {scan: rows}
    model: {variant: vanilla}
    train: {epochs: 3}
    # threads: 2 is no faster
"""
BODY = """\
  input: images
  target: label
  source: {dataset: mnist}
  prepare: {}
  model: {variant: vanilla, hidden_size: 13} # the plainest
  train: {epochs: 2}
"""
RECIPE = f"""\
# Digits, read row by row (LeCun et al. 1998)
# Measured: accuracy 0.97 [0.96, 0.98] in 60 CPU s

# At commit abc
digits:
{BODY}"""
ADDED = "\n" + indent(RECIPE.replace("s\n\n#", "s\n#\n#"), "  ")
EMPTY = "# The choices\nseed: 7 # any\n\npipelines: {} # one or more\n"


def tree(text):
    return YAML(typ="safe", pure=True).load(text)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to stand in, with PARAMS and RECIPE in it."""
    monkeypatch.chdir(tmp_path)
    params, recipe = tmp_path / "params.yaml", tmp_path / "recipes" / "digits.yaml"
    params.write_text(PARAMS)
    recipe.parent.mkdir()
    recipe.write_text(RECIPE)
    return SimpleNamespace(folder=tmp_path, params=params, recipe=recipe)


@pytest.fixture
def refused(here, kassandra):
    """The whole of what is printed by the command line, and that no file is another one afterwards."""

    def refused(text, *arguments, params=None, recipe=None):
        for path, content in ((here.params, params), (here.recipe, recipe)):
            if content is not None:
                path.write_text(content)
        before = {path: path.read_bytes() for path in here.folder.rglob("*") if path.is_file()}
        done = kassandra(*arguments or ("add", "recipes/digits.yaml"))
        assert (done.status, done.out) == (1, "")
        assert re.fullmatch(f"Error: {text}", done.err.strip(), re.DOTALL), done.err
        assert {path: path.read_bytes() for path in here.folder.rglob("*") if path.is_file()} == before

    return refused


def test_add(here, kassandra):
    done = kassandra("add", "recipes/digits.yaml")
    assert (done.status, done.err) == (0, "")
    assert here.params.read_text() == PARAMS + ADDED
    assert read_pipeline("digits")[0].model.hidden_size == 13
    comment = ADDED[1 : ADDED.index("  digits:")]
    assert done.out == f"Added 'digits' to params.yaml.\n{comment}Next: dvc repro evaluate@digits\n"


def test_the_name_of_a_recipe(here, kassandra):
    (here.folder / "digits").mkdir()  # of data, say
    assert kassandra("add", "digits").status == 0
    assert here.params.read_text() == PARAMS + ADDED


def test_as(here, kassandra):
    done = kassandra("add", "recipes/digits.yaml", "--as", "again-2")
    assert here.params.read_text() == PARAMS + ADDED.replace("digits:", "again-2:")
    assert done.out.endswith("\nNext: dvc repro evaluate@again-2\n")
    kassandra("add", "recipes/digits.yaml")
    kassandra("remove", "again-2")
    assert here.params.read_text() == PARAMS + ADDED


def test_several_at_once(here, kassandra, refused):
    here.recipe.write_text(f"# 1\none:\n{BODY}  # of one\n# 2\n'two':\n{BODY}# of two")
    done, body = kassandra("add", here.recipe), indent(BODY, "  ")
    added = f"\n  # 1\n  one:\n{body}    # of one\n\n  # 2\n  two:\n{body}    # of two\n"
    assert here.params.read_text() == PARAMS + added
    assert done.out.endswith("Added 'two' to params.yaml.\n  # 2\nNext: dvc repro evaluate@one evaluate@two\n")
    refused(r".*: --as renames one section, here are 'one', 'two'", "add", here.recipe, "--as=three")
    refused("params.yaml: the very same section 'one' stands there already; `dvc repro evaluate@one` runs it")


def test_remove(here, kassandra):
    here.params.write_text(PARAMS + ADDED)
    done = kassandra("remove", "mine")
    assert (done.status, done.out, done.err) == (0, "Removed 'mine' from params.yaml.\n", "")
    assert here.params.read_text() == EMPTY.replace(": {}", ":") + ADDED
    kassandra("remove", "digits")
    assert here.params.read_text() == EMPTY
    kassandra("add", here.recipe)
    assert here.params.read_text() == EMPTY.replace(": {}", ":") + ADDED[1:]


def test_remove_says_what_remains(here, kassandra):
    kinds = [f"data/{kind}/mine" for kind in ("raw", "prepared", "models", "predictions")]
    kinds += ["metrics/mine", "data/costs/mine", "data/baselines/mine.parquet", "data/pretrained/mine.safetensors"]
    for name in [*kinds, ".checkpoints/mine-0a1b", ".checkpoints/mine-2-0a1b", "data/raw/mine2", "metrics/digits"]:
        (here.folder / name).mkdir(parents=True)
    stages = "".join(f"  {name}:\n    cmd: x\n" for name in ("prepare@mine", "prepare@mine-2", "train@mine"))
    (here.folder / "dvc.lock").write_text(f"schema: '2.0'\nstages:\n{stages}")
    _, results, lock = kassandra("remove", "mine").out.splitlines()
    assert results == f"Its results remain; delete what you no longer need: {' '.join(kinds)} .checkpoints/mine-0a1b"
    assert re.match(r"dvc.lock still names prepare@mine, train@mine: .* when you delete metrics/mine, .*gc", lock)
    assert all((here.folder / name).exists() for name in kinds)


def test_names(refused):
    text = r"params.yaml: unknown pipeline 'nine'; known pipelines are 'digits', 'mine' \(did you mean 'mine'\?\)"
    refused(text, "remove", "nine", params=PARAMS + ADDED)
    refused("params.yaml: the very same section 'digits' stands there already; `dvc repro evaluate@digits` runs it")
    text = "params.yaml: another pipeline 'digits' stands there already; `kassandra remove digits` first, or `--as .*"
    refused(text, params=PARAMS + ADDED.replace("epochs: 2", "epochs: 1"))
    refused(text, recipe=RECIPE.replace("epochs: 2", "epochs: true"))  # equal in Python, and yet another value


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["2024", "a.b", "a/b", "..", "a b", "null", "true", "-a", "a:", "", "_a", "x$(touch y)"]
)
def test_a_name_that_cannot_be(refused, name):
    text = (
        f"'{re.escape(name)}' cannot name a pipeline: letters, digits, '_' and '-' do, one of the first two first; .*"
    )
    refused(text, "add", "recipes/digits.yaml", f"--as={name}")


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("epochs: 2", "epochs: 0", "pipelines.digits.train.epochs: 0 must be ≥ 1"),
        ("epochs", "epoch", r"pipelines.digits.train: unknown key 'epoch'; .* \(did you mean 'epochs'\?\)"),
        ("input: images", "input: imags", r"pipelines.digits.input: unknown input 'imags'; .*"),
        (RECIPE, "digits: 3", "pipelines.digits: key 'input' is missing; .*"),
        ("input: images", "task: images", "pipelines.digits: 'task' is of Kassandra 0.1.0, .*; `kassandra migrate` .*"),
    ],
)
def test_what_the_params_refuse(refused, old, new, text):
    refused(text, recipe=RECIPE.replace(old, new))


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("expected keys and sections, got None", ["", "# nothing"]),
        (r"expected keys and sections, got \['digits'\]", ["- digits"]),
        ("not valid YAML: .*", ["a: [", "? [a]\n: {}"]),
        ("'pipelines' is for params.yaml; a recipe holds what stands under 'pipelines'", ["pipelines:\n  a: {}"]),
        ("'seed' is for params.yaml; a recipe holds what stands under 'pipelines'", ["seed: 1\na: {}"]),
        ("expected comments and sections .*", ["{}", "{a: {}}", "---\na: {}", "a: {}\n...\n", "  a: {}", "2024: {}"]),
        ("line 1 must begin with a name and ':'", ["? a\n: {}"]),
    ],
    ids=["nothing", "list", "yaml", "params", "seed", "layout", "key"],
)
def test_what_is_no_recipe(refused, text, files):
    for file in files:
        refused(f"recipes/digits.yaml: {text}", recipe=file)


def test_files_that_are_not_there(refused, here):
    refused(r"digits.yaml: no such file; recipes are digits", "add", "digits.yaml")
    refused("recipes: cannot be read: Is a directory", "add", "recipes")
    here.recipe.write_bytes(RECIPE.encode("utf-16"))
    refused("recipes/digits.yaml: cannot be read: write it in UTF-8", "add", "recipes/digits.yaml")
    here.params.unlink()
    refused("params.yaml: no such file; run this in the root of the repository", "remove", "mine")


@pytest.mark.slow
@pytest.mark.parametrize("pipelines", ["{mine: {input: images}}", "3", "[]", "{ }", "&all {}", "\n  {}"])
def test_pipelines_in_another_layout(refused, pipelines):
    params = f"seed: 1\npipelines: {pipelines}\n"
    text = "params.yaml: line 2: under 'pipelines:', put each section on lines of its own, without braces, or write .*"
    refused(text, params=params)
    refused(text, "remove", "mine", params=params)


def test_nothing_under_pipelines_is_a_start(here, kassandra):
    here.params.write_text("seed: 1\npipelines: # none yet\n")
    assert kassandra("add", "recipes/digits.yaml").status == 0
    assert here.params.read_text().startswith("seed: 1\npipelines: # none yet\n  ")
    assert kassandra("remove", "digits").status == 0
    assert here.params.read_text() == "seed: 1\npipelines: {} # none yet\n"


def test_what_stands_in_the_way(refused):
    refused("params.yaml: unknown key 'sead'; .*", params=PARAMS.replace("seed", "sead"))
    refused("params.yaml: key 'pipelines' is missing; write 'pipelines: {}' for a start", params="seed: 1")
    # An anchor cannot be taken out from under its alias.
    text = "params.yaml: anchors, tags or texts of several lines stand in the way; edit it by hand"
    anchored = PARAMS.replace("{epochs: 3}", "&short {epochs: 3}") + ADDED.replace("{epochs: 2}", "*short")
    refused(text, "remove", "mine", params=anchored)
    # Nothing can be put below what is closed further left than its key, or counts the blank lines below it.
    for value in ("[1\n]", "'a\n# b'"):
        refused(text, params=f"pipelines:\n  mine:\n    input: {value}\n")
    counting = PARAMS.replace("{dataset: mnist} # where from", "\n      path: |+\n        mine")
    refused(text, params=counting[: counting.index("    prepare")])


# Files in every layout: comments in odd places, blank lines, another section below, no newline at the end, CRLF.
words = st.sampled_from(["#", "# words", "#: {a", "# mine: 3 # - [", "#digits:"])
gaps = st.lists(st.just("") | st.builds("{}{}".format, st.integers(0, 7).map(" ".__mul__), words), max_size=4)
LEAVES = ["{epochs: 3}", "{epochs: 3, # of it\n\n# also\n   threads: 1}", "\n____epochs: 3\n# odd\n____threads: 1"]
PATHS = ["{dataset: mnist}", "\n____path: |-\n______a\n\n______# no comment", "{path: 'a\n\n____# b'}"]


@st.composite
def section(draw, name, width):
    """The lines of a section from the first column on, its values in some order, with gaps between them."""
    values = {"input": "images", "target": "label", "source": draw(st.sampled_from(PATHS))}
    values |= {"prepare": "{}", "model": "{variant: vanilla}"}
    values["train"] = draw(st.sampled_from(LEAVES))
    lines = [draw(st.sampled_from([f"{name}:", f'"{name}":', f"{name}: # it"]))]
    for key in draw(st.permutations(sorted(values))):
        own = [line.replace("# words", f"# of {name}") for line in draw(gaps)]
        lines += [*own, *f"__{key}: {values[key]}".replace("__", " " * width).split("\n")]
    return lines


@st.composite
def params_files(draw):
    width = draw(st.sampled_from([2, 3, 4]))
    names = draw(st.permutations(["mine", "yours", "on"]))[: draw(st.integers(0, 3))]
    lines = [*draw(gaps), *draw(st.sampled_from([[], ["seed: 1"]]))]
    lines += [*draw(gaps), f"pipelines:{'' if names else ' {}'}{draw(st.sampled_from(['', '  # all']))}"]
    for name in names:
        lines += [*draw(gaps), *(" " * width + line if line else "" for line in draw(section(name, width)))]
    below = [] if "seed: 1" in lines else draw(st.sampled_from([[], ["seed: 2 # it"]]))
    lines += [*draw(gaps), *below, *draw(gaps)]
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines, *draw(st.sampled_from([[], [""]]))]).encode()


@st.composite
def recipes(draw):
    names = ["digits", "letters", "signs"][: draw(st.integers(1, 3))]
    lines = [line for name in names for line in [*draw(gaps), *draw(section(name, draw(st.sampled_from([2, 4]))))]]
    return names, draw(st.sampled_from(["\n", "\r\n"])).join([*lines, *draw(gaps)]).encode()


def comments(text):
    """The lines that are comments or look so, each as often as it is there, but for those that say nothing."""
    return sorted(line.strip() for line in text.decode().splitlines() if re.match(r"\s*#.", line))


@pytest.mark.slow
@given(params_files(), recipes(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_what_is_added_is_removed_to_the_byte(tmp_path_factory, before, recipe, random):
    folder = tmp_path_factory.getbasetemp()
    (folder / "params.yaml").write_bytes(before)
    names, text = recipe
    (folder / "recipe.yaml").write_bytes(text)
    with contextlib.chdir(folder):
        add(folder / "recipe.yaml", None)
        after = (folder / "params.yaml").read_bytes()
        assert tree(after.decode())["pipelines"] == tree(before.decode())["pipelines"] | tree(text.decode())
        assert comments(after) == sorted(comments(before) + comments(text))
        assert (b"\r\n" in after, after.endswith(b"\n")) == (b"\r\n" in before, before.endswith(b"\n"))
        for name in random.sample(names, len(names)):
            remove(name)
    assert (folder / "params.yaml").read_bytes() == before


@pytest.mark.slow
@given(params_files().filter(lambda text: b"pipelines: {}" not in text), st.data())
@settings(max_examples=30)
def test_removing_leaves_the_others(tmp_path_factory, before, data):
    """In any order; all comments within a section go with it, and none of another's."""
    path = tmp_path_factory.getbasetemp() / "params.yaml"
    path.write_bytes(before)
    names = list(tree(before.decode())["pipelines"])
    with contextlib.chdir(path.parent):
        for name in data.draw(st.permutations(names)):
            was = path.read_bytes().decode()
            remove(name)
            now = path.read_bytes().decode()
            rest = {key: value for key, value in tree(was)["pipelines"].items() if key != name}
            assert tree(now) == tree(was) | {"pipelines": rest}
            for other in names:
                assert now.count(f"# of {other}") == (was.count(f"# of {other}") if other != name else 0)
            assert {*now.splitlines()} <= {*was.splitlines(), *was.replace("pipelines:", "pipelines: {}").splitlines()}


def test_a_comment_belongs_to_what_is_below_it_unless_it_is_deeper(here):
    body = indent(BODY, "  ")
    a, b = f"  # a\n# also a\n  a:\n{body}\n    # deeper\n", f"  # b\n  b:\n{body}"
    nobodys = "\n  # nobody's\n\n"
    here.params.write_text(f"pipelines:\n{a}{b}{nobodys}# end")
    remove("a")
    assert here.params.read_text() == f"pipelines:\n{b}{nobodys}# end"
    add(here.recipe, "c")
    assert here.params.read_text() == f"pipelines:\n{b}\n  # nobody's\n{ADDED.replace('digits:', 'c:')}\n# end"
