"""`kassandra compare`: a table, JSON, Markdown, a picture, and an exit status."""

import json
import re
from contextlib import contextmanager

import pytest
from PIL import Image

PIPELINES = {"digits": {"task": "images", "train": {"epochs": 1}}, "same": {"task": "images"}}


def stored(value, seeds=1):
    """test.json; with one seed as it was before there were members."""
    rows = []
    for name, mean, half in (("accuracy", value, 0.01), ("loss", 0.5, 0.1)):
        ends = {"value": mean, "low": mean - half, "high": mean + half}
        members = {"members": [mean - half / 9, mean, mean + half / 9], "together": ends}
        rows.append({"score": name, **ends} | (members if seeds > 1 else {}))
    return {"examples": 9, "intervals": rows} | ({"seeds": seeds} if seeds > 1 else {})


@pytest.fixture
def compare(kassandra, monkeypatch, side):
    """Runs `kassandra compare` with HEAD, whose accuracy is 0.9, and another side."""

    def compare(*options, accuracy=0.8, pipelines=PIPELINES, seeds=(1, 1)):
        import kassandra.cli.compare as module

        @contextmanager
        def sides(one, other):
            accuracies = zip((0.9, accuracy), seeds, strict=True)
            results = [{"digits": stored(value, count), "same": stored(0.5, count)} for value, count in accuracies]
            yield [side(one, PIPELINES, results[0], {}), side(other, pipelines, results[1], {})]

        monkeypatch.setattr(module, "sides", sides)
        return kassandra("compare", *options)

    return compare


def test_a_table(compare):
    changed = PIPELINES | {"digits": {"task": "images", "train": {"epochs": 2, "precision": "bf16"}}, "new": {}}
    printed = compare(pipelines=changed)
    assert printed.status == 0
    lines = printed.out.splitlines()
    assert lines[:2] == ["A = HEAD, B = workspace", "new: new pipeline in B"]
    assert "digits: B is worse (accuracy 0.9000 → 0.8000, -0.1000 [-0.1141, -0.0859], p < 0.0001)" in lines
    assert "  pipelines.digits.train.epochs: 1 → 2" in lines
    assert "  pipelines.digits.train.precision: (not set) → bf16" in lines
    assert re.search(
        r"^ +loss +0.5000 +0.5000 +\+0.0000 +\[-0.1414, \+0.1414\] +1.00 +no evidence", printed.out, re.MULTILINE
    )
    assert "  By the intervals of A and B, unpaired (normal approximation)." in lines
    assert (
        "Note: No score could be compared example by example: data/predictions/digits/test.parquet of HEAD"
        in printed.out
    )
    assert "same: identical results" in lines
    assert "  Of these two models. No verdict on the method: it needs 3 seeds a side, and A has 1, B 1." in lines
    assert lines[-1].endswith("another seed may change as much again.")


def test_a_table_of_methods(compare):
    """Means over seeds decide; the two models stand beside them."""
    printed = compare(seeds=(3, 3)).out
    assert re.search(
        r"^digits: B is worse \(accuracy 0.9000 → 0.8000, -0.1000 \[-0.\d+, -0.0\d+\], p", printed, re.MULTILINE
    )
    assert "  Of the method: means over 3 seeds. These two models, members together: B is worse (accuracy" in printed
    assert "Verdicts are on the method: means over seeds" in printed.splitlines()[-1]
    assert "No verdict" not in printed


def test_without_seeds_enough_there_is_no_verdict_on_the_method(compare):
    """A result of before there were members, beside one of three."""
    for seeds in ((1, 3), (3, 1)):
        printed = compare(seeds=seeds).out
        few = f"No verdict on the method: it needs 3 seeds a side, and A has {seeds[0]}, B {seeds[1]}."
        assert f"  Of these two models. {few}" in printed.splitlines()
        assert "Verdicts are on the method" not in printed


def test_no_more_is_printed_than_necessary(compare):
    assert compare(accuracy=0.9).out.splitlines()[1:] == [
        "",
        "digits: identical results",
        "",
        "same: identical results",
    ]
    assert "digits" not in compare("--pipeline", "same").out


def test_json(compare):
    found = json.loads(compare("old", "new", "--json").out)
    assert (found["a"], found["b"], found["seed"]) == ("old", "new", None)
    digits = found["pipelines"]["digits"]
    assert (digits["verdict"], digits["headline"]) == ("worse", "accuracy")
    accuracy, loss = digits["scores"]
    assert accuracy["difference"]["value"] == pytest.approx(-0.1)
    assert accuracy["p"] < 1e-9
    assert (accuracy["paired"], loss["verdict"]) == (False, "no evidence")
    assert (digits["about"], digits["seeds"], digits["models"]) == ("models", {"a": 1, "b": 1}, [])
    digits = json.loads(compare("--json", seeds=(3, 3)).out)["pipelines"]["digits"]
    assert (digits["about"], digits["seeds"], digits["verdict"]) == ("method", {"a": 3, "b": 3}, "worse")
    assert [row["verdict"] for row in digits["models"]] == ["worse", "no evidence"]


def test_json_of_what_cannot_be_compared(compare):
    found = json.loads(compare("--json", pipelines={"digits": {"task": "forecast"}}).out)
    scores = found["pipelines"]["digits"]["scores"]
    assert [(row["difference"], row["p"], row["verdict"]) for row in scores] == [(None, None, "not comparable")] * 2


def test_markdown(compare):
    changed = PIPELINES | {"digits": {"task": "images", "train": {"epochs": "<b>`|@you"}}}
    lines = compare("main", "HEAD", "--markdown", pipelines=changed).out.splitlines()
    assert lines[0] == "### Results: `HEAD` against `main`"
    row = "| ❌ | `digits` | accuracy | 0.9000 | 0.8000 | -0.1000 [-0.1141, -0.0859] | <0.0001 | **worse**"
    assert f"{row} (these two models) (unpaired) |" in lines
    assert "(these two models)" not in compare("main", "HEAD", "--markdown", seeds=(3, 3)).out
    assert lines.count("</details>") == 1  # of what is identical there is nothing more to say
    tables = [line for line in lines if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {9, 8}  # of the headlines, and of all scores
    inside = lines[lines.index("<details><summary>digits</summary>") :]
    assert r"- `pipelines.digits.train.epochs: 1 → <b>'\|@you`" in inside  # as code, which is no markup


@pytest.mark.parametrize(("accuracy", "status"), [(0.8, 1), (0.95, 0), (0.9, 0), (0.899, 0)])
def test_fail_if_worse(compare, accuracy, status):
    failed = compare("--fail-if-worse", accuracy=accuracy, seeds=(3, 3))
    assert (failed.status, failed.err) == (status, "")
    assert compare(accuracy=accuracy, seeds=(3, 3)).status == 0


@pytest.mark.parametrize("seeds", [(1, 1), (3, 1), (1, 3)])
def test_two_models_fail_nothing_and_that_is_printed(compare, seeds):
    """One training a side says nothing of the method, however much worse it is."""
    done = compare("--fail-if-worse", seeds=seeds)
    assert done.status == 0
    assert "--fail-if-worse: no verdict on the method of digits, same, so that nothing can fail there" in done.err


@pytest.mark.slow
@pytest.mark.parametrize("pipelines", [PIPELINES, {"digits": {"task": "forecast"}}])
def test_a_picture(compare, tmp_path, pipelines):
    paths = [tmp_path / name for name in ("one.png", "other.png")]
    for path in paths:
        assert compare("--plot", path, pipelines=pipelines).status == 0
    with Image.open(paths[0]) as picture:
        assert picture.format == "PNG"
        colours = {colour[:3] for _, colour in picture.convert("RGBA").getcolors(1 << 20)}
        assert ((0xD1, 0x66, 0x1B) in colours) == (pipelines == PIPELINES)  # orange is worse
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--json", "--markdown"], "Error: kassandra compare: give either --json or --markdown"),
        (["--plot", "difference.svg"], "Error: --plot difference.svg: the picture is a PNG; give a name that ends in"),
        (["--pipeline", "digit"], "(did you mean 'digits'?)"),
    ],
)  # fmt: skip
def test_mistakes(compare, options, error):
    printed = compare(*options)
    assert printed.status == 1
    assert error in printed.err
