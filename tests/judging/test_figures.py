"""Pictures: what stands in them, and the same bytes for the same numbers."""

import pandas as pd
import pytest
from PIL import Image

from kassandra.contracts.errors import KassandraError
from kassandra.judging import figures
from kassandra.judging.score import Score

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


DRAWINGS = {
    "curves": lambda path: figures.learning_curves(HISTORY, [], path),
    "one epoch": lambda path: figures.learning_curves(HISTORY[:1], [], path),
    "loss alone": lambda path: figures.learning_curves(HISTORY.drop(columns="valid_accuracy"), [], path),
}


@pytest.mark.parametrize("name", DRAWINGS)
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
    loss, accuracy = shown(figures.learning_curves, HISTORY, [Score("accuracy", "higher", decimals=2)]).axes
    lines = {line.get_label(): list(line.get_ydata()) for line in loss.get_lines()}
    assert lines["train"] == HISTORY["train_loss"].tolist()
    assert lines["validation"] == HISTORY["valid_loss"].tolist()
    assert list(accuracy.get_lines()[0].get_ydata()) == HISTORY["valid_accuracy"].tolist()
    assert accuracy.get_title() == "accuracy on validation: 0.70 at the best loss"
    assert accuracy.get_lines()[1].get_xdata() == [2, 2]  # the best epoch


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
