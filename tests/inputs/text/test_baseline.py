"""What stands beside every score of a classifier of texts."""

import shutil

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import read_arrays, write_arrays, write_json
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.text.baseline import examples
from kassandra.targets.label.baseline import stage


def predictions(prepared, seed):
    return stage.predictions(examples, prepared, seed)


NAMES = ["majority class", "TF-IDF of bigrams + logistic regression", "NB-weighted bigrams + logistic regression"]


def write(folder, name, rows):
    """Texts with labels as prepare leaves them; baselines look at no token ids."""
    content = Ragged.of_texts(text for text, _ in rows)
    labels = np.array([label for _, label in rows], np.int64)
    write_json(folder / "meta.json", {})
    write_arrays(folder / f"{name}.npz", labels=labels, text=content.flat, text_offsets=content.offsets)
    return folder


def rows(number, classes, seed):
    """Which words stand in a text says the class, but only two words together say it for certain."""
    draw = np.random.default_rng(seed)
    words = [f"word{n}" for n in range(20)]
    made = []
    for n in range(number):
        label = n % classes
        made.append((" ".join([*draw.choice(words, 5), f"so{label}", "it", "is", *draw.choice(words, 5)]), label))
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three classes, the last of them the most frequent of train and valid together."""
    folder = tmp_path_factory.mktemp("prepared")
    write(folder, "train", rows(60, 3, 0) + [(f"more {n} of it so2 it", 2) for n in range(9)])
    write(folder, "valid", rows(12, 3, 1))
    return write(folder, "test", rows(30, 3, 2))


@pytest.fixture(scope="module")
def predicted(made):
    return predictions(made, 0)


@pytest.fixture
def changed(made, tmp_path):
    def changed(name, rows):
        return write(shutil.copytree(made, tmp_path / "prepared", dirs_exist_ok=True), name, rows)

    return changed


def test_one_column_each_and_one_row_per_test_text(predicted):
    assert [name for name in predicted if " @" not in name] == NAMES
    assert len(predicted) == 30
    assert predicted[NAMES].isin(range(3)).all(axis=None)


def test_probabilities_of_classes_stand_beside_each(predicted):
    """They sum to 1, and the likeliest class is the one predicted."""
    for name in NAMES:
        probabilities = predicted[[f"{name} @{label}" for label in range(3)]].to_numpy()
        assert np.allclose(probabilities.sum(1), 1)
        assert (probabilities.argmax(1) == predicted[name]).all()


def test_majority(predicted):
    assert (predicted[NAMES[0]] == 2).all()


def test_both_linear_models_learn(predicted, made):
    labels = read_arrays(made / "test.npz")["labels"]
    assert [(predicted[name] == labels).mean() for name in NAMES[1:]] == [1, 1]


def test_deterministic(predicted, made):
    pd.testing.assert_frame_equal(predictions(made, 0), predicted)


def test_labels_of_test_are_not_looked_at(predicted, changed):
    garbage = changed("test", [(text, 99) for text, _ in rows(30, 3, 2)])
    pd.testing.assert_frame_equal(predictions(garbage, 0), predicted)


def test_predictions_of_a_text_do_not_depend_on_the_other_test_texts(predicted, changed):
    """PITFALLS 6: no word is counted in them."""
    other = rows(15, 3, 2) + [("so0 it so0 it so0", 0)] * 15
    pd.testing.assert_frame_equal(predictions(changed("test", other), 0)[:15], predicted[:15])


def test_words_of_test_are_not_counted(changed):
    """A word that train has once is too rare to be known; that test has it too changes nothing."""
    rare = [(f"soup{label}", label) for label in range(3)]
    folder = changed("train", rows(60, 3, 0) + rare)
    found = predictions(write(folder, "test", rare), 0)
    assert (found.nunique() == 1).all()  # they are all the same to it


def test_validation_is_learned_from_too(changed):
    only_there = [(f"zebra {n} is here", 0) for n in range(30)]
    folder = changed("valid", only_there)
    write(folder, "test", [("a zebra is here", 2)])
    assert predictions(folder, 0)[NAMES[1:]].eq(0).all(axis=None)


def test_presence_counts_and_not_how_often(changed):
    """Wang & Manning (2012) binarise: what speaks for class 0 outweighs a word of class 1, once or fifty times."""
    for often in (1, 50):
        folder = changed("test", [("so0 it is " + "so1 neverseen " * often, 0)])
        assert predictions(folder, 0)[NAMES[2]].tolist() == [0]


CHINESE = [("我很喜欢这部电影因为它很好看", 1), ("这部电影太差了我不喜欢", 0)]


@pytest.mark.faults
@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ([(f"{text}{n}", label) for n in range(12) for text, label in CHINESE], "characters"),
        ([(sign, label) for n in range(12) for sign, label in (("😀😀", 1), ("😡", 0))], "characters"),
        ([(f"{n}a", n % 2) for n in range(24)], "characters"),
        ([(chr(0x4E00 + n), n % 2) for n in range(24)], ""),
        ([("", n % 2) for n in range(24)], ""),
    ],
    ids=["Chinese", "emoji", "ids", "nothing twice", "empty"],
)
def test_texts_without_words_that_come_twice(texts, names, tmp_path, capsys):
    write(tmp_path, "train", texts)
    write(tmp_path, "test", texts[:4])
    write(tmp_path, "valid", [("z", 0)])
    predicted = predictions(tmp_path, 0)
    said = capsys.readouterr().out
    if names:
        assert [name for name in predicted if "@" not in name][1:] == [
            name.replace("bigrams", names) for name in NAMES[1:]
        ]
    else:
        assert [name for name in predicted if "@" not in name] == NAMES[:1]
        assert (
            said == "baselines: no word and no character of train comes twice, so the majority class is the only one\n"
        )
