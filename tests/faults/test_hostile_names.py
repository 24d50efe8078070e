"""Names and texts of strangers in every medium: pictures are drawn, markup, formulas and commands are text."""

import csv
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.console import Console
from rich.table import Table

from kassandra.contracts import tables
from kassandra.contracts.printed import in_csv, in_markdown, in_terminal, printable, visible
from kassandra.judging import class_figures, figures
from kassandra.judging.highlight import escaped

pytestmark = [pytest.mark.slow, pytest.mark.faults]

NAMES = [
    "$a_$", r"$\frac{1", "[/x]", "[bold]", "<script>alert(1)</script>", "=1+1", "@SUM(A1)", "-1+cmd|' /C calc'!A0",
    "a\x1b[2Jb\x07\n\r\tc", "x" * 12_000, "\u202eabc שלום \u2066", "猫 café 👩‍👩‍👧", "__init__", "a|b*c`d",
    "&#60;", " ", "\0",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NAMES), st.text(max_size=40))


def names(count):
    return st.lists(TEXTS, min_size=count, max_size=count)


def test_a_picture_of_classes(tmp_path):
    draw = np.random.default_rng(0)
    counts = draw.integers(0, 9, (len(NAMES), len(NAMES))) + 30 * np.eye(len(NAMES), dtype=int)
    class_figures.confusion(counts, NAMES, tmp_path / "a.png")
    bounds = {"f1": 0.5, "f1_low": 0.4, "f1_high": 0.6, "examples": 30}
    class_figures.per_class(pd.DataFrame([{"class": name, **bounds} for name in NAMES]), tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        width, height = (int.from_bytes((tmp_path / name).read_bytes()[place : place + 4]) for place in (16, 20))
        assert max(width, height) < 3000


def test_any_text_anywhere_in_a_picture_is_drawn_as_it_stands(tmp_path):
    """Also where who draws has not thought of it."""
    figure = Figure(figsize=(3, 3))
    axis = figure.subplots()
    for place, name in enumerate(NAMES):
        axis.plot([place], [place], label=name)
        axis.text(place, 0, name)
    axis.set(title="\n".join(NAMES), xlabel=NAMES[0], ylabel=NAMES[1])
    axis.set_xticks(range(len(NAMES)), NAMES)
    axis.legend(title=NAMES[0])
    figure.suptitle(NAMES[1])
    figures.save(figure, tmp_path / "a.png")
    drawn = [text.get_text() for text in figure.findobj(Text)]
    assert {"$a_$", r"$\frac{1", "[/x]", "=1+1", "<script>alert(1)</script>"} <= set(drawn)
    assert max(len(line) for text in drawn for line in text.split("\n")) == figures.WIDEST


@given(names(3))
def test_a_table_in_a_terminal(cells):
    stream = io.StringIO()
    console = Console(file=stream, width=1000, force_terminal=True, color_system="truecolor")
    table = Table("", "", "", box=None)
    table.add_row(*(in_terminal(cell, 60) for cell in cells))
    console.print(table)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())  # rich's own colours
    assert visible(plain) == plain
    for cell in cells:
        assert "".join(visible(cell).replace("\n", "·")[:59].split()) in "".join(plain.split())


@given(TEXTS)
def test_a_message(text):
    assert visible(visible(text)) == visible(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", visible(text))
    assert len(printable(text)) < 300


@given(names(3))
def test_a_page(cells):
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append(tag)  # type: ignore[method-assign]
    parser.feed("".join(f"<td>{escaped(cell)}</td>" for cell in cells))
    assert [tag for tag in found if tag != "wbr"] == ["td"] * 3


@given(names(3))
def test_a_line_of_markdown(cells):
    line = f"| {' | '.join(map(in_markdown, cells))} |"
    assert line.count("|") == 4
    assert "\n" not in line
    assert not re.search(r"[<>`*_\[\]@\\]", line)


@given(names(3))
def test_a_csv(cells):
    stream = io.StringIO()
    csv.writer(stream).writerow(map(in_csv, cells))
    for written, cell in zip(next(csv.reader(io.StringIO(stream.getvalue(), newline=""))), cells, strict=True):
        assert written in (cell, f"'{cell}")
        assert not re.match(r"\s*[=@]", written)


def test_a_table_of_git(tmp_path):
    tables.write_table(tmp_path / "a.csv", [{"=x": name, "number": -0.5} for name in NAMES])
    lines = (tmp_path / "a.csv").read_text().split("\n")
    assert lines[0] == "'=x,number"
    assert "'=1+1,-0.5" in lines
    assert "$a_$,-0.5" in lines
