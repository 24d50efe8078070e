"""Times that strptime does not read: weeks, quarters, months in other languages, 24:00, and what follows on a time."""

from datetime import datetime

import pytest

from kassandra.sources.own.moments import MONTHS, moment


@pytest.mark.parametrize(
    ("cell", "time_format", "expected"),
    [
        ("2021-W05", "week", (2021, 2, 1)),
        ("2021W05", "week", (2021, 2, 1)),
        ("2021 5", "week", (2021, 2, 1)),
        ("2020-W53-7", "week", (2021, 1, 3)),
        ("2001Q3", "quarter", (2001, 7, 1)),
        ("2001-Q3", "quarter", (2001, 7, 1)),
        ("Q3/2001", "quarter", (2001, 7, 1)),
        ("3Q 2001", "quarter", (2001, 7, 1)),
        ("2001 3", "quarter", (2001, 7, 1)),
        ("01 mars 2020", "%d %B %Y", (2020, 3, 1)),
        ("janv. 2020", "%b %Y", (2020, 1, 1)),
        ("Mär 2020", "%b %Y", (2020, 3, 1)),
        ("5 sept. 2021", "%d %b %Y", (2021, 9, 5)),
        ("2021-01-01 24", "%Y-%m-%d %H", (2021, 1, 2)),
        ("24.12.2021 24:00", "%d.%m.%Y %H:%M", (2021, 12, 25)),
        ("01.01.2021 00:00 - 01.01.2021 01:00", "%d.%m.%Y %H:%M…", (2021, 1, 1)),
        ("2021年1月5日", "%Y年%m月%d日", (2021, 1, 5)),
    ],
)
def test_times_as_people_write_them(cell, time_format, expected):
    assert moment(cell, time_format) == datetime(*expected)


@pytest.mark.parametrize(
    ("cell", "time_format"),
    [
        ("2021-W54", "week"), ("2021-W5x", "week"), ("2001Q5", "quarter"), ("Q3", "quarter"), ("24:30", "%H:%M"),
        ("1 Brumaire 2020", "%d %B %Y"), ("x2021-01-01", "%Y-%m-%d…"), ("2021-01-01 x", "%Y-%m-%d"), ("", "week"),
    ],
)  # fmt: skip
def test_what_is_no_time(cell, time_format):
    with pytest.raises(ValueError):
        moment(cell, time_format)


def test_no_name_means_two_months():
    names = [name for line in MONTHS for name in set(line.split())]
    assert len(names) == len(set(names))
