"""`dvc repro`, also when it is stopped, and what git keeps of it: the same bytes again, and nothing run without need.

All in one file: its clones take a minute to make, and `make test` gives each file to one of its workers.
"""

import json
import os
import random
import signal

import pandas as pd
import psutil
import pytest

pytestmark = pytest.mark.slow

PLOTS = {
    "confusion.csv", "confusion.png", "learning_curves.png", "mistakes.png", "per_class.png", "reliability.png",
    "roc_and_precision_recall.png",
}  # fmt: skip
STALE = "dvc.lock is stale"
# What the lines begin with that DVC prints as a stage starts, and training after each epoch.
PREPARE, TRAIN, EVALUATE = (f"Running stage '{stage}@digits'" for stage in ("prepare", "train", "evaluate"))
EPOCH = "epoch "
CONTINUING = "Continuing after epoch "


def plots(clone, key="digits"):
    return {path.name for path in (clone.root / "metrics" / key / "plots").iterdir()}


def test_each_pipeline_leaves_its_results(reproduced):
    for key, pictures in (("digits", PLOTS), ("pictures", PLOTS | {"attention.png"})):
        scores = json.loads((reproduced.root / f"metrics/{key}/test.json").read_text())
        predictions = pd.read_parquet(reproduced.root / f"data/predictions/{key}/test.parquet")
        assert len(predictions) == scores["examples"]
        assert scores["accuracy"] == pytest.approx((predictions["target"] == predictions["predicted"]).mean(), abs=1e-6)
        assert plots(reproduced, key) == pictures
        assert [line["baseline"] for line in scores["baselines"]] == ["majority class", "logistic regression on pixels"]
    assert json.loads((reproduced.root / "metrics/digits/test.json").read_text())["accuracy"] > 0.3
    folders = {name.split("/")[1] for name in reproduced.made("digits")}
    assert folders == {"raw", "prepared", "baselines", "pretrained", "models", "predictions", "digits"}
    assert reproduced.checkpoints() == []


def test_ones_own_pictures_need_no_edit_but_params(reproduced):
    meta = json.loads((reproduced.root / "data/prepared/pictures/meta.json").read_text())
    assert meta["classes"] == [f"digit {label}" for label in range(10)]
    assert (meta["height"], meta["width"]) == (14, 14)
    assert sum(meta["examples"].values()) == 200


def test_a_clone_without_cache_or_remote_shows_the_results(reproduced, tmp_path):
    clone = reproduced.clone(tmp_path / "kassandra")
    accuracy = json.loads((clone.root / "metrics/digits/test.json").read_text())["accuracy"]
    assert f"{accuracy:.5g}" in clone.dvc("metrics", "show", "metrics/digits/test.json")
    clone.dvc("plots", "show")
    page = (clone.root / "dvc_plots" / "index.html").read_text()
    assert "confusion.png" in page
    assert "valid_loss" in page
    assert "is that of the committed code" in clone.run(".ci/stale-lock-guard")
    assert clone.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "stage"),
    [
        ("params.yaml", "learning_rate: 0.005", "learning_rate: 0.004", "train@digits"),
        ("params.yaml", "path: tests/data/mnist", "path: pictures", "download@digits"),
        ("kassandra/inputs/images/prepare/examples.py", "import gzip", "import gzip  # changed", "prepare@digits"),
        ("metrics/digits/test.json", "accuracy", "Accuracy", "evaluate@digits"),
    ],
)
def test_the_guard_names_the_stage_that_was_not_reproduced(file, old, new, stage, reproduced, tmp_path):
    clone = reproduced.clone(tmp_path / "kassandra")
    clone.edit(file, old, new)
    clone.commit()
    output = clone.run(".ci/stale-lock-guard", fails=True)
    assert STALE in output
    assert f"'{stage}'" in output


def test_the_guard_misses_metrics_that_were_not_committed(reproduced, tmp_path):
    clone = reproduced.clone(tmp_path / "kassandra")
    clone.git("rm", "--quiet", "metrics/digits/test.json")
    clone.commit()
    output = clone.run(".ci/stale-lock-guard", fails=True)
    assert "metrics/digits/test.json is in dvc.lock and not in git" in output


def stopped(clone, beginnings, delay, stop):
    return clone.stopped(("dvc", "repro", "evaluate@digits"), beginnings, delay, stop)


def kill_all(group):
    os.killpg(group, signal.SIGKILL)


def kill_dvc_alone(pid):
    os.kill(pid, signal.SIGKILL)


def press_ctrl_c(group):
    os.killpg(group, signal.SIGINT)


def terminate_the_stage(pid):
    (stage,) = psutil.Process(pid).children()
    stage.terminate()


@pytest.mark.faults
def test_stopped_again_and_again_and_still_the_same_bytes(reproduced, tmp_path):
    clone, moments = reproduced.clone(tmp_path / "elsewhere" / "kassandra"), random.Random(5)
    status, _ = stopped(clone, (PREPARE,), moments.uniform(0, 3), kill_all)
    assert status == -signal.SIGKILL

    for beginning, delay in ((TRAIN, 0.3), (EPOCH, 0)):  # while it imports, while it trains
        status, output = stopped(clone, (beginning,), delay, press_ctrl_c)
        assert status not in (0, -signal.SIGINT)
        assert "Interrupted. `dvc repro evaluate@digits` goes on from the last finished epoch or stage." in output
        assert "failed to reproduce 'train@digits'" in output

    status, output = stopped(clone, (EPOCH,), 0, terminate_the_stage)
    assert status > 0
    assert CONTINUING in output

    # The stage ends with DVC: otherwise it and that of the next repro would write the same files.
    status, _ = stopped(clone, (TRAIN,), 0.3, kill_dvc_alone)
    assert status == -signal.SIGKILL
    assert not (clone.root / "data/models/digits/weights.safetensors").exists()

    training = (EPOCH, EVALUATE)  # where the machine is so fast that there is no epoch left, evaluate is killed
    for longest, beginnings in ((0.2, training), (0.2, training), (0.2, training), (0.5, (EVALUATE,))):
        status, output = stopped(clone, beginnings, moments.uniform(0, longest), kill_all)
        assert status == -signal.SIGKILL
        assert CONTINUING in output or EVALUATE in output

    clone.dvc("repro", "evaluate@digits")
    assert clone.differs_from(reproduced, "digits") == []
    assert clone.git("status", "--porcelain") == ""  # dvc.lock and metrics among them
    assert clone.checkpoints() == []


@pytest.mark.faults
def test_a_mistake_in_a_later_section_stops_what_it_concerns(reproduced, tmp_path):
    clone = reproduced.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "learning_rate: 0.005", "learning_rat: 0.005")
    output = clone.dvc("repro", fails=True)
    assert "Error: pipelines.digits.train: unknown key 'learning_rat'; known keys are '" in output
    assert "(did you mean 'learning_rate'?)" in output
    assert clone.executed(output) == ["train@digits"]
    clone.edit("params.yaml", "learning_rat: 0.005", "learning_rate: 0.005")
    assert clone.executed(clone.dvc("repro")) == []
    assert clone.git("status", "--porcelain") == ""
