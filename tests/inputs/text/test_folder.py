"""A folder of texts, each in the folder of its label."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare.examples import read
from kassandra.inputs.text.show import own_examples
from kassandra.params.inputs.text import ExamplesPrepare, ExamplesSource


@pytest.fixture
def texts(tmp_path):
    def texts(*names, encoding="utf-8"):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"Schön, sagt {name}\r\n", encoding=encoding)
        return tmp_path

    return texts


def examples(raw, **source):
    return read(raw, ExamplesSource(path="mine", **source), ExamplesPrepare())


def test_the_layout_of_the_large_movie_review_dataset(texts):
    raw = texts(
        *(f"aclImdb/{split}/{label}/{number}_9.txt" for split in ("train", "test") for label in ("neg", "pos")
          for number in range(2)), "aclImdb/train/unsup/0_0.txt", "aclImdb/train/unsup/1_0.txt", "aclImdb/imdb.vocab",
        "aclImdb/README", "aclImdb/train/labeledBow.feat",
    )  # fmt: skip
    done = examples(raw)
    assert done.labels == ["neg", "neg", "pos", "pos"] * 2
    assert done.ids == ["0_9.txt", "1_9.txt"] * 4
    assert done.test.tolist() == [False] * 4 + [True] * 4
    assert done.meta["left_out"] == {
        "files that are no texts": 2, "files beside the folders train, valid and test": 1,
        "texts without a label, in unsup": 2,
    }  # fmt: skip
    assert done.contents[0] == "Schön, sagt aclImdb/train/neg/0_9.txt\n"
    assert "texts without a label, in unsup: 2 left out (train/unsup/0_0.txt, train/unsup/1_0.txt)" in done.message


def test_names_without_an_ending(texts):
    raw = texts("sci.space/53068", "sci.space/7", "rec.autos/101", "rec.autos/2")
    assert examples(raw).labels == ["rec.autos", "rec.autos", "sci.space", "sci.space"]


def test_another_encoding(texts):
    raw = texts("a/1.txt", "a/2.txt", "b/1.txt", "b/2.txt", encoding="latin-1")
    with pytest.raises(KassandraError, match=r"^4 of 4 texts .*1.txt: byte 3 is not UTF-8; say its encoding, perhaps"):
        examples(raw)
    assert examples(raw, encoding="latin-1").contents[0] == "Schön, sagt a/1.txt\n"


def test_empty_texts_are_counted(texts):
    raw = texts(*(f"{label}/{number}.txt" for label in "ab" for number in range(5)))
    (raw / "b" / "3.txt").write_text(" \n")
    done = examples(raw)
    assert len(done.contents) == 9
    assert done.meta["skipped"] == {"files": 1, "by_label": {"b": 1}, "first": [f"{raw}/b/3.txt: an empty file"]}


def test_labels_of_a_table(texts):
    raw = texts("all/1.txt", "all/2.txt", "all/3.txt")
    (raw / "t.csv").write_text("id,stars\n1,5\n2,1\n3,5\n")
    done = examples(raw, labels="t.csv")
    assert done.labels == ["5", "1", "5"]
    assert done.ids == ["all/1.txt", "all/2.txt", "all/3.txt"]


def test_predict_reads_files_of_a_text_each(texts):
    raw = texts("a/1.txt", "b/2.TXT", encoding="latin-1")
    paths = [f"{raw}/a/1.txt", f"{raw}/b/2.TXT"]
    meta = {"encoding": "latin-1"}
    assert own_examples.read(paths, meta) == (paths, ["Schön, sagt a/1.txt\n", "Schön, sagt b/2.TXT\n"])
    with pytest.raises(KassandraError, match=r"1.txt: byte 3 is not UTF-8"):
        own_examples.read(paths, {})
    for given in (["no such file.txt"], [f"{'long ' * 2000}.txt"], [*paths, "a text"]):
        assert own_examples.read(given, meta)[1] == given
