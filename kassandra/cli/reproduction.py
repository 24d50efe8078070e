"""Whether the results in the working tree are those that git has: same bytes, within a tolerance, or other inputs."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any, Literal

from kassandra.contracts import lock


@dataclass(frozen=True)
class Reproduction:
    """verdict: `identical` (the committed bytes again), `agrees` (another fingerprint, scores within the committed
    intervals), `differs` (the same inputs, yet other scores: not reproduced), `other inputs` (params, code or data are
    not the committed ones, so there is nothing to reproduce), `nothing committed`.
    """

    verdict: Literal["identical", "agrees", "differs", "other inputs", "nothing committed"]
    sentence: str

    @property
    def failed(self) -> bool:
        return self.verdict == "differs"


def compare(name: str, scores: dict[str, Any], locked: str, revision: str = "HEAD") -> Reproduction:
    """Compare a pipeline's test.json (as read) and dvc.lock (as text) in the working tree with those of a revision."""
    committed, committed_lock = _show(revision, f"metrics/{name}/test.json"), _show(revision, "dvc.lock")
    if committed is None or committed_lock is None:
        return Reproduction(
            "nothing committed", f"git has no results of {name!r} yet; commit these to compare with later"
        )
    if _inputs(name, locked, "dvc.lock") != _inputs(name, committed_lock, f"dvc.lock at {revision}"):
        return Reproduction("other inputs", "params, code or data are not those of the committed results")
    return judge(json.loads(committed), scores)


def judge(before: dict[str, Any], now: dict[str, Any]) -> Reproduction:
    """Two test.json of the same params, code and data."""
    if before == now:
        return Reproduction("identical", "the same scores as the committed ones, to the last digit")
    fields = [
        f"{where.replace('_', ' ')} {here!r} here, {there!r} there"
        for where in ("trained_on", "evaluated_on")
        for there, here in zip(before[where], now[where], strict=False)
        if there != here
    ]
    outside = [
        f"{then['score']} is {new['value']:.4f} here, {then['value']:.4f} [{then['low']:.4f}, {then['high']:.4f}] there"
        for then, new in zip(before["intervals"], now["intervals"], strict=False)
        if not then["low"] <= new["value"] <= then["high"]
    ]
    if fields and not outside:
        return Reproduction(
            "agrees", f"another machine ({'; '.join(fields)}), and each score within the committed 95% interval"
        )
    if fields:
        return Reproduction(
            "differs", f"another machine ({'; '.join(fields)}), and beyond its tolerance: {'; '.join(outside)}"
        )
    return Reproduction("differs", "the same params, code, data and fingerprint gave other scores; please report this")


def _inputs(name: str, locked: str, where: str) -> dict[str, Any]:
    """What results follow from: the commands, params, code and raw data of each stage; not what stages make."""
    stages = lock.parse(locked, where).get(name, {})
    return {
        stage: (entry.command, entry.params, entry.code | (entry.outs if stage == "download" else {}))
        for stage, entry in stages.items()
        if stage in lock.STAGES
    }


def _show(revision: str, path: str) -> str | None:
    shown = subprocess.run(["git", "show", f"{revision}:./{path}"], capture_output=True, text=True, check=False)
    return shown.stdout if shown.returncode == 0 else None
