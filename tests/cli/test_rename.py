"""`kassandra rename`: everything of a pipeline has the other name afterwards, and nothing else changes."""

import pytest

PARAMS = """\
seed: 0
pipelines:
  mine: # of ours
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {scan: rows}
    model: {variant: vanilla}
    train: {epochs: 1}
  mine-too:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {scan: rows}
    model: {variant: vanilla}
    train: {epochs: 1}
"""
LOCK = """\
schema: '2.0'
stages:
  train@mine:
    cmd: exec python -m stages.train
    deps:
    - path: data/prepared/mine/meta.json
      md5: 0a
    params:
      params.yaml:
        pipelines.mine.train:
          epochs: 1
        seed: 0
    outs:
    - path: data/models/mine
      md5: 0b.dir
  train@mine-too:
    cmd: exec python -m stages.train
    outs:
    - path: data/models/mine-too
      md5: 0c.dir
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.lock").write_text(LOCK)
    for place in ("data/models/mine/model.json", "data/baselines/mine.parquet", "metrics/mine/test.json"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_of_it_is_renamed(project, kassandra):
    done = kassandra("rename", "mine", "yours")
    assert (done.status, done.err) == (0, "")
    assert (project / "params.yaml").read_text() == PARAMS.replace("mine: # of", "yours: # of")
    changed = LOCK.replace("train@mine:", "train@yours:").replace("/mine/", "/yours/")
    changed = changed.replace("pipelines.mine.", "pipelines.yours.").replace(
        "data/models/mine\n", "data/models/yours\n"
    )
    assert (project / "dvc.lock").read_text() == changed
    for place in ("data/models/yours/model.json", "data/baselines/yours.parquet", "metrics/yours/test.json"):
        assert (project / place).exists()
    assert not list(project.rglob("mine"))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("mine", "mine-too", "a pipeline 'mine-too' stands there already"),
        ("other", "yours", "unknown pipeline 'other'"),
        ("mine", "x$(touch y)", "cannot name a pipeline"),
        ("mine", "taken", "metrics/taken: is there already"),
    ],
)
def test_what_is_refused_changes_nothing(project, kassandra, old, new, why):
    (project / "metrics/taken").mkdir()
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    done = kassandra("rename", old, new)
    assert done.status == 1
    assert why in done.err.replace("\n", " "), done.err
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
