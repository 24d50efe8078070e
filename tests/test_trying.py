"""How much of the data a quick trial takes."""

import numpy as np
import pytest

from kassandra.contracts.examples import Examples, Pair, Pairs
from kassandra.contracts.stream import Texts
from kassandra.trying import CHARACTERS, LEAST, OF_EACH, some


def examples(count):
    labels = ["often" if row % 100 else "seldom" for row in range(count)]
    test = np.arange(count) >= count // 2
    return Examples("texts", [f"text {row}" for row in range(count)], labels, [str(row) for row in range(count)],
                    list(range(count)), test=test, classes=["often", "seldom"])  # fmt: skip


def test_of_many_examples_a_hundredth_with_all_labels_in_both_splits():
    taken = some(examples(50_000), 0)
    assert len(taken.labels) == 500 == len(taken.contents) == len(taken.test)
    for part in (taken.test, ~taken.test):
        labels = np.array(taken.labels)[part].tolist()
        assert min(labels.count(label) for label in taken.classes) >= OF_EACH
    assert [f"text {name}" for name in taken.ids] == list(taken.contents)
    assert taken.classes == ["often", "seldom"]
    assert some(examples(50_000), 0).ids == taken.ids


def test_of_few_all():
    assert len(some(examples(LEAST - 20), 0).labels) == LEAST - 20


@pytest.mark.slow
def test_of_texts_their_beginning_and_of_pairs_some():
    assert len(some(Texts({"train": "x" * 10_000_000}, {}, ""), 0).parts["train"]) == 100_000
    assert len(some(Texts({"train": "x" * 100_000}, {}, ""), 0).parts["train"]) == CHARACTERS
    pairs = {Pair(str(number), str(number)): str(number) for number in range(100_000)}
    assert len(some(Pairs(("en", "fr"), {"all": pairs}, None, ""), 0).parts["all"]) == 1000
