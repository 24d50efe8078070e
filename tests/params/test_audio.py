"""`task: speech`: what its sections accept, and what they say of the rest."""

import re

import pytest
from kassandra.params.tasks.speech import SpeechPrepare, SpeechTrain

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.params.sections.pipeline import pipeline_of

GOOD = {
    "task": "speech",
    "source": {"dataset": "fsdd"},
    "prepare": {"split": "speaker", "speakers": ["theo"], "mels": 20, "frame": 32, "deltas": True},
    "model": {"variant": "attention", "bidirectional": True},
    "train": {"batch_size": 8, "augment": {"speed": 0.1, "pitch": 0.2, "frequency_mask": 4}},
}


def test_a_pipeline():
    pipeline = check(pipeline_of("speech"), GOOD, "pipelines.fsdd")
    assert pipeline.prepare.speakers == ["theo"]
    assert pipeline.train.augment.pitch == 0.2
    assert pipeline.train.augment.shift == 0


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        (SpeechPrepare, {"split": "speaker"}, "split 'speaker' needs 'speakers', the names of those in test"),
        (SpeechPrepare, {"speakers": ["theo"]}, "and no other split uses it"),
        (
            SpeechPrepare,
            {"split": "speaker", "speakers": ["a"], "test_fraction": 0.1},
            "here: split 'speaker' does not use 'test_fraction': test is all that its 'speakers' say",
        ),
        (SpeechPrepare, {"mels": 7}, "here.mels: 7 must be ≥ 8"),
        (SpeechPrepare, {"sample_rate": 8000.5}, "here.sample_rate: expected a whole number, got 8000.5"),
        (SpeechTrain, {"augment": {"pich": 0.1}}, "here.augment: unknown key 'pich'"),
        (SpeechTrain, {"augment": {"speed": 1.0}}, "here.augment.speed: 1.0 must be < 1"),
    ],
    ids=["no speakers", "official", "fraction", "mels", "rate", "key", "speed"],
)
def test_mistakes(kind, values, text):
    with pytest.raises(KassandraError, match=re.escape(text)):
        check(kind, values, "here")
