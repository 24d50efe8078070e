"""`audio → transcript`: keys that do nothing beside others are refused."""

import pytest
import torch

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.inputs.audio.train.features import Features, Waveforms, augmented
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import Augment
from kassandra.params.sections.pipeline import pipeline_of


def section(normalise, **augment):
    given = {"input": "audio", "target": "transcript", "source": {"path": "x"}, "prepare": {"normalise": normalise}}
    given |= {"model": {"variant": "bidirectional"}, "train": {"augment": augment}}
    return check(pipeline_of("audio", "transcript"), given, "pipelines.mine")


def test_a_colour_that_is_taken_away_again_is_refused():
    text = r"^pipelines\.mine: prepare\.normalise 'band' takes away what train\.augment\.colour adds to a band; leave"
    with pytest.raises(KassandraError, match=text):
        section("band", colour=6)
    assert section("recording", colour=6).train.augment.colour == 6
    assert section("band", pitch=0.1).train.augment.colour == 0


@pytest.mark.parametrize(("by_band", "changes"), [(True, False), (False, True)])
def test_a_colour_changes_nothing_that_is_normalised_by_band(by_band, changes):
    features = Features(MelScale(8000, 20, 25, 10), True, torch.device("cpu"), by_band)
    recordings = Waveforms(torch.randn(3, 4000, generator=torch.Generator().manual_seed(0)), torch.tensor([4000] * 3))
    plain, coloured = (
        augmented(recordings, features, Augment(colour=colour), torch.Generator().manual_seed(1))[0]
        for colour in (0, 10)
    )
    assert (torch.allclose(plain, coloured, rtol=0, atol=1e-5)) != changes
