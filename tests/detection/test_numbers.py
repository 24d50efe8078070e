"""Numbers are read as they were written, whatever marks a country uses; where two readings differ, neither is taken."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection.numbers import MARKS, Format, format_of, marks_of, sentinels_of

VALUES = [0.5, 12.25, 1234.75, 1_234_567.5, -98_765.25]


def written(value, decimal, thousands):
    text = f"{value:,.2f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands or "")


@pytest.mark.parametrize(("decimal", "thousands"), MARKS)
def test_all_marks_are_recognised(decimal, thousands):
    cells = [written(value, decimal, thousands) for value in VALUES]
    found = format_of([cells], "a.csv", None, ";")
    assert [found.value(cell) for cell in cells] == VALUES


def test_suffixes():
    found = format_of([["30.96M", "5.50K"], ["-0.32%", "0.13%"]], "a.csv", None, ",")
    assert found == Format(".", None, True)
    assert found.keys() == {"suffixes": True}


def test_two_readings_are_both_shown():
    cells = [["1,234", "2,345", "9,876"]]
    with pytest.raises(KassandraError, match=r"'1,234' may be 1\.234 \(`--decimal ,`\) or 1,234\.0 \(`--decimal \.`\)"):
        format_of(cells, "a.csv", None, ";")
    assert format_of(cells, "a.csv", ",", ";").value("1,234") == 1.234
    assert format_of(cells, "a.csv", ".", ";").value("1,234") == 1234


def test_numbers_on_both_sides_of_zero_have_decimals():
    """Between -1,000 and 1,000 there would be some without a mark."""
    cells = [["1.234", "-12.345", "9.876", "-1.001", "103.250"] * 4]
    found = format_of(cells, "a.tsv", None, "\t")
    assert found.value("12.345") == 12.345
    assert found.note.endswith("decimal point, as numbers on both sides of 0 are all written so (--decimal)")
    with pytest.raises(KassandraError, match="say which by that option"):
        format_of([[*cells[0], "950"]], "a.tsv", None, "\t")
    with pytest.raises(KassandraError, match="say which by that option"):
        format_of([[cell.lstrip("-") for cell in cells[0]]], "a.tsv", None, "\t")


def test_steps_of_series_have_decimals():
    cells = [["25.123", "31.700"], ["26.456", "30.125"]]
    assert format_of(cells, "a.tsv", None, "\t", steps=True).value("25.123") == 25.123
    with pytest.raises(KassandraError, match="say which by that option"):
        format_of(cells, "a.csv", None, ";", steps=True)


def test_one_number_of_the_file_decides():
    assert format_of([["1,234", "2,345"], ["0,5"]], "a.csv", None, ";").decimal == ","
    assert format_of([["1.234", "2.345"], ["0.044"]], "a.csv", None, ";").decimal == "."


def test_what_stands_for_no_value():
    cells = ["1.5", "?", "2", "n/a", "", "odd", "3"]
    assert set(marks_of(cells, Format())) == {"?", "n/a"}
    assert sentinels_of([str(number) for number in range(50)] + ["-9999.0"], Format()) == ["-9999.0"]
    assert sentinels_of([str(-number * 300) for number in range(50)] + ["-9999"], Format()) == []
