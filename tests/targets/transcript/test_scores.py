"""Error rates are those of jiwer, and alignments have as many differences as there are edits."""

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.judging.score import value_of
from kassandra.targets.transcript.evaluate.scores import SCORES, predictions
from kassandra.targets.transcript.train.edits import alignment, counted, in_two_lines

texts = st.lists(st.sampled_from(["a", "bee", "tree", "to"]), min_size=1, max_size=6).map(" ".join)


@pytest.mark.slow
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_rates_are_those_of_jiwer(pairs):
    references, hypotheses = [one for one, _ in pairs], [other for _, other in pairs]
    names = [str(place) for place in range(len(pairs))]
    table = predictions(names, [""] * len(pairs), references, hypotheses, references, [0.0] * len(pairs))
    values = {score.name: value_of(score, table) for score in SCORES}
    assert values["wer"] == pytest.approx(100 * jiwer.wer(references, hypotheses))
    assert values["cer"] == pytest.approx(100 * jiwer.cer(references, hypotheses))
    assert values["wer_greedy"] == values["cer_greedy"] == 0


@given(texts, texts)
def test_an_alignment_has_every_word_and_as_many_differences_as_edits(hypothesis, reference):
    pairs = alignment(hypothesis, reference)
    assert " ".join(one for one, _ in pairs if one) == reference
    assert " ".join(other for _, other in pairs if other) == hypothesis
    assert sum(one != other for one, other in pairs) == counted(hypothesis, reference)[0, 0]


def test_two_lines_stand_below_each_other():
    first, second = in_two_lines("on a two", "one two three")
    assert first.split() == ["*", "ONE", "two", "THREE"]
    assert second.split() == ["ON", "A", "two", "*"]
    assert first.index("two") == second.index("two")
