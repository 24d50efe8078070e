"""What Kassandra 0.1.0 wrote, read as today's: its params, dvc.lock, model folders, scores and predictions.

To be deleted at 1.0, with `kassandra migrate`: no other room knows what 0.1.0 was like.
"""

import re
from typing import Any

PAIRS = {
    "images": ("images", "label"),
    "sentiment": ("text", "label"),
    "speech": ("audio", "label"),
    "language": ("text", "next"),
    "forecast": ("series", "forecast"),
    "translation": ("text", "text"),
}  # what `task:` was, as input and target
GONE = ("architecture", "answers")  # of a spec: the target says it
# A pipeline's `task:` stands two levels deep; what follows its value on the line is a comment, or nothing.
TASK = re.compile(
    r"""^(?P<indent>[ ]{2,})task:[ ]*(?P<quote>["']?)(?P<task>\w+)(?P=quote)(?P<rest>[ ]*(#.*)?)$""", re.MULTILINE
)


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


def rewritten(text: str) -> tuple[str, int]:
    """params.yaml with today's keys, every other character as it was; and how many pipelines were changed.

    >>> rewritten("pipelines:\\n  a:\\n    task: images # digits\\n    model: {}\\n")
    ('pipelines:\\n  a:\\n    input: images # digits\\n    target: label\\n    model: {}\\n', 1)
    """

    def both(match: re.Match[str]) -> str:
        if match["task"] not in PAIRS:
            return match[0]
        input, target = PAIRS[match["task"]]
        return f"{match['indent']}input: {input}{match['rest']}\n{match['indent']}target: {target}"

    return TASK.subn(both, text)


def folder_of_today(described: dict[str, Any], meta: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """model.json and meta.json of a model folder as they would be written now; those of now are returned as they are.

    Raises:
        KeyError: there is no such task.
    """
    if "task" not in meta:
        return described, meta
    input, target = PAIRS[meta["task"]]
    now = {key: value for key, value in meta.items() if key != "task"}
    return {"input": input, "target": target, **described}, {**now, "spec": spec_of_today(meta)}


def spec_of_today(meta: dict[str, Any]) -> dict[str, Any]:
    """What ModelSpec has now, of what `prepare` wrote."""
    return {key: value for key, value in meta["spec"].items() if key not in GONE}
