"""kill -9 in a stage: what was good is still there and whole, and the next run ends with the same bytes."""

import signal

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

KILLED = 128 + signal.SIGKILL


@pytest.mark.parametrize("stage", ["download", "prepare", "baseline", "pretrain", "train", "evaluate"])
@pytest.mark.parametrize(
    "pair", ["images-label", "text-label", "text-next", "series-forecast", "audio-label", "text-text"]
)
def test_before_a_file_is_put_in_its_place_and_at_any_time(pair, stage, workplace, undisturbed, faults, seeded):
    expected = faults.contents(undisturbed(pair).root)
    place = workplace(pair)
    place.remove(*faults.WRITES[stage])  # as DVC does
    later = seeded.choice([{"kill_at_write": seeded.randrange(1, 6)}, {"kill_after": seeded.uniform(0, 0.5)}])
    for number, fault in enumerate([{"kill_at_write": 0}, later]):
        killed = place.run(stage, **fault)
        assert killed.status in ((KILLED,) if number == 0 else (KILLED, 0)), killed.printed
        assert "Traceback" not in killed.printed
        whole = {name: content for name, content in place.contents().items() if not half_made(name)}
        for name in [name for name in whole if stage == "train" and name.endswith("history.csv")]:
            assert set(whole.pop(name).splitlines()) <= set(expected[name].splitlines())  # it grows with each epoch
        assert whole.items() <= expected.items()
        assert whole.keys() >= {name for name in expected if not name.startswith(faults.WRITES[stage])}
    assert place.run(stage).status == 0
    assert place.contents() == expected
    assert [path for path in place.root.glob(".checkpoints/*") if path.name != "running"] == []


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_stopped_and_continued(stage, workplace, undisturbed, faults):
    place = workplace("images-label")
    place.remove(*faults.WRITES[stage])
    ended = place.run(stage, stop_after=0.1)
    assert ended.status == 0, ended.printed
    assert place.contents() == faults.contents(undisturbed("images-label").root)


def half_made(name):
    """As `whole` and `Scratch` name what is not ready; readers look for neither."""
    return name.endswith(".part") or ".partial/" in name
