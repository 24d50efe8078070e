"""dvc.lock: which commands, code, params and data the stages of each pipeline ran with, and what they made."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts import yaml
from kassandra.contracts.errors import KassandraError

LOCK = Path("dvc.lock")
STAGES = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")  # of each pipeline, in order
CODE = ("kassandra/", "stages/")


class Stage(NamedTuple):
    """One entry. params: of params.yaml, by dotted key. deps, outs: md5 by path; of a folder it ends in `.dir`."""

    command: str
    params: dict[str, Any]
    deps: dict[str, str]
    outs: dict[str, str]

    @property
    def code(self) -> dict[str, str]:
        """Those of deps that are code of ours."""
        return {path: md5 for path, md5 in self.deps.items() if path.startswith(CODE)}


@lru_cache(maxsize=4)  # a command asks for every pipeline of two locks, and a parse takes a tenth of a second
def parse(text: str, where: str) -> dict[str, dict[str, Stage]]:
    """Pipeline → stage → its entry; what belongs to no pipeline is left out. All who ask share it: never change it.

    Args:
        text: a dvc.lock; empty where there is none.
        where: opens the sentence of an error.

    Raises:
        KassandraError: it is not YAML, not laid out as DVC writes it, or has the marks of a merge in it.
    """
    if re.search("^<<<<<<< ", text, re.MULTILINE):
        raise KassandraError(f"{where}: holds the marks of a merge; `kassandra merge` resolves it, then `dvc repro`")
    tree = yaml.parse(text, where)
    pipelines: dict[str, dict[str, Stage]] = {}
    try:
        for key, content in ((tree or {}).get("stages") or {}).items():
            stage, _, name = key.partition("@")
            if name:
                pipelines.setdefault(name, {})[stage] = entry(content, name)
    except (AttributeError, TypeError, KeyError):
        advice = "`git checkout dvc.lock` or `dvc repro` mends it"
        raise KassandraError(f"{where}: not laid out as DVC writes it; {advice}") from None
    return pipelines


def blocks(text: str) -> tuple[str, dict[str, str]]:
    r"""A dvc.lock as what stands before its stages, and the lines of each stage, to be put together again.

    >>> blocks("schema: '2.0'\nstages:\n  train@a:\n    cmd: x\n")
    ("schema: '2.0'\nstages:\n", {'train@a': '  train@a:\n    cmd: x\n'})
    """
    head, *stages = re.split(r"^(?=  \S.*:$)", text, flags=re.MULTILINE)
    return head, {stage.partition(":\n")[0].strip(): stage for stage in stages}


def entry(content: Any, pipeline: str) -> Stage:
    """What stands under a stage's name in dvc.lock, and in a file of DVC's run cache.

    Raises:
        AttributeError, TypeError, KeyError: it is not laid out as DVC writes it.
    """
    params = _by_section(dict(content.get("params", {}).get("params.yaml", {})), f"pipelines.{pipeline}")
    deps, outs = (_files(content.get(key, [])) for key in ("deps", "outs"))
    return Stage(str(content.get("cmd", "")), params, deps, outs)


def _by_section(params: dict[str, Any], pipeline: str) -> dict[str, Any]:
    """Of a stage that reads a pipeline's whole section, what stands in it by itself."""
    whole = params.pop(pipeline, {})
    return params | {f"{pipeline}.{key}": value for key, value in whole.items()}


def _files(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {entry["path"]: str(entry["md5"]) for entry in entries if entry.get("md5") is not None}
