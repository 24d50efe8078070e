"""dvc.lock: what is read of it, and what is reported of one that is none."""

import pytest
from ruamel.yaml import YAML

from kassandra.contracts import lock
from kassandra.contracts.errors import KassandraError

TEXT = """\
schema: '2.0'
stages:
  train@mine:
    cmd: exec python -m stages.train mine
    deps:
    - path: data/prepared/mine/train.npz
      hash: md5
      md5: '1e05'
      size: 9
    - path: kassandra/training
      hash: md5
      md5: 12.dir
    - path: s3://elsewhere
      etag: x
    params:
      params.yaml:
        pipelines.mine.train:
          learning_rate: 1e-05
        seed: 0
      other.yaml:
        seed: 1
    outs:
    - path: data/models/mine
      md5: '34'
  train@other: {cmd: x}
  alone: {cmd: y}
"""


def test_read():
    pipelines = lock.parse(TEXT, "dvc.lock")
    stage = pipelines["mine"]["train"]
    assert (list(pipelines), pipelines["other"]["train"]) == (["mine", "other"], lock.Stage("x", {}, {}, {}))
    assert stage.command == "exec python -m stages.train mine"
    assert stage.params == {"pipelines.mine.train": {"learning_rate": 1e-05}, "seed": 0}
    assert stage.deps.keys() == {"data/prepared/mine/train.npz", "kassandra/training"}
    assert stage.code == {"kassandra/training": "12.dir"}
    assert stage.outs == {"data/models/mine": "34"}


@pytest.mark.slow  # the pure parser takes its time
def test_the_one_of_the_repository_is_read_as_dvc_reads_it(root):
    text = (root / "dvc.lock").read_text()
    stages = YAML(typ="safe").load(text)["stages"]
    read = {
        f"{stage}@{name}": each for name, mine in lock.parse(text, "dvc.lock").items() for stage, each in mine.items()
    }
    assert read.keys() == stages.keys()
    for key, stage in read.items():
        pipeline = f"pipelines.{key.partition('@')[2]}"
        params = dict(stages[key].get("params", {}).get("params.yaml", {}))
        params |= {f"{pipeline}.{name}": value for name, value in params.pop(pipeline, {}).items()}  # of evaluate
        assert stage.params == params
        for mine, theirs in ((stage.deps, "deps"), (stage.outs, "outs")):
            assert mine == {each["path"]: each["md5"] for each in stages[key].get(theirs, [])}


@pytest.mark.parametrize("text", ["", "schema: '2.0'", "stages:\n", "stages: {}"])
def test_nothing_yet(text):
    assert lock.parse(text, "dvc.lock") == {}


@pytest.mark.parametrize(
    "text",
    ["- a", "3", "stages: [a]", "stages: {1: {}}", "stages: {a@b: 3}", "stages: {a@b: {deps: 3}}",
     "stages: {a@b: {deps: [a]}}", "stages: {a@b: {outs: [{md5: a}]}}", "stages: {a@b: {params: 3}}",
     "stages: {a@b: {params: {params.yaml: 3}}}"],
)  # fmt: skip
def test_what_dvc_does_not_write(text):
    with pytest.raises(KassandraError, match=r"^dvc.lock at x: not laid out as DVC writes it; `git checkout dvc.lock`"):
        lock.parse(text, "dvc.lock at x")


def test_marks_of_a_merge_and_a_file_cut_off():
    with pytest.raises(
        KassandraError, match=r"^dvc.lock: holds the marks of a merge; `kassandra merge` resolves it, then `dvc repro`$"
    ):
        lock.parse(TEXT.replace("    outs:", "<<<<<<< HEAD\n    outs:"), "dvc.lock")
    with pytest.raises(KassandraError, match=r"^dvc.lock: not valid YAML: "):
        lock.parse(TEXT[: TEXT.index("'34'") + 2], "dvc.lock")
