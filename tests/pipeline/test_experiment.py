"""`dvc exp run` of another variant: what it runs, what it leaves, and how it is compared and taken back."""

import hashlib
import json
import shutil

import pandas as pd
import pytest
import yaml

from tests.pipeline.test_reproduction import PLOTS, plots

pytestmark = [pytest.mark.slow, pytest.mark.sweeps]


def test_an_experiment_runs_what_follows_from_the_model_of_that_pipeline_alone(experiment):
    clone, output = experiment
    assert clone.executed(output) == ["pretrain@digits", "train@digits", "evaluate@digits"]
    changes = clone.git("status", "--porcelain").splitlines()
    assert " M metrics/digits/test.json" in changes
    assert not [change for change in changes if "pictures" in change]


def test_a_learning_rate_without_a_dot_is_a_number(experiment):
    assert "learning_rate: 1e-05," in (experiment.clone.root / "params.yaml").read_text()  # DVC writes it so
    assert pd.read_csv(experiment.clone.root / "metrics/digits/history.csv")["learning_rate"].max() <= 1e-5


def test_an_experiment_is_compared_with_what_was_committed(experiment):
    clone = experiment.clone
    (file, difference), *others = json.loads(clone.dvc("metrics", "diff", "--json")).items()
    assert (file, others) == ("metrics/digits/test.json", [])
    assert difference["parameters"]["diff"] > 0
    clone.dvc("plots", "diff")
    page = (clone.root / "dvc_plots" / "index.html").read_text()
    assert "static/workspace_metrics_digits_plots_attention.png" in page
    assert "static/HEAD_metrics_digits_plots_attention.png" not in page
    assert all(f"static/{side}_metrics_digits_plots_confusion.png" in page for side in ("HEAD", "workspace"))


def test_a_variant_switched_back_executes_nothing(reproduced, experiment, tmp_path):
    clone = reproduced.copy(tmp_path / "kassandra")
    clone.take_cache_of(experiment.clone)
    for before in (experiment.clone, reproduced):
        shutil.copy(before.root / "params.yaml", clone.root)
        output = clone.dvc("repro")
        assert clone.executed(output) == []
        for stage in ("pretrain", "train", "evaluate"):
            assert f"Stage '{stage}@digits' is cached - skipping run, checking out outputs" in output
        assert clone.differs_from(before) == []
        assert plots(clone) == (PLOTS if before is reproduced else PLOTS | {"attention.png"})
    assert clone.git("status", "--porcelain") == ""


def test_results_committed_elsewhere_are_compared_by_what_this_machine_made_of_them(experiment, tmp_path):
    """HEAD's dvc.lock has the bytes of another processor, whose predictions nobody has here; its params, code and data
    were run here all the same."""
    clone = experiment.clone.copy(tmp_path / "kassandra")
    clone.commit()
    changed = clone.git("rev-parse", "HEAD").strip()
    clone.git("checkout", "--quiet", "-b", "elsewhere", "HEAD~1")
    text = (clone.root / "dvc.lock").read_text()
    digits = yaml.safe_load(text)["stages"]
    for stage in ("train@digits", "evaluate@digits"):
        for out in digits[stage]["outs"]:
            text = text.replace(out["md5"], hashlib.md5(out["md5"].encode()).hexdigest() + out["md5"][32:])
    (clone.root / "dvc.lock").write_text(text)
    clone.commit()
    output = clone.run("kassandra", "compare", "elsewhere", changed, "--pipeline", "digits")
    assert "Note: accuracy could not be compared" not in output
    assert "its params, code and data as they were run on this machine, not its committed results" in output
