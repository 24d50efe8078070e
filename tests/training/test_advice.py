"""What a training recommends: commands that `dvc exp run` takes, from the losses alone."""

from types import SimpleNamespace

import pytest

from kassandra.training.advice import to_try

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
