"""What stands beside every score of a translator."""

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import write_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.text.baseline.stage import TRAINED, nearest, predictions

NAMES = ["copy of the source", "nearest train sentence"]
TRAIN = [
    ("Ein Mann läuft über die Straße.", ["A man walks across the street."]),
    ("Zwei Hunde spielen im Schnee.", ["Two dogs play in the snow."]),
    ("Ein Hund schläft.", ["A dog sleeps."]),
    ("Ein Hund schläft.", ["A dog is asleep."]),
]
VALID = [
    ("Es schneit.", ["It snows.", "It is snowing."]),
    ("Drei Katzen sitzen am Fenster.", ["Three cats sit at the window.", "3 cats by a window."]),
]
TEST = [
    ("Zwei Hunde spielen im Gras.", ["Two dogs play in the grass."]),
    ("Der Hund schläft.", ["The dog sleeps.", "The dog is sleeping."]),
    ("Katzen am Fenster", ["Cats at the window"]),
    ("Ein Mann läuft.", ["A man is walking."]),
]


def write(folder, split, rows):
    """As prepare leaves it; these baselines look at no token ids."""
    source, target = Ragged.of_texts(text for text, _ in rows), Ragged.of_texts(text for _, several in rows for text in several)  # fmt: skip # noqa: E501
    write_arrays(
        folder / f"{split}.npz",
        source_text=source.flat,
        source_text_offsets=source.offsets,
        target_text=target.flat,
        target_text_offsets=target.offsets,
        references=np.cumsum([0, *(len(several) for _, several in rows)], dtype=np.int64),
    )
    return folder


@pytest.fixture
def made(tmp_path):
    for split, rows in (("train", TRAIN), ("valid", VALID), ("test", TEST)):
        write(tmp_path, split, rows)
    return tmp_path


def test_one_column_each_and_one_row_per_test_sentence(made):
    predicted = predictions(None, made, 3)
    assert list(predicted) == NAMES
    assert predicted[NAMES[0]].tolist() == [text for text, _ in TEST]


def test_what_is_trained_is_declared_in_keys_of_params():
    for spec in TRAINED.values():
        section = {"input": "text", "target": "text", "source": {"path": "mine"}, "prepare": {}}
        params = pipeline_of("text", "text").model_validate(section | {"model": spec.MODEL, "train": spec.TRAIN})
        assert params.model.decoder.attention == "none"


def test_the_nearest_sentence_of_train_or_valid_and_its_first_translation(made):
    got = predictions(None, made, 0)[NAMES[1]].tolist()
    assert got == [
        "Two dogs play in the snow.",
        "A dog sleeps.",  # of two equally near ones the first
        "Three cats sit at the window.",
        "A man walks across the street.",
    ]


def test_references_of_test_are_not_looked_at(made):
    before = predictions(None, made, 0)
    write(made, "test", [(text, ["garbage"]) for text, _ in TEST])
    pd.testing.assert_frame_equal(predictions(None, made, 0), before)


def test_a_translation_does_not_depend_on_the_other_sentences():
    """PITFALLS 6: no word is counted in test."""
    seen, asked = [text for text, _ in TRAIN + VALID], [text for text, _ in TEST]
    alone = [nearest(seen, [text])[0] for text in asked]
    assert nearest(seen, ["Hunde Hunde im im Gras"] * 150 + asked)[150:].tolist() == alone  # of another block, too
    seen, often = ["it is", "a zebra", "it was", "it has"], ["zebra"] * 50
    assert nearest(seen, [*often, "it, zebra"])[-1] == nearest(seen, ["it, zebra"])[0] == 1


def test_a_sentence_of_train_is_nearest_to_itself():
    draw = np.random.default_rng(0)
    seen = list(dict.fromkeys(" ".join(draw.choice(list("abcdefgh"), draw.integers(2, 9))) for _ in range(300)))
    assert nearest(seen, seen).tolist() == list(range(len(seen)))


def test_rare_words_weigh_more_than_frequent_ones_and_pairs_tell_order():
    assert nearest(["now it", "a zebra", "it is", "it was", "it has"], ["it, zebra"]).tolist() == [1]
    assert nearest(["the dog bit the man", "the man bit the dog"], ["a man bit", "a dog bit"]).tolist() == [1, 0]


def test_capitals_and_marks_do_not_matter():
    assert nearest(["nichts", "Ein HUND, schläft!"], ["ein hund schläft"]).tolist() == [1]


def test_nothing_known():
    assert nearest(["eins", "zwei"], ["", "drei", "?"]).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("seen", "asked"),
    [
        (["我喜欢狗", "他在公园里跑步", "天气好"], "她在公园跑步"),
        (["犬が好き", "彼は公園で走る", "天気"], "彼女は公園を走る"),
        (["ฉันชอบหมา", "เขาวิ่งในสวน", "อากาศ"], "เธอวิ่งสวน"),
    ],
    ids=["zh", "ja", "th"],
)
def test_where_words_are_not_spaced_signs_count(seen, asked):
    assert nearest(seen, [asked]).tolist() == [1]


def test_deterministic(made):
    pd.testing.assert_frame_equal(predictions(None, made, 0), predictions(None, made, 0))
