"""What `kassandra predict` prints of classes: a table on a terminal, CSV into a file, JSON; whatever the input is."""

import csv
import io
import json
import re
import sys
from types import SimpleNamespace

import pytest

from kassandra.targets.label.evaluate.predict import Prediction
from kassandra.targets.label.show import show

NAMES = ["a [b] [bold]c.png", "=1+1", "long " * 30]
PREDICTIONS = [
    Prediction("cat", 0.7, {"cat": 0.7, "[dog]": 0.2, "cow": 0.1}, [0.7]),
    Prediction("[dog]", 0.9876543, {"cat": 0.0023456, "[dog]": 0.9876543, "cow": 0.0100001}, [0.9876543]),
    Prediction("cow", 0.5, {"cat": 0.0, "[dog]": 0.5, "cow": 0.5}, [0.5]),
]
ADDED = {
    "seconds": [0.25, 1.0, 12.5],
    "heard": [(10, 40), (0, 7), (3, 3)],
    "words": [{"a": 1.25, "b": -0.5}, {}, {"c": 2}],
}


@pytest.fixture
def printed(capsys, monkeypatch):
    """The three answers above, printed for a model and an input that are made up."""

    def printed(added, as_json=False, terminal=False, **options):
        predictor = SimpleNamespace(
            many=False, meta={"of": "it"}, pair=SimpleNamespace(own=lambda inputs: ("split", inputs)),
            of_members=lambda split: [("outputs", split)], predictions=lambda members: PREDICTIONS,
        )  # fmt: skip
        reader = SimpleNamespace(NAME="animal", read=lambda given, meta, option: (given, [meta["of"], option]))
        if added:

            def columns(by, inputs, outputs):
                assert (by, outputs) == (predictor, ("outputs", ("split", inputs)))
                return ADDED

            reader.columns = columns
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
        show(predictor, reader, NAMES, as_json, option=3, **options)
        return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)

    return printed  # fmt: skip


@pytest.mark.parametrize("added", [False, True])
def test_json_has_every_detail(printed, added):
    rows = [json.loads(line) for line in printed(added, as_json=True).splitlines()]
    for place, row in enumerate(rows):
        more = {key: values[place] for key, values in ADDED.items()} if added else {}
        more |= {"heard": list(more["heard"])} if added else {}
        assert row == {"animal": NAMES[place], **PREDICTIONS[place]._asdict(), **more}


def test_csv_into_a_file(printed):
    rows = list(csv.DictReader(io.StringIO(printed(added=True))))
    probabilities = ["probability_cat", "probability_[dog]", "probability_cow"]
    assert list(rows[0]) == ["animal", "label", "probability", *probabilities, "seconds", "heard", "words"]
    assert [row["animal"] for row in rows] == ["'=1+1" if name == "=1+1" else name for name in NAMES]
    assert [row["label"] for row in rows] == ["cat", "[dog]", "cow"]
    assert [float(rows[1][name]) for name in probabilities] == [0.002346, 0.987654, 0.01]
    assert [rows[0][name] for name in ADDED] == ["0.25", "10–40", "a +1.25, b -0.50"]


def test_a_table_on_a_terminal(printed):
    heading, *lines = printed(added=True, terminal=True).splitlines()
    assert heading.split() == ["animal", "class", "probability", "next", "seconds", "heard", "words"]
    assert lines[0].split() == [
        *("a", "[b]", "[bold]c.png", "cat", "0.700", "[dog]", "0.200", "0.25", "10–40", "a", "+1.25,", "b", "-0.50")
    ]
    assert lines[1].split()[:5] == ["=1+1", "[dog]", "0.988", "cow", "0.010"]
    assert lines[2].startswith(" " + NAMES[2][:79] + "…")
    assert printed(added=False, terminal=True).splitlines()[0].split() == ["animal", "class", "probability", "next"]


def test_a_class_below_the_rejection_is_not_given(printed):
    rows = list(csv.DictReader(io.StringIO(printed(added=False, reject=0.6))))
    assert [row["label"] for row in rows] == ["cat", "[dog]", ""]
    assert float(rows[2]["probability"]) == 0.5
