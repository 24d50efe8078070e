"""What this machine made of a revision's params, code and data, by DVC's run cache."""

import json
from pathlib import Path

import pytest

from kassandra.comparison import run_cache
from kassandra.contracts import lock

STAGES = {
    name: {
        "cmd": f"exec python -m stages.{name}",
        "deps": [{"path": f"stages/{name}.py", "md5": f"c{place}"}]
        + ([{"path": f"data/{place - 1}/mine", "md5": f"{place - 1}a"}] if place else []),
        "params": {"params.yaml": {"pipelines.mine.train": {"epochs": 2}}},
        "outs": [{"path": f"data/{place}/mine", "md5": f"{place}a"}],
    }
    for place, name in enumerate(lock.STAGES)
}


def elsewhere(stages):
    """The same, as another machine has made it: every output is of other bytes."""
    text = json.dumps(stages)
    for place in range(len(lock.STAGES)):
        text = text.replace(f'"{place}a"', f'"{place}b"')
    return json.loads(text)


@pytest.fixture
def cache(tmp_path):
    """As after each stage was run here."""
    for place, content in enumerate(STAGES.values()):
        path = tmp_path / "runs" / f"{place:02}" / "key" / "value"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
    (tmp_path / "runs/99/key").mkdir(parents=True)
    (tmp_path / "runs/99/key/value").write_text("no run: [")
    return tmp_path


def entries(stages):
    return {name: lock.entry(content, "mine") for name, content in stages.items()}


def test_outputs_are_those_of_this_machine_whatever_was_committed(cache):
    made = run_cache.outputs(cache, "mine", entries(elsewhere(STAGES)))
    assert made == {f"data/{place}/mine": f"{place}a" for place in range(len(lock.STAGES))}


@pytest.mark.parametrize("stage", lock.STAGES)
@pytest.mark.parametrize("what", ["params", "code"])
def test_a_stage_that_was_run_with_another_param_or_other_code_is_another(cache, stage, what):
    other = elsewhere(STAGES)
    if what == "params":
        other[stage]["params"]["params.yaml"]["pipelines.mine.train"]["epochs"] = 3
    else:
        other[stage]["deps"][0]["md5"] = "other"
    assert run_cache.outputs(cache, "mine", entries(other)) == {}


def test_where_a_stage_is_missing_there_is_nothing(cache):
    assert run_cache.outputs(cache, "mine", entries({"train": STAGES["train"]})) == {}


def test_files_in_folders_and_files_that_the_cache_has_not(tmp_path):
    listed = json.dumps([{"relpath": "test.parquet", "md5": "bcd"}]).encode()
    for md5, content in (("aaf.dir", listed), ("bcd", b"rows")):
        path = tmp_path / "files" / "md5" / md5[:2] / md5[2:]
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    made = {"data/predictions/mine": "aaf.dir", "data/gone": "eee"}
    read = {name: run_cache.content(tmp_path, made, Path(name)) for name in (
        "data/predictions/mine/test.parquet", "data/predictions/mine/other", "data/gone", "data/unknown",
    )}  # fmt: skip
    assert list(read.values()) == [b"rows", None, None, None]
