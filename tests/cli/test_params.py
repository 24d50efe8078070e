"""`kassandra params` explains each key: its meaning, its range and its default."""

import pytest

from kassandra.cli.params import keys_of
from kassandra.params.sections.pipeline import kinds, pipeline_of, readers

PAIRS = [(input, target) for target in kinds("targets") for input in readers(target)]
PARAMS = """\
seed: 3
pipelines:
  mine:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {}
    model: {variant: vanilla}
    train: {learning_rate: 0.004, distort: {shift: 2}}
  limit: {}
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def printed(kassandra, monkeypatch):
    def printed(*arguments, width=200):
        monkeypatch.setattr("shutil.get_terminal_size", lambda: type("Size", (), {"columns": width}))
        done = kassandra("params", *arguments)
        assert (done.status, done.err) == (0, "")
        return done.out.splitlines()

    return printed


@pytest.mark.parametrize(("input", "target"), PAIRS)
def test_every_key_is_explained(input, target):
    keys = list(keys_of(pipeline_of(input, target)))
    assert len({key.path for key in keys}) == len(keys)
    for key in keys:
        assert key.meaning, key.path
        assert not key.meaning.startswith(("source:", "prepare:")), key
        assert "typing" not in key.limits, key
        assert "{" not in key.limits, key


TABLES = "series → forecast, series → gap"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("seed", "seed (every pipeline): whole number, ≥ 0, < 4294967296; default 0"),
        ("learning_rate", "train.learning_rate (every pipeline): number, > 0, < 10; default 0.001"),
        ("train.clip", "train.clip (every pipeline): number or null, > 0; default 1"),
        ("variant", "model.variant (target: next): one of stacked, vanilla; required"),
        ("permute", "prepare.permute (input: images): true or false; default false"),
        ("precision", 'train.precision (every pipeline): one of fp32, bf16; default "fp32"'),
        ("distort", "train.distort (images → label, images → number): section or null; default null"),
        ("distort", "train.distort.shift (images → label, images → number): number, ≥ 0, ≤ 14; default 0"),
        ("missing", 'prepare.missing (target: forecast): one of error, forward, interpolate, drop; default "error"'),
        ("speakers", "prepare.speakers (input: audio): list of text; default []"),
        ("source.target", f"source.target ({TABLES}): text or list of text or null; default null"),
        ("tied", "model.tied (target: next): true or false; default false"),
        ("tied", "model.decoder.tied (target: text): true or false; default true"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_a_key_in_each_section_that_has_it(printed, key, line):
    assert line in printed(key)


def test_a_key_that_means_different_things_is_shown_for_each(printed):
    lines = printed("train.batch_size")
    assert [line for line in lines if line.endswith("images per step.")] == ["    images per step."]
    headings = [line for line in lines if not line.startswith(" ")]
    assert len(set(headings)) == len(headings) >= 4
    assert all(line.startswith("train.batch_size (") for line in headings)


def test_a_key_of_some_pairs_names_them(printed):
    (heading,) = [line for line in printed("keep") if line.startswith("prepare.keep ")]
    assert "text → label" in heading
    assert heading.endswith('): one of start, end, ends; default "ends"')


def test_a_pipeline_has_the_keys_of_its_pair_and_their_values(printed):
    lines = printed("mine")
    assert lines[0] == "pipelines.mine: input images, target label"
    headings = [line for line in lines[1:] if not line.startswith(" ")]
    assert [line.split(":")[0] for line in headings] == [key.path for key in keys_of(pipeline_of("images", "label"))]
    assert "train.learning_rate: number, > 0, < 10; default 0.001; here 0.004" in headings
    assert "train.distort.shift: number, ≥ 0, ≤ 14; default 0; here 2" in headings
    assert "train.epochs: whole number, ≥ 1, ≤ 1000000; default 5" in headings


@pytest.mark.slow
def test_the_overview_names_every_key_and_wraps(printed):
    lines = printed(width=60)
    assert max(map(len, lines)) <= 60
    words = {word.strip(",:").split(".")[-1] for line in lines for word in line.split()}
    for pair in PAIRS:
        assert {key.path.split(".")[-1] for key in keys_of(pipeline_of(*pair))} <= words
    assert len(lines) < 250


@pytest.mark.slow
def test_mistakes(kassandra, here):
    done = kassandra("params", "batchsize")
    assert done.err == (
        "Error: params: no key and no pipeline is called 'batchsize' (did you mean 'batch_size'?); "
        "`kassandra params` lists all keys"
    )
    assert kassandra("params", "limit").err == (
        "Error: pipelines.limit: key 'input' is missing; inputs are 'audio', 'images', 'series', 'text'"
    )
    (here / "params.yaml").unlink()
    assert kassandra("params", "limit").status == 0  # a key, where there are no pipelines


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
