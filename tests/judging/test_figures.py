"""Pictures: what stands in them, and the same bytes for the same numbers."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kassandra.contracts.errors import KassandraError
from kassandra.judging import figures

pytestmark = pytest.mark.slow

HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "train_loss": [2.0, 1.0, 0.5],
        "valid_loss": [1.9, 0.8, 0.9],
        "valid_accuracy": [0.3, 0.7, 0.75],
        "learning_rate": [0.1, 0.2, 0.1],
    }
)


def matrix(classes):
    return np.random.default_rng(0).integers(0, 9, (classes, classes))


def table(classes):
    f1 = np.random.default_rng(0).random(classes)
    names = [f"class {number}" for number in range(classes)]
    return pd.DataFrame({"class": names, "examples": 7, "f1_low": f1 * 0.9, "f1_high": f1 * 1.1, "f1": f1})


DRAWINGS = {
    "curves": lambda path: figures.learning_curves(HISTORY, path),
    "one epoch": lambda path: figures.learning_curves(HISTORY[:1], path),
    "loss alone": lambda path: figures.learning_curves(HISTORY.drop(columns="valid_accuracy"), path),
    "confusion of 2": lambda path: figures.confusion(matrix(2), ["a", "b"], path),
    "confusion of 40": lambda path: figures.confusion(matrix(40), [f"class {number}" for number in range(40)], path),
    "nothing wrong": lambda path: figures.confusion(np.diag([3, 5, 7]), ["ant", "bee", "centipede"], path),
    "a class that is not there": lambda path: figures.confusion(np.diag([3, 0, 7]), ["a", "b", "c"], path),
    "per class": lambda path: figures.per_class(table(3), path),
    "per class, 40": lambda path: figures.per_class(table(40), path),
}


LONG = {"confusion of 40", "per class, 40", "one epoch", "loss alone"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in DRAWINGS])
def test_drawn_twice_the_same_bytes(tmp_path, name):
    for file in ("one.png", "other.png"):
        DRAWINGS[name](tmp_path / "new folder" / file)
    assert (tmp_path / "new folder" / "one.png").read_bytes() == (tmp_path / "new folder" / "other.png").read_bytes()
    with Image.open(tmp_path / "new folder" / "one.png") as image:
        assert image.format == "PNG"
        assert 100 < image.width < 2500
        assert 100 < image.height < 2500
        assert "Software" not in image.info  # else another matplotlib would give other bytes


def test_learning_curves(shown):
    loss, accuracy = shown(figures.learning_curves, HISTORY).axes
    lines = {line.get_label(): list(line.get_ydata()) for line in loss.get_lines()}
    assert lines["train"] == HISTORY["train_loss"].tolist()
    assert lines["validation"] == HISTORY["valid_loss"].tolist()
    assert list(accuracy.get_lines()[0].get_ydata()) == HISTORY["valid_accuracy"].tolist()
    assert accuracy.get_title() == "Accuracy on validation: 0.7000 at the best loss"
    assert accuracy.get_lines()[1].get_xdata() == [2, 2]  # the best epoch


def test_confusion(shown):
    counts = np.array([[5, 2, 0], [0, 7, 0], [1, 0, 3]])
    (axis,) = shown(figures.confusion, counts, ["ant", "bee", "cat"]).axes
    written = {text.get_position(): text.get_text() for text in axis.texts}
    assert {(column, row): str(count or "") for (row, column), count in np.ndenumerate(counts)} == written
    assert axis.get_title() == "3 of 18 test examples are wrong (blue: right)"
    assert [label.get_text() for label in axis.get_yticklabels()] == ["ant", "bee", "cat"]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("what the model says", "what it is")
    np.testing.assert_allclose(axis.images[0].get_array(), [[0, 2 / 7, 0], [0, 0, 0], [1 / 4, 0, 0]])


def test_forty_classes_are_coloured_without_numbers(shown):
    (axis,) = shown(figures.confusion, matrix(40), [str(number) for number in range(40)]).axes
    assert not axis.texts


def test_per_class_with_the_weakest_on_top(shown):
    (axis,) = shown(figures.per_class, table(5)).axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    best_first = table(5).sort_values("f1", ascending=False)["class"]
    assert names == [f"{name}  (7)" for name in best_first]  # the first tick is the lowest


def test_history_is_read(tmp_path):
    HISTORY.to_csv(tmp_path / "history.csv", index=False)
    pd.testing.assert_frame_equal(figures.read_history(tmp_path / "history.csv"), HISTORY)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("<title>404</title>\n", "epoch"),
        ("epoch,train_loss,valid_loss\n", "epoch"),
        ("epoch,train_loss,valid_loss\n1,2.5\n", "valid_loss"),
        ("epoch,train_loss,valid_loss\n1,2.5,1.\x00\n", "valid_loss"),
        ("epoch,train_loss,valid_loss,valid_accuracy\n1,2.5,3.5,much\n", "valid_accuracy"),
    ],
)
def test_a_damaged_history(tmp_path, text, column):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(KassandraError, match=rf"history.csv: damaged \(no number in column '{column}'\); delete it"):
        figures.read_history(tmp_path / "history.csv")
