"""Tables: what their owners expect."""

from tests.cases.harness import Case

SERIES = [
    Case(
        "01-yfinance-multiheader",
        section={"target": "forecast", "source.header_rows": 3, "source.time": "Price", "source.target": "Close"},
        reports=("2 more lines of header",),
        predict=("MSFT.csv",),
    ),
    Case(
        "02-investing-com",
        section={"source.time_format": "%m/%d/%Y", "source.thousands": ",", "source.suffixes": True},
        reports=("newest first",),
        predict=("Apple Stock Price History.csv",),
        last="evaluate",
    ),
    Case(
        "03-uci-household-power",
        section={
            "source.delimiter": ";", "source.time": ["Date", "Time"], "source.time_format": "%d/%m/%Y %H:%M:%S",
            "source.missing_values": ["?"], "source.frequency": "min", "prepare.missing": "forward",
        },
        predict=("household_power_consumption.txt",),
    ),
    Case(
        "04-smard-german",
        section={
            "source.decimal": ",", "source.thousands": ".", "source.missing_values": ["-"], "source.frequency": "h",
            "source.time": "Datum von", "prepare.season": 24, "source.time_zone": "Europe/Berlin",
        },
        reports=("the hour that clocks of Europe/Berlin show again: 1 of its times",),
        predict=("Realisierter_Stromverbrauch_Stunde.csv",),
    ),
    Case(
        "05-cryptodatadownload",
        section={"source.skip_rows": 1, "source.time_format": "unix_ms", "source.frequency": "h"},
        reports=("newest first",),
        predict=("Binance_BTCUSDT_1h.csv",),
    ),
    Case(
        "06-beijing-pm25",
        options=("--target", "pm2.5"),
        section={"source.time": ["year", "month", "day", "hour"], "source.missing_values": ["NA"]},
        predict=("PRSA_data.csv",),
    ),
    Case(
        "07-airline-passengers",
        section={"source.skip_footer": 1, "source.frequency": "m"},
        reports=("1 line after the last row",),
        predict=("international-airline-passengers.csv",),
    ),
    Case(
        "07b-airline-clean",
        section={"prepare.season": 12, "prepare.calendar": ["month"], "model.linear": "fitted"},
        predict=("airline-passengers.csv",)),
    Case("07c-shampoo", section={"source.time": "row"}, predict=("shampoo.csv",)),
    Case("08-yahoo-null-rows", section={"source.missing_values": ["null"]}, predict=("GC=F.csv",)),
    Case("08b-yahoo-web-newest-first", reports=("newest first",), predict=("daily_IBM.csv",)),
    Case("46-pandas-unnamed-index", section={"source.time": "column 1", "source.frequency": "h"}, predict=("df.csv",)),
    Case("47-subsecond-times", section={"source.frequency": "20ms"}, predict=("imu.csv",)),
    Case("47b-no-time-column", section={"source.time": "row"}, predict=("sensor.csv",)),
    Case("47c-integer-step", section={"source.time_format": "step", "source.series": "unit"}, predict=("run.csv",)),
    Case(
        "49-yahoo-web-copy",
        section={"source.time_format": "%b %d, %Y", "source.thousands": ",", "source.target": "Close*"},
        predict=("table.csv",),
    ),
    Case(
        "54-latin1-weather",
        section={"source.encoding": "latin-1", "source.decimal": ",", "source.missing_values": ["---"]},
        reports=("since its rows are then evenly apart", "not UTF-8"),
        predict=("station.csv",),
    ),
    Case(
        "55-jena-climate",
        section={"source.missing_values": ["-9999.00"], "source.frequency": "10min", "prepare.missing": "forward"},
        reports=("-9999.00 in 'wv .m/s.' lies far from all its other numbers",),
        predict=("jena_climate_2009_2016.csv",),
    ),
]  # fmt: skip
TEXTS = [
    Case("10-sentiment140", section={"source.encoding": "latin-1", "source.header": "none"}, predict=("a fine day",)),
    Case("11-sms-spam", section={"source.encoding": "latin-1", "source.text": "v2"}, predict=("call me",)),
    Case("11b-sms-spam-utf8", section={"source.label": "v1", "model.linear": True}, predict=("call me",)),
    Case("11c-smsspamcollection", section={"source.delimiter": "\t", "source.header": "none"}, predict=("call me",)),
    Case(
        "13-amazon-json-gz", section={"source.text": "reviewText", "source.label": "overall"}, predict=("a good book",)
    ),
    Case("13b-amazon-jsonl", section={"source.text": "text", "source.label": "rating"}, predict=("a good book",)),
    Case(
        "14-kaggle-competition-folder", reports=("test.csv has no target", "sample_submission.csv"), predict=("fire",)
    ),
    Case("14b-kaggle-train-test-nolabel", reports=("test.csv has no target",), predict=("fire",)),
    Case("14c-tiny-ten-rows", refused="at least 10 of each of two labels are needed"),
    Case("14d-rare-class", reports=("security 1, legal 2",), meta={"rare_classes.legal": 2}, predict=("it is slow",)),
    Case("14e-valid-split-files", reports=("tables of splits",), meta={"examples.valid": 60}, predict=("fine",)),
    Case("52-stars-text-floats", reports=("HTML", "imbalance"), meta={"classes": ["1", "5"]}, predict=("fine",)),
    Case("57-emoji-only", section={"prepare.tokens": "characters"}, predict=("Manimini",)),
]
STREAMS = [
    Case("20-lm-crlf-latin1-gutenberg", section={"target": "next", "source.encoding": "latin-1"}, command="generate"),
    Case("20b-lm-folder-of-texts", section={"target": "next"}, reports=("4 files of text",), command="generate"),
    Case("20c-lm-crlf-one-line", section={"target": "next"}, command="generate"),
]
PAIRS = [
    Case("21-manythings-fra-txt", section={"target": "text", "source.pair": "en-fr"}, command="translate"),
    Case("21b-manythings-folder", section={"target": "text", "source.pair": "en-fr"}, command="translate"),
    Case("21c-csv-pairs-header", section={"source.pair": "en-fr"}, predict=("My cat .",), command="translate"),
    Case(
        "50-har-series-classification",
        section={
            "input": "series",
            "target": "label",
            "source.label": "activity",
            "source.series": "user",
            "source.values": ["x", "y", "z"],
            "source.time": "timestamp",
            "prepare.window": 50,
        },
        reports=("6 windows hold several labels", "'user' holds 3 groups, too few", "60 windows of 50 rows"),
        predict=("WISDM.csv",),
    ),
    Case(
        "50-har-series-classification",
        name="50-har-series-tags",
        options=("--as", "tags"),
        section={"input": "series", "target": "tags", "prepare.window": 30, "model.variant": "bidirectional"},
        reports=("1,800 rows of 3 recordings, in 60 pieces of at most 30",),
        predict=("WISDM.csv",),
    ),
    Case(
        "58-series-ts-pair",
        section={"input": "series", "target": "label", "prepare.missing": "interpolate"},
        reports=(r"48 series of 2 columns, 12 to 19 steps", "files of splits: Waves_TEST.ts, Waves_TRAIN.ts"),
        meta={"examples.test": 24},
        predict=("waves/Waves_TEST.ts",),
        last="evaluate",
    ),
    Case(
        "59-series-wide-table",
        section={"input": "series", "target": "label", "source.label": "species"},
        reports=(r"a row per series, its steps the columns t0 to t15 \(16\)",),
        predict=("outlines.csv",),
    ),
    Case("21d-europarl-moses", section={"source.pair": "fr-en"}, predict=("Mon chat .",), command="translate"),
]
TAGS = [
    Case(
        "58-conll-columns",
        section={"target": "tags", "source.layout": "columns", "model.crf": True, "model.variant": "bidirectional"},
        reports=("files of splits", "spans written as IOB2, of 2 types: LOC, PER", "60 train .* 15 valid .* 15 test"),
        predict=("Bo Li flew to Rome .",),
        last="evaluate",
    ),
    Case(
        "58b-kaggle-ner",
        section={"source.layout": "table", "source.sentence": "Sentence #", "source.encoding": "latin-1"},
        reports=("empty word or tag", "written as BIOES: .* rewritten as IOB2"),
        meta={"refused_rows": 1},
    ),
]
CASES = [*SERIES, *TAGS, *TEXTS, *STREAMS, *PAIRS]
