"""Model folders of 0.1.0, whose meta.json says `task` where model.json says `input` and `target` now. Delete at 1.0."""

from typing import Any

from kassandra.before import PAIRS

GONE = ("architecture", "answers")  # of a spec: the target says it


def translated(described: dict[str, Any], meta: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """model.json and meta.json as they would be written now; what is of now is returned as it is.

    Raises:
        KeyError: there is no such task.
    """
    if "task" not in meta:
        return described, meta
    input, target = PAIRS[meta["task"]]
    now = {key: value for key, value in meta.items() if key != "task"}
    return {"input": input, "target": target, **described}, {**now, "spec": spec(meta)}


def spec(meta: dict[str, Any]) -> dict[str, Any]:
    """What ModelSpec has now, of what `prepare` wrote."""
    return {key: value for key, value in meta["spec"].items() if key not in GONE}
