"""Files of series with a label each: .ts, .arff, long and wide tables, and recordings that are cut into windows."""

import re

import numpy as np
import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare import examples, steps
from kassandra.params.inputs.series import ExamplesPrepare, ExamplesSource, StepsPrepare

TS = """# a comment
@problemName Vowels
@timeStamps false
@univariate false
@dimensions 2
@classLabel true a b
@data
1,2,3:4,5,6:a
1.5,?:2.5,3:b
"""


@pytest.fixture
def read(tmp_path):
    """The series of files that are written: name → content; with keys of `source` and `prepare`."""

    def read(files, prepare=None, **source):
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for name, content in files.items():
            (raw / name).write_text(content, encoding="utf-8")
        how = ExamplesPrepare(**(prepare or {}))
        return examples.read(raw, ExamplesSource(path="x", **source), how)

    return read


@pytest.fixture
def refused(read):
    def refused(text, *given, **source):
        with pytest.raises(KassandraError, match=re.escape(text)):
            read(*given, **source)

    return refused


def test_ts(read):
    found = read({"x.ts": TS})
    assert list(found.labels) == ["a", "b"]
    assert list(found.ids) == ["x.ts:8", "x.ts:9"]
    np.testing.assert_array_equal(found.contents[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(found.contents[1], [[1.5, 2.5], [np.nan, 3]])
    assert found.test is None


def test_a_file_for_each_split(read):
    found = read({"V_TRAIN.ts": TS, "V_TEST.ts": TS.replace("1,2,3", "9,2,3")})
    assert found.test.tolist() == [False, False, True, True]
    assert list(found.ids) == ["V_TRAIN.ts:8", "V_TRAIN.ts:9", "V_TEST.ts:8", "V_TEST.ts:9"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("@data\n", "", "x.ts: line 7: expected a line @data before the first series"),
        ("true a b", "false", "x.ts: says that it has no labels (@classLabel)"),
        ("@classLabel true a b\n", "", "x.ts: no line @classLabel"),
        ("@timeStamps false", "@timeStamps true", "@timeStamps true: series with a time for each value are not read"),
        ("4,5,6", "4,5", "1 × columns of different lengths (line 8)"),
        ("4,5,6", "4,5,six", "1 × what is no number, among the numbers (line 8)"),
        ("4,5,6", "4,5,inf", "1 × numbers beyond 1e+100 (line 8)"),
        (":2.5,3:b", ":b", "1 × 1 columns, where the first series has 2 (line 9; label 'b')"),
        ("6:a", "6:", "1 × missing label (line 8)"),
    ],
)
def test_what_is_no_ts(refused, old, new, text):
    refused(text, {"x.ts": TS.replace(old, new)})


def test_keys_of_tables_are_not_of_ts(refused):
    refused("source.label: is of tables; x.ts says itself", {"x.ts": TS}, label="y")


def test_arff_of_one_column_and_of_many(read):
    one = "% c\n@relation X\n@attribute att1 numeric\n@attribute att2 numeric\n@attribute class {1,2}\n@data\n"
    one += "1,2,1\n3,?,2\n"
    found = read({"x.arff": one})
    assert list(found.labels) == ["1", "2"]
    np.testing.assert_array_equal(found.contents[0], [[1], [2]])
    assert len(found.contents[1]) == 1  # a missing end is no step
    many = "@relation X\n@attribute r relational\n@attribute a1 numeric\n@attribute a2 numeric\n@end r\n"
    many += "@attribute class {u,v}\n@data\n'1,2\\n3,4',u\n'5,6\\n7,8',v\n"
    found = read({"x.arff": many})
    np.testing.assert_array_equal(found.contents[0], [[1, 3], [2, 4]])
    assert list(found.labels) == ["u", "v"]


LONG = "who,id,t,x,y,label\n" + "".join(
    f"p{one % 3},s{one},{step},{one + step},{one * step},{'ab'[one % 2]}\n" for one in range(4) for step in (2, 1, 3)
)


def test_long_table(read):
    found = read({"x.csv": LONG}, series="id", time="t", time_format="step", label="label", group="who")
    assert list(found.labels) == ["a", "b", "a", "b"]
    np.testing.assert_array_equal(found.contents[1], [[2, 1], [3, 2], [4, 3]])  # in the order of the times
    assert list(found.groups) == ["p0", "p1", "p2", "p0"]
    assert found.together
    assert "4 rows stood after later ones of their series: sorted" in found.message
    assert found.meta["source"]["values"] == ["x", "y"]


def test_several_labels_of_a_series_are_refused(refused):
    refused("series 's1' has several labels: b, c; to cut windows", {"x.csv": LONG.replace("s1,3,4,3,b", "s1,3,4,3,c")},
            series="id", values=["x"], label="label")  # fmt: skip


def test_series_without_a_label_are_left_out(read):
    found = read({"x.csv": LONG.replace(",b\n", ",\n")}, series="id", values=["x"], label="label")
    assert list(found.labels) == ["a", "a"]
    assert "2 series have no label, or no value: left out (s1, s3)" in found.message


def test_wide_table(read):
    found = read({"x.csv": "label,t0,t1,t2\na,1,2,3\nb,4,,\na,5,,6\n"})
    assert [one[:, 0].tolist() for one in found.contents[:2]] == [[1, 2, 3], [4]]
    assert np.isnan(found.contents[2][1, 0])
    assert "a series is a row, its steps the columns t0 to t2 (3)" in found.message
    assert "1 of 3 series end in missing values: they are shorter than the others" in found.message


def test_splits_of_a_column_and_groups_that_are_held_out(read, refused):
    table = "label,t0,t1,part,who\na,1,2,train,p\nb,4,3,val,q\na,5,6,test,r\n"
    found = read({"x.csv": table}, split="part", values=["t0", "t1"])
    assert found.test.tolist() == [False, False, True]
    assert found.valid.tolist() == [False, True, False]
    found = read({"x.csv": table}, {"held_out": ["p"]}, group="who", values=["t0", "t1"])
    assert list(found.ids) == ["x.csv:3", "x.csv:4", "x.csv:2"]
    refused("prepare.held_out: unknown group 'z'", {"x.csv": table}, {"held_out": ["z"]}, group="who", values=["t0"])
    refused("prepare.held_out: nothing says the groups", {"x.csv": table}, {"held_out": ["p"]}, values=["t0"])


def recording(rows, jump=None):
    lines = ["t,x,label"]
    lines += [
        f"{row + 1000 * (jump is not None and row >= jump)},{row},{'a' if row < rows // 2 else 'b'}"
        for row in range(rows)
    ]
    return "\n".join(lines) + "\n"


def test_windows(read):
    keys = {"label": "label", "values": ["x"]}
    found = read({"x.csv": recording(24)}, {"window": 4, "step": 2, "block": 2}, **keys)
    starts = [int(one[0, 0]) for one in found.contents]
    assert starts == [0, 2, 6, 8, 12, 14, 18, 20]  # blocks of six rows
    assert [one[-1, 0] - one[0, 0] for one in found.contents] == [3] * 8
    assert list(found.labels) == ["a"] * 4 + ["b"] * 4
    assert len(set(found.groups)) == 4
    assert found.together
    assert found.ids[0] == "x.csv:2"
    assert "8 windows of 4 rows, one each 2, of 24 rows in 1 recordings" in found.message


def test_windows_of_several_labels_and_across_a_jump(read):
    keys = {"label": "label", "values": ["x"], "time": "t", "time_format": "step"}
    found = read({"x.csv": recording(12, jump=5)}, {"window": 5, "step": 1, "block": 20}, **keys)
    assert "recordings are cut where time jumps, into 2 parts" in found.message
    assert [int(one[0, 0]) for one in found.contents] == [0, 5, 6, 7]
    assert list(found.labels) == ["a", "b", "b", "b"]
    assert "1 windows hold several labels: theirs is that of most rows" in found.message


def test_no_row_of_a_window_of_train_is_in_test(read):
    """Whatever the block: groups share no row."""
    for block in (1, 3, 7):
        found = read({"x.csv": recording(300)}, {"window": 10, "step": 3, "block": block}, label="label", values=["x"])
        rows = {}
        for one, group in zip(found.contents, found.groups, strict=True):
            rows.setdefault(group, set()).update(one[:, 0].tolist())
        everything = [row for some in rows.values() for row in some]
        assert len(everything) == len(set(everything))


def test_recordings_with_an_answer_in_each_row(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    table = recording(10).replace("4,4,a", "4,4,")
    (raw / "x.csv").write_text(table)
    source = ExamplesSource(path="x", values=["x"], label="label")
    found = steps.read(raw, source, StepsPrepare(window=4, block=2))
    assert [tags[0] + tags[-1] + str(len(tags)) for tags in found.tags] == ["aa4", "bb4", "bb1"]
    assert [one[0, 0] for one in found.examples.contents] == [0, 5, 9]
    assert found.examples.groups[0] != found.examples.groups[1] == found.examples.groups[2]
    assert found.examples.together
    assert "1 rows have no label, and are left out" in found.examples.message
    (raw / "x.csv").write_text(TS)
    with pytest.raises(KassandraError, match="holds one label for each series; a tag for each step is of a table"):
        steps.read(raw, ExamplesSource(path="x"), StepsPrepare())


def test_files_for_predict(tmp_path):
    """.ts with labels or without, tables as that of train, and one series as a row per step."""
    from kassandra.inputs.series.show import own_examples

    def read(name, content, **meta):
        (tmp_path / name).write_text(content)
        return own_examples.read([str(tmp_path / name)], {"source": {}, "window": None, "step": None, **meta})

    of_ts = {"columns": ["x", "y"]}
    names, series = read("a.ts", TS, **of_ts)
    assert names == ["a.ts:8", "a.ts:9"]
    assert [one.shape for one in series] == [(3, 2), (2, 2)]
    assert len(read("b.ts", TS.replace("true a b", "false").replace(":a", "").replace(":b", ""), **of_ts)[1]) == 2
    (one,) = read("c.csv", "u,v\n1,2\n3,4\n5,6\n", **of_ts)[1]
    np.testing.assert_array_equal(one, [[1, 2], [3, 4], [5, 6]])
    rows = read("d.csv", "1,2,3\n4,5,6\n", columns=["x"])[1]
    assert [one[:, 0].tolist() for one in rows] == [[1, 2, 3], [4, 5, 6]]
    source = {"values": ["x"], "series": "id", "label": "label"}
    assert [len(one) for one in read("e.csv", "id,x\na,1\na,2\nb,3\n", columns=["x"], source=source)[1]] == [2, 1]
    with pytest.raises(KassandraError, match=r"c\.csv: 2 columns of numbers; the model reads 3"):
        read("c.csv", "u,v\n1,2\n", columns=["x", "y", "z"])
    with pytest.raises(KassandraError, match=r"a\.ts: series of 2 columns; the model reads 1"):
        read("a.ts", TS, columns=["x"])
