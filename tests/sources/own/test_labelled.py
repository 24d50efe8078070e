"""Folders as people have them: what their labels and splits are, and what is left out of them."""

import os
import re
import time

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.folder import FolderOfFiles
from kassandra.sources.own.labelled import Kind, groups, listing, masks
from kassandra.sources.own.tolerated import usable


def named(path, labelled):
    return (path.parts[0] if labelled else path.stem.rpartition("_")[0]), ""


KIND = Kind("things", {".x"}, lambda path: path.read_bytes() == b"x", named)


@pytest.fixture
def files(tmp_path):
    """Writes files under these names, with these contents or none."""

    def files(*names, **contents):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return tmp_path

    return files


def rows(raw, **source):
    """name, label, split of each file; and what is left out."""
    listed = listing(raw, FolderOfFiles(path="mine", **source), KIND)
    return [(one.name, one.label, one.split) for one in listed.files], listed.left_out


def labels(raw, **source):
    return [(one[0], one[1]) for one in rows(raw, **source)[0]]


def refused(raw, text, **source):
    with pytest.raises(KassandraError, match=re.escape(text)):
        rows(raw, **source)


def test_a_folder_for_each_label(files):
    raw = files("b/2.x", "b/10.X", "a/deeper/1.x", "a ö/1.x")
    assert rows(raw) == (
        [("a/deeper/1.x", "a", ""), ("a ö/1.x", "a ö", ""), ("b/10.X", "b", ""), ("b/2.x", "b", "")], {}
    )  # fmt: skip


def test_what_lies_there_besides(files):
    raw = files(
        "a/1.x", "b/1.x", "a/._1.x", ".ipynb_checkpoints/1.x", "__MACOSX/a/1.x", "_background_noise_/1.x", "top.x",
        "a/notes.md", "a/Thumbs.db", "a/.DS_Store", "c/readme.txt",
    )  # fmt: skip
    (raw / "d" / "empty").mkdir(parents=True)
    (raw / "b" / "odd").write_bytes(b"x")  # its content says that it is one
    found, left_out = rows(raw)
    assert [name for name, *_ in found] == ["a/1.x", "b/1.x", "b/odd"]
    assert left_out == {
        "files in hidden folders": 1, "files in folders that begin with _": 2, "empty folders": 1,
        "hidden files, and files of the system": 3, "files that are no things": 2,
        "files beside the folders of the labels": 1,
    }  # fmt: skip
    message = listing(raw, FolderOfFiles(path="mine"), KIND).message
    assert f"{raw}: files that are no things: 2 left out (a/notes.md, c/readme.txt)" in message
    assert message[-1] == f"{raw}: 3 things of 2 labels: a 1, b 2"


@pytest.mark.parametrize("valid", ["valid", "val", "dev", "validation", "Valid"])
@pytest.mark.parametrize("within", [False, True], ids=["above", "below the labels"])
def test_folders_that_are_splits(files, valid, within):
    splits = {"train": "train", valid: "valid", "test": "test"}
    places = {
        (split, label): f"{label}/{split}" if within else f"{split}/{label}" for split in splits for label in "ab"
    }
    raw = files(*(f"data/{place}/1.x" for place in places.values()))
    found, _ = rows(raw)
    assert found == [(f"{label}/1.x", label, splits[split]) for split in splits for label in "ab"]
    valids, tests = masks(listing(raw, FolderOfFiles(path="mine"), KIND).files)
    assert valids.tolist() == [False, False, True, True, False, False]
    assert tests.tolist() == [False, False, False, False, True, True]


def test_other_folders_beside_splits(files):
    found, left_out = rows(
        files("train/a/1.x", "train/b/1.x", "test/a/1.x", "old/a/1.x", "train/2.x", "train/unsup/1.x")
    )
    assert found == [("a/1.x", "a", "train"), ("b/1.x", "b", "train"), ("a/1.x", "a", "test")]
    assert left_out == {
        "files beside the folders train, valid and test": 1, "files beside the folders of the labels": 1,
        "things without a label, in unsup": 1,
    }  # fmt: skip


def test_train_may_be_a_label(files):
    assert {label for _, label in labels(files("car/1.x", "train/1.x", "plane/1.x"))} == {"car", "plane", "train"}


def test_splits_that_are_not_named_as_such_are_no_labels(files):
    refused(files("train/1.x", "test1/1.x"), "folders ['test1', 'train'] look like splits, not like labels")


def test_one_folder_that_holds_everything_is_no_label(files):
    raw = files("set/recordings/a_1.x", "set/recordings/b_1.x", "set/README", "set/code/x.py")
    assert labels(raw) == [("a_1.x", "a"), ("b_1.x", "b")]


def test_letters_with_marks_are_one_whichever_way_they_are_written(files):
    raw = files("train/e\u0301te\u0301/1.x", "train/a/1.x", "test/\u00e9t\u00e9/1.x")
    assert {label for _, label in labels(raw)} == {"a", "\u00e9t\u00e9"}
    (raw / "t.csv").write_text("file,label\n\u00e9t\u00e9/1.x,b\n", encoding="utf-8")
    for name in ("a/1.x", "\u00e9t\u00e9/1.x"):
        (raw / "test" / name).parent.mkdir(exist_ok=True)
    (raw / "test" / "\u00e9t\u00e9" / "1.x").unlink()
    assert labels(raw, labels="t.csv") == [("train/e\u0301te\u0301/1.x", "b")]


def test_lists_of_paths_are_splits(files):
    raw = files("yes/1.x", "yes/2.x", "no/1.x", "no/2.x", "_noise_/1.x")
    (raw / "testing_list.txt").write_text("yes/1.x\r\nno/3.x\r\n")
    (raw / "validation_list.txt").write_text("./no/2.x\n\n")
    found, left_out = rows(raw)
    assert found == [
        ("no/1.x", "no", "train"), ("yes/2.x", "yes", "train"), ("no/2.x", "no", "valid"), ("yes/1.x", "yes", "test"),
    ]  # fmt: skip
    assert left_out == {"files in folders that begin with _": 1}
    message = listing(raw, FolderOfFiles(path="mine"), KIND).message
    assert f"{raw}: splits are those of testing_list.txt, validation_list.txt" in message
    assert f"{raw}: 1 paths in testing_list.txt, validation_list.txt are of no file here (no/3.x)" in message
    (raw / "testing_list.txt").write_bytes(b"\xff")
    refused(raw, "testing_list.txt: cannot be read as a list of paths in UTF-8")


@pytest.mark.parametrize("name", ["{0}.x", "{0}", "images/{0}.x", "/Images/{0}.X", "images\\{0}", "./images/{0}.x"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_of_labels(files, name, mark):
    raw = files(*(f"images/{number:04}.x" for number in range(3)), "images/extra.x")
    (raw / "labels.csv").write_text(
        "\ufeff" + "".join(f"{one}{mark}{label}\n" for one, label in [
            ("id", "breed"), *((name.format(f"{number:04}"), "ab"[number % 2]) for number in range(3)), ("gone", "a"),
            ("extra", ""),
        ]), encoding="utf-8",
    )  # fmt: skip
    source = FolderOfFiles(path="mine", labels="labels.csv")
    listed = listing(raw, source, KIND)
    assert [(one.name, one.label) for one in listed.files] == [(f"images/{n:04}.x", "ab"[n % 2]) for n in range(3)]
    assert listed.left_out == {"files that labels.csv gives no label": 1}
    assert f"{raw}: labels are those of labels.csv: files in column 'id', labels in 'breed'" in listed.message
    assert f"{raw}: 1 rows of labels.csv name no file that is there (gone)" in listed.message
    assert f"{raw}: 1 rows of labels.csv have no label" in listed.message


def test_splits_and_folds_of_a_table(files):
    raw = files(*(f"audio/{number}.x" for number in range(4)))
    (raw / "meta").mkdir()

    def table(third, *cells):
        lines = [f"filename,target,category,{third}", *(f"{n}.x,{n % 2},c{n % 2},{one}" for n, one in enumerate(cells))]
        (raw / "meta" / "t.csv").write_text("\n".join(lines))
        return {"labels": "meta/t.csv", "label": "category"}

    def splits(**source):
        return [(one[0][6], one[2]) for one in rows(raw, **source)[0]]

    assert splits(**table("split", "train", "val", "TEST", "train")) == [
        ("0", "train"), ("3", "train"), ("1", "valid"), ("2", "test"),
    ]  # fmt: skip
    folds = table("fold", 1, 2, 3, 2)
    assert splits(**folds) == [("0", "train"), ("1", "train"), ("3", "train"), ("2", "test")]
    assert splits(**folds, test_fold=2, valid_fold=1) == [("2", "train"), ("0", "valid"), ("1", "test"), ("3", "test")]
    message = "\n".join(listing(raw, FolderOfFiles(path="mine", **folds), KIND).message)
    assert "column 'fold': fold 3 of [1, 2, 3] is test (the last; source.test_fold names another)" in message
    refused(raw, "source.test_fold: fold 7 cannot be it; the folds are [1, 2, 3]", **folds, test_fold=7)
    refused(raw, "t.csv: line 3: fold 'x' is no number", **table("fold", 1, "x", 3, 2))
    refused(raw, "t.csv: line 4: 'held' is no split; expected train", **table("split", "train", "val", "held", "test"))


def test_tables_that_do_not_fit(files):
    raw = files("one/1.x", "two/1.x", "two/2.x")
    table = raw / "t.csv"

    def with_rows(text, message, **source):
        table.write_text(text)
        refused(raw, message, **({"labels": "t.csv"} | source))

    table.write_text("")
    refused(raw, "source.labels: no file 'labels.csv' in", labels="labels.csv")
    refused(raw, "tables there are ['t.csv']", labels="labels.csv")
    with_rows("", "t.csv: is empty; expected a first line with the names of columns")
    with_rows("file,label\n1.x,a\n", "t.csv: line 2: '1.x' is the name of 2 files; give their paths")
    with_rows("file,label\n2.x,a\ntwo/2.x,b\n", "t.csv: line 3: 'two/2.x' is 'b' here, and 'a' above")
    with_rows("file,label\n7.x,a\n", "no row of t.csv names a file with a label: rows name 7.x; files are 1.x, 1.x, …")
    with_rows("file,label\n7.x,a,b\n", "t.csv: 1 of 1 rows refused: 1 × more fields than the 2 columns (line 2)")
    with_rows("file,label,class\n", "source.label: t.csv has the columns ['file', 'label', 'class']; say which it is")
    with_rows("file,label\n", "source.label: unknown column 'lable'; known columns are", label="lable")
    with_rows("file,label,label\n1,a,b\n", "t.csv: column 'label' is named more than once", label="label")
    table.write_bytes(b"file,label\n2.x,\xe9\n")
    refused(raw, "not UTF-8 (line 2); the file seems to be in another encoding: say it, perhaps", labels="t.csv")
    assert labels(raw, labels="t.csv", encoding="latin-1") == [("two/2.x", "é")]


def test_a_pattern_of_labels(files):
    raw = files("train/cat.1.x", "train/dog.1.x", "val/cat.2.x", "train/odd.x")
    pattern = r"(?P<split>train|val)/(?P<label>cat|dog)\."
    found, left_out = rows(raw, label_pattern=pattern)
    assert found == [
        ("train/cat.1.x", "cat", "train"), ("train/dog.1.x", "dog", "train"), ("val/cat.2.x", "cat", "valid"),
    ]  # fmt: skip
    assert left_out == {"files whose path does not match source.label_pattern": 1}
    refused(raw, "matches none of 4 paths, such as train/cat.1.x", label_pattern="(?P<label>mouse)")
    refused(raw, "source.label_pattern: Invalid regular expression: missing )", label_pattern="(?P<label>cat")
    refused(raw, "'cat' is no split; expected train", label_pattern=r"(?P<split>cat|dog)\.(?P<label>\d)")
    refused(raw, "unknown group 'lable'", label_pattern=r"(?P<lable>cat)\.(?P<label>\d)")


def test_groups(files):
    raw = files("anna_1.x", "bo_1.x")
    (raw / "t.csv").write_text("file,label,who\nanna_1,a,anna\nbo_1,b,bo\n")
    for source in ({"labels": "t.csv", "group": "who"}, {"label_pattern": "(?P<label>(?P<group>[a-z]+))_"}):
        listed = listing(raw, FolderOfFiles(path="mine", **source), KIND)
        assert groups(listed.files) == ["anna", "bo"]
    assert groups(listing(raw, FolderOfFiles(path="mine", labels="t.csv"), KIND).files) is None


def test_no_pattern_takes_for_ever(files):
    raw = files(f"{'a' * 200}.x", "b.x")
    begin = time.monotonic()
    refused(raw, "matches none", label_pattern=r"^(?P<label>(?:a+)+)$")
    assert time.monotonic() - begin < 5


@pytest.mark.faults
def test_names_that_are_no_text_or_control_a_terminal(files):
    raw = files("b/1.x")
    for folder, name in ((b"caf\xe9", b"\xff.x"), (b"\x1b[31m", b"1.x")):
        os.makedirs(os.fsencode(raw) + b"/" + folder)  # noqa: PTH103 (names that are no text)
        with open(os.fsencode(raw) + b"/" + folder + b"/" + name, "wb"):  # noqa: PTH123
            pass
    listed = listing(raw, FolderOfFiles(path="mine"), KIND)
    for text in [*listed.message, *(one.label for one in listed.files), *(one.name for one in listed.files)]:
        assert text.isprintable()
        text.encode()
    assert [one.label for one in listed.files] == [r"'\x1b[31m'", "b", r"caf\xe9"]


def test_what_cannot_be_used_is_tolerated_up_to_a_share(files):
    raw = files(*(f"{label}/{number}.x" for label in "ab" for number in range(50)))

    def read(path):
        if path.name in bad:
            raise KassandraError(f"{path}: is bad")
        return path.name

    everything = listing(raw, FolderOfFiles(path="mine"), KIND).files
    bad = set()
    assert usable(everything, read, 0.01, "things")[2:] == ({}, [])
    bad = {"7.x"}
    done = usable(everything, read, 0.01, "things")
    assert len(done.files) == len(done.contents) == 98
    assert done.meta["skipped"]["by_label"] == {"a": 1, "b": 1}
    assert done.message[0].startswith(f"left out: 2 of 100 things (2.0%) cannot be used: {raw}/a/7.x: is bad; ")
    with pytest.raises(
        KassandraError, match=r"^2 of 100 .* `source.tolerate: 0` leaves out 0 of 100 things at most; mend"
    ):
        usable(everything, read, 0, "things")
    bad = {"7.x", "8.x"}
    with pytest.raises(
        KassandraError,
        match=r"^4 of 100 things \(4.0%\) cannot be used: .*; by label: a 2, b 2. .* `source.tolerate: 0.04`$",
    ):
        usable(everything, read, 0.03, "things")
    assert len(usable(everything, read, 0.04, "things").files) == 96
    bad = {one.path.name for one in everything}
    with pytest.raises(KassandraError, match=r"`source.tolerate: 1`"):
        usable(everything[:2], read, 1, "things")
