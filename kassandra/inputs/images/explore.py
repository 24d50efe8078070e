"""What the page of `kassandra explore` has to know of images: they are drawn, or dropped as a file."""

from typing import Any

from kassandra.contracts.errors import KassandraError


def reader(meta: dict[str, Any]) -> dict[str, Any]:
    """
    Raises:
        KassandraError: images are in colour.
    """
    if meta.get("channels", "grey") != "grey":
        raise KassandraError("explore: the page draws in grey; this model reads colour")
    return {"reader": "pixels"} | {key: meta[key] for key in ("height", "width", "steps", "order", "mean", "std")}
