"""Results of a revision as this machine made them: DVC's run cache keeps what each stage made of which inputs.

A clone has the committed results in git, but not their predictions, and another processor makes other bytes. Where
the same params, code and raw data were run here, the outputs of that run serve as well.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from kassandra.contracts import lock, yaml
from kassandra.contracts.errors import KassandraError

RUNS = "runs"  # in DVC's cache: a file per run of a stage


def outputs(cache: Path, pipeline: str, stages: Mapping[str, lock.Stage]) -> dict[str, str]:
    """By path, the md5 of what the stages of a pipeline made here; empty where they were not all run here.

    Args:
        cache: the folder of DVC's cache. stages: of the pipeline, from a dvc.lock, by name.
    """
    runs, made = _runs(cache, pipeline), dict[str, str]()
    for name in lock.STAGES:
        wanted = stages.get(name)
        if wanted is None:
            return {}
        data = {path: made.get(path) for path in wanted.deps if path not in wanted.code}
        for run in runs.get(wanted.command, []):
            code = {path: md5 for path, md5 in run.deps.items() if path in wanted.code}
            others = {path: md5 for path, md5 in run.deps.items() if path not in wanted.code}
            if code == wanted.code and others == data and run.params == wanted.params:
                made |= run.outs
                break
        else:
            return {}
    return made


def content(cache: Path, made: Mapping[str, str], path: Path) -> bytes | None:
    """Of a file that is an output, or lies in one; None where the cache does not have it."""
    for output in (path, *path.parents):
        md5 = made.get(output.as_posix(), "")
        if md5.endswith(".dir"):
            listed = json.loads(_read(cache, md5) or b"[]")
            inside = {entry["relpath"]: entry["md5"] for entry in listed}
            md5 = inside.get(path.relative_to(output).as_posix(), "")
        if md5:
            return _read(cache, md5)
    return None


def _read(cache: Path, md5: str) -> bytes | None:
    for place in (cache / "files" / "md5" / md5[:2] / md5[2:], cache / md5[:2] / md5[2:]):
        if place.is_file():
            return place.read_bytes()
    return None


def _runs(cache: Path, pipeline: str) -> dict[str, list[lock.Stage]]:
    """By command, all runs; files that are no such thing are passed over."""
    runs: dict[str, list[lock.Stage]] = {}
    for path in sorted((cache / RUNS).glob("*/*/*")):
        try:
            content = yaml.parse(path.read_text(encoding="utf-8"), str(path))
            run = lock.entry(content, pipeline)
        except (KassandraError, OSError, UnicodeDecodeError, AttributeError, TypeError, KeyError):
            continue
        runs.setdefault(run.command, []).append(run)
    return runs
