"""Results of a pipeline wherever git has them: the working tree, the last commit, and each experiment of DVC.

What is read is dvc.lock, not params.yaml: `dvc exp run evaluate@a -S seed=1` writes the seed into params.yaml, and the
results of every other pipeline, which lie in the same commit, are of another seed.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.before import of_today
from kassandra.contracts import lock
from kassandra.contracts.artifacts import (
    COSTS,
    METRICS,
    MODELS,
    PREDICTIONS,
    PREPARED,
    RAW,
    files_in,
    read_json,
    weights_digest,
)
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.seeds import member_seeds

WORKSPACE = "workspace"  # as DVC calls the working tree
OWN = (WORKSPACE, "HEAD")  # where there is no experiment
Locked = dict[str, lock.Stage]  # by stage


@dataclass(frozen=True)
class Result:
    """One training of a pipeline, and what it scored on test.

    params: dotted key under the pipeline → value, without the seed. code: names the commands, modules and raw data.
    scores: test.json. where: the experiment, commit or `workspace`. commit: what an experiment was based on, and else
    the one that first had these weights, short; empty where none has yet.
    test, weights, predictions: MD5 of the test split, and of what DVC's cache has of the others.
    """

    pipeline: str
    seed: int
    params: dict[str, Any]
    code: str
    scores: dict[str, Any]
    where: str
    commit: str
    test: str
    weights: str
    predictions: str

    @property
    def headline(self) -> str:
        return str(self.scores["intervals"][0]["score"])

    @property
    def seeds(self) -> list[int]:
        """Of each member; of results of before there were members, that of params.yaml."""
        count = len(self.scores["intervals"][0].get("members", []))
        return member_seeds(self.seed, count) if "seeds" in self.scores else [self.seed]

    @property
    def target(self) -> str:
        return str(self.params.get("target", ""))


class Revision(NamedTuple):
    """name: for people. commit: whose files are meant, or None for the working tree. base: what it began from."""

    name: str
    commit: str | None
    base: str


class Recorded(NamedTuple):
    """results: no two of the same params, seed, code and data; nor of the same params, seed and weights, made again
    after a change of code that changed nothing. left_out: what has no score: names, and why."""

    results: list[Result]
    left_out: list[str]


def read(names: list[str]) -> Recorded:
    """Of these pipelines; of all where there are none.

    Raises:
        KassandraError: this is no repository of git and DVC.
    """
    head = _git("rev-parse", "HEAD")
    if head is None or not Path("dvc.yaml").exists():
        raise KassandraError("no dvc.yaml in a git repository here; run this in the root of the repository")
    commit = head.decode().strip()
    experiments, failed = _experiments()
    own = [Revision(name, each, commit) for name, each in zip(OWN, (None, commit), strict=True)]
    kept: dict[Any, Result] = {}
    inherited: dict[Any, Result] = {}
    failure = "its run failed; `dvc queue logs <name>` says why, `dvc queue remove --failed` forgets it"
    left_out = {failure: failed} if failed else {}
    for revision in (*own, *experiments):
        try:
            before = _locked(revision.base) if revision.commit != revision.base else {}
            now = _locked(revision.commit)
        except KassandraError as error:
            left_out.setdefault(str(error), []).append(revision.name)
            continue
        for name, stages in now.items():
            if names and name not in names:
                continue
            result = _result(revision, name, stages)
            if isinstance(result, Result):
                key = (name, json.dumps(result.params, sort_keys=True), result.code, result.seed)
                (inherited if stages == before.get(name) else kept).setdefault(key, result)
            elif revision.name == WORKSPACE or stages != before.get(name):  # else it is another pipeline's experiment
                left_out.setdefault(result, []).append(revision.name)
    # What an experiment has of its base is of interest where it is one more seed of what was run, and else long past.
    models = {key[:-1] for key in kept}
    kept = {key: result for key, result in inherited.items() if key[:-1] in models} | kept
    experimental = {_made(result) for result in kept.values() if result.where not in OWN}
    results = [result for result in kept.values() if result.where not in OWN or _made(result) not in experimental]
    return Recorded(results, [f"{', '.join(sorted(names))}: {why}" for why, names in left_out.items()])


def _made(result: Result) -> tuple[Any, ...]:
    """What is the same of two trainings of which the later one ran with code that made no difference."""
    params = json.dumps(result.params, sort_keys=True)
    return result.pipeline, params, result.seed, result.test, result.weights, result.predictions


def cpu_seconds(result: Result) -> float | None:
    """Of a member's training, where it ran in this repository and DVC's cache has its weights."""
    folder = cached(result.weights)
    weights = [folder[name] for name in sorted(folder) if name.endswith(".safetensors")]
    if not weights or not all(path.exists() for path in weights):
        return None
    cost = COSTS / result.pipeline / f"{weights_digest(weights)}.json"
    return float(read_json(cost)["cpu_seconds"]) / len(weights) if cost.exists() else None


def run_here(name: str, locked: Locked) -> str:
    """Empty where this clone has made the outputs of these stages itself, else a sentence that says what it has not.

    A training leaves its seconds in data/costs, by the sha256 of its weights; neither git nor DVC carries them.
    """
    folder = MODELS / name
    files = {path.relative_to(folder).as_posix(): path for path in files_in(folder)}
    listed = [{"md5": _md5(files[relative].read_bytes()), "relpath": relative} for relative in sorted(files)]
    made = {path: md5 for entry in locked.values() for path, md5 in entry.outs.items()}
    if not files or made.get(str(folder)) != _md5(json.dumps(listed, sort_keys=True).encode()) + ".dir":
        return f"nothing has been run here; `dvc repro evaluate@{name}` runs it"
    weights = [files[each] for each in sorted(files) if files[each].suffix == ".safetensors"]
    if not (COSTS / name / f"{weights_digest(weights)}.json").exists():
        return f"fetched, nothing has been run here; `dvc repro --force evaluate@{name}` runs it"
    if not any((PREDICTIONS / name).glob("*")):
        return f"trained here, but not evaluated; `dvc repro evaluate@{name}` evaluates it"
    return ""


def cached(folder: str) -> dict[str, Path]:
    """The files of a folder in DVC's cache, by their names; empty where the cache does not have it."""

    def place(md5: str) -> Path:
        return _cache() / md5[:2] / md5[2:]

    listed = place(folder)
    return {entry["relpath"]: place(entry["md5"]) for entry in read_json(listed)} if listed.exists() else {}


@cache
def _cache() -> Path:
    from dvc.repo import Repo

    with Repo(".") as repo:
        return Path(repo.cache.local.path)


def _experiments() -> tuple[list[Revision], list[str]]:
    """Those that ended well, the newest first; the names of those that did not."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(".") as repo:
            recorded = repo.experiments.ls(all_commits=True)
            failed = {entry.name or entry.stash_rev[:7] for entry, _ in repo.experiments.celery_queue.iter_failed()}
    except DvcException as error:
        raise KassandraError(f"DVC cannot list its experiments: {' '.join(str(error).split())}") from None
    revisions = [Revision(name, commit, base) for base, each in recorded.items() for name, commit in each]
    order = _git("rev-list", "--no-walk=sorted", *(revision.commit or "" for revision in revisions)) or b""
    place = {commit: number for number, commit in enumerate(order.decode().split())}
    revisions.sort(key=lambda revision: place.get(revision.commit or "", 0))
    return revisions, sorted(failed - {revision.name for revision in revisions})


def _result(revision: Revision, name: str, stages: Locked) -> Result | str:
    """What a revision has of a pipeline, or why it has no score."""
    if missing := [stage for stage in lock.STAGES if stage not in stages]:
        return f"{name} was not evaluated: {missing[0]}@{name} did not run"
    locked = {stage: stages[stage] for stage in lock.STAGES}
    made = {path: md5 for entry in locked.values() for path, md5 in entry.outs.items()}
    path = METRICS / name / "test.json"
    needed = (path, RAW / name, PREPARED / name / "test.npz", MODELS / name, PREDICTIONS / name)
    if absent := [each for each in needed if str(each) not in made]:
        return f"{name}: dvc.lock names no {absent[0]}"
    for stage, entry in locked.items():
        for dep, md5 in entry.deps.items():
            if made.get(dep, md5) != md5:
                if stage == "evaluate":
                    return f"{name} was trained, but not evaluated"
                return f"{name} has no score of its own: {stage}@{name} did not run on the {dep} of now"
    params: dict[str, Any] = {}
    for entry in locked.values():
        for key, value in entry.params.items():
            if params.setdefault(key, value) != value:
                return f"{name} has no score of its own: its stages ran with different {key}"
    scores = content(revision.commit, path)
    if scores is None or _md5(scores) != made.get(str(path)):
        return f"{name}: {path} is not the one that dvc.lock names"
    sources = [made[str(RAW / name)]]
    for entry in locked.values():
        sources += [entry.command, *entry.code.values()]
    flat = of_today(_flat(params, f"pipelines.{name}."))
    return Result(
        pipeline=name,
        seed=int(flat.pop("seed")),
        params=flat,
        code=hashlib.sha256("\n".join(sources).encode()).hexdigest()[:12],
        scores=json.loads(scores),
        where=revision.name,
        commit=first_with(made[str(MODELS / name)]) if revision.name in OWN else revision.base[:7],
        test=made[str(PREPARED / name / "test.npz")],
        weights=made[str(MODELS / name)],
        predictions=made[str(PREDICTIONS / name)],
    )


@cache
def first_with(weights: str) -> str:
    """The commit, short, that brought these weights into dvc.lock; empty where none has."""
    return (_git("log", "-1", "--format=%H", f"-S{weights}", "--", "dvc.lock") or b"").decode()[:7]


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _flat(tree: dict[str, Any], prefix: str) -> dict[str, Any]:
    """
    >>> _flat({"seed": 1, "pipelines.a.model": {"size": 2, "attention": {"kind": "dot"}}}, "pipelines.a.")
    {'seed': 1, 'model.size': 2, 'model.attention.kind': 'dot'}
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = key.removeprefix(prefix)
        if isinstance(value, dict) and value:
            flat |= {f"{name}.{inner}": deep for inner, deep in _flat(value, prefix).items()}
        else:
            flat[name] = value
    return flat


@cache
def _locked(commit: str | None) -> dict[str, Locked]:
    """By pipeline; none where there is no dvc.lock."""
    text = (content(commit, lock.LOCK) or b"").decode("utf-8", "replace")
    return lock.parse(text, f"dvc.lock at {commit[:7]}" if commit else "dvc.lock")


def content(commit: str | None, path: Path) -> bytes | None:
    """Of a file at a commit, or in the working tree; None where it is not there."""
    if commit is not None:
        return _git("show", f"{commit}:./{path}")
    return path.read_bytes() if path.exists() else None


def _git(*arguments: str) -> bytes | None:
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
