"""Whether results are those that git has: every verdict, in a repository of its own."""

import hashlib
import json
import shutil
import subprocess

import pytest
from ruamel.yaml import YAML

from kassandra.cli.report import judge
from kassandra.cli.report import reproduced as compare
from kassandra.contracts.artifacts import write_json

pytestmark = pytest.mark.slow

FINGERPRINT = [
    "torch: 2.13.0",
    "device: cpu",
    "instructions: GenuineIntel AVX512 amx_bf16",
    "threads: 2",
    "precision: bf16",
]
OTHER = [*FINGERPRINT[:2], "instructions: AuthenticAMD AVX2", *FINGERPRINT[3:]]


def scores(accuracy=0.97, trained_on=FINGERPRINT, evaluated_on=FINGERPRINT):
    return {
        "accuracy": accuracy,
        "loss": 0.1,
        "baseline_accuracy": 0.5,
        "examples": 1000,
        "parameters": 12345,
        "intervals": [
            {"score": "accuracy", "value": accuracy, "low": accuracy - 0.01, "high": accuracy + 0.01},
            {"score": "loss", "value": 0.1, "low": 0.05, "high": 0.2},
        ],
        "baselines": [
            {
                "baseline": "majority class",
                "accuracy": {"value": 0.5, "low": 0.4, "high": 0.6},
                "gain": {"value": accuracy - 0.5, "low": -0.1, "high": 0.6},
            }
        ],
        "trained_on": list(trained_on),
        "evaluated_on": list(evaluated_on),
    }


def lock(**changes):
    """A dvc.lock with two pipelines; `changes` replace what stands there by a word."""
    given = {
        "cmd": "python -m stages.train mine",
        "epochs": 3,
        "code": "c0de",
        "raw": "da7a",
        "model": "0de1",
    } | changes
    stages = {
        "download@mine": {"cmd": "x", "outs": [{"path": "data/raw/mine", "md5": given["raw"]}]},
        "train@mine": {
            "cmd": given["cmd"],
            "deps": [
                {"path": "kassandra/training", "md5": given["code"]},
                {"path": "data/prepared/mine/train.npz", "md5": given["model"]},
            ],
            "params": {"params.yaml": {"pipelines.mine.train": {"epochs": given["epochs"]}}},
            "outs": [{"path": "data/models/mine", "md5": given["model"]}],
        },
        "train@other": {"cmd": "y", "params": {"params.yaml": {"seed": given.get("other", 0)}}},
    }
    return json.dumps({"schema": "2.0", "stages": stages})


PARAMS = """\
pipelines:
  mine:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {}
    model: {variant: vanilla}
    train: {}
"""


class Repository:
    def __init__(self, folder):
        self.folder = folder
        self.git("init", "--quiet")

    def git(self, *arguments):
        who = ["-c", "user.name=K", "-c", "user.email=k@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def write(self, now=None, locked=None):
        (self.folder / "metrics" / "mine").mkdir(parents=True, exist_ok=True)
        (self.folder / "metrics" / "mine" / "test.json").write_text(json.dumps(now or scores()))
        (self.folder / "dvc.lock").write_text(locked or lock())
        (self.folder / "params.yaml").write_text(PARAMS)

    def run(self, **changes):
        """What a run leaves behind: weights, seconds, predictions; returns the dvc.lock that names the weights."""
        weights = self.folder / "data/models/mine/weights.safetensors"
        weights.parent.mkdir(parents=True, exist_ok=True)
        weights.write_bytes(b"weights")
        (weights.parent / "weights").mkdir(exist_ok=True)
        (weights.parent / "weights" / "note.txt").write_bytes(b"weights")
        names = ["weights.safetensors", "weights/note.txt"]  # DVC sorts them as text: the dot before the slash
        listed = [{"md5": hashlib.md5(b"weights").hexdigest(), "relpath": name} for name in names]
        write_json(self.costs, {"seconds": 12.3, "cpu_seconds": 45.6})
        self.predictions.parent.mkdir(parents=True, exist_ok=True)
        self.predictions.touch()
        return lock(model=hashlib.md5(json.dumps(listed).encode()).hexdigest() + ".dir", **changes)

    @property
    def costs(self):
        return self.folder / "data/costs/mine" / f"{hashlib.sha256(b'weights').hexdigest()}.json"

    @property
    def predictions(self):
        return self.folder / "data/predictions/mine/test.parquet"

    def commit(self, *given, **named):
        self.write(*given, **named)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "results")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return Repository(tmp_path / "repository")


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


# `kassandra report`, on top of it


def test_report(repository, kassandra):
    repository.commit(locked=repository.run())
    plots = repository.folder / "metrics" / "mine" / "plots"
    plots.mkdir()
    (plots / "confusion.png").touch()
    done = kassandra("report", "mine")
    assert (done.status, done.err) == (0, "")
    for text in (
        "mine: 1,000 test examples",
        "0.9700",
        "[0.9600, 0.9800]",
        "accuracy of majority class",
        "+0.4700",
        "[-0.1000, +0.6000]",
        "12,345 parameters, trained in 12 s (46 CPU s)\n",
        "Reproduction: identical: the same scores as the committed ones, to the last digit\n",
        "metrics/mine/plots/confusion.png\n",
    ):
        assert text in done.out
    assert kassandra("report").out == done.out  # all that have results
    shutil.rmtree("data")
    sentence = "Reproduction: committed results: nothing has been run here; `dvc repro evaluate@mine` runs it\n"
    assert sentence in kassandra("report").out


def test_report_of_several_members(repository, kassandra):
    """Means with intervals of seeds and examples; beside them what all answer together."""
    made = scores() | {"seeds": 3}
    for score, apart in zip(made["intervals"], (0.004, 0.01), strict=True):
        value = score["value"]
        ends = {"value": value + 0.01, "low": value + 0.005, "high": value + 0.015}
        score |= {"members": [value - apart, value, value + apart], "together": ends}
    repository.commit(made, repository.run())
    done = kassandra("report", "mine")
    assert (done.status, done.err) == (0, "")
    (heading,) = [line for line in done.out.splitlines() if "mean of 3" in line]
    assert heading.split() == ["on", "test", "mean", "of", "3", "95%", "interval", "together"]
    assert "Means over 3 trainings from different seeds; intervals are of other seeds and other test" in done.out
    assert "Each alone has accuracy 0.9660 to 0.9740; together they answer with 0.9800 [0.9750, 0.9850]," in done.out
    assert "Means over" not in (repository.write() or kassandra("report", "mine").out)


def forecasts(*one, two=((0.0002, 0.0003), 9.0, 0.0), **more):
    """test.json of forecasts: of each baseline the interval of the gain, a statistic and its p."""
    made = scores() | {"rmse": 0.01, "examples": 1992, "parameters": 7, "baselines": [], "tests": []}
    made["intervals"] = [{"score": "rmse", "value": 0.01, "low": 0.009, "high": 0.011}]
    for name, ((low, high), of, chance) in {"one": one, "two": two}.items():
        paired = {"value": (low + high) / 2, "low": low, "high": high}
        made["baselines"].append({"baseline": name, "rmse": made["intervals"][0], "gain": paired})
        test = {"baseline": name, "statistic": of, "p": chance}
        made["tests"] += [test | {"steps": steps} for steps in ("all", 1)]
    return made | more


@pytest.mark.parametrize(
    ("gain", "statistic", "p", "verdict"),
    [
        ((0.0001, 0.0002), 2.5, 0.013, "The LSTM is better than every baseline, one among them."),
        ((-0.0002, -0.0001), -2.5, 0.013, "The LSTM is worse than one, which costs less."),
        ((-0.0001, 0.0002), 2.5, 0.013, "There is no evidence that the LSTM is better than one, which costs less."),
        ((0.0001, 0.0002), 1.5, 0.134, "There is no evidence that the LSTM is better than one, which costs less."),
    ],
    ids=["better", "worse", "wide interval", "no test"],
)
def test_of_forecasts_the_interval_and_the_test_have_to_agree(repository, kassandra, gain, statistic, p, verdict):
    repository.write(forecasts(gain, statistic, p, cautions=["Not a claim of profit [yet]."]))
    out = kassandra("report", "mine").out
    assert f"{verdict}\nCaution: Not a claim of profit [yet].\n7 parameters\n" in out
    assert "mine: 1,992 test examples" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["p", "of", "equal", "forecasts", "(Diebold-Mariano)", "all", "steps", "step", "1"] in lines
    assert ["one", f"{p:.4f}", f"{p:.4f}"] in lines
    assert "<0.0001" in out
    sure = forecasts((-0.0009, 0.0001), -1.5, 0.1, two=((-0.0002, -0.0001), -2.5, 0.01))  # `one` is harder to beat
    repository.write(sure)
    assert "The LSTM is worse than two, which costs less." in kassandra("report", "mine").out
    repository.write(forecasts((-0.0009, -0.0001), -2.5, 0.01, two=((-0.0002, -0.0001), -2.5, 0.01)))
    assert "The LSTM is worse than one and two, which cost less." in kassandra("report", "mine").out
    repository.write(forecasts((-0.0009, 0.0001), -1.5, 0.1, two=((-0.0002, 0.0001), -2.5, 0.1)))
    no_evidence = "There is no evidence that the LSTM is better than one or two, which cost less."
    assert no_evidence in kassandra("report", "mine").out


def test_report_fails_where_something_is_not_reproduced(repository, kassandra):
    repository.commit()
    repository.write(scores(0.9))
    done = kassandra("report", "mine")
    assert done.status == 1
    assert "Reproduction: differs: the same params, code, data and fingerprint gave other scores" in done.out


@pytest.mark.parametrize(("now", "locked"), [(scores(0.975, OTHER), lock()), (scores(0.5), lock(epochs=9))], ids=["agrees", "other inputs"])  # fmt: skip # noqa: E501
def test_report_does_not_fail_where_results_may_be_other(repository, kassandra, now, locked):
    repository.commit()
    repository.write(now, locked)
    assert kassandra("report", "mine").status == 0


def test_report_of_what_is_not_there(repository, kassandra):
    done = kassandra("report")
    assert (done.status, done.err) == (
        1,
        "Error: metrics: no pipeline has results yet; `make repro` makes those of mnist",
    )
    repository.write()
    done = kassandra("report", "mnie")
    assert done.status == 1
    assert done.err.startswith("Error: metrics/mnie/test.json: no such file; ")
    (repository.folder / "dvc.lock").unlink()
    done = kassandra("report", "mine")
    assert done.status == 1
    assert done.err.startswith("Error: dvc.lock: no such file; ")


def test_seconds_are_those_of_the_weights_at_hand(repository, kassandra):
    repository.commit(locked=repository.run())
    assert "12,345 parameters, trained in 12 s (46 CPU s)\n" in kassandra("report", "mine").out
    (repository.folder / "data/models/mine/weights.safetensors").write_bytes(b"others, from DVC's cache")
    assert "12,345 parameters\n" in kassandra("report", "mine").out
