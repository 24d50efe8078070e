"""Each value of a section: its type, its range, its key."""

import re

import pytest
from pydantic import ValidationError

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import Section, check
from kassandra.params.inputs.images import Source
from tests.params.pairs import all_sections

SECTIONS = all_sections()
NEEDED = {
    "images-label.source": {"path": "x", "labels": "x.csv"},
    "audio-label.source": {"path": "x", "labels": "x.csv"},
    "text-label.source": {"path": "x", "labels": "x.csv"},
    "source": {"path": "x"},
    "model": {"variant": "stacked"},
    "series-label.prepare": {"window": 10},
    "series-number.prepare": {"window": 10},
    "text-next.prepare": {"tokens": "words"},  # characters use no vocab_size
    "audio-label.train.augment": {"time_mask": 100.0},  # that there are masks to count
    "audio-transcript.train.augment": {"time_mask": 100.0},
    "audio-transcript.prepare.compose": {"fewest": 1, "most": 100, "pause_from": 0.0, "pause_to": 5000.0},
}


def test_frozen(read):
    params, _ = read()
    for section, key in ((params, "input"), (params.train, "epochs"), (params.model.attention, "size")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(section, key, 1)


@pytest.mark.parametrize("written", ["1e-05", "1e-5", "1E-5", "0.00001", ".00001", "10e-6", "1.e-5"])
def test_numbers_as_dvc_and_people_write_them(read, written):
    assert read(train=f"learning_rate: {written}")[0].train.learning_rate == 1e-5


def test_a_whole_number_is_a_number(read):
    assert read(train="learning_rate: 1, clip: 2")[0].train.clip == 2.0


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("epochs: true", "epochs: expected a whole number, got True"),
        ('epochs: "3"', "epochs: expected a whole number, got '3'"),
        ("epochs: 3.0", "epochs: expected a whole number, got 3.0"),
        ("epochs: null", "epochs: expected a whole number, got None"),
        ("epochs: [3]", "epochs: expected a whole number, got [3]"),
        ("learning_rate: true", "learning_rate: expected a number, got True"),
        ('learning_rate: "1e-3"', "learning_rate: expected a number, got '1e-3'"),
        ("learning_rate: nan", "learning_rate: expected a number, got 'nan'"),
        ("learning_rate: .nan", "learning_rate: expected a finite number, got nan"),
        ("weight_decay: .inf", "weight_decay: expected a finite number, got inf"),
        ("learning_rate: 1e1", "learning_rate: 10.0 must be < 10.0"),
        ("precision: fp16", "precision: 'fp16' is not one of 'fp32' or 'bf16'"),
        ("keep: 3", "keep: 3 is not one of 'best' or 'last'"),
        ("distort: 3", "distort: expected a section with the keys ['rotate', 'scale', 'shear', 'shift'], got 3"),
        ("distort: {shift: 15}", "distort.shift: 15 must be ≤ 14.0"),
        (
            "distort: {shfit: 1}",
            "distort: unknown key 'shfit'; "
            "known keys are ['rotate', 'scale', 'shear', 'shift'] (did you mean 'shift'?)",
        ),
        ("3: 4", "3: Keys should be strings, got 3"),
    ],
)
def test_wrong_values(refused, keys, text):
    refused(f"pipelines.mine.train.{text}", train=keys)


def test_true_and_false(refused, read):
    text = "pipelines.mine.prepare.permute: expected true or false, got "
    for written, shown in (("1", "1"), ("'true'", "'true'"), ("yes", "'yes'"), ("null", "None")):
        refused(text + shown, prepare=f"permute: {written}")
    assert read(prepare="permute: true")[0].prepare.permute is True


def limits(kind):
    """Each limit of each number: key, its sign, its value."""
    for key, field in kind.model_fields.items():
        choices = getattr(field.annotation, "__args__", ())
        parts = [*field.metadata, *(part for choice in choices for part in getattr(choice, "__metadata__", ()))]
        for sign, name in ((">", "gt"), ("≥", "ge"), ("<", "lt"), ("≤", "le")):
            for limit in (getattr(part, name) for part in parts if getattr(part, name, None) is not None):
                yield key, sign, limit


@pytest.mark.parametrize("name", SECTIONS)
def test_limits(name):
    kind = SECTIONS[name]
    needed = NEEDED.get(name, NEEDED.get(name.partition(".")[2], {}))
    numbers = {
        key for key, field in kind.model_fields.items()
        if re.search(r"\b(int|float)\b", str(field.annotation)) and not str(field.annotation).startswith("list")
    }  # fmt: skip
    assert {key for key, sign, _ in limits(kind) if sign in ">≥"} == numbers  # each has a lower one
    for key, sign, limit in limits(kind):
        step = 1 if "int" in str(kind.model_fields[key].annotation) else 1e-9
        inside = {">": limit + step, "≥": limit, "<": limit - step, "≤": limit}[sign]
        beyond = {">": limit, "≥": limit - step, "<": limit, "≤": limit + step}[sign]
        if key == "num_layers" and sign == "≥" and needed:
            inside = 2  # stacked wants two
        assert getattr(check(kind, needed | {key: inside}, "here"), key) == inside
        with pytest.raises(KassandraError, match=rf"^here\.{key}: {re.escape(repr(beyond))} must be {sign} "):
            check(kind, needed | {key: beyond}, "here")


@pytest.mark.parametrize(
    ("section", "given", "wrong", "right"),
    [
        ("source", "dataset: mnist", "datset", "dataset"),
        ("prepare", "scan: rows", "vald_fraction", "valid_fraction"),
        ("model", "variant: vanilla", "hiden_size", "hidden_size"),
        ("train", "epochs: 3", "lerning_rate", "learning_rate"),
    ],
)
def test_unknown_key(read, section, given, wrong, right):
    text = rf"^pipelines.mine.{section}: unknown key '{wrong}'; known keys are \[.*\] \(did you mean '{right}'\?\)$"
    with pytest.raises(KassandraError, match=text):
        read(**{section: f"{given}, {wrong}: 3"})


def test_unknown_key_that_is_like_none(refused):
    keys = sorted(Source.model_fields)
    refused(f"pipelines.mine.source: unknown key 'zzz'; known keys are {keys}", source="dataset: mnist, zzz: 3")


class Inner(Section):
    size: int


class Outer(Section):
    """Two sections in it, one of which may be left out."""

    one: Inner
    other: Inner | None = None


def test_where_each_mistake_is():
    with pytest.raises(KassandraError) as error:
        check(Outer, {"one": {"size": "3"}, "other": {"szie": 1}, "extra": 3}, "a.b")
    assert str(error.value).splitlines() == [
        "a.b.one.size: expected a whole number, got '3'",
        "a.b.other: key 'size' is missing",
        "a.b.other: unknown key 'szie'; known keys are ['size'] (did you mean 'size'?)",
        "a.b: unknown key 'extra'; known keys are ['one', 'other']",
    ]
    with pytest.raises(KassandraError, match=r"^a: expected a section with the keys \['one', 'other'\], got 3$"):
        check(Outer, 3, "a")
    assert check(Outer, {"one": {"size": 3}, "other": None}, "a.b").other is None
