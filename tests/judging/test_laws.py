"""Laws of every Score of every target, of those that a user may add too."""

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.spec import LEVELS
from kassandra.judging.judge import judge
from kassandra.judging.paired import ALPHA, compare
from kassandra.judging.resampling import Rows
from kassandra.judging.score import Score, per_row, scores_of
from kassandra.targets.label.evaluate.scores import labelled

pytestmark = pytest.mark.slow


def label(generator, worse, classes=3, rows=150):
    fixed = np.random.default_rng(0)
    targets, hard = fixed.integers(0, classes, rows), fixed.normal(size=(rows, classes))
    logits = hard + generator.normal(size=(rows, classes))
    logits[np.arange(rows), targets] += 2 - worse
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    columns = {f"probability_{number}": column for number, column in enumerate(shares.T)}
    return pd.DataFrame({"example": range(rows), "target": targets, "predicted": shares.argmax(1), **columns})


def many_labels(generator, worse, labels=3, rows=150):
    fixed = np.random.default_rng(0)
    targets, hard = fixed.random((rows, labels)) < 0.4, fixed.normal(size=(rows, labels))
    logits = hard + generator.normal(size=(rows, labels)) + (2 - worse) * np.where(targets, 1, -1)
    shares, classes = 1 / (1 + np.exp(-logits)), [f"class {number}" for number in range(labels)]
    return labelled([str(row) for row in range(rows)], targets, shares > 0.5, np.log(shares), classes)


def next(generator, worse, rows=3000):
    losses = np.random.default_rng(0).gamma(2, 1, rows) + generator.gamma(2, 0.1 + worse, rows)
    return pd.DataFrame({"example": range(rows), "target": 1, "log_probability": -losses, "characters": 4.5})


def forecast(generator, worse, dates=120):
    fixed, horizon, series = np.random.default_rng(0), 3, 2
    rows = np.arange(dates * horizon * series)
    table = pd.DataFrame({"step": rows % horizon + 1, "series": rows // horizon % series})
    table["origin"] = [f"{date:04}" for date in rows // (horizon * series)]
    table["example"], table["target"] = table["series"].astype(str) + table["origin"], "load"
    table["observed"], table["last"] = 9 + fixed.normal(size=len(rows)), 9 + fixed.normal(size=len(rows))
    table["point"] = table["observed"] + generator.normal(0, 0.3 + worse, len(rows))
    table = table.assign(scale=2.0, naive=0.5, historical_mean=9.0)
    return table.assign(**{f"quantile_{level}": table["point"] + level - 0.5 for level in LEVELS})


def text(generator, worse, rows=80):
    matches = np.random.default_rng(0).integers(5, 11, rows) - generator.integers(0, 2 + int(3 * worse), rows)
    orders = np.arange(4)
    bleu = [[*np.maximum(each - orders, 0), *(12 - orders), 12, 12] for each in matches]
    chrf = [np.stack([np.full(6, 30), np.full(6, 30), np.maximum(3 * each - np.arange(6), 0)], 1).ravel() for each in matches]  # fmt: skip # noqa: E501
    names = ("bleu", "bleu_greedy", "bleu_lowercase", "bleu_lowercase_greedy", "bleu_1", "bleu_2", "bleu_3")
    columns = dict.fromkeys(names, bleu) | {"chrf": [each.tolist() for each in chrf]}
    return pd.DataFrame({"example": range(rows), "source": [f"s{row}" for row in range(rows)], **columns})


MADE = {"label": label, "label, many": many_labels, "next": next, "forecast": forecast, "text": text}


OF_ONE = {"calibration_error"}
OF_MANY = {"micro_f1", "hamming_loss", "ranking_precision"}


@pytest.fixture(params=MADE)
def target(request):
    return scores_of(request.param.split(",")[0]), [
        MADE[request.param](np.random.default_rng(seed), worse) for seed, worse in ((1, 0), (2, 0.8))
    ]


def test_every_score_says_which_way_is_better_and_is_one_function(target):
    """Of sums over rows; weights are rows that are there so often; the order of rows is nothing to it."""
    module, (table, _) = target
    assert module.SCORES[0].sign
    assert len({score.name for score in module.SCORES}) == len(module.SCORES)
    for score in module.SCORES:
        assert score.better in ("higher", "lower", None)
        function, rows = score.of(table), len(table)
        if function is None:  # of a classifier, some are of one label per example alone, and some of many
            assert score.name in (OF_MANY if "predicted" in table else OF_ONE)
            continue
        whole = float(function(np.ones(rows, np.int64)))
        assert float(function(np.full(rows, 3))) == pytest.approx(whole)
        if (sums := score.sums(table)) is not None:
            assert float(score.value(sums.sum(0))) == pytest.approx(whole)
            many = score.value(np.stack([np.asarray(sums.sum(0)).ravel()] * 2))
            assert np.asarray(many).tolist() == pytest.approx([whole, whole])
        shuffled = table.iloc[np.random.default_rng(0).permutation(rows)].reset_index(drop=True)
        assert float(score.of(shuffled)(np.ones(rows, np.int64))) == pytest.approx(whole)


def test_what_is_judged_is_what_is_compared(target):
    module, (a, b) = target
    reports = [judge(module.SCORES, [table], table, {"other": b}, module.RESAMPLING, 0) for table in (a, b)]
    found = compare(module.SCORES, a, b, module.RESAMPLING, 200)
    assert list(found) == list(reports[0].scores) == [score.name for score in reports[0].kinds]
    for name, (one, other, difference) in found.items():
        assert (one, other) == pytest.approx([report.scores[name].value for report in reports]), name
        assert difference.value == pytest.approx(other - one)
        assert difference.low <= difference.value <= difference.high
        assert (difference.low > 0 or difference.high < 0) == (difference.p < ALPHA)
        estimate = reports[0].scores[name]
        assert estimate.low <= estimate.value <= estimate.high
    headline = module.SCORES[0]
    assert found[headline.name].difference.p < ALPHA
    assert found[headline.name].difference.value * headline.sign < 0  # B is the worse one
    assert reports[0].gains["other"].low > 0
    value, low, high = reports[1].gains["other"]  # over itself; of other examples they may differ on some
    assert (value, low) == (0, -high)


def test_with_itself_a_model_is_identical_and_sides_may_be_swapped(target):
    module, (a, b) = target
    for found in compare(module.SCORES, a, a, module.RESAMPLING, 200).values():
        assert (found.difference.value, found.difference.p) == (0, 1)
    there, back = (compare(module.SCORES, *pair, module.RESAMPLING, 200) for pair in ((a, b), (b, a)))
    for name, found in there.items():
        value, low, high, p, _ = found.difference
        assert back[name].difference[:4] == pytest.approx((-value, -high, -low, p), rel=1e-4, abs=1e-6), name


def test_a_pvalue_does_not_depend_on_the_unit():
    """Perplexity and bits are the loss in other units, r2 is the squared error in that of a baseline."""
    for name, same in (("next", ("loss", "perplexity", "bits_per_character")), ("forecast", ("rmse", "r2"))):
        module, tables = scores_of(name), [MADE[name](np.random.default_rng(seed), 0.01) for seed in (1, 2)]
        found = compare(module.SCORES, *tables, module.RESAMPLING)
        assert {round(found[score].difference.p, 6) for score in same} == {round(found[same[0]].difference.p, 6)}


def test_a_date_counts_once_however_much_is_forecast_at_it():
    """Twice the same series beside itself is no more evidence than once."""
    module, tables = scores_of("forecast"), [forecast(np.random.default_rng(seed), 0) for seed in (1, 2)]
    once = compare(module.SCORES, *tables, module.RESAMPLING)
    double = [pd.concat([table, table.assign(series="copy")], ignore_index=True) for table in tables]
    twice = compare(module.SCORES, *double, module.RESAMPLING)
    for name, found in once.items():
        assert twice[name].difference[:4] == pytest.approx(found.difference[:4], rel=1e-6), name


def test_a_users_own_score_is_judged_and_compared():
    error = Score("error", "lower", "pulses", 1, lambda table: per_row(abs(table["count"] - table["predicted"])))
    table = pd.DataFrame({"example": range(50), "count": np.arange(50), "predicted": np.arange(50) + np.arange(50) % 3})
    report = judge([error], [table], table, {"none": table.assign(predicted=0)}, Rows(), 0)
    assert report.scores["error"].value == pytest.approx(np.mean(np.arange(50) % 3))
    assert report.gains["none"].low > 0
    better = compare([error], table, table.assign(predicted=table["count"]), Rows())["error"]
    assert (better.difference.value < 0, better.difference.p < 0.05) == (True, True)


def test_a_target_that_is_not_there_has_no_scores():
    assert scores_of("tarot") is None


def test_of_several_members_a_score_is_the_mean_and_what_they_say_together_stands_beside_it(target):
    module, (a, b) = target
    report = judge(module.SCORES, [a, b, a], b, {"other": b}, module.RESAMPLING, 0)
    alone = [judge(module.SCORES, [table], table, {"other": b}, module.RESAMPLING, 0) for table in (a, b)]
    for score in report.kinds:
        name, (one, other) = score.name, [each.scores[score.name].value for each in alone]
        assert report.members[name] == pytest.approx([one, other, one]), name
        assert report.scores[name].value == pytest.approx((2 * one + other) / 3), name
        assert report.scores[name].low <= report.scores[name].value <= report.scores[name].high
        assert report.together[name] == alone[1].scores[name]
    assert report.headline is module.SCORES[0]
    value, low, high = report.gains["other"]
    assert value == pytest.approx(alone[0].gains["other"].value * 2 / 3)
    assert low < value < high


def test_members_that_are_the_same_are_as_one(target):
    """No seed makes a difference, so that the interval is of examples alone."""
    module, (a, b) = target
    one, three = (judge(module.SCORES, [a] * count, a, {"other": b}, module.RESAMPLING, 0) for count in (1, 3))
    for name, estimate in one.scores.items():
        assert three.scores[name] == pytest.approx(estimate, rel=1e-6), name
    assert three.together == one.together == one.scores
