"""`kassandra push`: what was made here, to a DVC remote; all of it, so that nobody need make it again."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError

AGAIN = "nothing is lost here; mend that and push again, what has arrived is not sent twice"


def push(remote: str | None, check: bool) -> None:
    """`dvc push --run-cache --all-commits`, and then what that leaves out of what the run cache names.

    DVC (3.67) sends the run cache, but of what it names only what commits have: not the metrics and plots, which git
    has, nor runs that were never committed; elsewhere these would be run again. And where the list of a folder is on
    the remote, DVC believes that the files in it are; here each is looked for, and sent if it was lost.

    Args:
        check: read what is here and there, and send again what is not what its name says store.

    Raises:
        KassandraError: no remote, or one that refuses, or is gone; the cache here is damaged, if `check`.
    """
    chosen = ["--remote", remote] if remote else []
    if not remote and not _has_remote():
        raise KassandraError(
            "no remote is set up to push to: `dvc remote add --default NAME URL` does it; docs/sharing.md shows how, "
            "for a folder, SSH, S3 and others"
        )
    if check:
        _check_here()  # before what is damaged here is sent to everybody
    done = subprocess.run([sys.executable, "-m", "dvc", "push", "--run-cache", "--all-commits", *chosen])
    if done.returncode != 0:  # it has printed why
        raise KassandraError(f"`dvc push` did not finish: {AGAIN}")
    try:
        count = _push_outputs_of_runs(remote, check)
    except KassandraError:
        raise
    except Exception as error:  # each kind of remote has its own
        why = f"{type(error).__name__}: {error}"
        raise KassandraError(f"what runs made could not be pushed ({why}): {AGAIN}") from error
    print(f"{count} more {'file' if count == 1 else 'files'} that runs made pushed")


def _has_remote() -> bool:
    """Whether DVC knows a default one."""
    asked = [sys.executable, "-m", "dvc", "config", "core.remote"]
    return bool(subprocess.run(asked, capture_output=True, check=False).stdout.strip())


def _push_outputs_of_runs(remote: str | None, check: bool) -> int:
    """Send what the remote lacks of what the run cache here names, and of the folders that are there; gives the number
    of files."""
    from dvc.repo import Repo

    with Repo() as repo:
        runs = [(path.parent.name, path.name) for path in Path(repo.stage_cache.cache_dir).glob("*/*/*")]
        made = {info.value for infos in repo.stage_cache.get_used_objs(runs).values() for info in infos}
        here, store = repo.cache.local, repo.cloud.get_remote_odb(remote, "push")
        everything = set(here.all())
        shared = set(store.oids_exist(everything))
        lists = [json.loads(here.fs.cat_file(here.oid_to_path(name))) for name in shared if name.endswith(".dir")]
        members = {entry["md5"] for each in lists for entry in each}
        lacks = ((made | members) & everything) - shared
        spoilt = {name for name in shared if not _whole(store, name)} if check else set()
        _refuse_damaged(here, sorted(lacks | spoilt))
        for name in spoilt:
            store.delete(name)
        lacks |= spoilt
        for folders in (False, True):  # of folders, last: to DVC, one that is there says that its files are
            some = sorted(name for name in lacks if name.endswith(".dir") == folders)
            store.add([here.oid_to_path(name) for name in some], here.fs, some)
        if left := lacks - set(store.oids_exist(lacks)):  # `verify` removes what did not arrive whole
            raise KassandraError(f"{len(left)} of {len(lacks)} files did not arrive whole")
        return len(lacks)


def _check_here() -> None:
    from dvc.repo import Repo

    with Repo() as repo:
        _refuse_damaged(repo.cache.local, sorted(repo.cache.local.all()))


def _refuse_damaged(here: Any, names: Iterable[str]) -> None:
    """Raises KassandraError where one of them is not what its name says; nothing was sent or deleted."""
    if damaged := [here.oid_to_path(name) for name in names if not _whole(here, name)]:
        raise KassandraError(
            f"damaged in DVC's cache here: {', '.join(damaged)}; `rm -f` these, then `dvc pull` takes them from where "
            "they are whole, or `dvc repro` makes them again"
        )


def _whole(store: Any, name: str) -> bool:
    """Whether a file of a cache or remote of DVC is what its name, a hash, says."""
    from dvc_data.hashfile.hash import hash_file

    _, actual = hash_file(store.oid_to_path(name), store.fs, store.hash_name)
    return actual.value == name.removesuffix(".dir")
