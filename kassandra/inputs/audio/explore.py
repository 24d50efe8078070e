"""What the page of `kassandra explore` has to know of recordings: how they become bands."""

from typing import Any

from kassandra.inputs.audio.export import describe


def reader(meta: dict[str, Any]) -> dict[str, Any]:
    return {"reader": "waveform", **describe(meta)}
