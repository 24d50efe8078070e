"""Sentences that are the same but for a few characters are all found, and others are not."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from kassandra.targets.text.prepare.pair_splits import ALIKE, SHORTEST, near, normal_form

LETTERS = st.sampled_from("ab")  # so few that pieces meet by chance all the time


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Hi, Tom!", "hitom"),
        ("STRASSE — Straße", "strassestrasse"),
        ("E\u0301te\u0301 ﬁn x²", "étéfinx2"),
        ("कि का", "किका"),  # marks on letters are kept apart
        ("?!", "?!"),
        ("…", "…"),
    ],
)
def test_normal_form(text, form):
    assert normal_form(text) == form


@given(st.text())
@pytest.mark.slow
def test_a_form_is_its_own_form_and_never_empty(text):
    form = normal_form(text)
    assert bool(form) == bool(text)
    assert normal_form(f" {text}! ") in (form, f" {text}! ")


@st.composite
def forms_and_their_copies(draw):
    """Forms of about the shortest length that counts, and copies of them with some characters changed."""
    known = draw(st.lists(st.text(LETTERS, min_size=SHORTEST - 4, max_size=70), min_size=1, max_size=4))
    forms = []
    for form in known:
        for _ in range(draw(st.integers(0, 9))):
            place, change = draw(st.integers(0, len(form))), draw(st.sampled_from(["", "c", "ab"]))
            form = form[:place] + change + form[place + draw(st.integers(0, 1)) :]
        forms.append(form)
    return forms, known


@settings(max_examples=200)
@given(forms_and_their_copies())
@pytest.mark.slow
def test_found_are_exactly_those_that_the_distance_says(both):
    forms, known = both
    expected = {
        form
        for form in forms
        if any(
            form == other
            or (len(other) >= SHORTEST and Levenshtein.distance(form, other) <= max(len(form), len(other)) // ALIKE)
            for other in known
        )
    }
    assert near(forms, known) == expected


@pytest.mark.parametrize("length", range(SHORTEST, 100))
def test_changes_spread_evenly_are_found_up_to_their_number(length):
    """As hard as can be for a search that goes by what is left unchanged."""
    draw = random.Random(length)
    form = "".join(draw.choices(string.ascii_lowercase, k=length))
    for most in (length // ALIKE, length // ALIKE + 1):
        places = {(2 * number + 1) * length // (2 * most) for number in range(most)}
        changed = "".join("." if place in places else letter for place, letter in enumerate(form))
        assert near([changed], [form]) == ({changed} if most == length // ALIKE else set())


def test_of_short_ones_only_the_same():
    assert near(["heishere", "sheishere"], ["heishere"]) == {"heishere"}
    long = "a" * SHORTEST
    assert near([long[:-1] + "b"], [long]) == {long[:-1] + "b"}
    assert near([long[:-1] + "b"], [long[:-1]]) == set()
    assert near([], ["a"]) == near(["a"], []) == set()
