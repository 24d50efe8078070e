"""How far a reproduction on another machine may be off: as far as other seeds are, and no further."""

import numpy as np
import pytest

from kassandra.cli.report import judge

HERE, THERE = (["torch: 2.13.0", f"instructions: {each}"] for each in ("AuthenticAMD AVX2", "GenuineIntel AVX512"))
SPREAD = {"accuracy": 0.004, "loss": 0.02}  # of seeds


def of(members, trained_on=THERE, examples=2000, wide=0.02):
    """test.json, of each score of each member."""
    rows = []
    for name, values in members.items():
        mean = float(np.mean(values))
        ends = {"value": mean, "low": mean - wide, "high": mean + wide}
        rows.append({"score": name, **ends, "members": [float(each) for each in values], "together": ends})
    fingerprints = {"trained_on": trained_on, "evaluated_on": trained_on}
    return {"seeds": len(values), "examples": examples, "intervals": rows, **fingerprints}


def drawn(generator, seeds=3, shift=0.0):
    """Of a recipe that is `shift` deviations of seeds away."""
    return {name: 0.5 + spread * (shift + generator.standard_normal(seeds)) for name, spread in SPREAD.items()}


def share_that_agrees(shift, seeds=3, reruns=1000):
    generator = np.random.default_rng(0)
    pairs = [(drawn(generator, seeds), drawn(generator, seeds, shift)) for _ in range(reruns)]
    return np.mean([judge(of(before), of(now, HERE)).verdict == "agrees" for before, now in pairs])


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_another_draw_of_seeds_agrees(seeds):
    """Which is what another processor's bits amount to. By design in 99 of 100."""
    assert share_that_agrees(0.0, seeds) >= 0.98


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "shift", "most"), [(3, 6.0, 0.5), (3, 12.0, 0.05), (5, 6.0, 0.01)])
def test_another_recipe_differs(seeds, shift, most):
    assert share_that_agrees(shift, seeds) <= most


def test_six_deviations_of_seeds_differ_and_three_do_not():
    """Where the members of both sides are as far apart as seeds are on average."""
    one = {name: 0.5 + spread * np.array([-1, 0, 1]) for name, spread in SPREAD.items()}
    for shift, verdict in ((3, "agrees"), (-3, "agrees"), (6, "differs"), (-6, "differs")):
        now = one | {"accuracy": one["accuracy"] + shift * SPREAD["accuracy"]}
        done = judge(of(one), of(now, HERE))
        assert (done.verdict, done.failed) == (verdict, verdict == "differs")
        assert ("beyond its tolerance: accuracy is" in done.sentence) == done.failed
        assert ("each score differs no more than seeds do" in done.sentence) != done.failed
    assert judge(of(one), of(one, HERE)).verdict == "agrees"


def test_on_the_same_machine_nothing_may_be_off():
    one = {name: 0.5 + spread * np.array([-1, 0, 1]) for name, spread in SPREAD.items()}
    done = judge(of(one), of(one | {"loss": one["loss"] + 1e-9}))
    assert (done.verdict, done.failed) == ("differs", True)
    assert "fingerprint gave other scores; please report this" in done.sentence


def test_members_that_agree_to_the_last_example_may_be_off_by_some():
    """That they agree is no proof that others would."""
    same = {"accuracy": np.full(3, 0.97)}
    for examples, verdict in ((1, "agrees"), (2, "agrees"), (100, "differs")):
        now = {"accuracy": np.full(3, 0.97 - examples / 2000)}
        assert judge(of(same), of(now, HERE)).verdict == verdict, examples


def test_a_score_that_is_no_number_does_not_agree():
    one = {name: 0.5 + spread * np.array([-1, 0, 1]) for name, spread in SPREAD.items()}
    assert judge(of(one), of(one | {"loss": np.array([0.5, np.nan, 0.5])}, HERE)).verdict == "differs"


def test_a_single_member_is_held_against_the_interval():
    """As every result of before there were members is."""
    one = of({"accuracy": [0.9]})
    for value, verdict in ((0.919, "agrees"), (0.921, "differs")):
        now = of({"accuracy": [value]}, HERE)
        assert judge(one, now).verdict == verdict
        for side in (one, now):  # as it was written before
            old = [{key: side["intervals"][0][key] for key in ("score", "value", "low", "high")}]
            side |= {"intervals": old}
            side.pop("seeds", None)
        assert judge(one, now).verdict == verdict
