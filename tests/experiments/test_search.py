"""The loop of a search, with trainings that only say what they would: what counts, what is given up, what is seeded."""

import json
import os
from itertools import chain, repeat
from pathlib import Path

import optuna
import pandas as pd
import pytest
from optuna.exceptions import StorageInternalError
from optuna.trial import TrialState
from safetensors.numpy import save_file

from kassandra.contracts.errors import KassandraError
from kassandra.experiments import search as searches
from kassandra.experiments import space as spaces
from kassandra.experiments.search import begin, run
from kassandra.experiments.trial import Line
from kassandra.training import rooms

pytestmark = pytest.mark.slow  # dozens of trials

PARAMS = """\
seed: 3
pipelines:
  mine:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {}
    model: {variant: vanilla, hidden_size: 20}
    train: {epochs: 4, keep: KEEP}
"""
SPACE = "space: {model.hidden_size: {low: 5, high: 50}, model.num_layers: {choices: [1]}}\n"


class Pretended:
    """A training whose loss is |hidden_size - 40| / 40 in the last epoch but one, and worse before and after."""

    started: dict[str, "Pretended"]
    error = None

    def __init__(self, pipeline, name, overrides):
        assert pipeline == "mine"
        self.size = int(next(text.partition("=")[2] for text in overrides if "hidden_size" in text))
        self.stopped = False
        type(self).started[name] = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def losses(self):
        best = abs(self.size - 40) / 40
        return [best + 0.5, best + 0.25, best, best + 0.125]

    def lines(self):
        for epoch, loss in enumerate(self.losses(), 1):
            yield Line(epoch, {"train_loss": 9.0, "valid_loss": loss, "valid_accuracy": 1 - loss})

    def stop(self):
        self.stopped = True


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Runs a search with pretended trainings up to so many trials; returns the study and what was printed."""

    def study(trials, name="one", score="valid_loss", keep="best", training=Pretended, space=SPACE, pruner="none"):
        (tmp_path / "params.yaml").write_text(PARAMS.replace("KEEP", keep))
        (tmp_path / "space.yaml").write_text(f"score: {score}\n{space}")
        training.started = {}
        monkeypatch.setattr(searches, "Training", training)
        monkeypatch.setattr(searches, "history", lambda pipeline, name: history(training.started[name]))
        monkeypatch.setattr(searches, "named", lambda study: [])
        monkeypatch.setattr(searches, "check_work", lambda: None)  # here is no repository
        printed = []
        read = spaces.read(tmp_path / "space.yaml", "mine")
        search = begin("mine", name, f"{tmp_path}/{name}.log", read, pruner, printed.append)
        run(search, trials)
        return search.study, printed

    monkeypatch.chdir(tmp_path)
    return study


def history(training):
    rows = [{"epoch": line.epoch, **line.scores} for line in Pretended.lines(training)]
    return pd.DataFrame(rows)


GOOD = "space: {model.hidden_size: {low: 5, high: 50}}\n"


@pytest.mark.parametrize(
    ("score", "keep", "of_trial_0"),
    [("valid_loss", "best", 0.5), ("valid_loss", "last", 0.625), ("valid_accuracy", "best", 0.5),
     ("valid_accuracy", "last", 0.375)],
)  # fmt: skip
def test_the_score_is_that_of_the_weights_that_are_kept(study, score, keep, of_trial_0):
    found, _ = study(3, score=score, keep=keep, space=GOOD)
    first, *others = found.get_trials()
    assert first.params == {"model.hidden_size": 20}  # params.yaml comes first
    assert first.value == of_trial_0
    wanted = max if score == "valid_accuracy" else min
    assert found.best_trial.value == wanted(trial.value for trial in [first, *others])


def test_seeded_wherever_it_was_interrupted(study):
    whole, _ = study(12, "whole", space=GOOD)
    study(3, "parts", space=GOOD)
    study(7, "parts", space=GOOD)
    parts, _ = study(12, "parts", space=GOOD)
    params = [[trial.params for trial in each.get_trials()] for each in (whole, parts)]
    assert params[0] == params[1]
    assert len({json.dumps(each) for each in params[0]}) > 8


def test_seeded_though_trials_were_interrupted(study):
    """The interrupted trial takes a number, and no place among those that are seeded."""
    whole, _ = study(9, "whole", space=GOOD)
    study(3, "parts", space=GOOD)
    with pytest.raises(KeyboardInterrupt):
        study(4, "parts", training=Interrupted, space=GOOD)
    study(6, "parts", space=GOOD)
    with pytest.raises(KeyboardInterrupt):
        study(7, "parts", training=Interrupted, space=GOOD)
    parts, _ = study(9, "parts", space=GOOD)
    finished = [trial.params for trial in parts.get_trials(states=(TrialState.COMPLETE,))]
    assert finished == [trial.params for trial in whole.get_trials()]
    assert len(parts.get_trials()) == 9 + 2


def test_it_finds_what_is_best(study):
    found, _ = study(25, space=GOOD)
    assert abs(found.best_params["model.hidden_size"] - 40) <= 3


def test_what_does_worse_than_most_is_stopped(study):
    found, printed = study(20, space=GOOD, pruner="median")
    pruned = [trial.number for trial in found.get_trials(states=(TrialState.PRUNED,))]
    assert pruned
    assert min(pruned) >= 4
    for name, training in Pretended.started.items():
        assert training.stopped == (int(name.rpartition("-")[2]) in pruned)
    assert sum("is worse than most" in sentence for sentence in printed) == len(pruned)
    assert found.best_trial.state == TrialState.COMPLETE


def test_what_does_not_go_together_is_not_trained(study):
    found, printed = study(2)
    assert {trial.state for trial in found.get_trials()} == {TrialState.PRUNED}
    assert Pretended.started == {}
    assert "refused: pipelines.mine.model: variant 'vanilla' does not use 'num_layers'" in printed[-1]


class Diverges(Pretended):
    error = "training diverged: loss nan, on validation nan, in epoch 1"


class Fails(Pretended):
    error = "no space left on device"


class FromCache(Pretended):
    """DVC has it already, and prints nothing of its epochs."""

    def lines(self):
        return iter(())


class Interrupted(Pretended):
    def lines(self):
        yield from list(super().lines())[:2]
        raise KeyboardInterrupt


class GoesOn(Pretended):
    after = 2

    def lines(self):
        yield Line(self.after, {})
        yield from list(super().lines())[self.after :]


def test_divergence_is_a_result_and_failure_is_not(study):
    found, _ = study(4, "diverges", training=Diverges, space=GOOD)
    assert [trial.state for trial in found.get_trials()] == [TrialState.PRUNED] * 4
    with pytest.raises(KassandraError, match=r"^3 trials failed one after the other, the last one for this: no space"):
        study(4, "fails", training=Fails, space=GOOD)


@pytest.mark.parametrize("after", [2, 1])  # another machine may have an older checkpoint
def test_interrupted_and_gone_on_with(study, after, monkeypatch):
    monkeypatch.setattr(GoesOn, "after", after)
    with pytest.raises(KeyboardInterrupt):
        study(1, training=Interrupted, space=GOOD)
    found, _ = study(1, training=GoesOn, space=GOOD)
    left, resumed = found.get_trials()
    assert (left.state, resumed.state) == (TrialState.FAIL, TrialState.COMPLETE)
    assert resumed.params == left.params
    assert resumed.intermediate_values == {1: 1.0, 2: 0.75, 3: 0.5, 4: 0.625}


def test_a_storage_that_is_lost_and_there_again(study, monkeypatch):
    """A server that is started again, say: the values are tried once more; three times in a row are too many."""

    def lost(*arguments):
        if next(losses):
            raise StorageInternalError("An exception is raised during the commit.") from OSError("server closed")
        return False

    monkeypatch.setattr(searches, "_gives_up", lost)
    losses = chain([True], repeat(False))
    found, printed = study(2, space=GOOD)
    assert [trial.state.name for trial in found.get_trials()] == ["FAIL", "COMPLETE", "COMPLETE"]
    assert found.get_trials()[0].params == found.get_trials()[1].params
    assert "trial 0: its storage was lost; its values are tried again" in printed
    losses = repeat(True)
    with pytest.raises(KassandraError, match=r"3 trials failed .* for this: its storage was lost: server closed"):
        study(2, "never", space=GOOD)


@pytest.mark.parametrize("training", [Pretended, FromCache])
def test_a_score_that_is_not_there(study, training):
    with pytest.raises(KassandraError, match=r"there is no 'valid_roc_auc'; this target has \['train_loss', 'val"):
        study(1, score="valid_roc_auc", space=GOOD, training=training)
    found, _ = study(1, space=GOOD, training=training)  # mended, under the same name
    assert [trial.state for trial in found.get_trials()] == [TrialState.COMPLETE]


def test_what_is_given_up_does_not_depend_on_what_dvc_has_cached(study):
    states, values = zip(
        *(
            (
                [trial.state for trial in found.get_trials()],
                [trial.intermediate_values for trial in found.get_trials()],
            )
            for found, _ in (
                study(20, name, space=GOOD, pruner="median", training=training)
                for name, training in (("trained", Pretended), ("cached", FromCache))
            )
        ),
        strict=True,
    )
    assert states[0] == states[1]
    assert values[0] == values[1]
    assert TrialState.PRUNED in states[0]


def test_code_that_was_changed_begins_another_study(study, monkeypatch):
    monkeypatch.setattr(rooms, "LIBRARY", Path("kassandra"))
    study(1, space=GOOD)
    path = Path("kassandra/lstm/new.py")
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(KassandraError, match="was begun with another code"):
        study(2, space=GOOD)


def test_only_the_checkpoint_of_what_was_given_up_is_deleted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def checkpoint(name, losses, written):
        path = Path(".checkpoints") / name / "checkpoint.safetensors"
        path.parent.mkdir(parents=True)
        progress = json.dumps({"history": [{"valid_loss": loss} for loss in losses]})
        save_file({}, path, metadata={"progress": progress})
        os.utime(path, (written, written))

    checkpoint("mine-given-up", [0.5, 0.15031, 0.14681], 1001)
    checkpoint("mine-from-its-beginning", [0.15031, 0.14681, 0.1], 1001)
    checkpoint("mine-of-yesterday", [0.5, 0.15031, 0.14681], 999)
    checkpoint("mine-other-losses", [0.5, 0.15031, 0.2], 1001)
    checkpoint("another-given-up", [0.5, 0.15031, 0.14681], 1001)
    searches._forget("mine", [0.15031, 0.14681], 1, 1000)
    left = {path.name for path in Path(".checkpoints").iterdir()}
    assert left == {"mine-from-its-beginning", "mine-of-yesterday", "mine-other-losses", "another-given-up"}


def test_the_name_of_another_studys_experiments(study, monkeypatch, tmp_path):
    study(1, space=GOOD)
    monkeypatch.setattr(searches, "named", lambda name: ["two-0", "two-1"])
    read = spaces.read(tmp_path / "space.yaml", "mine")
    with pytest.raises(KassandraError, match=r"--study two: experiment 'two-0' .* `dvc exp remove two-0 two-1`"):
        begin("mine", "two", f"{tmp_path}/two.log", read, "none", print)


def test_the_picture(study, tmp_path):
    from kassandra.cli.search import _importances, picture

    found, _ = study(8, space="space: {model.hidden_size: {low: 5, high: 50}, model.dropout: {low: 0.0, high: 0.9}}\n")
    importances = _importances(found)
    assert importances["model.hidden_size"] > 0.9  # dropout changes nothing here
    picture(found, "valid_loss", tmp_path / "a.png")
    picture(found, "valid_loss", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with pytest.raises(KassandraError, match="is finished, so nothing to draw"):
        picture(optuna.create_study(), "valid_loss", tmp_path / "c.png")


def test_a_storage_that_breaks_is_one_sentence(study, monkeypatch, tmp_path, capsys):
    from kassandra.cli.search import search

    study(1, space=GOOD)

    def broken(search, trials):
        raise StorageInternalError("An exception is raised during the commit.") from OSError("disk is full")

    monkeypatch.setattr(searches, "run", broken)
    with pytest.raises(
        KassandraError, match=r"^--storage .*one\.log: failed: disk is full; once it is mended the same"
    ):
        search("mine", 3, tmp_path / "space.yaml", f"{tmp_path}/one.log", "one", "none", None)
    assert "Trials: 1 finished" in capsys.readouterr().out  # what there is is reported
