"""`kassandra report`: what is printed, of which weights, and its exit status."""

import shutil

import pytest

from tests.reports import OTHER, lock, scores

pytestmark = pytest.mark.slow


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
