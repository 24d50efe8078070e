"""Pictures of classified texts."""

import numpy as np
import pytest

from kassandra.inputs.text.show.examples import accuracy_by_length

pytestmark = pytest.mark.slow


def test_accuracy_by_length(shown):
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 2000, 400)
    right = generator.random(400) < 0.9 - lengths / 4000
    (axis,) = shown(lambda path: accuracy_by_length(lengths, right, path, "words")).axes
    names = [label.get_text() for label in axis.get_xticklabels()]
    spans = [name.replace(",", "").split("\n") for name in names]
    accuracy = axis.containers[0].lines[0].get_ydata()
    assert len(names) == 8
    for (span, count), shown_accuracy in zip(spans, accuracy, strict=True):
        first, last = map(int, span.split("–"))
        inside = (lengths >= first) & (lengths <= last)
        assert count == f"({inside.sum()})"
        assert shown_accuracy == pytest.approx(right[inside].mean())
    assert sum(int(count.strip("()")) for _, count in spans) == 400
    assert axis.get_xlabel() == "length in words (test texts)"
    assert axis.get_legend().get_texts()[0].get_text() == f"all texts: {right.mean():.4f}"


@pytest.mark.parametrize(
    ("lengths", "names"), [([5, 5, 5], ["5\n(3)"]), ([1200], ["1,200\n(1)"]), ([0, 3, 3], ["0\n(1)", "3\n(2)"])]
)
def test_accuracy_of_few_lengths(shown, lengths, names):
    (axis,) = shown(accuracy_by_length, np.array(lengths), np.ones(len(lengths), bool)).axes
    assert [label.get_text() for label in axis.get_xticklabels()] == names
