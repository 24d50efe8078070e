"""Spans are the same however they are written, and those of seqeval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.spans import Span, as_iob2, follows, scheme_of, spans

TYPES = ["city", "time-of-day"]


@st.composite
def spans_and_length(draw):
    """Spans of a sequence, and how many steps it has."""
    step, every = 0, []
    for gap, length, type in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(TYPES)))):
        every.append(Span(step + gap, step + gap + length, type))
        step += gap + length
    return every, step + draw(st.integers(0, 2))


def written(every, length, scheme):
    tags = ["O"] * length
    for start, end, type in every:
        for step in range(start, end):
            first, last = step == start, step == end - 1
            if scheme == "IOB1":
                joined = any(other.end == start and other.type == type for other in every)
                part = "B" if first and joined else "I"
            elif scheme == "BIOES":
                part = "S" if first and last else "B" if first else "E" if last else "I"
            elif scheme == "BILOU":
                part = "U" if first and last else "B" if first else "L" if last else "I"
            else:
                part = "B" if first else "I"
            tags[step] = f"{part}-{type}"
    return tags


@pytest.mark.slow
@given(spans_and_length(), st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU"]))
def test_the_same_spans_in_every_scheme(made, scheme):
    every, length = made
    tags, mended = as_iob2(written(every, length, scheme), "BIOES" if scheme == "BILOU" else scheme)
    assert spans(tags) == every
    assert mended == 0
    assert all(follows(before, tag) for before, tag in zip([None, *tags], tags, strict=False))


TAGS = st.lists(st.sampled_from(["O", *(f"{part}-{type}" for part in "BI" for type in TYPES)]), min_size=1, max_size=12)


@pytest.mark.slow
@given(st.lists(st.tuples(TAGS, TAGS).map(lambda both: [one[: min(map(len, both))] for one in both]), min_size=1))
def test_spans_and_f1_are_those_of_seqeval(pairs):
    metrics = pytest.importorskip("seqeval.metrics")
    labels = pytest.importorskip("seqeval.metrics.sequence_labeling")
    from kassandra.judging.score import value_of
    from kassandra.targets.tags.evaluate.scores import SCORES, predictions

    observed, predicted = ([pair[which] for pair in pairs] for which in range(2))
    for tags in observed:
        assert [(one.type, one.start, one.end - 1) for one in spans(tags)] == labels.get_entities(tags)
    table = predictions([str(row) for row in range(len(pairs))], observed, predicted, True)
    ours = {score.name: value_of(score, table) for score in SCORES[:3]}
    assert ours["f1"] == pytest.approx(metrics.f1_score(observed, predicted, zero_division=0))
    assert ours["precision"] == pytest.approx(metrics.precision_score(observed, predicted, zero_division=0))
    assert ours["recall"] == pytest.approx(metrics.recall_score(observed, predicted, zero_division=0))


def test_schemes_are_recognised():
    assert scheme_of([["B-a", "I-a", "O"]]) == "IOB2"
    assert scheme_of([["I-a", "I-a", "O", "I-a", "B-a"]]) == "IOB1"
    assert scheme_of([["S-a", "O"]]) == "BIOES"


def test_what_goes_on_with_nothing_begins_a_span_and_is_counted():
    assert as_iob2(["O", "I-a", "I-b"], "IOB2") == (["O", "B-a", "B-b"], 2)
