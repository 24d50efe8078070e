"""BLEU from counts: as sacrebleu has it, and told apart sentence by sentence."""

import numpy as np
import pandas as pd
import pytest

from kassandra.comparison.revisions import Predicted
from kassandra.targets.text.evaluate.compared import compared, corpus_bleu, differ


@pytest.mark.parametrize(
    ("sums", "bleu"),
    [  # of sacrebleu 2.6: BLEU.compute_bleu(correct, total, hypotheses, references, smooth_method="exp").score
        ([50, 30, 20, 10, 80, 70, 60, 50, 80, 100], 28.46947),
        ([50, 30, 20, 10, 80, 70, 60, 50, 80, 60], 36.55552),
        ([3, 1, 0, 0, 6, 5, 4, 3, 6, 6], 17.96521),
        ([0, 0, 0, 0, 6, 5, 4, 3, 6, 6], 0.0),
        ([2, 1, 0, 0, 2, 1, 0, 0, 2, 2], 0.0),
    ],
)
def test_bleu(sums, bleu):
    assert float(corpus_bleu(np.array(sums, float))) == pytest.approx(bleu, abs=1e-5)


def told(match, length=12):
    """Sentences of which the first `match` tokens are those of the reference."""
    orders = np.arange(4)
    correct, total = (np.maximum(np.asarray(each)[:, None] - orders, 0) for each in (match, [length] * len(match)))
    columns = {"correct": correct.tolist(), "total": total.tolist()}
    rows = pd.DataFrame(columns | {"hypothesis_length": length, "reference_length": length})
    return Predicted(None, "x", rows.assign(source=[f"sentence {n}" for n in range(len(match))]), {})


def test_the_better_translator_is_found():
    matches = np.random.default_rng(0).integers(3, 11, 80)
    a, b = told(matches), told(matches + 1)
    one, other, difference = compared(a, b, 300)["bleu"]
    assert one < other
    assert difference.value == pytest.approx(other - one)
    assert difference.p < 0.01
    assert compared(a, a, 300)["bleu"][2][:4] == (0, 0, 0, 1)


def test_other_sentences_are_not_compared():
    a, b = told([5, 6, 7]).table, told([5, 6, 8]).table
    assert differ(a, b) == ""
    assert differ(a, b[:2]) == "3 test sentences at A, 2 at B"
    assert differ(a, b.assign(source=["sentence 0", "sentence 2", "sentence 1"])) == "other sentences"
    assert differ(a.drop(columns="source"), b) == ""
