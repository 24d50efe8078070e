"""Tables of predictions of 0.1.0 beside those of today: the same examples have the same names."""

import numpy as np
import pandas as pd
import pytest

from kassandra.before.results import named
from kassandra.comparison.pairing import join
from kassandra.judging.paired import compare
from kassandra.judging.score import scores_of
from tests.judging.test_laws import MADE

pytestmark = pytest.mark.slow


def old(target, table):
    """As 0.1.0 wrote it."""
    if target == "forecast":
        kept = ["series", "time", "step", "target", "observed", "point", *table.filter(like="quantile_")]
        return table[kept].rename(columns={"observed": "truth"})
    if target == "next":
        return table[["target", "log_probability"]]
    if target == "text":
        counts = np.array(table["bleu"].tolist())
        columns = {"correct": counts[:, :4].tolist(), "total": counts[:, 4:8].tolist()}
        lengths = {"hypothesis_length": counts[:, 8], "reference_length": counts[:, 9]}
        return pd.DataFrame({"source": table["source"], **columns, **lengths})
    return table.drop(columns="example")


@pytest.mark.parametrize("target", ["label", "next", "forecast", "text"])  # 0.1.0 had no more
def test_before_and_today_are_compared_as_today_alone(target):
    module = scores_of(target)
    a, b = (MADE[target](np.random.default_rng(seed), 0.2 * seed) for seed in (1, 2))
    if target == "forecast":
        a, b = (each.assign(time=each["origin"] + each["step"].astype(str)) for each in (a, b))
    bits = next(s for s in scores_of("next").SCORES if s.name == "bits_per_character")
    result = {"intervals": []}
    if target == "next":
        value = float(bits.of(a)(np.ones(len(a), np.int64)))
        result["intervals"].append({"score": "bits_per_character", "value": value})
    today = compare(module.SCORES, a, b, module.RESAMPLING, 200)
    for tables in ([old(target, a), b], [old(target, a), old(target, b)]):
        found, why = named(tables, target, [result] * 2, "")
        one, other, note = join(*found, module)
        assert (why, note) == ("", "")
        made = compare(module.SCORES, one, other, module.RESAMPLING, 200)
        assert module.SCORES[0].name in made
        scaled = target == "forecast" and "truth" in tables[1]  # 0.1.0 did not keep the scale, which is 1 then
        for name in set(made) - ({"rmse", "mae", "pinball", "crps"} if scaled else {"bits_per_character"}):
            assert made[name].difference[:4] == pytest.approx(today[name].difference[:4], rel=1e-6), name
    if target == "forecast":
        assert "r2" not in made  # neither table says what it is measured against


def test_rows_that_may_be_of_other_examples_are_not_named():
    tables = [old("label", MADE["label"](np.random.default_rng(seed), 0)) for seed in (1, 2)]
    assert named(tables, "label", [], "data/raw/x changed")[1] == "the test examples may not be the same: data/raw/x changed"  # fmt: skip # noqa: E501
