"""EfficientNet-Lite0: its shape, its classes on two photographs, and features that a file's format does not change."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.train import efficientnet, image_files
from kassandra.sources.catalogue import find

# Numbers of ImageNet's classes, in the order of their WordNet identifiers.
DAISY, PALACES = 985, {698, 832, 663, 442}  # palace; stupa, monastery, bell cote


@pytest.fixture(scope="module")
def weights(root):
    """The file of the catalogue, where it was fetched."""
    (file,) = find("efficientnet-lite0").files
    folders = [root / "data" / "raw" / ".efficientnet-lite0"]
    folders += [Path(mirror) / "efficientnet-lite0" for mirror in [os.environ.get("KASSANDRA_MIRROR")] if mirror]
    for folder in folders:
        if (folder / file.name).exists():
            return folder / file.name
    pytest.skip("the weights were not fetched: `dvc repro download@flickr8k`")


@pytest.fixture(scope="module")
def drawn(cpu, tmp_path_factory):
    """A network of random weights, and its file."""
    torch.manual_seed(0)
    network = efficientnet.EfficientNetLite0()
    path = tmp_path_factory.mktemp("network") / "weights.pth"
    torch.save({f"other.{name}": value for name, value in network.state_dict().items()}, path)
    return network, path


@pytest.fixture(scope="module")
def photographs():
    from sklearn.datasets import load_sample_images

    images = [Image.fromarray(image).resize((224, 224), Image.Resampling.BILINEAR)
              for image in load_sample_images().images]  # fmt: skip
    return np.stack([np.asarray(image) for image in images])  # a temple in China, and a flower


def test_it_has_the_weights_of_the_paper():
    """4,652,008 without the means and variances of its batch normalisations (Tan & Le 2019; EfficientNet-Lite0)."""
    assert sum(each.numel() for each in efficientnet.EfficientNetLite0().parameters()) == 4_652_008


def test_a_grid_of_places(drawn, photographs):
    network, _ = drawn
    grids = network.grids(photographs)
    assert (grids.shape, grids.dtype) == ((2, 49, 320), np.float16)
    np.testing.assert_array_equal(network.grids(photographs[1:])[0], grids[1])


@pytest.mark.slow
def test_weights_in_a_row_are_the_same_network(drawn, photographs):
    network, path = drawn
    again, read = efficientnet.from_flat(efficientnet.flat(network)), efficientnet.from_file(path)
    for other in (again, read):
        np.testing.assert_array_equal(other.grids(photographs), network.grids(photographs))


def test_padding_is_that_of_tensorflow(drawn):
    """With a stride of 2 one more row and column at the right and the bottom: the upper left is where it was."""
    conv = efficientnet.SameConv(1, 1, 3, 2, bias=False)
    torch.nn.init.zeros_(conv.weight)
    with torch.no_grad():
        conv.weight[0, 0, 0, 0] = 1  # looks at the upper left of what it covers
        seen = conv(torch.arange(16.0).view(1, 1, 4, 4))[0, 0]
    assert seen.tolist() == [[0, 2], [8, 10]]


def test_what_is_no_such_network_is_refused(tmp_path, drawn):
    network, _ = drawn
    torch.save({"a": torch.zeros(3)}, tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("no weights")
    for name, sentence in {"other.pth": "not the weights", "text.pth": "no weights that can be read"}.items():
        with pytest.raises(KassandraError, match=sentence):
            efficientnet.from_file(tmp_path / name)
    with pytest.raises(KassandraError, match="no such file"):
        efficientnet.from_file(tmp_path / "none.pth")
    with pytest.raises(KassandraError, match="is not EfficientNet-Lite0"):
        efficientnet.from_flat(efficientnet.flat(network)[:-1])


def test_code_in_a_file_of_weights_is_not_run(tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "was run",))

    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"a": Evil()}))
    with pytest.raises(KassandraError, match="no weights that can be read"):
        efficientnet.from_file(tmp_path / "evil.pth")
    assert not (tmp_path / "was run").exists()


def test_classes_of_two_photographs(weights, photographs):
    network = efficientnet.from_file(weights)
    with torch.inference_mode():
        temple, flower = network(torch.from_numpy(photographs)).argmax(1).tolist()
    assert temple in PALACES
    assert flower == DAISY


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "bmp", "webp", "tiff"])
def test_features_are_of_the_image_and_not_of_its_format(drawn, photographs, tmp_path, ending):
    network, _ = drawn
    path = tmp_path / f"photo.{ending}"
    Image.fromarray(photographs[0]).save(path, **({"lossless": True} if ending == "webp" else {}))
    read = image_files.read(path, (224, 224), "rgb")
    np.testing.assert_array_equal(network.grids(read[None]), network.grids(photographs[:1]))
    packed = image_files.read(Path("elsewhere"), (224, 224), "rgb", content=path.read_bytes())
    np.testing.assert_array_equal(packed, read)
