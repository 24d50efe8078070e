"""The page of `kassandra explore`: its LSTM equals PyTorch's, its readers those of Kassandra, and data is no markup."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

import kassandra
from kassandra.contracts.errors import KassandraError
from kassandra.export.explore import described, write_page
from tests.untrained import save_untrained

pytestmark = pytest.mark.slow  # imports PyTorch

OWN = Path(kassandra.__file__).parent / "export" / "explorer" / "lstm.js"
TEXTS = [
    "A GOOD film’s end,<br />very… good!",
    "ﬁlm don't",
    "x_1 é é 好 a\nb",
    "no good at all " * 5,
    "<b>good</b> $5",
]
LETTERS = {"embedding_size": 3, "hidden_size": 4, "longest": 5}
INTERPOLATED = {
    "normalise": "series", "missing": "interpolate", "pool": 1, "masked": [],
    "spec": {"outputs": 3, "features": 3, "vocab_size": 0},
}  # fmt: skip
VARIANTS = {
    "vanilla": {},
    "stacked": {"variant": "stacked", "num_layers": 2},
    "both ways": {"variant": "bidirectional", "num_layers": 2},
    "attention": {"variant": "attention", "attention": {"kind": "additive"}},
    "general attention both ways": {"variant": "attention", "attention": {"kind": "general"}, "bidirectional": True},
    "pooled": {"readout": "concat"},
}


def in_node(folder, given):
    """What the page's LSTM makes of inputs as a person gives them."""
    if not shutil.which("node"):
        pytest.skip("there is no node")
    page, numbers = described(folder)
    sent = json.dumps({"model": page, "numbers": numbers.base64(), "given": given})
    program = Path(__file__).with_name("explore.mjs")
    ran = subprocess.run(["node", program, OWN], input=sent, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def probabilities(predictions):
    return np.array([list(each.probabilities.values()) for each in predictions])


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "pooled"])  # which texts alone have
def test_its_lstm_is_pytorchs_of_images(images, variant):
    folder = images(**VARIANTS[variant])
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 4), np.uint8)
    answers = in_node(folder, (pixels / 255).tolist())
    predictor = kassandra.load(folder)
    assert np.allclose([each["probabilities"] for each in answers], probabilities(predictor.predict(pixels)), atol=1e-6)
    outputs = predictor.outputs(predictor.pair.own(pixels))
    if outputs.attention is not None:
        assert np.allclose([each["attention"] for each in answers], outputs.attention, atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_its_lstm_and_its_tokens_are_ours_of_texts(reviews, variant):
    folder = reviews(**VARIANTS[variant])
    predictor = kassandra.load(folder)
    answers = in_node(folder, TEXTS)
    split = predictor.pair.own(TEXTS).inputs
    own = [split.flat[a:b].tolist() for a, b in zip(split.offsets[:-1], split.offsets[1:], strict=True)]
    assert [each["inputs"] for each in answers] == own
    assert np.allclose([each["probabilities"] for each in answers], probabilities(predictor.predict(TEXTS)), atol=1e-6)


def test_its_language_model_is_ours(play):
    folder = play(variant="stacked", num_layers=2, tied=True)
    model = kassandra.load(folder)
    (answer,) = in_node(folder, ["ab ca\nQe"])  # Q is not in the vocabulary
    with torch.inference_mode():
        read = model.models[0](torch.from_numpy(model.pair.sequences.own("ab ca\nQe").astype(np.int64))[None])
        expected = model.models[0].logits(read.outputs[0, -1]).softmax(0)
    assert np.allclose(answer["probabilities"], expected, atol=1e-6)
    assert np.allclose(answer["c"], read.state[0].c[0], atol=1e-6)
    assert np.allclose(answer["h"], read.state[0].h[0], atol=1e-6)


@pytest.mark.parametrize(
    "keys", [{"head": "quantiles", "linear": True}, {"linear": "fitted"}, {"head": "student"}, {"head": "point"}]
)
def test_its_forecasts_are_ours(series, keys):
    folder = series(**keys)
    window = np.random.default_rng(0).standard_normal((5, 3)).round(4)
    (answer,) = in_node(folder, ["\n".join(", ".join(map(str, row)) for row in window)])
    model = kassandra.load(folder).models[0]
    with torch.inference_mode():
        expected = model.forecast(model(torch.from_numpy(window.astype(np.float32))[None])).point[0]
    assert np.allclose(answer["values"], expected, atol=1e-6)


@pytest.mark.parametrize("head", ["quantiles", "gaussian"])
def test_its_numbers_are_ours(stars, head):
    folder = stars(head=head)
    answers = in_node(folder, TEXTS)
    expected = [each.number for each in kassandra.load(folder).predict(TEXTS)]
    assert np.allclose([each["values"][0] for each in answers], expected, atol=1e-5)


DECODERS = {
    "general": {"decoder": {"attention": "general", "tied": True}},
    "fed, both ways": {
        "variant": "bidirectional",
        "decoder": {"attention": "additive", "input_feeding": True, "num_layers": 2},
    },
    "none, from the end": {"decoder": {"attention": "none"}, "reverse_source": True},
}


@pytest.mark.parametrize("decoder", DECODERS)
def test_its_translations_and_byte_pairs_are_ours(translator, decoder):
    folder = translator(**DECODERS[decoder])
    texts = ["a good  film", "it's the end: l'ami (a well-known one)!", "▁ 好 “né”", "the film was long"]
    answers = in_node(folder, texts)
    predictor = kassandra.load(folder)
    split = predictor.pair.own(texts)
    for row, (answer, one) in enumerate(zip(answers, predictor.outputs(split, beam=1), strict=True)):
        assert answer["inputs"] == [*split.inputs.flat[slice(*split.inputs.offsets[row : row + 2])].tolist(), 3]
        assert predictor.pair.target.pieces(answer["written"]) == one.pieces
        if one.alignment is not None:
            assert np.allclose(answer["alignment"], one.alignment, atol=1e-5)


@pytest.mark.parametrize("keys", [{}, {"crf": True, "letters": LETTERS, "variant": "bidirectional"}])
def test_its_tags_are_ours(tagger, keys):
    folder, sentences = tagger(**keys), ["fly to New York", "york", "to Nottelfloy  fly " * 5, "Fly x <b>"]
    answers = in_node(folder, sentences)
    predictor = kassandra.load(folder)
    (outputs,) = predictor.of_members(predictor.pair.own(sentences))
    assert [answer["path"] for answer in answers] == outputs.tags
    for answer, expected in zip(answers, outputs.log_probabilities, strict=True):
        assert np.allclose(answer["probabilities"], np.exp(expected), atol=1e-5)


@pytest.mark.parametrize("scaling", [{}, INTERPOLATED])
def test_its_series_are_ours(motions, scaling):
    folder = motions(scaling=scaling, variant="bidirectional")
    values = np.random.default_rng(1).standard_normal((9, 3)).round(4)
    values[[0, 3, 4], 1] = np.nan
    lines = [",".join("" if np.isnan(one) else str(one) for one in row) for row in values]
    answers = in_node(folder, ["\n".join(lines), "\n".join(["x,y,z", *lines, ""])])
    expected = probabilities(kassandra.load(folder).predict([values]))
    assert np.allclose([each["probabilities"] for each in answers], np.concatenate([expected] * 2), atol=1e-6)


def measured(rows):
    """A series of three columns, of which two values are missing, and it as text."""
    values = np.random.default_rng(2).standard_normal((rows, 3)).round(4)
    values[[0, 3], 1] = np.nan
    return values, "\n".join(",".join("" if np.isnan(one) else str(one) for one in row) for row in values)


@pytest.mark.parametrize("head", ["gaussian", "quantiles", "point"])
def test_its_numbers_of_series_are_ours(lives, head):
    folder, (values, text) = lives(head=head), measured(9)
    (answer,) = in_node(folder, [text])
    (expected,) = kassandra.load(folder).predict([values])
    assert answer["values"] == pytest.approx([expected.number], rel=1e-5)


@pytest.mark.parametrize("keys", [{}, {"crf": True}])
def test_its_tags_of_steps_are_ours(activities, keys):
    folder, (values, text) = activities(**keys), measured(9)
    (answer,) = in_node(folder, [text])
    predictor = kassandra.load(folder)
    (outputs,) = predictor.of_members(predictor.pair.own([values]))
    assert answer["path"] == outputs.tags[0]
    assert np.allclose(answer["probabilities"], np.exp(outputs.log_probabilities[0]), atol=1e-5)


@pytest.mark.parametrize("pieces", ["bpe", "characters", "words"])
def test_its_transcripts_are_ours(dictation, pieces):
    folder = dictation(pieces=pieces, decoder={"beam": 1})
    steps = np.arange(6000) / 4000
    sound = (np.sin(2 * np.pi * (300 + 900 * steps) * steps) * np.sin(9 * steps) ** 2).astype(np.float32)
    (answer,) = in_node(folder, [sound.tolist()])
    predictor = kassandra.load(folder)
    (expected,) = predictor.transcribe(sound)
    assert np.allclose(np.delete(answer["probabilities"], 1, 1), np.delete(np.exp(expected.steps[0]), 1, 1), atol=1e-5)
    assert [each["token"] for each in answer["written"]] == list(expected.tokens)
    assert [each["word"] for each in answer["words"]] == [each.word for each in expected.words]
    step, _ = predictor.pair.sequences.seconds()
    assert [each["first"] * step for each in answer["words"]] == pytest.approx([each.begin for each in expected.words])


def test_its_bands_are_ours(tmp_path):
    spec = {"outputs": 2, "features": 24, "vocab_size": 0, "steps": 0, "joint": False}
    meta = {
        "spec": spec,
        "classes": ["a", "b"],
        "sample_rate": 8000,
        "mels": 8,
        "frame": 25.0,
        "hop": 10.0,
        "deltas": True,
    }
    folder = save_untrained(tmp_path / "model", "audio", "label", meta)
    sound = np.sin(np.arange(1200) / 5) * np.linspace(0, 1, 1200)
    (answer,) = in_node(folder, [sound.tolist()])
    expected = probabilities(kassandra.load(folder).predict([sound.astype(np.float32)]))
    assert np.allclose([answer["probabilities"]], expected, atol=1e-5)


def test_the_page_is_one_file_and_names_are_no_markup(images, tmp_path):
    content = write_page(images(), tmp_path / "page").read_text()
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["index.html"]
    assert re.findall(r"(?:src|href|url)\s*[=(]", content) == []
    assert re.findall(r"https?://[^\"]*", content) == ["http://www.w3.org/2000/svg"]  # the name of a language
    assert "<b>" not in content
    assert not re.search(r"innerHTML|eval\(|document\.write", content)
    assert "/*" not in re.search(r'<script type="text/plain".*?</script>', content, re.DOTALL)[0]


def test_what_the_page_cannot_show_is_a_sentence(images, monkeypatch, tmp_path):
    with pytest.raises(KassandraError, match="shows the gates of an LSTM; this model's cell is 'gru'"):
        write_page(images("gru", cell="gru"), tmp_path)
    monkeypatch.setattr("kassandra.export.explore.part_if_any", lambda *where: None)
    with pytest.raises(KassandraError, match="images → label has no page yet"):
        write_page(images(), tmp_path)
