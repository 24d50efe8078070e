"""Layouts in which people have their data: what `init` writes into `source` of each, and what it refuses."""

import json
import math
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Look, Wish
from kassandra.detection.recognise import recognise
from kassandra.inputs.series.detect.table import propose

ROWS = 300


def load(row: int) -> float:
    return 50 + 10 * math.sin(row / 4) + (row * 7919 % 13) / 10


def moments(step: timedelta = timedelta(days=1), rows: int = ROWS, begin: datetime = datetime(2021, 1, 1)):
    return [begin + row * step for row in range(rows)]


def table(head: str, row: Callable[[int, datetime], str], step: timedelta = timedelta(days=1), rows: int = ROWS) -> str:
    return head + "".join(f"{row(number, moment)}\n" for number, moment in enumerate(moments(step, rows)))


HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def in_berlin(moment: datetime) -> datetime:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(BERLIN)


SERIES = {
    "names of rows as R writes them": (
        table('"date" "y"\n', lambda n, t: f'"{n + 1}" "{t:%Y-%m-%d}" {load(n):.3f}'),
        {"delimiter": "whitespace", "columns": ["column 1", "date", "y"], "time": "date", "target": "y"},
    ),
    "long names of series": (
        table(
            "day,which,value\n",
            lambda n, t: "\n".join(
                f"{t:%Y-%m-%d},Weekly prices of petrol in {at} (per gallon),{load(n + 40 * len(at)):.2f}"
                for at in ("Ohio", "Texas", "Minnesota")
            ),
        ),
        {"time": "day", "series": "which", "target": "value"},
    ),
    "columns aligned by spaces": (
        table("YYYY MM DD   load    temp\n", lambda n, t: f"{t:%Y %m %d}  {load(n):9.3f} {load(n + 1):7.2f}"),
        {"delimiter": "whitespace", "time": ["YYYY", "MM", "DD"], "target": "load"},
    ),
    "a delimiter at the end of rows": (
        table("Date;Value\n", lambda n, t: f"{t:%Y-%m-%d};{load(n):.2f};"),
        {"delimiter": ";", "time": "Date", "target": "Value"},
    ),
    "comments before the names": (
        table("# Station: x\n# 556 m, north\n#\ntime,temp\n", lambda n, t: f"{t:%Y-%m-%dT%H:%M}Z,{load(n):.2f}", HOUR),
        {"skip_rows": 3, "time": "time", "target": "temp"},
    ),
    "a comment that names the columns": (
        table("# x\n#time,temp\n", lambda n, t: f"{t:%Y-%m-%d},{load(n):.2f}"),
        {"skip_rows": 1, "time": "#time", "target": "temp"},
    ),
    "two tickers of yfinance": (
        table("Price,Close,Close\nTicker,AAPL,MSFT\nDate,,\n", lambda n, t: f"{t:%Y-%m-%d},{load(n)},{load(n + 2)}"),
        {"header_rows": 3, "columns": ["Date", "Close AAPL", "Close MSFT"], "target": "Close AAPL"},
    ),
    "weeks": (
        table("week,cases\n", lambda n, t: f"{t:%G-W%V},{load(n):.2f}", timedelta(days=7)),
        {"time_format": "week", "frequency": "w"},
    ),
    "quarters": (
        table("Quarter,gdp\n", lambda n, t: f"Q{n % 4 + 1} {1900 + n // 4},{load(n):.2f}"),
        {"time_format": "quarter", "frequency": "3m"},
    ),
    "the year and the name of the month": (
        table("Year,Month,Sales\n", lambda n, t: f"{1990 + n // 12},{datetime(2000, n % 12 + 1, 1):%B},{load(n):.1f}"),
        {"time": ["Year", "Month"], "time_format": "%Y %B", "frequency": "m"},
    ),
    "months in German": (
        table("Monat;Umsatz\n", lambda n, t: f"{('Januar', 'Februar', 'März', 'April', 'Mai', 'Juni', 'Juli', 'August', 'September', 'Oktober', 'November', 'Dezember')[n % 12]} {1990 + n // 12};{load(n):.2f}".replace(".", ",")),  # noqa: E501
        {"time_format": "%b %Y", "frequency": "m", "decimal": ","},
    ),
    "the day of the year": (
        table("YEAR,DOY,T2M\n", lambda n, t: f"{t:%Y},{t.timetuple().tm_yday},{load(n):.2f}"),
        {"time": ["YEAR", "DOY"], "time_format": "%Y %j", "frequency": "d"},
    ),
    "hours from 1 to 24": (
        table("Date,Hour,Load\n", lambda n, t: f"{t:%Y-%m-%d},{t.hour + 1},{load(n):.2f}", HOUR),
        {"time": ["Date", "Hour"], "time_format": "%Y-%m-%d %H", "frequency": "h"},
    ),
    "nanoseconds": (
        table("ts,load\n", lambda n, t: f"{1609459200 + 300 * n}000000000,{load(n):.2f}"),
        {"time_format": "unix_ns", "frequency": "5min"},
    ),
    "seconds with an exponent": (
        table("ts,load\n", lambda n, t: f"{1609459200 + 300 * n:.9e},{load(n):.2f}"),
        {"time_format": "unix", "frequency": "5min"},
    ),
    "days of a spreadsheet": (
        table("Date,Value\n", lambda n, t: f"{44197 + n},{load(n):.2f}"),
        {"time_format": "excel", "frequency": "d", "target": "Value"},
    ),
    "dates in Chinese": (
        table("日期,销售额\n", lambda n, t: f"{t.year}年{t.month}月{t.day}日,{load(n):.2f}"),
        {"time_format": "%Y年%m月%d日", "frequency": "d"},
    ),
    "intervals": (
        table("MTU,Price\n", lambda n, t: f"{t:%d.%m.%Y %H:%M} - {t + HOUR:%d.%m.%Y %H:%M},{load(n):.2f}", HOUR),
        {"time_format": "%d.%m.%Y %H:%M…", "frequency": "h"},
    ),
    "names of zones": (
        table("time,load\n", lambda n, t: f"{in_berlin(t):%Y-%m-%d %H:%M %Z},{load(n):.2f}", HOUR),
        {"time_format": "%Y-%m-%d %H:%M…", "time_zone": "Europe/Berlin", "frequency": "h"},
    ),
    "clocks that change": (
        table("time,load\n", lambda n, t: f"{in_berlin(t + timedelta(days=80)):%Y-%m-%d %H:%M},{load(n):.2f}", HOUR),
        {"time_zone": "Europe/Berlin", "frequency": "h"},
    ),
    "two columns name the series": (
        "date,store,item,sales\n" + "".join(
            f"{t:%Y-%m-%d},{store},{item},{load(n):.0f}\n" for store in (1, 2) for item in (1, 2, 3)
            for n, t in enumerate(moments(rows=60))
        ),
        {"series": ["store", "item"], "target": "sales"},
    ),
    "steps that begin again": (
        "unique_id,ds,y\n" + "".join(f"H{one},{n + 1},{load(n):.2f}\n" for one in (1, 2, 3) for n in range(100)),
        {"series": "unique_id", "time": "ds", "time_format": "step", "target": "y"},
    ),
    "money": (
        table("Date,Revenue,Profit\n", lambda n, t: f'{t:%Y-%m-%d},"${load(n) * 100:,.2f}","(${load(n) * 20:,.2f})"'),
        {"units": ["$"], "thousands": ",", "target": "Revenue"},
    ),
    "units": (
        table("Date,Temp\n", lambda n, t: f"{t:%Y-%m-%d},{load(n):.1f} °C"),
        {"units": ["°C"], "target": "Temp"},
    ),
    "decimal years, which are no target": (
        table("date,spots\n", lambda n, t: f"{1749 + n / 12:.3f},{load(n):.1f}"),
        {"time": "row", "target": "spots"},
    ),
    "negative numbers in parentheses": (
        table("Date,Gain\n", lambda n, t: f'{t:%Y-%m-%d},"{("{:,.1f}", "({:,.1f})")[n % 3 > 0].format(load(n) * 99)}"'),
        {"units": ["()"], "thousands": ",", "target": "Gain"},
    ),
    "lakhs": (
        table("Date,Amount\n", lambda n, t: f'{t:%d-%b-%Y},"1,{int(load(n)):02d},{n * 37 % 1000:03d}.50"'),
        {"thousands": ",", "target": "Amount"},
    ),
    "a zone in the name of the time": (
        table('"Plot: 1"\n"#","Date Time, GMT+01:00","Temp, °C","Logged"\n',
              lambda n, t: f'{n + 1},"{t:%m/%d/%y %I:%M:%S %p}",{load(n):.3f},""', HOUR),
        {"skip_rows": 1, "time": "Date Time, GMT+01:00", "target": "Temp, °C"},
    ),
    "a list in JSON": (
        json.dumps([{"time": str(t), "sensor": {"value": load(n)}} for n, t in enumerate(moments())], indent=1),
        {"time": "time", "target": "sensor.value"},
    ),
}  # fmt: skip


def proposed(path, target: str | None = None):
    return recognise(Look(path, Wish(target=target), lambda _question, _answers, likely: likely))


@pytest.mark.slow
@pytest.mark.parametrize("name", SERIES)
def test_series(name, tmp_path):
    text, keys = SERIES[name]
    path = tmp_path / ("data.json" if text.startswith("[") else "data.csv")
    path.write_text(text, encoding="utf-8")
    section = proposed(path).section()
    assert (section["input"], section["target"]) == ("series", "forecast")
    assert {key: section["source"].get(key) for key in keys} == keys


@pytest.mark.slow
def test_prices_and_their_returns(tmp_path):
    path = tmp_path / "GOOG.csv"
    path.write_text(
        table(
            "Date,Open,High,Low,Close\n",
            lambda n, t: f"{t:%Y-%m-%d},{load(n)},{load(n) + 9},{load(n) - 9},{load(n) + 1}",
        )
    )
    assert proposed(path).source["target"] == "Close"
    section = proposed(path, "return").section()
    assert section["prepare"]["predict"] == "return"
    assert "target" not in section["source"]
    assert "normalise" not in section["prepare"]


@pytest.mark.slow
def test_tables_of_one_folder(tmp_path):
    for first, name in ((0, "train"), (100, "val"), (200, "test")):
        (tmp_path / f"{name}.csv").write_text(
            "time,load\n" + "".join(f"{t},{load(n)}\n" for n, t in enumerate(moments(HOUR)[first : first + 100]))
        )
    assert proposed(tmp_path).splits == {"train", "valid", "test"}
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / f"load of {path.name}")
    assert proposed(tmp_path).splits == {"train", "valid", "test"}
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / f"load {['train', 'val', 'test'].index(path.stem.split()[-1])}.csv")
    assert proposed(tmp_path).source["files"] == "parts"
    for path in tmp_path.iterdir():
        path.write_text("time,load\n" + "".join(f"{t},{load(n)}\n" for n, t in enumerate(moments(HOUR))))
    assert proposed(tmp_path).source["files"] == "series"


REFUSED = {
    "a column for each year": ("x.csv", "Country,Code," + ",".join(map(str, range(1960, 2021))) + "\n" + "".join(
        f"Land {k},L{k}," + ",".join(f"{load(n + k):.3f}" for n in range(61)) + "\n" for k in range(60)),
        r"a column for each time, as '1960', '2020'; .*\.melt\(\['Country', 'Code'\], var_name='time'\)"),
    "a column for each month": ("x.csv", "Year," + ",".join(f"{t:%b}" for t in moments(timedelta(days=31), 12)) + "\n"
        + "".join(f"{1950 + k}," + ",".join(f"{load(12 * k + n):.2f}" for n in range(12)) + "\n" for k in range(70)),
        "a column for each time, as 'Jan', 'Dec'"),
    "months of Eurostat": ("x.tsv", "\t".join(
        ["geo\\TIME", *(f"{2000 + m // 12}-{m % 12 + 1:02d} " for m in range(60))]) + "\n" + "".join(
        "\t".join([f"A{k}", *(f"{load(m + k):.1f} p" for m in range(60))]) + "\n" for k in range(20)),
        "a column for each time, as '2000-01', '2004-12'"),
    "columns below a key": ("x.json", json.dumps({"id": 1, "hourly": {"time": ["a", "b"], "temp": [1, 2]}}),
        r"its key 'hourly' holds columns, .*: `pandas.DataFrame\(json.load\(open\('x.json'\)\)\['hourly'\]\)"),
    "lists in a list": ("x.json", json.dumps([[1, 2], [3, 4]]), "a list of 2 lists, whose columns have no names"),
    "spans by their places": ("x.jsonl", "".join(
        json.dumps({"text": f"Ann flew to Rome on day {n}", "label": [[0, 3, "PER"]]}) + "\n" for n in range(40)),
        "marks spans of texts by where they begin and end"),
    "choices of Label Studio": ("x.json", json.dumps([
        {"data": {"text": f"a fine day {n}"}, "annotations": [{"result": [{"value": {"choices": ["good"]}}]}]}
        for n in range(40)]), "export classes of texts as JSON-MIN or CSV"),
    "series in cells": ("x.csv", "id,signal,label\n" + "".join(
        f'{k},"{",".join(f"{load(n + k):.2f}" for n in range(20))}",{k % 2}\n' for k in range(60)),
        "'signal' holds a series in each cell; write a column for each step"),
    "a catalogue of gettext": ("fr.po", 'msgid "a"\nmsgstr "b"\n' * 40, r"a catalogue of gettext \(.po\)"),
    "a column for each day": ("x.csv", "p," + ",".join(f"{t:%m/%d/%y}" for t in moments(rows=40)) + "\n" + "".join(
        f"p{k}," + ",".join(f"{load(n + k):.1f}" for n in range(40)) + "\n" for k in range(30)),
        "a column for each time"),
    "an answer of a server": ("x.json", json.dumps({"ok": True, "data": [{"a": 1}, {"a": 2}]}),
        "key 'data' holds 2 rows"),
    "columns in JSON": ("x.json", json.dumps({"a": [1, 2], "b": [3, 4]}), "seem to be columns"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_to_do(name, tmp_path):
    file, text, says = REFUSED[name]
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(KassandraError, match=says):
        proposed(tmp_path / file)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("x.sqlite", b"SQLite format 3\0" + bytes(100), "a database of SQLite"),
        ("x.npy", b"\x93NUMPY" + bytes(100), "an array of NumPy"),
        ("x.pkl", b"\x80\x04" + bytes(100), "a pickle of Python, which is never opened"),
        ("x.sav", b"$FL2" + bytes(100), "SPSS"),
        ("x.heic", b"\0\0\0\x18ftypheic" + bytes(100), "HEIC .*; save it as JPEG or PNG"),
    ],
)
def test_files_that_are_not_read_are_named(file, content, says, tmp_path):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(KassandraError, match=says):
        proposed(tmp_path / file)


def test_arrays_of_numpy_are_named(tmp_path):
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros(3))
    assert zipfile.is_zipfile(tmp_path / "mnist.npz")
    with pytest.raises(KassandraError, match=r"arrays of NumPy .*x_train"):
        proposed(tmp_path / "mnist.npz")


def test_rows_that_are_examples_are_no_times(tmp_path):
    path = tmp_path / "m4.csv"
    names = ",".join(f"V{n}" for n in range(2, 64))
    path.write_text(f"V1,{names}\n" + "".join(
        f"D{k}," + ",".join(f"{load(n + k):.1f}" for n in range(2, 64)) + "\n" for k in range(60)))  # fmt: skip
    with pytest.raises(KassandraError, match=r"its 63 columns are numbered .V "):
        propose(Look(path, Wish(), lambda _question, _answers, likely: likely))


def test_the_largest_sheet_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Info"
    book.active.append(["Station", "Berlin"])
    sheet = book.create_sheet("Data")
    sheet.append(["time", "temp"])
    for number, moment in enumerate(moments(rows=100)):
        sheet.append([moment, load(number)])
    book.save(tmp_path / "x.xlsx")
    proposal = proposed(tmp_path / "x.xlsx")
    assert proposal.source["sheet"] == "Data"
    assert "sheet 'Data', the largest; the others are ['Info']" in proposal.seen


def test_first_words_are_labels(tmp_path):
    path = tmp_path / "train_5500.label"
    path.write_text("".join(f"{('DESC:manner', 'HUM:ind')[n % 2]} How did number {n} do ?\n" for n in range(100)))
    proposal = proposed(path)
    assert (proposal.target, proposal.source) == ("label", {"layout": "first"})
    path.write_text("".join(f"{n} How did number {n} do ?\n" for n in range(100)))  # a number each: a text
    assert proposed(path).target == "next"


def test_what_comes_back_is_read_from_values(tmp_path):
    """Hours of working days and weekends: a week, its calendar, and a fitted linear map; of a random walk no season."""
    path, draw = tmp_path / "hours.csv", np.random.default_rng(0)
    of_hour = [10 + 5 * math.sin(t.hour / 24 * 2 * math.pi) - 4 * (t.weekday() > 4) for t in moments(HOUR, 4000)]
    values = np.array(of_hour) + draw.normal(0, 0.3, 4000)
    times = [f"{t:%Y-%m-%d %H:%M}" for t in moments(HOUR, 4000)]
    path.write_text("time,load\n" + "".join(f"{t},{v:.3f}\n" for t, v in zip(times, values, strict=True)))
    proposal = recognise(Look(path, Wish(), lambda _question, _answers, likely: likely))
    chosen = {"season": 168, "window": 168, "horizon": 24, "calendar": ["hour", "weekday"]}
    assert proposal.prepare.items() >= chosen.items()
    assert proposal.model["linear"] == "fitted"
    walk = draw.normal(size=4000).cumsum()
    path.write_text("time,load\n" + "".join(f"{t},{v:.3f}\n" for t, v in zip(times, walk, strict=True)))
    proposal = recognise(Look(path, Wish(), lambda _question, _answers, likely: likely))
    assert not {"season", "calendar"} & set(proposal.prepare)
    assert any("values do not come back after 24 rows" in line for line in proposal.seen)


def test_series_with_labels_have_minirocket_beside_the_lstm(tmp_path):
    draw, path = np.random.default_rng(0), tmp_path / "waves.csv"
    rows = [",".join([f"c{n % 2}", *(f"{value:.3f}" for value in draw.normal(size=30))]) for n in range(200)]
    path.write_text("label," + ",".join(f"t{step}" for step in range(30)) + "\n" + "\n".join(rows) + "\n")
    proposal = recognise(Look(path, Wish(), lambda _question, _answers, likely: likely))
    assert (proposal.input, proposal.target, proposal.model["linear"]) == ("series", "label", True)
    assert any("MiniRocket stands beside the LSTM" in line for line in proposal.guessed)


def test_texts_have_a_linear_model_beside_the_lstm_but_not_of_too_many_classes(tmp_path):
    path = tmp_path / "texts.csv"
    for classes, linear in ((3, True), (90, None)):
        path.write_text("text,label\n" + "".join(f"some words of row {n},c{n % classes}\n" for n in range(2000)))
        proposal = recognise(Look(path, Wish(), lambda _question, _answers, likely: likely))
        assert proposal.model.get("linear") is linear
