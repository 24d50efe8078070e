"""What whoever runs an exported model of images has to know of its inputs."""

from typing import Any

from kassandra.contracts.errors import KassandraError


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded: images all have the same number of steps."""
    return False


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    """
    Raises:
        KassandraError: images are read as the features of another network.
    """
    if meta.get("scan") == "grid":
        raise KassandraError("export: this model reads features of EfficientNet-Lite0, which is not exported to onnx")
    keys = ("height", "width", "steps", "order", "mean", "std")
    return {key: meta[key] for key in keys} | {"channels": meta.get("channels", "grey")}


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name."""
    return {}


PYTHON = {
    "examples": """
from PIL import Image

mode = {"grey": "L", "rgb": "RGB"}[about["channels"]]
image = Image.open(sys.argv[1]).convert(mode)  # bright on dark, if those of training were
assert image.size == (about["width"], about["height"]), image.size
pixels = (np.asarray(image, np.float32) / 255 - about["mean"]) / about["std"]
pixels = pixels.reshape(about["height"] * about["width"], -1)
pixels = pixels if about["order"] is None else pixels[about["order"]]
feeds = {"inputs": pixels.reshape(1, about["steps"], -1).astype(np.float32)}
"""
}

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
