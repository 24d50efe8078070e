"""Splits of examples with a number: small and large alike, nothing fitted but on train, and what has no number."""

import csv

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.targets.number.prepare.stage import strata

SPLITS = ("train", "valid", "test")


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares a table of texts and answers, as they are written; gives meta, the arrays of each split, the files."""

    def made(answers, name="data", texts=None, **params):
        raw, folder = tmp_path / name, tmp_path / f"{name} prepared"
        raw.mkdir()
        with (raw / "table.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "price"])
            rows.writerows(
                zip(texts or [f"a house of {row} rooms" for row in range(len(answers))], answers, strict=True)
            )
        source = {"path": str(raw), "text": "text", "label": "price"} | params.pop("source", {})
        message = prepare("text", "number", raw, folder, source=source, **params)
        arrays = {split: read_arrays(folder / f"{split}.npz") for split in SPLITS}
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return read_json(folder / "meta.json"), arrays, files, message

    return made


def test_each_split_has_small_and_large_numbers(made):
    _, arrays, _, _ = made([str(row**2 / 7) for row in range(300)])
    medians = [np.median(arrays[split]["numbers"]) for split in SPLITS]
    assert max(medians) < 1.2 * min(medians)
    assert sum(len(arrays[split]["numbers"]) for split in SPLITS) == 300


def test_mean_and_deviation_are_those_of_train(made):
    meta, arrays, _, _ = made([f"{row * 1.5 + 1:.2f}" for row in range(200)], log=True)
    train = np.log(arrays["train"]["numbers"])
    assert meta["target_mean"] == pytest.approx(train.mean(), rel=1e-12)
    assert meta["target_std"] == pytest.approx(train.std(), rel=1e-12)
    assert meta["train_numbers"]["largest"] == arrays["train"]["numbers"].max()


def test_numbers_are_read_as_source_says(made):
    _, arrays, _, _ = made([f"1.{row:03},5" for row in range(100)], source={"decimal": ",", "thousands": "."})
    assert sorted(np.concatenate([arrays[split]["numbers"] for split in SPLITS])) == [
        1000.5 + row for row in range(100)
    ]


def test_what_has_no_number_is_left_out_and_named(made):
    answers = [str(row) for row in range(200)]
    answers[3] = "on request"
    meta, arrays, _, message = made(answers)
    assert "1 texts have no number and are left out: table.csv:5 'on request'" in message
    assert meta["no_number"]["examples"] == 1
    assert sum(len(arrays[split]["numbers"]) for split in SPLITS) == 199


@pytest.mark.parametrize(
    ("answers", "params", "text"),
    [
        (["cheap"] * 50 + ["1"] * 50, {}, "the answer of 50 of 100 texts is no number: table.csv:2 'cheap'"),
        ([str(row) for row in range(100)], {"log": True, "source": {"tolerate": 0.0}}, "no number above 0"),
        (["3"] * 100, {}, "every text of train has the number 3"),
        (["3", "4"], {}, "too few"),
        ([f"1,{row}" for row in range(100)], {}, "decimal comma"),
    ],
)
def test_refused_in_a_sentence(made, answers, params, text):
    with pytest.raises(KassandraError, match=text) as error:
        made(answers, **params)
    assert "class" not in str(error.value)


def test_repeated_texts_are_in_one_split_alone(made):
    texts = [f"House {row % 100} " for row in range(200)]
    meta, arrays, _, _ = made([str(row) for row in range(200)], texts=texts)
    assert meta["dropped_because_repeated"] == 100
    assert sum(len(arrays[split]["numbers"]) for split in SPLITS) == 100


def test_same_bytes_and_another_seed(made):
    answers = [str(row % 37) for row in range(150)]
    first, again, other = made(answers, "a"), made(answers, "b"), made(answers, "c", seed=1)
    assert {**first[2], "meta.json": b""} == {**again[2], "meta.json": b""}
    assert first[2]["test.npz"] != other[2]["test.npz"]


def test_parts_of_about_equally_many():
    values = np.random.default_rng(0).permutation(100).astype(float)
    assert np.bincount(strata(values, 10)).tolist() == [10] * 10
    assert strata(np.zeros(5), 3).tolist() == [0] * 5
