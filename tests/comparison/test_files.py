"""Predictions of any framework, from files: read, paired, judged, refused."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from kassandra.comparison.files import compare_files
from kassandra.contracts.errors import KassandraError


def labels(share, examples=200, seed=0):
    """Of two classes, `share` of them right."""
    drawn, target = np.random.default_rng(seed), np.arange(examples) % 2
    right = drawn.random(examples) < share
    sure = np.where(right == (target == 1), 0.8, 0.2)  # the probability of `yes`
    names = np.array(["no", "yes"], object)
    table = {"example": [f"{number:03d}" for number in range(examples)], "target": names[target]}
    table["prediction"] = names[np.where(right, target, 1 - target)]
    return pd.DataFrame(table | {"probability_no": 1 - sure, "probability_yes": sure})


def numbers(noise, examples=120, seed=0):
    observed = np.sin(np.arange(examples) / 7) + 3
    errors = noise * np.random.default_rng(seed).standard_normal(examples)
    return pd.DataFrame({"example": range(examples), "target": observed, "prediction": observed + errors})


pytestmark = pytest.mark.slow


@pytest.fixture
def judged(tmp_path):
    """The one comparison of two tables, the first a CSV, the second a parquet file."""

    def judged(one, other):
        one.to_csv(tmp_path / "a.csv", index=False)
        other.to_parquet(tmp_path / "b.parquet")
        (found,) = compare_files(tmp_path / "a.csv", tmp_path / "b.parquet").pipelines
        return found

    return judged


def test_labels_with_probabilities(judged):
    found = judged(labels(0.7), labels(0.9, seed=1).sample(frac=1, random_state=0))
    assert (found.name, found.verdict, found.headline.score) == ("label", "better", "accuracy")
    assert [row.score for row in found.rows] == [
        "accuracy", "precision", "recall", "f1", "loss", "roc_auc", "calibration_error"]  # fmt: skip
    right = [(table["target"] == table["prediction"]).mean() for table in (labels(0.7), labels(0.9, seed=1))]
    assert [found.headline.a, found.headline.b] == pytest.approx(right)
    taken = "Taken as predictions of a label, as there are probabilities of classes."
    assert found.notes == (taken, "Paired on all 200 examples.")
    assert judged(labels(0.7), labels(0.7)).verdict == "no evidence"  # as of two equal models
    assert judged(labels(0.9), labels(0.7, seed=1)).verdict == "worse"


def of_seeds(shares, examples=400):
    """Predictions of a method: a training of each share of right answers."""
    return pd.concat([labels(share, examples, seed).assign(seed=seed) for seed, share in enumerate(shares)])


def test_methods_are_judged_by_their_seeds(judged):
    good, bad = of_seeds((0.90, 0.91, 0.92)), of_seeds((0.70, 0.71, 0.72))
    found = judged(bad, good.sample(frac=1, random_state=0))
    assert found.verdict == "better"
    right = [(table["target"] == table["prediction"]).mean() for table in (bad, good)]
    assert [found.headline.a, found.headline.b] == pytest.approx(right)  # means over seeds
    assert (found.of_method, found.seeds) == (True, (3, 3))
    assert judged(good, bad).verdict == "worse"


def test_seeds_that_differ_as_much_as_methods_are_no_evidence(judged):
    """Of single trainings the best of A and the worst of B would be called different."""
    a, b = of_seeds((0.70, 0.80, 0.90)), of_seeds((0.74, 0.84, 0.94))
    assert judged(a, b).verdict == "no evidence"
    best, worst = (table[table["seed"] == seed].drop(columns="seed") for table, seed in ((a, 2), (b, 0)))
    assert judged(best, worst).verdict == "worse"


def test_seeds_on_one_side_alone_are_refused(judged):
    with pytest.raises(KassandraError, match=r"a.csv: 1 of 'seed', .*b.parquet: 3; a verdict on methods needs 3"):
        judged(labels(0.7), of_seeds((0.9, 0.9, 0.9), 200))


def test_scores_are_those_of_the_pipelines(judged):
    """The loss is the mean of -log of the target's probability; without a prediction the likeliest class is meant."""
    one, other = labels(0.7), labels(0.9, seed=1)
    found = judged(one, other.drop(columns="prediction"))
    chosen = np.where(one["target"] == "yes", one["probability_yes"], one["probability_no"])
    loss = next(row for row in found.rows if row.score == "loss")
    assert loss.a == pytest.approx(-np.log(chosen).mean())
    assert found.headline.b == pytest.approx((other["target"] == other["prediction"]).mean())


def test_labels_without_probabilities(judged):
    few, some = labels(0.7)[["example", "target", "prediction"]], labels(0.9, seed=1)
    found = judged(few, some)
    assert [row.score for row in found.rows] == ["accuracy", "precision", "recall", "f1"]
    assert found.notes[-1].endswith("f1 alone, as not both files have probability_<class>.")
    assert found.notes[0] == "Taken as predictions of a label, as there are probabilities of classes."
    found = judged(few, some[few.columns])
    assert found.notes[0] == "Taken as predictions of a label, as target and prediction are text."
    assert len(found.notes) == 2


def test_classes_may_be_numbers_or_have_names_that_mean_nothing_to_pandas(judged):
    one, other = labels(0.7), labels(0.9, seed=1)
    for names in ({"no": "NA", "yes": "None"}, {"no": "0", "yes": "1"}):
        renamed = [
            table.replace(names).rename(columns={f"probability_{old}": f"probability_{names[old]}" for old in names})
            for table in (one, other)
        ]
        assert judged(*renamed).headline.a == judged(one, other).headline.a


def test_a_table_of_our_own_pipelines(judged, answers):
    _, table = answers(0.8)
    other = pd.DataFrame({"example": table["example"], "target": "?"})
    classes = [name.removeprefix("probability_") for name in table if name.startswith("probability_")]
    other = other.assign(target=[classes[place] for place in table["target"]], prediction=lambda rows: rows["target"])
    found = judged(other, table)
    assert (found.headline.a, found.verdict) == (1.0, "worse")


def test_numbers(judged):
    one, other = numbers(0.5), numbers(0.1, seed=1)
    found = judged(one, other)
    assert (found.name, found.verdict, found.headline.score) == ("forecast", "better", "rmse")
    errors = [np.sqrt(((table["target"] - table["prediction"]) ** 2).mean()) for table in (one, other)]
    assert [found.headline.a, found.headline.b] == pytest.approx(errors)
    assert "Diebold-Mariano" in found.headline.difference.test
    assert found.notes[0].startswith("Taken as predictions of a forecast, as target and prediction are numbers;")
    single = judged(one, other.astype({"target": np.float32}))  # as PyTorch has them
    assert single.notes[1] == "Paired on all 120 examples."


def test_quantiles(judged):
    levels = [round(0.05 * number, 2) for number in range(1, 20)]
    sides = [table.assign(**{f"quantile_{level}": table["prediction"] + level - 0.5 for level in levels})
             for table in (numbers(0.5), numbers(0.1, seed=1))]  # fmt: skip
    assert {"crps", "pinball", "coverage_90"} <= {row.score for row in judged(*sides).rows}
    found = judged(sides[0], sides[1].drop(columns="quantile_0.05"))
    assert [row.score for row in found.rows] == ["rmse", "mae", "smape"]
    assert "as not both files have quantile_0.05, quantile_0.1" in found.notes[-1]


def test_steps_of_one_origin_belong_together(judged):
    sides = [pd.concat([numbers(noise, seed=step).assign(step=step) for step in (1, 2)]) for noise in (0.5, 0.1)]
    found = judged(*sides)
    assert (found.verdict, found.notes[1]) == ("better", "Paired on all 120 examples.")
    with pytest.raises(KassandraError, match=r"b.parquet: no column 'step', and .*a.csv has one; give both or neither"):
        judged(sides[0], numbers(0.1))


def test_examples_of_one_side_are_counted(judged):
    one, other = labels(0.7), labels(0.9, seed=1)
    other.loc[5, "target"] = "no"
    found = judged(one[:-3], other[2:])
    assert found.notes[1] == ("Paired on 194 of 200 examples: 2 only at A, 3 only at B, 1 with another answer.")
    with pytest.raises(KassandraError, match="cannot be paired by 'example': the test examples are not the same"):
        judged(one[:50], other[60:])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda table: table.drop(columns="example"), "no column 'example'; it needs example, target and"),
        (lambda table: table.rename(columns={"target": "y"}), "no column 'target'"),
        (lambda table: table[["example", "target"]], "no column 'prediction'"),
        (lambda table: pd.concat([table.assign(seed=seed) for seed in (0, 1)]), "a verdict on methods needs 3 or more"),
        (lambda table: table.assign(example="x"), "example name more than one row ('x')"),
        (lambda table: table.assign(prediction=[None] + ["no"] * 199), "column 'prediction' is empty in row 1"),
        (lambda table: table.assign(probability_yes=0.9), "the probabilities of row 1 are no distribution (sum 1."),
        (lambda table: table.assign(probability_yes=np.nan), "'probability_yes' holds what is no finite number"),
        (lambda table: table.drop(columns="probability_no"), "no column 'probability_no', though 'no' is a class"),
    ],
)  # fmt: skip
def test_a_wrong_file_gives_one_sentence(judged, change, sentence):
    with pytest.raises(KassandraError, match=re.escape(sentence)) as error:
        judged(labels(0.7), change(labels(0.9)))
    assert "b.parquet: " in str(error.value)
    assert "\n" not in str(error.value)


def test_numbers_that_are_none(judged):
    for wrong, sentence in (
        ({"prediction": np.inf}, "holds what is no finite number"),
        ({"target": "x"}, "no classes"),
    ):
        with pytest.raises(KassandraError, match=sentence):
            judged(numbers(0.5), numbers(0.1).assign(**wrong))


def test_the_command(kassandra, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no repository
    of_seeds((0.90, 0.91, 0.92)).to_csv("a.csv", index=False)
    of_seeds((0.70, 0.71, 0.72)).to_parquet("b.parquet")
    done = kassandra("compare", "a.csv", "b.parquet", "--json", "--fail-if-worse")
    assert done.status == 1
    assert json.loads(done.out)["pipelines"]["label"]["verdict"] == "worse"
    assert kassandra("compare", "b.parquet", "a.csv", "--fail-if-worse").status == 0
    labels(0.9).to_csv("one.csv", index=False)
    labels(0.7, seed=1).to_parquet("other.parquet")
    done = kassandra("compare", "one.csv", "other.parquet", "--fail-if-worse")
    assert (done.status, "B is worse" in done.out) == (0, True)  # of two models, which is no verdict on methods
    assert "--fail-if-worse: no verdict on the method of label" in done.err
    (tmp_path / "c.parquet").write_bytes(b"no table")
    (tmp_path / "d.csv").write_bytes(b"")
    for arguments, sentence in (
        (("a.csv", "main"), "give two files of predictions or two revisions, not one of each"),
        (("a.csv", "absent.csv"), "absent.csv: no such file; give two tables of predictions"),
        (("a.csv", "c.parquet"), "c.parquet: cannot be read as a .parquet table ("),
        (("a.csv", "d.csv"), "d.csv: cannot be read as a .csv table ("),
        (("a.csv", "b.parquet", "--pipeline", "x"), "--pipeline: two files of predictions have no pipelines"),
    ):
        done = kassandra("compare", *arguments)
        assert (done.status, done.out) == (1, "")
        assert sentence in done.err
        assert done.err.strip().count("\n") == 0
