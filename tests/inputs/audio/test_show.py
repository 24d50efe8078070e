"""Evaluation of recordings, from a trained model to tables and pictures."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.tables import read_table
from kassandra.inference import load
from kassandra.inputs.audio.show import examples as speech
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.judging import figures
from kassandra.params.targets.label import Evaluate
from kassandra.targets.label.evaluate import stage

pytestmark = pytest.mark.slow

HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [1.5, 1.0], "valid_accuracy": [0.4, 0.6]}
)
PICTURES = ["attention", "by_speaker", "confusion", "learning_curves", "per_class", "reliability"]
PICTURES += ["roc_and_precision_recall"]


@pytest.fixture(scope="module")
def evaluate(trained_speech, prepared_speech):
    def evaluate(folder):
        baselines = pd.DataFrame({"zero": np.zeros(15, dtype=np.int64)})
        predictor = load(trained_speech)
        report, _, table = stage.evaluate(
            predictor, prepared_speech / "test.npz", speech, baselines=baselines, history=HISTORY,
            plots=folder / "plots", pages=folder / "pages", how=Evaluate(), seed=0,
        )  # fmt: skip
        return SimpleNamespace(report=report, table=table, folder=folder, predictor=predictor)

    return evaluate


@pytest.fixture(scope="module")
def evaluated(evaluate, tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("evaluated"))


@pytest.fixture(scope="module")
def test(prepared_speech):
    return read_arrays(prepared_speech / "test.npz")


def test_files(evaluated):
    plots = evaluated.folder / "plots"
    names = [*(f"{name}.png" for name in PICTURES), "confusion.csv"]
    assert sorted(path.name for path in plots.iterdir()) == sorted(names)
    for path in plots.glob("*.png"):
        with Image.open(path) as image:
            image.load()
    assert [path.name for path in sorted((evaluated.folder / "pages").iterdir())] == [
        "by_speaker.csv",
        "mistakes.csv",
        "per_class.csv",
    ]


def test_one_row_per_recording_in_order(evaluated, test):
    """Though they are heard in the order of their lengths."""
    assert evaluated.table["target"].tolist() == test["labels"].tolist()
    probabilities = evaluated.table.filter(like="probability_").to_numpy()
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-12)
    waveforms = Ragged(test["waveforms"], test["offsets"])
    alone = [evaluated.predictor.predict(waveforms.take(np.array([row])).flat)[0] for row in range(15)]
    np.testing.assert_allclose([list(one.probabilities.values()) for one in alone], probabilities, atol=1e-5)


def test_scores_follow_from_the_rows(evaluated):
    right = evaluated.table["target"] == evaluated.table["predicted"]
    assert evaluated.report.scores["accuracy"].value == right.mean() > 0.6
    assert evaluated.report.baselines["zero"].value == 0.2
    assert evaluated.report.units == 15


def test_by_speaker_follows_from_the_rows(evaluated, test):
    right = (evaluated.table["target"] == evaluated.table["predicted"]).to_numpy()
    table = read_table(evaluated.folder / "pages" / "by_speaker.csv")
    names = evaluated.predictor.meta["speakers"]
    assert sorted(table["speaker"]) == names
    for _, row in table.iterrows():
        own = right[test["speakers"] == names.index(row["speaker"])]
        assert (row["recordings"], row["accuracy"]) == (len(own), pytest.approx(own.mean()))
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]


def test_mistakes_are_those_of_the_table_the_surest_first(evaluated, test):
    page = read_table(evaluated.folder / "pages" / "mistakes.csv")
    table = evaluated.table
    wrong = table[table["target"] != table["predicted"]]
    assert sorted(page["row"]) == wrong.index.tolist()
    assert page["probability"].is_monotonic_decreasing
    names = Ragged(test["names"], test["name_offsets"]).texts()
    assert page["in words"].tolist() == [names[row] for row in page["row"]]
    for _, row in page.iterrows():
        assert str(row["target"]) == row["in words"].split("_")[0] != str(row["predicted"])


def test_twice_the_same_bytes(evaluate, evaluated, tmp_path):
    again = evaluate(tmp_path)
    pd.testing.assert_frame_equal(again.table, evaluated.table, check_exact=True)
    assert again.report.scores == evaluated.report.scores
    for path in (evaluated.folder / "plots").iterdir():
        assert path.read_bytes() == (tmp_path / "plots" / path.name).read_bytes(), path.name


def test_speakers_that_nobody_knows_are_left_out():
    speakers, right = np.array([2, -1, 0, 2, 2]), np.array([True, False, True, False, True])
    table = speech.by_speaker(speakers, right, ["a", "b", "c"])
    assert table["speaker"].tolist() == ["c", "a"]  # the weakest first; b says nothing in test
    assert table["accuracy"].tolist() == [2 / 3, 1]
    assert speech.by_speaker(np.array([-1]), np.array([True]), []).empty


def test_recordings_shown_are_right_ones_of_each_class_then_wrong_ones():
    targets, right = np.arange(40) % 10, np.ones(40, bool)
    right[[7, 17, 21]] = False
    shown = speech.some_of_each(targets, right).tolist()
    assert len(shown) == 12
    assert shown[-2:] == [21, 7]  # of each class the first that is wrong
    assert targets[shown[:10]].tolist() == list(range(10))
    assert right[shown[:10]].all()
    assert speech.some_of_each(targets, np.zeros(40, bool)).tolist() == [0, 1, 2, 3]
    assert len(speech.some_of_each(np.array([0, 1]), np.array([True, False]))) == 2


@pytest.fixture
def kept(monkeypatch):
    """Figures instead of files."""
    figures_kept = []
    monkeypatch.setattr(figures, "save", lambda figure, path: figures_kept.append(figure))
    return figures_kept


def test_attention_stands_over_the_frame_that_it_is_of(kept, tmp_path):
    scale = MelScale(8000, 13, 25, 10)
    waveforms = Ragged.of([np.random.default_rng(0).normal(size=200 + 80 * 9)], np.float32)
    shares = np.zeros(10, np.float32)
    shares[7] = 1
    speech._attention(waveforms, [shares], ["2, heard as $2 (0.90)"], scale, tmp_path)
    (axis,) = kept[0].axes
    assert axis.images[0].get_array().shape == (13, 10)
    assert axis.images[0].get_extent() == [0, pytest.approx(0.1), -0.5, 12.5]
    (path,) = axis.collections[0].get_paths()
    high = path.vertices[path.vertices[:, 1] > 13]
    assert (high[:, 0].min(), high[:, 0].max()) == (pytest.approx(0.07), pytest.approx(0.08))  # seconds
    assert axis.get_title() == "2, heard as $2 (0.90)"
