"""What is reported beside a verdict: other examples, code that was changed, and what dvc.lock does not say."""

import hashlib

import pytest

from kassandra.comparison.compare import compare
from kassandra.contracts.errors import KassandraError
from tests.sides import DIGITS, stored


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({}, ""),
        ({"test": 2, "raw": 1, "seed": 0}, ""),  # the same raw data, and as they were split: prepared in another way
        ({"test": 1, "raw": 2, "seed": 1}, ""),  # the same test split, to the byte
        ({"test": 2, "raw": 2, "seed": 0}, "data/raw/digits changed"),
        ({"test": 2, "raw": 1, "seed": 1}, "another seed may draw others"),
        ({"test": 2, "raw": 1, "seed": 0, "fraction": 0.3}, "prepare.test_fraction changed"),
        (None, "dvc.lock does not say what they were made from"),
    ],
)
def test_labels_in_the_same_order_are_not_yet_the_same_examples(side, answers, changes, doubt):
    def lock(test=1, raw=1, seed=0, fraction=0.2):
        return (
            f"  evaluate@digits:\n    deps:\n    - path: data/prepared/digits/test.npz\n      md5: {test}\n"
            f"    - path: data/raw/digits\n      md5: {raw}\n    - path: kassandra/code.py\n      md5: x\n"
            f"    params:\n      params.yaml:\n        seed: {seed}\n"
        )

    sides = []
    for label, (result, table), how in (("A", answers(0.8), {}), ("B", answers(0.9, own=2), changes)):
        table = table.drop(columns="example")  # as 0.1.0 wrote it
        params = {"digits": {"task": "images", "prepare": {"test_fraction": (how or {}).get("fraction", 0.2)}}}
        sides.append(side(label, params, {"digits": result}, {"digits": table}, "" if how is None else lock(**how)))
    (found,) = compare(*sides, []).pipelines
    assert found.headline.paired == (not doubt)
    if doubt:
        assert f"compared example by example: the test examples may not be the same: {doubt}. Judged" in found.notes[0]


LOCK = """\
schema: '2.0'
stages:
  train@digits:
    cmd: exec python -m stages.train digits
    deps:
    - path: data/raw/digits
      hash: md5
      md5: {raw}.dir
    - path: kassandra/training/loop.py
      hash: md5
      md5: {code}
    params:
      params.yaml:
        pipelines.digits.model:
          hidden_size: 8
          variant: vanilla
        seed: {seed}
"""


def test_what_else_has_changed_is_reported(side):
    results = [
        {"digits": stored(accuracy=(value, 0.1)) | {"trained_on": [f"threads: {n}"]}}
        for n, value in enumerate((0.8, 0.9))
    ]
    locks = [LOCK.format(raw=n, code=n, seed=n) for n in range(2)]
    a, b = (side(at, DIGITS, r, {}, lock) for at, r, lock in zip("AB", results, locks, strict=True))
    (found,) = compare(a, b, []).pipelines
    assert "B: these are results of before seed was changed; `dvc repro evaluate@digits` makes new ones." in found.notes
    assert "Code that it depends on changed too: kassandra/training/loop.py." in found.notes
    assert "data/raw/digits changed too." in found.notes
    assert "Trained on another machine: 0 threads → 1 thread." in found.notes


def test_code_that_was_changed_and_not_run_is_reported(side):
    lock = """\
  train@digits:
    deps:
    - path: kassandra/text
      md5: {}.dir
    - path: stages/train.py
      md5: 9dd4e461268c8034f5c8564e155c67a6
"""
    listed = '[{"md5": "9dd4e461268c8034f5c8564e155c67a6", "relpath": "code.py"}]'
    result = {"digits": stored(accuracy=(0.9, 0.1))}
    a = side("A", DIGITS, result, {}, lock.format(hashlib.md5(listed.encode()).hexdigest()))
    b = side("B", DIGITS, result, {}, lock.format("0" * 32))
    for one, original in [(one, one.read) for one in (a, b)]:

        def read(path, original=original):
            if path.name == "text":
                raise IsADirectoryError
            return b"x" if path.suffix == ".py" else original(path)

        object.__setattr__(one, "read", read)
        object.__setattr__(one, "files", lambda path: [path / "code.py"])
    (found,) = compare(a, b, []).pipelines
    assert found.verdict == "identical"
    assert found.notes == (
        "B: these are results of before changes in kassandra/text; `dvc repro evaluate@digits` makes new ones.",
    )


def test_a_lock_that_is_missing_or_half_merged(side):
    results = [{"digits": stored(accuracy=(value, 0.1))} for value in (0.8, 0.9)]
    a, b = (side(at, DIGITS, result, {}, lock) for at, result, lock in zip("AB", results, (None, ""), strict=True))
    (found,) = compare(a, b, []).pipelines
    assert found.notes[-1] == "B: dvc.lock does not say what digits was made from."
    assert not [note for note in found.notes if "changed" in note]
    merged = side("B", DIGITS, results[1], {}, "<<<<<<< HEAD\n=======\n>>>>>>> other\n")
    with pytest.raises(KassandraError, match=r"dvc\.lock at B: holds the marks of a merge; `kassandra merge`"):
        compare(a, merged, [])
