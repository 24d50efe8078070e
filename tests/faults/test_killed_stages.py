"""kill -9 in a stage: what was good is still there and whole, and the next run ends with the same bytes. So it is when
a stage is stopped for a while. For every pair that there is."""

import signal

import pytest

from kassandra.params.sections.pipeline import kinds, readers
from tests.faults.pairs import PAIRS

pytestmark = [pytest.mark.slow, pytest.mark.faults]

KILLED = 128 + signal.SIGKILL
STAGES = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")


def test_every_pair_is_here():
    pairs = {f"{input}-{target}" for target in kinds("targets") for input in readers(target)}
    assert set(PAIRS) == pairs


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("pair", PAIRS)
def test_before_a_file_is_put_in_its_place_and_at_any_time(pair, stage, workplace, finished, faults, seeded):
    expected = faults.contents(finished(pair))
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


@pytest.mark.parametrize("pair", PAIRS)
def test_stopped_and_continued(pair, workplace, finished, faults, seeded):
    """SIGSTOP at a random moment of each stage, and SIGCONT half a second later."""
    place = workplace(pair)
    place.remove(*(name for names in faults.WRITES.values() for name in names))
    for stage in STAGES:
        ended = place.run(stage, stop_after=seeded.uniform(0.001, 0.3))
        assert ended.status == 0, ended.printed
    assert place.contents() == faults.contents(finished(pair))
    assert len(place.path("pauses").read_text()) >= 2  # the other stages may have ended before


def half_made(name):
    """As `whole` and `Scratch` name what is not ready; readers look for neither."""
    return name.endswith(".part") or ".partial/" in name
