"""Whether results are those that git has: every verdict, in a repository of its own."""

import shutil

import pytest
from ruamel.yaml import YAML

from kassandra.cli.report import judge
from kassandra.cli.report import reproduced as compare
from tests.reports import FINGERPRINT, OTHER, Repository, lock, scores

pytestmark = pytest.mark.slow


def test_identical():
    done = judge(scores(), scores())
    assert (done.verdict, done.failed) == ("identical", False)


def test_agrees_on_another_machine_and_names_what_is_other():
    done = judge(scores(0.97), scores(0.975, trained_on=OTHER))
    assert (done.verdict, done.failed) == ("agrees", False)
    assert done.sentence.startswith(
        "trained on AMD AVX2 here, Intel AVX-512 there, and each score within the committed"
    )
    assert judge(scores(), scores(trained_on=OTHER)).verdict == "agrees"  # other bits, the same scores
    done = judge(scores(0.97), scores(0.97, evaluated_on=[*FINGERPRINT[:3], "threads: 8", *FINGERPRINT[4:]]))
    assert done.sentence.startswith("evaluated on 8 threads here, 2 threads there, and")
    done = judge(scores(), scores(trained_on=OTHER, evaluated_on=OTHER))
    assert done.sentence.startswith("trained on AMD AVX2 here, Intel AVX-512 there, and each")  # said once


@pytest.mark.parametrize("now", [0.95, 0.99])
def test_differs_beyond_the_tolerance_of_another_machine(now):
    done = judge(scores(0.97), scores(now, trained_on=OTHER))
    assert (done.verdict, done.failed) == ("differs", True)
    assert f"accuracy is {now:.4f} here, 0.9700 [0.9600, 0.9800] there" in done.sentence
    assert "trained on AMD AVX2 here" in done.sentence
    assert "loss" not in done.sentence


def test_differs_on_the_same_machine():
    """However little: equal fingerprints must give equal bytes."""
    done = judge(scores(0.97), scores(0.970001))
    assert (done.verdict, done.failed) == ("differs", True)
    assert "fingerprint gave other scores; please report this" in done.sentence


def test_a_score_that_is_no_number_does_not_agree():
    now = scores(trained_on=OTHER)
    now["intervals"][1]["value"] = float("nan")
    assert judge(scores(), now).verdict == "differs"


def test_nothing_committed(repository):
    repository.write()
    assert compare("mine", scores(), lock()).verdict == "nothing committed"
    repository.commit()
    done = compare("new", scores(), lock())
    assert (done.verdict, done.failed) == ("nothing committed", False)
    assert done.sentence == "git has no results of 'new' yet; commit these to compare with later"


def test_no_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert compare("mine", scores(), lock()).verdict == "nothing committed"


def test_committed_and_made_again(repository):
    made = repository.run()
    repository.commit()
    assert compare("mine", scores(), made).verdict == "identical"
    assert compare("mine", scores(0.9), made).verdict == "differs"
    assert compare("mine", scores(0.9), lock(model="0ther")).verdict == "differs"  # what stages make is no input
    assert compare("mine", scores(), repository.run(other=1)).verdict == "identical"  # other pipelines are not ours


def test_committed_and_never_made_here(repository):
    """A fresh clone has reproduced nothing, nor has one that fetched all that DVC carries."""
    made = repository.run()
    repository.commit(locked=made)
    assert compare("mine", scores(), made).verdict == "identical"
    repository.predictions.unlink()
    sentence = "trained here, but not evaluated; `dvc repro evaluate@mine` evaluates it"
    assert compare("mine", scores(), made) == ("committed results", sentence)
    repository.costs.unlink()
    sentence = "fetched, nothing has been run here; `dvc repro --force evaluate@mine` runs it"
    assert compare("mine", scores(), made) == ("committed results", sentence)
    shutil.rmtree(repository.folder / "data")
    sentence = "nothing has been run here; `dvc repro evaluate@mine` runs it"
    assert compare("mine", scores(), made) == ("committed results", sentence)
    assert not compare("mine", scores(), made).failed


def test_a_variant_that_was_tried_is_not_what_is_committed(repository):
    repository.run()
    repository.commit()
    assert compare("mine", scores(), lock()).sentence.startswith("nothing has been run here")


@pytest.mark.parametrize("change", [{"epochs": 4}, {"code": "0ther"}, {"raw": "0ther"}, {"cmd": "python"}], ids=str)
def test_other_inputs_are_nothing_to_reproduce(repository, change):
    repository.commit()
    done = compare("mine", scores(0.5), lock(**change))
    assert (done.verdict, done.failed) == ("other inputs", False)
    assert done.sentence == "params, code or data are not those of the committed results"


def test_an_older_revision(repository):
    repository.commit(scores(0.9))
    repository.commit(scores(0.97))
    made = repository.run()
    assert compare("mine", scores(0.9), made).verdict == "differs"
    assert compare("mine", scores(0.9), made, revision="HEAD~1").verdict == "identical"


def test_in_a_folder_of_a_larger_repository(repository, monkeypatch):
    (repository.folder / "deeper").mkdir()
    inner = Repository.__new__(Repository)
    inner.folder = repository.folder / "deeper"
    inner.commit()
    monkeypatch.chdir(inner.folder)
    assert compare("mine", scores(), inner.run()).verdict == "identical"


def test_the_lock_of_this_repository_has_what_is_compared(root):
    """Each stage of dvc.yaml is one that the comparison looks at."""
    from kassandra.contracts.lock import STAGES

    assert set(YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"]) == set(STAGES)
