"""Two verdicts of `kassandra compare`: on the method, from the tables of all members, and on the two models."""

import pandas as pd
import pytest

from kassandra.comparison.compare import compare
from kassandra.contracts.seeds import member_seeds
from kassandra.judging import paired
from kassandra.judging.judge import contents, judge
from kassandra.judging.method import compare_methods
from kassandra.targets.label.evaluate.scores import RESAMPLING, SCORES
from tests.sides import DIGITS

pytestmark = pytest.mark.slow
MACHINE = {"device": "cpu"}


@pytest.fixture
def recipe(side, answers):
    """A side with a member for each share of right answers, and what its files hold."""

    def recipe(label, shares, own=0, lost=()):
        members = [answers(share, own=own + number)[1] for number, share in enumerate(shares)]
        mean = sum(table.filter(like="probability_") for table in members) / len(members)
        joint = members[0].assign(**mean, predicted=mean.to_numpy().argmax(1))
        joint = joint if len(members) > 1 else members[0]
        report = judge(SCORES, members, joint, {"none": joint.assign(predicted=0)}, RESAMPLING, 0)
        result = contents(report, 7, MACHINE, MACHINE)
        seeds = member_seeds(0, len(members))
        whole = pd.concat([table.assign(seed=seed) for seed, table in zip(seeds, members, strict=True)])
        files = {"digits": whole, "digits together": joint}
        kept = {name: table for name, table in files.items() if name not in lost}
        return side(label, DIGITS, {"digits": result}, kept), members, joint

    return recipe


def test_it_is_that_of_the_method_on_the_tables(recipe):
    (a, ours, joint), (b, theirs, other) = recipe("A", (0.78, 0.8, 0.82)), recipe("B", (0.88, 0.9, 0.92), own=9)
    (compared,) = compare(a, b, []).pipelines
    assert (compared.of_method, compared.seeds, compared.verdict) == (True, (3, 3), "better")
    which = [score for score in SCORES if not score.unpaired]
    methods = compare_methods(which, ours, theirs, RESAMPLING)
    models = paired.compare(which, joint, other, RESAMPLING)
    for rows, expected in ((compared.rows, methods), (compared.models, models)):
        by_score = {row.score: row for row in rows}
        for name, each in expected.items():
            assert by_score[name].paired
            assert by_score[name].difference[:4] == pytest.approx(each.difference[:4]), name
            assert (by_score[name].a, by_score[name].b) == pytest.approx((each.a, each.b), abs=2e-6), name
    assert compared.headline.a == pytest.approx(sum((t["target"] == t["predicted"]).mean() for t in ours) / 3, abs=1e-6)


def test_seeds_that_differ_as_much_as_recipes_are_no_evidence_on_the_method(recipe):
    """Though two single trainings of them are."""
    a, *_ = recipe("A", (0.6, 0.75, 0.9))
    b, *_ = recipe("B", (0.65, 0.8, 0.95), own=9)
    (compared,) = compare(a, b, []).pipelines
    assert compared.verdict == "no evidence"
    (one, *_), (other, *_) = recipe("A", (0.6,)), recipe("B", (0.95,), own=9)
    assert compare(one, other, []).pipelines[0].verdict == "better"


@pytest.mark.parametrize("counts", [(1, 3), (3, 1), (2, 3), (1, 1)], ids=str)
def test_with_fewer_than_three_seeds_it_is_on_the_models_alone(recipe, counts):
    (a, _, joint), (b, _, other) = (
        recipe(label, [share] * count, own)
        for label, share, count, own in zip("AB", (0.9, 0.7), counts, (0, 9), strict=True)
    )
    (compared,) = compare(a, b, []).pipelines
    assert (compared.of_method, compared.seeds, compared.models) == (False, counts, ())
    expected = paired.compare(SCORES[:1], joint, other, RESAMPLING)["accuracy"]
    assert compared.headline.difference[:4] == pytest.approx(expected.difference[:4])
    assert compared.verdict == "worse"  # of these two models
    assert compare(a, b, []).worse == []  # which fails nothing


@pytest.mark.parametrize("lost", [("digits",), ("digits together",)])
def test_without_tables_both_are_judged_by_what_is_reported(recipe, lost):
    (a, *_), (b, *_) = recipe("A", (0.58, 0.6, 0.62)), recipe("B", (0.9, 0.91, 0.92), own=9, lost=lost)
    (compared,) = compare(a, b, []).pipelines
    assert (compared.of_method, compared.verdict, compared.headline.paired) == (True, "better", False)
    assert "No score could be compared example by example" in compared.notes[0]
    difference = compared.headline.difference
    assert difference.value == pytest.approx(compared.headline.b - compared.headline.a)
    assert (difference.low > 0) == (difference.p < 0.05)
    assert compared.models[0].verdict == "better"


def test_the_same_members_are_identical(recipe):
    (a, *_), (b, *_) = recipe("A", (0.8, 0.8, 0.8)), recipe("B", (0.8, 0.8, 0.8))
    (compared,) = compare(a, b, []).pipelines
    assert (compared.verdict, compared.models, compared.seeds) == ("identical", (), (3, 3))
