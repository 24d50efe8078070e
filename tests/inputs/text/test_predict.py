"""`kassandra predict` for texts, with a model trained on real reviews."""

import csv
import io
import json
from collections import defaultdict

import pytest

pytestmark = pytest.mark.slow

TEXTS = ["A wonderful book, I loved it!", "boring [bold] and a waste of money", "größe ∑ zzzz"]


@pytest.fixture(scope="module")
def reader(trained_reader):
    from kassandra.inference import load

    return load(trained_reader)


@pytest.fixture(scope="module")
def expected(reader):
    return reader.predict(TEXTS)


def words_by_hand(reader, text):
    """The five words whose contributions, summed over where each stands, are largest."""
    pieces, token_of = reader.pair.sequences.pieces(text)
    (weights,), summed = reader.contributions([text]), defaultdict(float)
    for piece, token in zip(pieces, token_of, strict=True):
        if token is not None:
            summed[piece.strip().casefold()] += weights[token]
    return dict(sorted(summed.items(), key=lambda item: -abs(item[1]))[:5])


def test_json(kassandra, trained_reader, reader, expected):
    done = kassandra("predict", trained_reader, *TEXTS, "--json")
    assert (done.status, done.err) == (0, "")
    for line, text, prediction in zip(done.out.splitlines(), TEXTS, expected, strict=True):
        row = json.loads(line)
        words = words_by_hand(reader, text)
        assert row.pop("words") == pytest.approx({word: round(value, 3) for word, value in words.items()}, abs=1e-3)
        assert row == {"text": text, **prediction._asdict()}
    assert "größe" in done.out


def test_a_word_that_stands_twice_is_summed(kassandra, trained_reader, reader):
    text = "Good book. good book. GOOD good book"
    row = json.loads(kassandra("predict", trained_reader, text, "--json").out)
    expected = words_by_hand(reader, text)
    assert set(expected) == {"good", "book", "."}
    assert row["words"] == pytest.approx(expected, abs=1e-3)


def test_lines_of_standard_input(kassandra, trained_reader, expected, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TEXTS[0]}\n\n  \n{TEXTS[1]} \n"))
    done = kassandra("predict", trained_reader, "--json")
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == TEXTS[:2]
    assert json.loads(done.out.splitlines()[0])["probability"] == pytest.approx(expected[0].probability, abs=1e-6)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    done = kassandra("predict", trained_reader)
    assert done.status == 1
    assert done.err == "Error: predict: no text; give one in quotes, a table, or lines on standard input"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mine.csv"
    rows = [["what", "text", "n"], *([text, f"other {n}", n] for n, text in enumerate(TEXTS)), ["", "x", 9]]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_what_is_not_utf_8_is_one_sentence(kassandra, trained_reader):
    done = kassandra("predict", trained_reader, b"a g\xe9 film".decode("utf-8", "surrogateescape"))
    assert (done.status, done.out) == (1, "")
    assert done.err == "Error: text 1: not UTF-8; convert it, as by `iconv -f LATIN1 -t UTF-8`"


def test_a_table_gives_a_table(kassandra, trained_reader, reader, table, expected):
    done = kassandra("predict", trained_reader, table, "--text", "what")
    assert done.status == 0
    assert done.err == f"{table}: 1 of 4 rows refused: 1 × empty text (line 5)\n"
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["text"] for row in rows] == TEXTS
    assert list(rows[0]) == ["text", "label", "probability", "probability_negative", "probability_positive", "words"]
    for row, prediction in zip(rows, expected, strict=True):
        assert row["label"] == prediction.label
        assert float(row["probability"]) == pytest.approx(prediction.probability, abs=1e-5)
        assert float(row["probability_negative"]) == pytest.approx(prediction.probabilities["negative"], abs=1e-5)
        words = [f"{word} {round(value, 3):+.2f}" for word, value in words_by_hand(reader, row["text"]).items()]
        assert row["words"] == ", ".join(words)


def test_a_table_has_a_usual_column(kassandra, trained_reader, table):
    rows = list(csv.DictReader(io.StringIO(kassandra("predict", trained_reader, table).out)))
    assert [row["text"] for row in rows] == ["other 0", "other 1", "other 2", "x"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["fine", ""], "text 2: expected some words, got ''"),
        (
            ["fine", "--text", "what"],
            "--text: names a column, so the input must be one table (.csv, .tsv, .jsonl, .parquet)",
        ),
        (["none.csv"], "none.csv: no such file"),
    ],
    ids=["empty", "text", "no file"],
)  # fmt: skip
def test_a_mistake_is_one_sentence(kassandra, trained_reader, arguments, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = kassandra("predict", trained_reader, *arguments)
    assert (done.status, done.out, done.err) == (1, "", f"Error: {text}")


def test_an_unknown_column(kassandra, trained_reader, table):
    done = kassandra("predict", trained_reader, table, "--text", "waht")
    assert done.status == 1
    assert done.err.startswith("Error: source.text: unknown column 'waht'; ")
    assert "did you mean 'what'?" in done.err
