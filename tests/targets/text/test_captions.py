"""Captions: the digits of MNIST spelled, through all stages; the laws of what is looked at, and of references."""

import json
import shutil
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import kassandra
from kassandra.contracts.artifacts import NETWORK, map_arrays, read_json, write_tensors
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Captioned, Examples
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import check
from kassandra.detection.proposal import Look, Wish
from kassandra.detection.recognise import recognise
from kassandra.inputs.images.show import own_captions
from kassandra.inputs.images.train import efficientnet
from kassandra.judging.judge import value_of
from kassandra.lstm.places import Places
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.text import card, serve
from kassandra.targets.text.baseline.captions import nearest
from kassandra.targets.text.evaluate.predict import Translation
from kassandra.targets.text.evaluate.scores import SCORES, corpus_bleu, ngrams, of_order
from kassandra.targets.text.evaluate.stage import words_of
from kassandra.targets.text.train.encoder_decoder import search
from kassandra.training.folder import build, save_kept
from kassandra.training.pair import Pair
from kassandra.trying import LEAST, learn_by_heart, some
from tests.untrained import save_untrained

SQUARES = ["a red square in the sea", "a big square in the sky"]
DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
KEYS = {"vocab_size": 40, "lowercase": True}
DECODER = {"attention": "general", "input_feeding": False}


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


@pytest.fixture
def kassandra_command(request):
    return request.getfixturevalue("kassandra")


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


@pytest.fixture
def photographs(tmp_path):
    """A folder as Flickr8k's: images, captions, lists of splits; the last image is in no list."""
    generator = np.random.default_rng(0)
    (tmp_path / "own" / "Images").mkdir(parents=True)
    lines, names = ["image,caption"], [f"{number:03}.png" for number in range(31)]
    for number, name in enumerate(names):
        pixels = generator.integers(0, 255, (40, 30, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / "Images" / name)
        lines += [f"{name},A {'big' if number % 2 else 'small'} dog .", f'{name},"One dog, number {number} !"']
    (tmp_path / "own" / "captions.txt").write_text("\n".join(lines) + "\n")
    for name, listed in {"train": names[:20], "valid": names[20:25], "test": names[25:30]}.items():
        (tmp_path / "own" / f"{name}.txt").write_text("\n".join(listed) + "\n")
    return tmp_path / "own"


def test_a_folder_with_captions_and_lists(photographs, prepare, tmp_path):
    printed = prepare("images", "text", photographs, tmp_path / "out", size=16, channels="rgb", **KEYS)
    meta = read_json(tmp_path / "out" / "meta.json")
    assert meta["examples"] == {"train": 20, "valid": 5, "test": 5}
    assert meta["references"] == {"train": 40, "valid": 10, "test": 10}
    assert "1 images that no list names are left out" in printed
    train, test = (map_arrays(tmp_path / "out" / f"{name}.npz") for name in ("train", "test"))
    assert Counter(train["input"].tolist()) == dict.fromkeys(range(20), 2)
    assert test["references"].tolist() == [0, 2, 4, 6, 8, 10]
    texts = Ragged(test["target_text"], test["target_text_offsets"]).texts()
    assert texts[:2] == ["a big dog", "one dog number 25"]
    assert Ragged(test["example"], test["example_offsets"]).texts()[0] == "Images/025"


def test_captions_of_no_letter_are_left_out(photographs, prepare, tmp_path):
    path = photographs / "captions.txt"
    path.write_text(path.read_text().replace("A small dog .", "...").replace("One dog, number 2 !", "?!"))
    prepare("images", "text", photographs, tmp_path / "out", size=16, **KEYS)
    meta = read_json(tmp_path / "out" / "meta.json")
    assert meta["examples"]["train"] == 19
    assert meta["dropped"]["without a caption that has a letter or a digit"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["tokens", "results", "metadata", "split"])
def test_other_layouts(photographs, prepare, tmp_path, layout):
    rows = [line.split(",", 1) for line in (photographs / "captions.txt").read_text().splitlines()[1:]]
    (photographs / "captions.txt").unlink()
    names = {
        "train": "Flickr_8k.trainImages.txt",
        "valid": "Flickr_8k.devImages.txt",
        "test": "Flickr_8k.testImages.txt",
    }
    listed = {line: name for name in names for line in (photographs / f"{name}.txt").read_text().split()}
    for old, new in names.items():
        (photographs / f"{old}.txt").rename(photographs / new)
    if layout == "tokens":
        lines = [f"{name}#{number % 2}\t{text}" for number, (name, text) in enumerate(rows)]
        (photographs / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    elif layout == "results":
        lines = [f"{name}| {number % 2}| {text}" for number, (name, text) in enumerate(rows)]
        (photographs / "results.csv").write_text("\n".join(["image_name| comment_number| comment", *lines]) + "\n")
    elif layout == "metadata":
        lines = [json.dumps({"file_name": f"Images/{name}", "text": text}) for name, text in rows]
        (photographs / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    else:
        for new in names.values():
            (photographs / new).unlink()
        lines = ["photo\tcaption\tsplit", *(f"{name}\t{text}\t{listed.get(name, 'train')}" for name, text in rows)]
        (photographs / "captions.tsv").write_text("\n".join(lines) + "\n")
    prepare("images", "text", photographs, tmp_path / "out", size=16, **KEYS)
    examples = read_json(tmp_path / "out" / "meta.json")["examples"]
    assert examples == {"train": 20 + (layout == "split"), "valid": 5, "test": 5}


@pytest.mark.parametrize(
    ("source", "keys", "sentence"),
    [
        ({"path": "mine"}, {"scan": "grid"}, "'grid' needs source.network: efficientnet-lite0"),
        ({"path": "mine", "network": "efficientnet-lite0"}, {}, "source.network: prepare.scan: rows does not use it"),
        ({"path": "mine", "captions": "other.csv"}, {}, "no file 'other.csv'"),
        ({"path": "mine", "text": "words"}, {}, "unknown column 'words'"),
    ],
)
def test_what_is_refused_is_a_sentence(photographs, prepare, tmp_path, source, keys, sentence):
    with pytest.raises(KassandraError, match=sentence):
        prepare("images", "text", photographs, tmp_path / "out", source=source, **KEYS, **keys)


def test_an_image_in_two_lists_is_refused(photographs, prepare, tmp_path):
    (photographs / "valid.txt").write_text("000.png\n")
    with pytest.raises(KassandraError, match=r"'000.png' is in the list of \w+ too"):
        prepare("images", "text", photographs, tmp_path / "out", size=16, **KEYS)


def recognised(folder):
    look = Look(folder, Wish(), lambda question, answers, likely: likely)
    return recognise(look)


def test_init_knows_a_folder_with_captions(photographs):
    proposal = recognised(photographs)
    assert (proposal.input, proposal.target) == ("images", "text")
    assert proposal.prepare["scan"] == "rows"  # images of 30 × 40 pixels
    assert "images by lists of splits: train 20, valid 5, test 5" in proposal.seen
    check(pipeline_of("images", "text"), {**proposal.section(), "source": {"path": "x", **proposal.source}}, "init")


def test_init_shows_photographs_to_the_network(photographs):
    for path in (photographs / "Images").iterdir():
        Image.open(path).resize((120, 90)).save(path)
    proposal = recognised(photographs)
    assert (proposal.prepare["scan"], proposal.source["network"]) == ("grid", "efficientnet-lite0")
    check(pipeline_of("images", "text"), {**proposal.section(), "source": {"path": "x", **proposal.source}}, "init")


def test_a_table_of_labels_is_none_of_captions(photographs):
    lines = ["image,label", *(f"{number:03}.png,{'cat' if number % 2 else 'dog'}" for number in range(31))]
    (photographs / "captions.txt").unlink()
    for name in ("train", "valid", "test"):
        (photographs / f"{name}.txt").unlink()
    (photographs / "metadata.csv").write_text("\n".join(lines) + "\n")
    assert recognised(photographs).target == "label"


@pytest.fixture(scope="module")
def described(tmp_path_factory, prepare, cpu):
    """A folder of photographs, what prepare makes of it with a network of random weights, and a model of it that was
    not trained. Not to be written to."""
    generator, raw = np.random.default_rng(0), tmp_path_factory.mktemp("photographs")
    torch.manual_seed(0)
    torch.save(efficientnet.EfficientNetLite0().state_dict(), raw / NETWORK)
    lines = ["image,caption"]
    for number in range(12):
        coarse = Image.fromarray(generator.integers(0, 255, (5, 7, 3), np.uint8))
        coarse.resize((224, 224)).save(raw / f"{number:02}.png")
        lines += [
            f"{number:02}.png,a {colour} square in the {place}" for colour, place in (("red", "sea"), ("big", "sky"))
        ]
    (raw / "captions.txt").write_text("\n".join(lines) + "\n")
    for name, listed in {"train": range(6), "valid": range(6, 9), "test": range(9, 12)}.items():
        (raw / f"{name}.txt").write_text("\n".join(f"{number:02}.png" for number in listed) + "\n")
    folder = tmp_path_factory.mktemp("grid")
    source = {"path": "mine", "network": "efficientnet-lite0"}
    prepare("images", "text", raw, folder, source=source, scan="grid", **KEYS)
    meta = read_json(folder / "meta.json")
    saved = save_untrained(tmp_path_factory.mktemp("model") / "squares", "images", "text", meta, recurrent=False,
                           embedding_size=6, decoder=DECODER)  # fmt: skip
    save_kept(saved, Pair.of("images", "text", meta, cpu), folder / "train.npz")
    return SimpleNamespace(raw=raw, prepared=folder, meta=meta, model=saved)


@pytest.mark.slow
def test_a_grid_is_standardised_by_train_alone(described):
    grid = np.asarray(map_arrays(described.prepared / "train.npz")["grid"], np.float64).reshape(-1, 320)
    np.testing.assert_allclose(described.meta["mean"], grid.mean(0), rtol=1e-4, atol=1e-6)
    assert described.meta["spec"]["features"] == 320


def test_attention_over_the_grid_sums_to_one(described):
    model = kassandra.load(described.model)
    captions = model.outputs(model.pair.read(described.prepared / "test.npz"))
    for one in captions:
        assert one.alignment.shape == (len(one.pieces), 49)
        np.testing.assert_allclose(one.alignment.sum(1), 1, rtol=1e-5)


@pytest.mark.slow
def test_a_file_is_described_as_it_was_prepared_wherever_the_model_lies(described, tmp_path, kassandra_command):
    """Its folder has the network; nothing else is needed."""
    shutil.copytree(described.model, tmp_path / "elsewhere")
    model = kassandra.load(tmp_path / "elsewhere")
    expected = [one.text for one in model.outputs(model.pair.read(described.prepared / "test.npz"))]
    files = [str(described.raw / f"{number:02}.png") for number in range(9, 12)]
    _, images = own_captions.read(files, model.meta)
    grids = model.pair.own(images).inputs.contents
    np.testing.assert_array_equal(grids, map_arrays(described.prepared / "test.npz")["grid"])
    done = kassandra_command("caption", tmp_path / "elsewhere", *files, "--json", "--attention")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["caption"] for row in rows] == expected
    assert {len(weights) for row in rows for weights in row["attention"]} == {49}
    one = kassandra_command("caption", tmp_path / "elsewhere", files[0])
    assert one.out.strip() == expected[0]


def test_a_model_without_its_network_says_so(described, tmp_path):
    shutil.copytree(described.model, tmp_path / "bare", ignore=shutil.ignore_patterns("input.*"))
    with pytest.raises(KassandraError, match=r"has no input\.safetensors, the network whose features it reads"):
        kassandra.load(tmp_path / "bare").caption(np.zeros((224, 224, 3), np.uint8))


@pytest.mark.parametrize("kept", [{}, {"other": np.zeros(3)}, {"network": np.zeros(3, np.float32)}])
def test_what_is_no_network_is_a_sentence(described, tmp_path, kept):
    shutil.copytree(described.model, tmp_path / "changed")
    write_tensors(tmp_path / "changed" / "input.safetensors", kept)
    with pytest.raises(KassandraError, match=r"input\.safetensors: damaged \((expected the weights|a network of 3 )"):
        kassandra.load(tmp_path / "changed")


@pytest.mark.parametrize("images", [np.zeros((2, 224, 224)), np.zeros((224, 224, 3)), np.full((1, 224, 224, 3), 300)])
def test_arrays_that_are_no_photographs(described, images):
    with pytest.raises(KassandraError, match=r"images: expected whole numbers in \[0, 255\] of \(n, 224, 224, 3\)"):
        kassandra.load(described.model).caption(images)


@pytest.mark.slow
def test_what_is_not_done_with_captions_is_refused_by_name(described, tmp_path, kassandra_command):
    for command, sentence in (
        (("export", described.model, "--to", "onnx", "--output", tmp_path / "out"), "EfficientNet-Lite0, which is not"),
        (("explore", described.model, "--output", tmp_path / "out"), "explore: "),
        (("translate", described.model, "a"), "try `kassandra caption`"),
        (("predict", described.model, "a.png"), "try `kassandra caption`"),
    ):
        done = kassandra_command(*command)
        assert done.status == 1
        assert sentence in done.err
        assert "Traceback" not in done.err


@pytest.mark.slow
def test_captions_over_http(described):
    model = kassandra.load(described.model)
    _, images = own_captions.read([str(described.raw / "09.png")], model.meta)
    (row,) = serve.answer(model, own_captions, ["09.png"], list(images), serve.Options())
    assert row["caption"] == model.caption(images)[0].text
    (again,) = serve.answer(model, own_captions, ["09.png"], [images[0].tolist()], serve.Options())
    assert again == row


def test_a_card_shows_how_to_use_it(described):
    model = kassandra.load(described.model)
    command, lines = card.use(model)
    assert (card.task("image"), command) == ("image-to-text", "kassandra caption FOLDER photo.jpg")
    compile(lines, "card", "exec")


def test_baselines_of_images_with_captions(described):
    from kassandra.inputs.images.baseline import captions as seen
    from kassandra.targets.text.baseline.stage import predictions

    table = predictions(seen, described.prepared, 0)
    assert list(table) == ["most frequent caption", "nearest image, mean features", "60 nearest images"]
    assert set(table.to_numpy().ravel()) <= set(SQUARES)


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
