"""`kassandra migrate`: a project of 0.1.0 becomes one of today, and keeps its results. To be deleted at 1.0."""

import subprocess
import sys
import tempfile
from pathlib import Path

from kassandra.before import of_today, rewritten
from kassandra.contracts.artifacts import whole
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.lock import LOCK, STAGES, Stage, parse
from kassandra.contracts.yaml import read
from kassandra.params.sections.pipeline import read_pipeline

PARAMS = Path("params.yaml")


def migrate() -> None:
    """Rewrite params.yaml, then carry dvc.lock over, pipeline by pipeline; say what was done.

    Raises:
        KassandraError: params.yaml cannot be read, or would not be valid once rewritten. Nothing is written then.
    """
    try:
        old = PARAMS.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KassandraError(f"{PARAMS}: no such file; run this in the root of the repository") from None
    new, changed = rewritten(old)
    _check(new)
    if changed:
        with whole(PARAMS) as partial:
            partial.write_text(new, encoding="utf-8")
    done = f"{changed} pipelines rewritten ('task' is 'input' and 'target' now)" if changed else "nothing to rewrite"
    print(f"{PARAMS}: {done}")
    locked = parse(LOCK.read_text(encoding="utf-8"), str(LOCK)) if LOCK.exists() else {}
    sections = read(PARAMS)
    for name, stages in locked.items():
        if name in sections["pipelines"] and any(f"pipelines.{name}.task" in stage.params for stage in stages.values()):
            print(f"{name}: {_carried(name, stages, sections)}", flush=True)


def _check(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PARAMS
        path.write_text(text, encoding="utf-8")
        try:
            for name in (read(path) or {}).get("pipelines") or {}:
                read_pipeline(str(name), path)
        except KassandraError as error:
            raise KassandraError(f"{PARAMS} is left as it is: {str(error).replace(str(path), str(PARAMS))}") from None


def _carried(name: str, stages: dict[str, Stage], sections: dict[str, object]) -> str:
    """Make dvc.lock say that today's code made the results that are here; or why it cannot."""
    if missing := [stage for stage in STAGES if stage not in stages]:
        return f"not carried over, as {missing[0]}@{name} has not run; `dvc repro evaluate@{name}` runs it"
    if changed := _changed(name, stages, sections):
        return f"not carried over, as {changed} changed since it ran; `dvc repro evaluate@{name}` runs it again"
    _dvc("checkout", *(f"{stage}@{name}" for stage in STAGES))
    outs = [path for stage in stages.values() for path in stage.outs]
    if absent := [path for path in outs if not Path(path).exists()]:
        return f"not carried over, as {absent[0]} is not here; `dvc pull`, then `kassandra migrate` again"
    for stage in STAGES:
        done = _dvc("commit", "--force", f"{stage}@{name}")
        if done.returncode:
            return f"not carried over: DVC says: {' '.join(done.stderr.split()[-40:])}"
    return "results carried over"


def _changed(name: str, stages: dict[str, Stage], sections: dict[str, object]) -> str:
    """The first key, or file, that is no longer what a stage ran with; empty if none is."""
    made = {path: md5 for stage in stages.values() for path, md5 in stage.outs.items()}
    pipelines = sections["pipelines"]
    assert isinstance(pipelines, dict)
    for stage in stages.values():
        ran_with = of_today({key.removeprefix(f"pipelines.{name}."): value for key, value in stage.params.items()})
        now = {"seed": sections.get("seed", 0), **pipelines[name]}
        if key := next((key for key, value in ran_with.items() if now.get(key) != value), ""):
            return f"pipelines.{name}.{key}" if key != "seed" else key
        if path := next((path for path, md5 in stage.deps.items() if made.get(path, md5) != md5), ""):
            return path
    return ""


def _dvc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=False)
