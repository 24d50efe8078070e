"""What Kassandra 0.1.0 wrote, read as today's: its params, dvc.lock, model folders, scores and predictions.

To be deleted at 1.0, with `kassandra migrate`: no other room knows what 0.1.0 was like.
"""

from typing import Any

# What `task:` was, as input and target.
PAIRS = {
    "images": ("images", "label"),
    "sentiment": ("text", "label"),
    "speech": ("audio", "label"),
    "language": ("text", "next"),
    "forecast": ("series", "forecast"),
    "translation": ("text", "text"),
}


def of_today(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A pipeline's section, or meta.json, with `input` and `target` in place of `task`; others as they are. `prefix`
    stands before each key.

    >>> of_today({"task": "speech", "train": {"epochs": 3}})
    {'input': 'audio', 'target': 'label', 'train': {'epochs': 3}}
    """
    task = section.get(f"{prefix}task") if isinstance(section, dict) else None
    if task not in PAIRS:
        return section
    kinds = dict(zip((f"{prefix}input", f"{prefix}target"), PAIRS[task], strict=True))
    return kinds | {key: value for key, value in section.items() if key != f"{prefix}task"}
