"""What a training recommends: commands that `dvc exp run` takes, from the losses alone."""

from types import SimpleNamespace

import pandas as pd
import pytest

from kassandra.judging.intervals import Estimate
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.text.evaluate.scores import SCORES
from kassandra.training.advice import against_baselines, of_training, to_try

PARAMS = SimpleNamespace(
    train=SimpleNamespace(epochs=4, learning_rate=0.003),
    model=SimpleNamespace(dropout=0.1, linear=False),
    prepare=SimpleNamespace(normalise="none"),
)


def history(train, valid, **columns):
    return [
        {"epoch": number + 1, "train_loss": one, "valid_loss": other, **columns}
        for number, (one, other) in enumerate(zip(train, valid, strict=True))
    ]


@pytest.mark.parametrize(
    ("rows", "settings"),
    [
        (history([3, 2, 1, 0.9], [3, 2, 1.5, 1.2]), ["train.epochs=8"]),
        (history([3, 2, 1, 0.9], [2, 2.1, 2.2, 2.3]), ["train.learning_rate=0.001"]),
        (history([3, 2, 1, 0.2], [2, 1.5, 1.6, 1.7]), ["model.linear=true", "model.dropout=0.3"]),
        (
            history([3, 2, 1.4, 1.2], [3, 2, 1.2, 1.2], valid_r2=-0.1),
            ["model.linear=true", "prepare.normalise=last"],
        ),
        (history([3, 2, 1.4, 1.2], [3, 2, 1.2, 1.2]), []),
        (history([3] * 12, [3, 3, 3, 3, 2.9, 2.9, 2.9, 2.8, 2.6, 2.4, 2.3, 2.295]), ["train.epochs=8"]),
        (history([3] * 12, [3, 3, 3, 3, 2.9, 2.4, 2.3, 2.3, 2.3, 2.29, 2.29, 2.29]), []),
        (history([3], [3]), []),
    ],
)  # fmt: skip
def test_each_loss_curve_asks_for_its_setting(rows, settings):
    lines = to_try("mine", PARAMS, [rows] * 3)
    assert [line.partition("  # ")[0] for line in lines] == [
        f"dvc exp run evaluate@mine -S ++pipelines.mine.{setting}" for setting in settings
    ]


def test_a_name_is_quoted():
    (line,) = to_try("my reviews", PARAMS, [history([3, 2], [3, 2])])
    assert line.startswith("dvc exp run evaluate@'my reviews' -S '++pipelines.my reviews.train.epochs=8'")


def test_without_dvc_the_setting_alone_is_named():
    assert to_try(None, PARAMS, [history([3, 2], [3, 2])]) == ["train.epochs: 8  # the loss was still falling"]


@pytest.mark.parametrize(("greedy", "apart"), [(16.5, 0), (25.0, 1)])
def test_validation_is_compared_with_what_test_has_of_the_same_kind(greedy, apart):
    """BLEU on validation is that of the likeliest tokens, as `bleu_greedy` is on test; a beam gives more."""
    table = pd.DataFrame(history([3.0, 2.0], [3.0, 2.99], valid_bleu=16.0))
    scores = {"bleu": Estimate(24.0, 23.0, 25.0), "bleu_greedy": Estimate(greedy, greedy - 1, greedy + 1)}
    report = SimpleNamespace(headline=SCORES[0], scores=scores)
    cautions = [one for one in of_training(table, report) if "further apart than examples" in one]
    assert len(cautions) == apart
    assert all(one.startswith("bleu_greedy is 16.0000 on validation and 25.0000 on test") for one in cautions)


def report(gain, **baselines):
    """Of a model whose accuracy is .8: the interval of its gain over each baseline has `gain` as its upper end."""
    known = {name: Estimate(value, value - 0.01, value + 0.01) for name, value in baselines.items()}
    gains = {name: Estimate(gain - 0.01, gain - 0.02, gain) for name in baselines}
    headline = SimpleNamespace(name="accuracy", sign=1, decimals=4)
    return SimpleNamespace(
        headline=headline, scores={"accuracy": Estimate(0.8, 0.79, 0.81)}, baselines=known, gains=gains
    )


def test_a_baseline_that_is_better_is_named_and_what_to_try():
    said, *tries = against_baselines("mine", PARAMS, report(-0.01, majority=0.5, bigrams=0.85))
    assert said.startswith("Caution: bigrams has accuracy 0.8500 on test, and this model 0.8000: ")
    assert [line.partition("  # ")[0] for line in tries] == [
        "Try: dvc exp run evaluate@mine -S ++pipelines.mine.model.linear=true",
        "Try: dvc exp run evaluate@mine -S ++pipelines.mine.prepare.normalise=last",
    ]
    assert all("test has decided this, as baselines have no scores on validation" in line for line in tries)


def test_nothing_is_said_where_no_baseline_is_clearly_better():
    assert against_baselines("mine", PARAMS, report(0.001, majority=0.5, bigrams=0.81)) == []
    assert against_baselines("mine", PARAMS, report(-0.01)) == []


@pytest.mark.parametrize(
    ("input", "target", "model", "value"),
    [("series", "forecast", {}, "fitted"), ("text", "label", {}, "true"), ("text", "number", {}, "true"),
     ("series", "label", {}, "true"), ("series", "forecast", {"linear": True}, None), ("images", "label", {}, None)],
)  # fmt: skip
def test_a_linear_model_is_proposed_where_there_can_be_one(input, target, model, value):
    annotation = pipeline_of(input, target).model_fields["model"].annotation
    params = SimpleNamespace(model=annotation(variant="vanilla", **model), prepare=SimpleNamespace())
    _, *tries = against_baselines(None, params, report(-0.01, bigrams=0.85))
    assert [line.partition("  # ")[0] for line in tries] == ([f"Try: model.linear: {value}"] if value else [])
