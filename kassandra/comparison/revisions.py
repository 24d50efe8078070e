"""What a git revision, or the work tree, has of each pipeline, read without a checkout: params, scores, predictions."""

import hashlib
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from kassandra.before import of_today
from kassandra.before.results import described
from kassandra.comparison import run_cache
from kassandra.contracts import lock, yaml
from kassandra.contracts.artifacts import METRICS, PREDICTIONS, damaged_content
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.extras import how
from kassandra.contracts.section import shown

WORKSPACE = "workspace"  # the revision that DVC calls so: the work tree, committed or not


class Unpaired(Exception):
    """Two models cannot be compared example by example; the text says why. No error: intervals are compared then."""


class Absent(Unpaired):
    """An output that a revision has made lies neither in DVC's cache nor in its remote; the text says which."""


class Made(NamedTuple):
    """What dvc.lock says that a pipeline was made from.

    params: by dotted key (`pipelines.mnist.train`, `seed`), the sections that stages read.
    code, data: md5 by path, of what stages read and what they made.
    """

    params: dict[str, Any]
    code: dict[str, str]
    data: dict[str, str]


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    label: the revision as it was given. commit: 40 hex digits, empty of the work tree. remote: the name of DVC's.
    read: the bytes of a file that git has; open: of an output of DVC, from its cache, else from its remote. files:
    those in a folder that git has. cache: the folder of DVC's cache.
    """

    label: str
    commit: str
    remote: str
    read: Callable[[Path], bytes]
    open: Callable[[Path], bytes]
    files: Callable[[Path], list[Path]]
    cache: Path
    _memo: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        short = self.commit[:7]
        return f"{self.label} ({short})" if short and not self.commit.startswith(self.label) else short or self.label

    @cached_property
    def tree(self) -> dict[str, Any]:
        """params.yaml, not checked: an older one may have keys that are unknown today."""
        tree = yaml.parse(self._text(Path("params.yaml")), f"params.yaml at {self}")
        sections = tree.get("pipelines") if isinstance(tree, dict) else None
        return tree if isinstance(sections, dict) else {}

    @property
    def pipelines(self) -> dict[str, Any]:
        """The sections of params.yaml by name."""
        return {name: of_today(section) for name, section in self.tree.get("pipelines", {}).items()}

    def results(self, name: str) -> dict[str, Any] | None:
        """metrics/<name>/test.json; None where there is none."""
        path = METRICS / name / "test.json"
        text = self._text(path)
        if not text:
            return None
        try:
            result = json.loads(text)
            if not (isinstance(result, dict) and isinstance(result.get("intervals"), list) and result["intervals"]):
                raise ValueError("no scores under 'intervals'")
        except ValueError as error:
            raise damaged_content(f"{path} at {self}", error) from None
        target = self.pipelines.get(name, {}).get("target")
        return result | {"intervals": described(result["intervals"], target)}

    def made(self, name: str) -> Made:
        """Of a pipeline without results, empty."""
        params: dict[str, Any] = {}
        files: dict[str, str] = {}
        for stage in self._stages(name):
            params |= of_today(stage.params, f"pipelines.{name}.")
            files |= stage.deps | stage.outs
        code = {path: md5 for path, md5 in files.items() if path.startswith(lock.CODE)}
        return Made(params, code, {path: md5 for path, md5 in files.items() if path not in code})

    def changed_code(self, name: str) -> list[str]:
        """The paths of code that is no longer what a stage of the pipeline ran with, by dvc.lock."""
        ran = {each for stage in self._stages(name) for each in stage.code.items()}
        return sorted({path for path, md5 in ran if self._md5(Path(path)) != md5})

    def predictions(self, name: str, file: str = "test") -> pd.DataFrame:
        """Of each member, named by the column `seed`; or what all of them answer `together`.

        Raises:
            Absent: they are neither in the cache nor in the remote.
        """
        from pyarrow import ArrowException, parquet

        path = PREDICTIONS / name / f"{file}.parquet"
        try:
            content = self.open(path)
        except Absent:
            own = self._made_here(name, path)
            if own is None:
                raise
            content = own
        try:
            table: pd.DataFrame = parquet.ParquetFile(io.BytesIO(content)).read().to_pandas()
        except (ArrowException, ValueError) as error:
            raise damaged_content(f"{path} at {self}", error) from None
        return table

    def results_here(self, name: str) -> dict[str, Any] | None:
        """test.json of the same params, code and raw data as this machine made it, where `predictions` had to take
        those; else None."""
        if f"made here of {name}" not in self._memo:
            return None
        content = self._made_here(name, METRICS / name / "test.json")
        return json.loads(content) if content else None

    def _made_here(self, name: str, path: Path) -> bytes | None:
        key = f"made here of {name}"
        if key not in self._memo:
            stages = {stage: each for stage, each in self._by_stage(name).items() if stage in lock.STAGES}
            self._memo[key] = run_cache.outputs(self.cache, name, stages)
        return run_cache.content(self.cache, self._memo[key], path)

    def _text(self, path: Path) -> str:
        try:
            return self.read(path).decode("utf-8")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return ""
        except UnicodeDecodeError as error:
            raise damaged_content(f"{path} at {self}", error) from None

    def _md5(self, path: Path) -> str:
        """As dvc.lock has it, of a file or a folder that git has; empty if there is none."""
        key = f"md5 of {path}"
        if key not in self._memo:
            try:
                self._memo[key] = _md5_of(self.read(path))
            except FileNotFoundError:
                self._memo[key] = ""
            except IsADirectoryError:
                inside = {file.relative_to(path).as_posix(): self.read(file) for file in self.files(path)}
                listed = [{"md5": _md5_of(content), "relpath": name} for name, content in sorted(inside.items())]
                self._memo[key] = _md5_of(json.dumps(listed, sort_keys=True).encode()) + ".dir"
        return str(self._memo[key])

    def _stages(self, name: str) -> list[lock.Stage]:
        return list(self._by_stage(name).values())

    def _by_stage(self, name: str) -> dict[str, lock.Stage]:
        if "lock" not in self._memo:
            self._memo["lock"] = lock.parse(self._text(lock.LOCK), f"dvc.lock at {self}")
        return dict(self._memo["lock"].get(name, {}))


def _md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@contextmanager
def sides(*revisions: str, root: Path = Path()) -> Iterator[list[Side]]:
    """Each revision (a branch, tag, commit, DVC experiment, or `workspace`) of the repository that `root` lies in.

    Raises:
        KassandraError: DVC is not installed, this is no repository of git and DVC, or there is no such revision.
    """
    try:
        from dvc.exceptions import DvcException, NotDvcRepoError
        from dvc.repo import Repo
        from dvc.scm import NoSCM, RevError, resolve_rev
    except ImportError:
        raise KassandraError(
            f"kassandra compare reads revisions through DVC, which is not installed: {how('pipeline')}"
        ) from None
    with ExitStack() as stack:
        try:
            here = stack.enter_context(Repo(str(root)))
        except DvcException as error:
            none = "not a repository of DVC; run this in the root of your clone"
            why = none if isinstance(error, NotDvcRepoError) else f"DVC cannot read it: {error}"
            raise KassandraError(f"{root.resolve()}: {why}") from None
        if isinstance(here.scm, NoSCM):
            raise KassandraError(f"{here.root_dir}: not a git repository, so there are no revisions to compare")
        # An old commit knows an old remote or none: the cache and the remotes of now serve all.
        stores = {"core": {"remote": here.config["core"].get("remote")}} if here.config["core"].get("remote") else {}
        stores |= {name: dict(here.config[name]) for name in ("cache", "remote") if here.config[name]}
        opened = []
        for revision in revisions:
            if revision == WORKSPACE:
                opened.append(_side(here, revision, ""))
                continue
            try:
                commit = resolve_rev(here.scm, revision) if revision else ""
                commit = commit and resolve_rev(here.scm, f"{commit}^{{commit}}")  # not a tree or a file of git
            except (RevError, ValueError):  # the latter of a text that can be no name
                commit = ""
            except DvcException as error:
                why = " ".join(str(error).split())
                raise KassandraError(
                    f"{shown(revision)}: DVC cannot look for it, as git has a reference that DVC did not make ({why}); "
                    "`git update-ref -d <reference>` removes it"
                ) from None
            if not commit and here.scm.no_commits:
                raise KassandraError(
                    f"{shown(revision)}: this repository has no commit yet, so nothing to compare with"
                )
            if not commit:
                raise KassandraError(
                    f"{shown(revision)}: no such revision; give a branch, a tag, a commit, the name of an experiment "
                    f"(`dvc exp show` lists them), or {WORKSPACE!r} (a shallow clone has only its last commits)"
                )
            try:
                at_commit = stack.enter_context(_at_commit(here, commit, stores))
            except NotDvcRepoError:
                why = "at this revision there is no DVC repository, so no results"
                raise KassandraError(f"{revision}: {why}") from None
            opened.append(_side(at_commit, revision, commit))
        yield opened


def _at_commit(here: Any, commit: str, config: dict[str, Any]) -> Any:
    """The dvc.repo.Repo at a commit, in the same folder below the root of git: DVC itself looks in that root alone.

    Raises:
        NotDvcRepoError: there was none yet.
    """
    from dvc.fs import GitFileSystem
    from dvc.repo import Repo
    from dvc.scm import SCM

    scm = SCM(here.root_dir)
    inside = Path(here.root_dir).resolve().relative_to(Path(scm.root_dir).resolve())
    return Repo(str("/" / inside), fs=GitFileSystem(scm=scm, rev=commit), scm=scm, config=config)


def _side(repo: Any, label: str, commit: str) -> Side:
    """Of an open dvc.repo.Repo."""
    from dvc.config import ConfigError
    from dvc.exceptions import DvcException
    from dvc_data.index import DataIndexDirError
    from dvc_objects.fs.errors import AuthError, RemoteMissingDepsError

    remote = str(repo.config["core"].get("remote") or "")

    def read(path: Path) -> bytes:
        place = repo.fs.join(repo.root_dir, *path.parts)
        with repo.fs.open(place, "rb") as file:
            content = bytes(file.read())
        # A commit holds the target of a symbolic link in place of its content; DVC has hashed what it leads to.
        if commit and stat.S_ISLNK(repo.fs.info(place)["mode"]):
            return read(Path(os.path.normpath(path.parent / os.fsdecode(content))))
        return content

    def open_output(path: Path) -> bytes:
        try:
            with repo.dvcfs.open(f"/{path.as_posix()}", "rb") as file:
                return bytes(file.read())
        except (DataIndexDirError, OSError, DvcException, ConfigError, AuthError, RemoteMissingDepsError) as error:
            cause = error.__cause__ or error
            place = f"nor in the remote {remote!r}" if remote else "and no remote is set up"
            why = "" if isinstance(cause, FileNotFoundError) else f" ({' '.join(str(cause).split())})"
            raise Absent(f"{path.as_posix()} of {label} is not in DVC's cache {place}{why}") from None

    def files(path: Path) -> list[Path]:
        paths = repo.dvcignore.find(repo.fs, repo.fs.join(repo.root_dir, *path.parts))
        return [Path(*repo.fs.relparts(file, repo.root_dir)) for file in paths]

    return Side(label, commit, remote, read, open_output, files, Path(repo.cache.local_cache_dir))
