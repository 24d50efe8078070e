"""What whoever runs an exported model of images has to know of its inputs; a network whose features are read is a file
of its own."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor, nn

from kassandra.contracts.graph import Arrays, Axes, Graph
from kassandra.inputs.images.train.efficientnet import FEATURES, PLACES, SIDE, EfficientNetLite0, scaled


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded: images all have the same number of steps."""
    return False


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """Of a grid of features, `features` makes it of pixels."""
    if meta.get("scan") == "grid":
        return {"height": SIDE, "width": SIDE, "channels": "rgb", "features": "features.onnx"}
    keys = ("height", "width", "steps", "order", "mean", "std")
    return {key: meta[key] for key in keys} | {"channels": meta.get("channels", "grey"), "features": None}


class Features(nn.Module):
    """(batch, 49, 320) `inputs` of a model, standardised as in train, of images (batch, 224, 224, 3) uint8."""

    def __init__(self, network: EfficientNetLite0, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.layers = network.layers
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, images: Tensor) -> Tensor:
        grid = self.layers(scaled(images)).flatten(2).transpose(1, 2)  # (batch, 49, 320)
        standard: Tensor = (grid - self.mean) / self.std
        return standard


def graphs(predictor: Any) -> list[Graph]:
    """The network whose features a model reads, if it does, and its folder has the network."""
    sequences = predictor.pair.sequences
    if getattr(sequences, "network", None) is None:
        return []
    module = Features(sequences.network, sequences.mean, sequences.std)
    inputs: dict[str, Axes] = {"images": ("batch", SIDE, SIDE, 3)}
    return [Graph("features", module, inputs, {"inputs": ("batch", PLACES, FEATURES)}, _images)]


def _images(sizes: Mapping[str, int], generator: np.random.Generator) -> Arrays:
    return {"images": generator.integers(0, 256, (sizes["batch"], SIDE, SIDE, 3), np.uint8)}


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name."""
    return {}


OPENED = """
from PIL import Image, ImageOps

mode = {"grey": "L", "rgb": "RGB"}[about["channels"]]
image = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert(mode)  # bright on dark, if those of training were
image = image.resize((about["width"], about["height"]), Image.Resampling.BILINEAR)
"""
PIXELS = """
pixels = (np.asarray(image, np.float32) / 255 - about["mean"]) / about["std"]
pixels = pixels.reshape(about["height"] * about["width"], -1)
pixels = pixels if about["order"] is None else pixels[about["order"]]
feeds = {"inputs": pixels.reshape(1, about["steps"], -1).astype(np.float32)}
"""
GRID = """
if about["features"]:
    features = onnxruntime.InferenceSession(about["features"])
    feeds = {"inputs": features.run(None, {"images": np.asarray(image)[None]})[0]}
else:
"""
INDENTED = "".join(f"    {line}\n" for line in PIXELS.strip().splitlines())
PYTHON = {"examples": OPENED + PIXELS.lstrip(), "captions": OPENED + GRID.lstrip() + INDENTED}

# Of raw grey bytes, height × width of them, as `convert seven.png gray:seven.raw` writes.
JAVASCRIPT = {
    "examples": """
const bytes = fs.readFileSync(process.argv[2]);
const scaled = Float32Array.from(bytes, (value) => (value / 255 - about.mean) / about.std);
const ordered = about.order ? Float32Array.from(about.order, (place) => scaled[place]) : scaled;
const shape = [1, about.steps, ordered.length / about.steps];
const feeds = { inputs: new ort.Tensor("float32", ordered, shape) };
"""
}
