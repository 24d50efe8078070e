"""What a training recommends: commands that `dvc exp run` takes, from the losses alone."""

from types import SimpleNamespace

import pandas as pd
import pytest

from kassandra.judging.intervals import Estimate
from kassandra.targets.text.evaluate.scores import SCORES
from kassandra.training.advice import of_training, to_try

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
        (history([3, 2, 1, 0.2], [2, 1.5, 1.6, 1.7]), ["model.dropout=0.3"]),
        (
            history([3, 2, 1.4, 1.2], [3, 2, 1.2, 1.2], valid_r2=-0.1),
            ["model.linear=true", "prepare.normalise=last"],
        ),
        (history([3, 2, 1.4, 1.2], [3, 2, 1.2, 1.2]), []),
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
