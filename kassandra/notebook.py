"""`kassandra.run`: the very functions of the stages, called one after another in a folder of their own, without DVC."""

import contextlib
import importlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kassandra.contracts.artifacts import CHECKPOINTS, METRICS, MODELS, RAW, read_json, whole, write_json
from kassandra.contracts.errors import KassandraError

STAGES = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")
NAME = "run"  # of the pipeline in the folder
FRAME = Path("own", "frame.parquet")  # where a DataFrame is written
MADE_BY = "kassandra.run: the functions of the stages, called without DVC; dvc.lock knows nothing of it"
ROOT = Path(__file__).parents[1]  # where `stages` lies, beside `kassandra`


@dataclass(frozen=True)
class Run:
    """What a run has given.

    folder: all of it: data/ and metrics/ as in the repository, and params.yaml. scores: metrics/run/test.json.
    made_by: that DVC had no part in it; scores says so too.
    """

    folder: Path
    scores: dict[str, Any]
    made_by: str = MADE_BY

    @property
    def model(self) -> Any:
        """The trained model, as `kassandra.load` gives it."""
        from kassandra.inference import load

        return load(self.folder / MODELS / NAME)


def run(
    section: Mapping[str, Any], data: Any, folder: str | Path, *, seed: int = 0, last: str = "evaluate",
    fetched: bool = False, mains: Mapping[str, Callable[[str], None]] | None = None,
) -> Run:  # fmt: skip
    """Train and evaluate a pipeline in a folder of its own, as `dvc repro` would in the repository, but without DVC.

    The stages run in this process, from the folder as working directory, which is put back afterwards. What they print
    is printed. A folder that holds an earlier run is used again: each stage replaces its own results.

    Args:
        section: as under a name of `pipelines:` in params.yaml: input, target, source, prepare, model, train; `source`
            without its `path`, and absent where no key of it is needed.
        data: a path to your file or folder, or a pandas DataFrame, which is written into the folder as parquet, with
            its index as a column if the index has a name or holds times. None: `source` names a data set of the
            catalogue, which is fetched.
        folder: an empty folder, one that is not there yet, or that of an earlier run.
        seed: as beside `pipelines:`. last: the stage after which to stop.
        fetched: `data` is a folder as data/raw/<name>, of a data set of the catalogue, which `source` names, or a copy.
        mains: what is called for stages, by their names, in place of stages/<stage>.py.

    Raises:
        KassandraError: a stage refuses the section or the data, or the folder holds other things.
    """
    if last not in STAGES:
        raise KassandraError(f"run: last: {last!r} is no stage; stages are {list(STAGES)}")
    home = _home(Path(folder))
    own = {} if fetched or data is None else {"path": _path_of(data, home)}
    source = {**(section.get("source") or {}), **own}
    tree = {"seed": seed, "pipelines": {NAME: {**section, "source": source}}}
    with whole(home / "params.yaml") as partial:  # JSON is YAML
        partial.write_text(f"# {MADE_BY}\n{json.dumps(tree, ensure_ascii=False, indent=2)}\n", encoding="utf-8")
    shutil.rmtree(home / CHECKPOINTS, ignore_errors=True)  # they name the code by its place in the repository
    stages = STAGES[1 if fetched else 0 : STAGES.index(last) + 1]
    if fetched and not (home / RAW / NAME).exists():
        (home / RAW).mkdir(parents=True, exist_ok=True)
        (home / RAW / NAME).symlink_to(Path(data).absolute())
    with working_in(home):
        for stage in stages:
            ((mains or {}).get(stage) or stage_main(stage))(NAME)
        scores = METRICS / NAME / "test.json"
        if last != "evaluate":
            return Run(home, {})
        written = read_json(scores) | {"made_by": MADE_BY}
        write_json(scores, written)
    return Run(home, written)


def stage_main(stage: str) -> Any:
    """`main` of stages/<stage>.py, which lies beside the library and is no part of it.

    Raises:
        KassandraError: the library is installed without the repository.
    """
    if not (ROOT / "stages" / f"{stage}.py").is_file():
        raise KassandraError(
            f"run: {ROOT} holds no stages/{stage}.py; the stages are part of the repository: install it by "
            "`pip install -e .` in a clone"
        )
    with working_in(ROOT):  # where the stages look for pyproject.toml and requirements.lock as they are imported
        if str(ROOT) not in sys.path:
            sys.path.append(str(ROOT))
        return importlib.import_module(f"stages.{stage}").main


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """The working directory for a while; the stages' paths begin there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _home(folder: Path) -> Path:
    home = folder.expanduser().resolve()
    known = {"params.yaml", "data", "metrics", "own", CHECKPOINTS.name}
    try:
        home.mkdir(parents=True, exist_ok=True)
        there = sorted(path.name for path in home.iterdir())
        earlier = "params.yaml" in there and MADE_BY in (home / "params.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KassandraError(f"{folder}: cannot be used: {getattr(error, 'strerror', None) or error}") from None
    if there and not (earlier and set(there) <= known):
        raise KassandraError(f"{folder}: holds {there[:5]}; name an empty folder, or that of an earlier kassandra.run")
    return home


def _path_of(data: Any, home: Path) -> str:
    """The absolute path of the data: given, or of the DataFrame's parquet."""
    if isinstance(data, str | os.PathLike):
        return str(Path(data).expanduser().absolute())
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        raise KassandraError(f"run: expected a path or a pandas DataFrame, got {type(data).__name__}")
    if data.index.name is not None or not isinstance(data.index, pd.RangeIndex):
        named = data.index.name is not None or isinstance(data.index, pd.MultiIndex)
        data = data.reset_index() if named else data.rename_axis("index").reset_index()
    target = home / FRAME
    try:
        with whole(target) as partial:
            data.to_parquet(partial, index=False)
    except (ValueError, TypeError, NotImplementedError) as error:  # pyarrow's own are of these
        reason = " ".join(str(error).split())
        raise KassandraError(f"run: the DataFrame cannot be written as parquet: {reason}") from None
    return str(target)
