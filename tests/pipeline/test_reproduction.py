"""`dvc repro` and what git keeps of it: the same bytes again, nothing run without need, all seen in a clone."""

import json
import shutil

import pandas as pd
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]  # one worker, as they share clones

PLOTS = {"confusion.png", "learning_curves.png", "mistakes.png", "per_class.csv", "per_class.png"}
STALE = "dvc.lock is stale"


def plots(clone, key="digits"):
    return {path.name for path in (clone.root / "metrics" / key / "plots").iterdir()}


def test_each_pipeline_leaves_its_results(reproduced):
    for key, pictures in (("digits", PLOTS), ("pictures", PLOTS | {"attention.png"})):
        scores = json.loads((reproduced.root / f"metrics/{key}/test.json").read_text())
        predictions = pd.read_parquet(reproduced.root / f"data/predictions/{key}.parquet")
        assert len(predictions) == scores["examples"]
        assert scores["accuracy"] == pytest.approx((predictions["target"] == predictions["predicted"]).mean(), abs=1e-6)
        assert plots(reproduced, key) == pictures
    assert reproduced.checkpoints() == []


def test_ones_own_pictures_need_no_edit_but_params(reproduced):
    meta = json.loads((reproduced.root / "data/prepared/pictures/meta.json").read_text())
    assert meta["classes"] == [f"digit {label}" for label in range(10)]
    assert (meta["height"], meta["width"]) == (14, 14)
    assert sum(meta["examples"].values()) == 200


def test_forced_twice_in_two_clones_gives_the_same_bytes(reproduced, again):
    folders = {name.split("/")[1] for name in again.made("digits")}
    assert folders == {"raw", "prepared", "baselines", "models", "predictions", "digits"}
    assert again.differs_from(reproduced, "digits") == []
    # Only that of `reproduced` has the other pipeline, too.
    assert (reproduced.root / "dvc.lock").read_text().startswith((again.root / "dvc.lock").read_text())
    assert again.checkpoints() == []


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
        ("kassandra/tasks/images.py", "import gzip", "import gzip  # changed", "prepare@digits"),
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


@pytest.mark.parametrize("variant", ["attention", "stacked", "bidirectional"])
def test_an_experiment_runs_train_and_evaluate_of_that_pipeline_alone(variant, experiments):
    clone, output = experiments[variant]
    assert clone.executed(output) == ["train@digits", "evaluate@digits"]
    changes = clone.git("status", "--porcelain").splitlines()
    assert " M metrics/digits/test.json" in changes
    assert not [change for change in changes if "pictures" in change]


def test_a_learning_rate_without_a_dot_is_a_number(experiments):
    clone = experiments["bidirectional"].clone
    assert "learning_rate: 1e-05," in (clone.root / "params.yaml").read_text()  # DVC writes it so
    assert pd.read_csv(clone.root / "metrics/digits/history.csv")["learning_rate"].max() <= 1e-5


def test_an_experiment_is_compared_with_what_was_committed(experiments):
    clone = experiments["attention"].clone
    (file, difference), *others = json.loads(clone.dvc("metrics", "diff", "--json")).items()
    assert (file, others) == ("metrics/digits/test.json", [])
    assert difference["accuracy"]["diff"] != 0
    assert difference["parameters"]["diff"] > 0
    clone.dvc("plots", "diff")
    page = (clone.root / "dvc_plots" / "index.html").read_text()
    assert "static/workspace_metrics_digits_plots_attention.png" in page
    assert "static/HEAD_metrics_digits_plots_attention.png" not in page
    assert all(f"static/{side}_metrics_digits_plots_confusion.png" in page for side in ("HEAD", "workspace"))


def test_a_variant_switched_back_executes_nothing(reproduced, experiments, tmp_path):
    clone = reproduced.copy(tmp_path / "kassandra")
    for experiment in experiments.values():
        clone.take_cache_of(experiment.clone)
    for variant in ("attention", "stacked", "bidirectional", "vanilla"):
        before = reproduced if variant == "vanilla" else experiments[variant].clone
        shutil.copy(before.root / "params.yaml", clone.root)
        output = clone.dvc("repro")
        assert clone.executed(output) == []
        for stage in ("train", "evaluate"):
            assert f"Stage '{stage}@digits' is cached - skipping run, checking out outputs" in output
        assert clone.differs_from(before) == []
        assert plots(clone) == (PLOTS | {"attention.png"} if variant == "attention" else PLOTS)
    assert clone.git("status", "--porcelain") == ""
