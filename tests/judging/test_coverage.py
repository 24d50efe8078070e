"""What is said of intervals that cover less than 95 of 100, and the simulations that it rests on."""

import csv

import numpy as np
import pytest

from benchmarks import coverage as simulation
from benchmarks import verdicts
from kassandra.judging.coverage import ENOUGH, TABLE, caution, covers, of_errors


def test_the_table_has_a_number_for_any_size():
    for kind, rows in TABLE.items():
        assert covers(kind, 0) == covers(kind, 1) == rows[1]
        assert covers(kind, 10**9) == rows[max(rows)]
        assert sorted(rows.values()) == [*rows.values()]  # more units never cover less


def test_a_sentence_only_where_it_is_needed():
    assert caution("accuracy", "share", 300) == ""
    assert "cover in 86 of 100 cases, not in 95" in caution("accuracy", "share", 15)


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ("no autocorrelation", "errors"),
        ("AR(.5)", "errors"),
        ("AR(.9)", "persistent errors"),
        ("GARCH(.1, .87)", "clustered errors"),
    ],
)
def test_kinds_of_errors_are_recognised(errors, kind):
    series = simulation.ERRORS[errors](np.random.default_rng(3), 2000)
    assert of_errors(series) == kind
    assert of_errors(1000 * series + 7) == kind
    assert of_errors(np.ones(50)) == of_errors(series[:5]) == "errors"


@pytest.mark.slow
def test_shares_cover_whatever_the_accuracy():
    rows = {int(row["units"]): row for row in simulation.shares()}
    for units, row in rows.items():
        assert 0.93 <= float(row["after"]) <= 0.97
        assert float(row["before"]) < float(row["after"]) + 0.005
        assert units < 50 or float(row["lowest"].split()[0]) >= 0.9


def test_a_simulation_of_each_kind_goes_through():
    """Too few to say how much they cover: that is for the command."""
    cases = {case.what: case for case in simulation.CASES}
    for what in ("rmse, errors AR(.7)", "BLEU", "chrF", "perplexity"):
        case = cases[what]
        estimate = simulation.after(case, case.draw(np.random.default_rng(0), case.sizes[0]))
        assert estimate.low < estimate.value < estimate.high
    for case in verdicts.EQUAL[:1] + verdicts.EQUAL[-1:]:
        assert verdicts.rates(case, 60)["method"] <= 0.15


# By kind, the cases of the simulation that it stands for.
CASES = {
    "macro": ("macro F1, rarest class 2%", "macro F1 near 1"),
    "calibration": ("calibration error",),
    "mean": ("log-loss",),
    "corpus": ("BLEU", "chrF"),
    "persistent errors": ("rmse, errors AR(.9)", "mae and mase, errors AR(.9)", "crps, errors AR(.9)"),
    "clustered errors": ("rmse, errors GARCH", "mae and mase, errors GARCH", "crps, errors GARCH"),
}


@pytest.mark.parametrize("kind", CASES)
def test_what_is_said_is_what_was_simulated(kind, root):
    """Of the hardest case: never more than it covers, and not much less; two standard errors are 0.02."""
    hardest = {}
    with (root / "benchmarks" / "results" / "coverage.csv").open() as file:
        for row in csv.DictReader(file):
            if row["interval of"].startswith(CASES[kind]):
                units = int(row["units"]) // 50 if kind == "macro" else int(row["units"])  # of the rarest class
                hardest[units] = min(hardest.get(units, 1.0), float(row["after"]))
    for units, share in hardest.items():
        said = covers(kind, max(units, 1))
        assert said <= share + 0.01, units
        assert said >= min(ENOUGH, *(each for more, each in hardest.items() if more >= units)) - 0.03, units
