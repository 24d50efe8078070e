"""A small recogniser of tones: it learns, a recording alone is read as in a batch, members agree on a text, words have
times, and everything is written that evaluation promises."""

import json

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.kinds import part
from kassandra.inference import load
from kassandra.judging.judge import contents
from kassandra.params.targets.transcript import Decoder, Ngram
from kassandra.targets.transcript.baseline.stage import predictions
from kassandra.targets.transcript.evaluate.predict import probability
from kassandra.targets.transcript.evaluate.stage import evaluate
from kassandra.targets.transcript.show import show
from tests import recordings
from tests.targets.transcript.conftest import RATE

pytestmark = pytest.mark.slow
HISTORY = pd.DataFrame({"epoch": [1, 2], "train_loss": [5.0, 3.0], "valid_loss": [4.0, 3.5]})
HISTORY = HISTORY.assign(valid_word_accuracy=[1.0, 2.0])


@pytest.fixture(scope="module")
def prepared(tones, prepare, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tones")
    (folder / "in").mkdir()
    for name, _, _, wave in tones:
        recordings.write(folder / "in" / f"{name}.wav", wave, RATE)
    rows = "".join(f"{name}\t{speaker}\t{text}\n" for name, text, speaker, _ in tones)
    (folder / "in" / "transcripts.tsv").write_text("file\tspeaker\ttext\n" + rows)
    how = {"sample_rate": RATE, "mels": 16, "stack": 2, "tokens": "words"}
    prepare("audio", "transcript", folder / "in", folder / "out", **how)
    return folder / "out"


@pytest.fixture(scope="module")
def trained(prepared, train_small):
    how = {"epochs": 60, "batch_size": 8, "learning_rate": 0.02, "keep": "last"}
    return train_small("audio", "transcript", prepared, {"variant": "bidirectional"}, how)


@pytest.fixture(scope="module")
def model(trained):
    return load(trained.folder)


def test_it_learns(trained):
    assert trained.trained.history[-1]["valid_word_accuracy"] > 80


def test_a_recording_alone_is_read_as_in_a_batch(model, tones):
    waves = [wave for *_, wave in tones[:7]]
    together = model.transcribe(waves)
    for wave, one in zip(waves, together, strict=True):
        (alone,) = model.transcribe(wave)
        assert alone.text == one.text
        assert alone.steps[0] == pytest.approx(one.steps[0], abs=1e-4)


def test_words_have_times_in_order(model, tones):
    (_, text, _, wave) = max(tones, key=lambda row: len(row[1]))
    (one,) = model.transcribe(wave)
    assert [word.word for word in one.words] == one.text.split()
    times = [time for word in one.words for time in (word.begin, word.end)]
    assert times[::2] == sorted(times[::2])
    assert 0 <= times[0] <= times[-1] <= len(wave) / RATE + 0.1
    assert len(text.split()) > 1


def test_members_take_the_text_of_the_largest_mean_probability(trained, model, tones):
    pair = type(model)(model.models * 2, model.pair, model.meta, model.fingerprint, [0, 1])
    for one, two in zip(model.transcribe(tones[0][3]), pair.transcribe(tones[0][3]), strict=True):
        assert one.text == two.text
        assert two.log_probability == pytest.approx(probability(one.steps[0], one.tokens), abs=1e-4)
        assert one.log_probability <= two.log_probability + 1e-4


def test_ngrams_can_change_a_text(model, tones):
    waves = model.pair.own([wave for *_, wave in tones[:10]])
    plain = [one.tokens for one in model.outputs(waves)]
    pushed = model.outputs(waves, Decoder(beam=4, ngram=Ngram(order=2, weight=0.0, bonus=9.0)))
    assert sum(map(len, plain)) < sum(len(one.tokens) for one in pushed)
    assert [one.tokens for one in model.outputs(waves, Decoder(beam=8, ngram=Ngram(weight=0.0)))] == plain


def test_evaluation_writes_what_it_promises(model, prepared, tmp_path, capsys):
    seen, drawn = part("inputs", "audio", "baseline", "transcripts"), part("inputs", "audio", "show", "transcripts")
    baselines = predictions(seen, prepared, 0)
    assert len(baselines.columns) == 2
    plots, pages = tmp_path / "plots", tmp_path / "pages"
    plots.mkdir()
    pages.mkdir()
    report, (member,), together = evaluate(
        model, prepared / "test.npz", drawn, baselines, HISTORY, plots, pages, None, 0
    )
    assert report.headline.name == "wer"
    assert report.scores["wer"].value < min(score.value for score in report.baselines.values())
    assert set(together["group"]) <= {"a", "b"}
    assert member.equals(together)
    files = {"learning_curves.png", "by_speaker.png", "written_steps.png"}
    assert {path.name for path in plots.iterdir()} == files
    assert {path.name for path in pages.iterdir()} == {"worst.txt", "by_speaker.csv"}
    assert json.dumps(contents(report, 1, {}, {}))
    printed = capsys.readouterr().out
    assert "worst" in printed or "No errors" in printed


def test_predict_prints_texts_and_times(model, tones, tmp_path, capsys):
    reader = part("inputs", "audio", "show", "own_transcripts")
    path = tmp_path / "a.wav"
    recordings.write(path, tones[0][3], RATE)
    show(model, reader, [str(path)], as_json=True)
    row = json.loads(capsys.readouterr().out)
    assert row["recording"] == str(path)
    assert [word["word"] for word in row["words"]] == row["transcript"].split()
    show(model, reader, [str(path)], as_json=False)
    assert capsys.readouterr().out.splitlines()[0] == "recording,transcript,log_probability"


def test_probabilities_sum_over_paths():
    steps = np.log(np.full((3, 3), 1 / 3))
    assert probability(steps[:2], [2, 2]) == -np.inf
    assert probability(steps, [2, 2]) == pytest.approx(3 * np.log(1 / 3))
    assert probability(steps[:2], []) == pytest.approx(2 * np.log(1 / 3))
    assert probability(steps[:2], [2]) == pytest.approx(np.log(3 / 9))
