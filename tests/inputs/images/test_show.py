"""Evaluation of image classifiers, from a trained model to tables and pictures."""

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kassandra.contracts.artifacts import read_arrays, write_arrays
from kassandra.contracts.tables import read_table
from kassandra.inference import load
from kassandra.inputs.images.show import examples as images
from kassandra.judging import figures
from kassandra.params.targets.label import Evaluate
from kassandra.targets.label.evaluate import stage

pytestmark = pytest.mark.slow

CLASSES = list("0123456789")
HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [1.5, 1.0], "valid_accuracy": [0.4, 0.6]}
)


@pytest.fixture(scope="module")
def evaluate(trained, prepared):
    def evaluate(folder, count=60, seed=0):
        everything = read_arrays(prepared / "test.npz")
        arrays = {name: everything[name][:count] for name in ("images", "labels")}
        write_arrays(folder / "test.npz", **arrays)
        baselines = pd.DataFrame({"zero": np.zeros(count, dtype=np.int64)})
        predictor = load(trained.folder)
        report, _, table = stage.evaluate(
            predictor, folder / "test.npz", images, baselines=baselines, history=HISTORY, plots=folder / "plots",
            pages=folder / "pages", how=Evaluate(), seed=seed,
        )  # fmt: skip
        return SimpleNamespace(report=report, table=table, plots=folder / "plots", predictor=predictor, **arrays)

    return evaluate


@pytest.fixture(scope="module")
def evaluated(evaluate, tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("evaluated"))


def test_files(evaluated):
    names = ["attention", "confusion", "learning_curves", "mistakes", "per_class", "reliability"]
    names += ["roc_and_precision_recall"]
    assert sorted(path.name for path in evaluated.plots.iterdir()) == sorted(
        [f"{name}.png" for name in names] + ["confusion.csv"]
    )
    for path in evaluated.plots.glob("*.png"):
        with Image.open(path) as image:
            image.load()
    table = read_table(evaluated.plots.parent / "pages" / "per_class.csv")
    assert table["class"].tolist() == list(range(10))
    assert table["f1"].mean() == pytest.approx(evaluated.report.scores["f1"].value, rel=1e-5)


def test_one_row_per_example_in_order(evaluated):
    """PITFALLS 8."""
    table = evaluated.table
    assert list(table) == ["example", "target", "predicted", *(f"probability_{name}" for name in CLASSES)]
    assert table["target"].tolist() == evaluated.labels.tolist()
    probabilities = table.filter(like="probability_").to_numpy()
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-12)
    assert (probabilities.argmax(1) == table["predicted"]).all()
    alone = [evaluated.predictor.predict(image)[0] for image in evaluated.images[:5]]
    np.testing.assert_allclose([list(one.probabilities.values()) for one in alone], probabilities[:5], atol=1e-5)


def test_scores_follow_from_the_rows(evaluated):
    table, scores = evaluated.table, evaluated.report.scores
    assert scores["accuracy"].value == (table["target"] == table["predicted"]).mean() > 0.5
    probabilities = table.filter(like="probability_").to_numpy()
    assert scores["loss"].value == pytest.approx(-np.log(probabilities[np.arange(60), table["target"]]).mean())
    assert evaluated.report.baselines["zero"].value == (table["target"] == 0).mean()
    assert evaluated.report.units == len(table) == 60


def test_an_input_that_shows_nothing_has_no_pictures_of_examples(evaluated, tmp_path):
    baselines = pd.DataFrame({"zero": np.zeros(60, dtype=np.int64)})
    path = evaluated.plots.parent / "test.npz"
    folders = {"plots": tmp_path / "plots", "pages": tmp_path / "pages"}
    report, *_ = stage.evaluate(evaluated.predictor, path, None, baselines, HISTORY, **folders, how=Evaluate(), seed=0)
    assert report.scores == evaluated.report.scores
    names = {path.name for path in evaluated.plots.iterdir()} - {"mistakes.png", "attention.png"}
    assert {path.name for path in (tmp_path / "plots").iterdir()} == names


def test_twice_the_same_bytes(evaluate, tmp_path):
    one, other = evaluate(tmp_path / "one", 200), evaluate(tmp_path / "other", 200)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.report.scores == other.report.scores
    for path in one.plots.iterdir():
        assert path.read_bytes() == (other.plots / path.name).read_bytes(), path.name


@pytest.fixture
def kept(monkeypatch):
    """Figures instead of files."""
    figures_kept = []
    monkeypatch.setattr(figures, "save", lambda figure, path: figures_kept.append(figure))
    return figures_kept


def answers(targets, right, sure):
    """Log-probabilities of a model of ten classes, as sure as `sure` of the target, or of the class after it."""
    printed = np.where(right, targets, (targets + 1) % 10)
    probabilities = np.repeat((1 - np.asarray(sure))[:, None] / 9, 10, axis=1)
    probabilities[np.arange(len(targets)), printed] = sure
    return np.log(probabilities)


def test_mistakes_are_the_surest_first(kept, tmp_path):
    targets, right = np.arange(6), np.array([1, 0, 0, 1, 0, 1], dtype=bool)
    log_probabilities = answers(targets, right, [0.99, 0.5, 0.9, 0.6, 0.7, 0.5])
    pictures = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2)
    images._mistakes(pictures, targets, log_probabilities, CLASSES, tmp_path / "mistakes.png")
    assert [axis.get_title() for axis in kept[0].axes] == ["2 → 3  0.90", "4 → 5  0.70", "1 → 2  0.50"]
    for axis, row in zip(kept[0].axes, (2, 4, 1), strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array(), pictures[row])
    assert kept[0].get_suptitle().startswith("The 3 most confidently wrong of 3 wrong answers")


def test_thirty_two_mistakes_are_enough(kept, tmp_path):
    targets = np.arange(50) % 10
    log_probabilities = answers(targets, np.zeros(50, dtype=bool), np.full(50, 0.5))
    images._mistakes(np.zeros((50, 2, 2), np.uint8), targets, log_probabilities, CLASSES, tmp_path / "mistakes.png")
    assert len(kept[0].axes) == 32
    assert kept[0].get_suptitle().startswith("The 32 most confidently wrong of 50 wrong answers")


def test_no_mistakes(tmp_path):
    targets = np.arange(10)
    log_probabilities = answers(targets, np.ones(10, dtype=bool), np.full(10, 0.9))
    images._mistakes(np.zeros((10, 2, 2), np.uint8), targets, log_probabilities, CLASSES, tmp_path / "mistakes.png")
    with Image.open(tmp_path / "mistakes.png") as image:
        image.load()


HEIGHT, WIDTH = 4, 3


@pytest.mark.parametrize(("steps", "permuted"), list(itertools.product([HEIGHT, HEIGHT * WIDTH], [False, True])))
def test_attention_lands_on_the_pixels_that_were_read(steps, permuted):
    """The weight of step t belongs to the pixels that the task put into step t, whatever the scan and the order."""
    order = np.random.default_rng(0).permutation(HEIGHT * WIDTH) if permuted else np.arange(HEIGHT * WIDTH)
    meta = {"height": HEIGHT, "width": WIDTH, "order": order.tolist() if permuted else None}
    numbered = np.arange(HEIGHT * WIDTH)[order].reshape(steps, -1)  # (time, features): which pixel is read when
    for step in range(steps):
        weights = np.zeros((2, steps), dtype=np.float32)
        weights[0, step] = weights[1, 0] = 1
        placed = images.as_images(weights, meta)
        assert placed.shape == (2, HEIGHT, WIDTH)
        lit = np.flatnonzero(placed[0].ravel())
        assert sorted(lit) == sorted(numbered[step])
        np.testing.assert_allclose(placed[0].ravel()[lit], 1 / numbered.shape[1])
        np.testing.assert_allclose(placed.sum((1, 2)), 1, rtol=1e-6)


@pytest.mark.parametrize("scan", ["rows", "pixels"])
@pytest.mark.parametrize("permute", [False, True])
def test_attention_of_the_pair_itself(raw, prepare, tmp_path, scan, permute):
    """The same with what prepare wrote: the step that holds a lit pixel is where the weight comes back to."""
    import torch

    from kassandra.contracts.artifacts import read_json
    from kassandra.training.pair import Pair, Split

    prepare("images", "label", raw, tmp_path, source={"dataset": "mnist"}, scan=scan, permute=permute, limit=120)
    meta = read_json(tmp_path / "meta.json")
    lit = torch.zeros(3, 28, 28, dtype=torch.uint8)
    places = [(0, 0), (5, 17), (27, 3)]
    for row, (y, x) in enumerate(places):
        lit[row, y, x] = 255
    pair = Pair.of("images", "label", meta, torch.device("cpu"))
    ((rows, batch),) = pair.numbered_batches(Split(lit, np.zeros(3, np.int64)))
    assert rows.tolist() == [0, 1, 2]
    bright = batch.inputs == batch.inputs.max()
    weights = bright.any(2).float().numpy()  # (3, time): all on the step that holds the lit pixel
    placed = images.as_images(weights, meta)
    for row, (y, x) in enumerate(places):
        assert placed[row, y, x] == pytest.approx(placed[row].max())
        assert (placed[row] > 0).sum() == batch.inputs.shape[2]


def test_attention_is_drawn_beside_rows_and_over_pixels(kept, tmp_path):
    targets = np.array([3, 3, 1])
    log_probabilities = answers(targets, np.ones(3, dtype=bool), np.full(3, 0.9))
    pictures, weights = np.zeros((3, 4, 3), np.uint8), np.random.default_rng(0).random((3, 4, 3)).astype(np.float32)
    rows = np.repeat(weights.sum(2, keepdims=True), 3, axis=2) / 3
    for placed in (rows, weights):
        images._attention(pictures, targets, log_probabilities, placed, CLASSES, tmp_path)
    for figure in kept:
        assert [axis.get_title() for axis in figure.axes] == ["1 → 1", "3 → 3"]  # the first example of each class
    assert len(kept[0].axes[0].patches) == 4
    assert len(kept[0].axes[0].images) == 1
    np.testing.assert_array_equal(kept[1].axes[0].images[1].get_array(), weights[2])
