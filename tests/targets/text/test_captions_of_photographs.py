"""Captions by a grid of EfficientNet's features: what a model folder keeps, predicts, refuses, and shows of itself."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import kassandra
from kassandra.contracts.artifacts import NETWORK, PREPARED, map_arrays, read_json, write_tensors
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.show import own_captions
from kassandra.inputs.images.train import efficientnet
from kassandra.targets.text import card, serve
from kassandra.training.folder import save_kept
from kassandra.training.pair import Pair
from tests.untrained import save_untrained

SQUARES = ["a red square in the sea", "a big square in the sky"]
KEYS = {"vocab_size": 40, "lowercase": True}
DECODER = {"attention": "general", "input_feeding": False}


@pytest.fixture
def kassandra_command(request):
    return request.getfixturevalue("kassandra")


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
        (("explore", described.model, "--output", tmp_path / "out"), "explore: "),
        (("translate", described.model, "a"), "try `kassandra caption`"),
        (("predict", described.model, "a.png"), "try `kassandra caption`"),
    ):
        done = kassandra_command(*command)
        assert done.status == 1
        assert sentence in done.err
        assert "Traceback" not in done.err


@pytest.mark.slow
def test_the_network_is_exported_too_and_a_program_describes_a_file(described, tmp_path, monkeypatch):
    onnx_export = pytest.importorskip("kassandra.export.onnx_export", reason="the extra `export` is not installed")
    monkeypatch.setattr(onnx_export, "_in_a_process", onnx_export._write)  # which is tried elsewhere, and takes a while
    root = tmp_path / "root"
    shutil.copytree(described.prepared, root / PREPARED / described.model.name)
    results = onnx_export.export_onnx(described.model, tmp_path / "out", int8=True, report=lambda line: None, root=root)
    assert set(results["parity"]) == {"encoder", "decoder", "features"}
    assert (results["test"]["changed"], results["test"]["examples"]) == (0, 3)
    assert not (tmp_path / "out" / "features.int8.onnx").exists()
    photograph = described.raw / "09.png"
    ran = subprocess.run(
        [sys.executable, "example.py", photograph], cwd=tmp_path / "out", capture_output=True, text=True
    )
    model = kassandra.load(described.model)
    _, images = own_captions.read([str(photograph)], model.meta)
    assert ran.stdout.strip() == model.caption(images)[0].text, ran.stderr


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
