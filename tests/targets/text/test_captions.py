"""Captions: the digits of MNIST spelled, through all stages; the laws of what is looked at, and of references."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import kassandra
from kassandra.contracts.artifacts import map_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Captioned, Examples
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import check
from kassandra.judging.judge import value_of
from kassandra.lstm.places import Places
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.text.baseline.captions import nearest
from kassandra.targets.text.evaluate.predict import Translation
from kassandra.targets.text.evaluate.scores import SCORES, corpus_bleu, ngrams, of_order
from kassandra.targets.text.evaluate.stage import words_of
from kassandra.targets.text.train.encoder_decoder import search
from kassandra.training.folder import build
from kassandra.training.pair import Pair
from kassandra.trying import LEAST, learn_by_heart, some

DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
KEYS = {"vocab_size": 40, "lowercase": True}
DECODER = {"attention": "general", "input_feeding": False}


@pytest.fixture
def kassandra_command(request):
    return request.getfixturevalue("kassandra")


@pytest.fixture(scope="module")
def spelled(raw, prepare, tmp_path_factory):
    """Digits by rows, with their names. Not to be written to."""
    folder = tmp_path_factory.mktemp("spelled")
    prepare("images", "text", raw, folder, source={"dataset": "mnist"}, **KEYS)
    return folder


@pytest.fixture(scope="module")
def meta(spelled):
    return read_json(spelled / "meta.json")


def model(meta, **keys):
    """Not trained, in evaluation mode."""
    section = {"variant": "bidirectional", "hidden_size": 9, "embedding_size": 7, "decoder": DECODER, **keys}
    kind = pipeline_of("images", "text").model_fields["model"].annotation
    torch.manual_seed(0)
    return build("text", meta, check(kind, section, "model")).eval()


def batch(spelled, meta, cpu, name="test", count=6):
    pair = Pair.of("images", "text", meta, cpu)
    split = pair.read(spelled / f"{name}.npz")
    rows = np.arange(count)
    return pair, pair.target.batch(split.targets, rows, *pair.sequences.batch(split.inputs, rows))


def test_each_digit_has_its_name(spelled, raw, prepared):
    for name in ("train", "valid", "test"):
        arrays, labelled = map_arrays(spelled / f"{name}.npz"), map_arrays(prepared / f"{name}.npz")
        texts = Ragged(arrays["target_text"], arrays["target_text_offsets"]).texts()
        assert set(texts) == DIGITS
        images = np.asarray(arrays["images"])[arrays["input"]]
        by_image = dict(zip((image.tobytes() for image in labelled["images"]), labelled["labels"], strict=True))
        names = {(by_image.get(image.tobytes(), -1), text) for image, text in zip(images, texts, strict=True)}
        assert len({text for label, text in names if label >= 0}) == len({one for one in names if one[0] >= 0})


@pytest.mark.slow
def test_mnist_is_spelled_by_all_stages_in_one_process(raw, tmp_path, monkeypatch, kassandra_command):
    """Rows of pixels in, letters out: also by the command, of an image file."""
    section = {
        "input": "images", "target": "text", "source": {"dataset": "mnist"}, "prepare": KEYS,
        "model": {"variant": "bidirectional", "hidden_size": 48, "embedding_size": 24, "decoder": DECODER},
        "train": {"epochs": 16, "batch_tokens": 64, "learning_rate": 0.01, "seeds": 1, "device": "cpu"},
    }  # fmt: skip
    monkeypatch.chdir(tmp_path)
    run = kassandra.run(section, raw, tmp_path / "run", fetched=True)
    scores = {each["score"]: each["value"] for each in run.scores["intervals"]}
    baselines = {each["baseline"]: each["bleu"]["value"] for each in run.scores["baselines"]}
    assert scores["bleu_1"] > 60 > baselines["most frequent caption"]
    assert set(scores) == {"bleu", "bleu_greedy", "chrf", "bleu_1", "bleu_2", "bleu_3"}
    assert (run.folder / "metrics/run/plots/attention.png").exists()
    assert "data:image/png;base64," in (run.folder / "data/predictions/run/captions.html").read_text()
    image = np.asarray(map_arrays(run.folder / "data/prepared/run/test.npz")["images"][0])
    Image.fromarray(image).save(tmp_path / "digit.png")
    done = kassandra_command("caption", run.folder / "data/models/run", "digit.png", "--json")
    (row,) = map(json.loads, done.out.splitlines()) if done.out.startswith("{") else json.loads(done.out)
    assert row["caption"] == run.model.caption(image)[0].text
    refused = kassandra_command("translate", run.folder / "data/models/run", "digit.png")
    assert refused.status == 1
    assert "try `kassandra caption`" in refused.err


def test_attention_sums_to_one_over_the_steps(spelled, meta, cpu):
    _, given = batch(spelled, meta, cpu)
    made = model(meta)
    with torch.inference_mode():
        source = made.read(given.inputs, None)
        written = made.write(source, given.targets)
    assert written.attention.shape == (*given.targets.shape, 28)
    torch.testing.assert_close(written.attention.sum(2), torch.ones(given.targets.shape))


@pytest.mark.parametrize("keys", [{}, {"variant": "vanilla", "recurrent": False}, {"reverse_source": True}])
def test_a_beam_of_one_is_greedy(spelled, meta, cpu, keys):
    _, given = batch(spelled, meta, cpu)
    made, longest = model(meta, **keys), torch.full((6,), 12)
    with torch.inference_mode():
        greedy = made.greedy(given.inputs, None, longest)
    assert [one.tokens for one in search(made, given.inputs, None, longest, 1)] == greedy


def test_an_image_alone_is_described_as_in_a_batch(spelled, meta, cpu):
    pair, _ = batch(spelled, meta, cpu)
    made, split = model(meta, variant="vanilla", recurrent=False), pair.read(spelled / "test.npz")
    rows = np.arange(5)
    with torch.inference_mode():
        together = made.read(pair.sequences.batch(split.inputs, rows)[0], None).memory.values
        alone = [made.read(pair.sequences.batch(split.inputs, rows[n : n + 1])[0], None).memory.values for n in rows]
    torch.testing.assert_close(together, torch.cat(alone))


def test_places_see_no_other_place_and_no_padding():
    torch.manual_seed(0)
    places, inputs = Places(4, 3), torch.randn(2, 5, 4)
    changed = inputs.clone()
    changed[:, 3:] = float("nan")
    lengths = torch.tensor([3, 2])
    whole, cut = places(inputs[:1, :3], None), places(changed, lengths)
    torch.testing.assert_close(cut.outputs[0, :3], whole.outputs[0])
    torch.testing.assert_close(cut.summary[0], whole.summary[0])
    assert (cut.outputs[1, 2:] == 0).all()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"variant": "bidirectional", "recurrent": False}, "does not use variant 'bidirectional'"),
        ({"variant": "vanilla", "readout": "max", "recurrent": False}, "does not use 'readout'"),
    ],
)
def test_what_nothing_uses_is_refused(keys, sentence):
    kind = pipeline_of("images", "text").model_fields["model"].annotation
    with pytest.raises(KassandraError, match=sentence):
        check(kind, keys, "model")


def test_bleu_of_fewer_orders_is_that_of_sacrebleu():
    from sacrebleu.metrics.bleu import BLEU

    hypotheses = ["a dog runs on grass", "two men sit on a bench", "a cat"]
    references = [["a dog runs", "the dog is on the grass"], ["two men sit"], ["the cat sleeps", "a cat", "one"]]
    streams = [[some[n] if n < len(some) else None for some in references] for n in range(3)]
    counts = ngrams(hypotheses, references, "13a").sum(0)
    for order in range(1, 5):
        expected = BLEU(max_ngram_order=order).corpus_score(hypotheses, streams).score
        assert float(corpus_bleu(of_order(counts, order))) == pytest.approx(expected)


def test_scores_of_captions_alone_are_not_those_of_translations():
    import pandas as pd

    table = pd.DataFrame({"bleu": [[1] * 10]})
    defined = [score.name for score in SCORES if np.isfinite(value_of(score, table))]
    assert defined == ["bleu"]


def test_pieces_become_words_with_the_mean_of_their_attention():
    weights = np.array([[1, 0], [0, 1], [0.5, 0.5], [0, 1]], np.float32)
    one = Translation("a dog", [], ["▁a", "▁do", "g", "</s>"], weights, -1.0)
    assert [(word, some.tolist()) for word, some in words_of(one)] == [("a", [1, 0]), ("dog", [0.25, 0.75])]


def test_the_nearest_are_those_of_the_largest_cosine():
    known = np.array([[1.0, 0], [0, 2], [3, 3]])
    assert nearest(known, np.array([[0.1, 5.0], [4.0, 3.9]]), 2).tolist() == [[1, 2], [2, 0]]


@pytest.mark.slow
def test_eight_are_learned_by_heart_though_labels_are_smoothed(spelled, tmp_path, monkeypatch):
    section = {
        "input": "images", "target": "text", "source": {"dataset": "mnist"}, "prepare": KEYS,
        "model": {"variant": "vanilla", "hidden_size": 32, "embedding_size": 16, "decoder": DECODER},
        "train": {"batch_tokens": 64, "label_smoothing": 0.2},
    }  # fmt: skip
    (tmp_path / "params.yaml").write_text(json.dumps({"pipelines": {"run": section}}))
    shutil.copytree(spelled, tmp_path / "data" / "prepared" / "run")
    monkeypatch.chdir(tmp_path)
    assert learn_by_heart(0).learned


def test_a_trial_takes_some_images_with_all_their_captions():
    count = 1000
    examples = Examples("images", np.arange(count), [""] * count, list(map(str, range(count))), list(range(count)))
    taken = some(Captioned(examples, [[f"a {row}", f"b {row}"] for row in range(count)], "en"), 0)
    assert len(taken.texts) == len(taken.examples.contents) == LEAST
    assert [text for text, _ in taken.texts] == [f"a {row}" for row in taken.examples.contents]
